"""Another version of the program is in the journal once, with the one before; going back is another."""

from __future__ import annotations

import pytest

from alerts.model import Scalar
from gateway import updated
from gateway.version import VERSION


@pytest.mark.parametrize(("before", "told"), [("", []), (VERSION, []), ("0.0.9", [{"old": "0.0.9", "new": VERSION}])])
async def test_d25_23_an_update_is_an_event_of_the_journal(before: str, told: list[dict[str, str]]) -> None:
    notes = {updated.KEY: before} if before else {}
    found: list[dict[str, Scalar]] = []

    async def write(args: dict[str, Scalar]) -> None:
        found.append(args)

    for _ in range(2):  # the second start has the note of the first
        await updated.note(dict(notes), notes.__setitem__, write)
    assert found == told and notes == {updated.KEY: VERSION}
