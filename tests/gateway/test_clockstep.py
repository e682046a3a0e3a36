"""A clock that is set while the box runs: the journal says by how much, so that what stands before it can be dated."""

from __future__ import annotations

import asyncio

import pytest

from alerts.model import Scalar
from drivers.reading import Now
from gateway import clockstep

YEARS = 56 * 365 * 86_400_000


class Moved:
    """A clock that a test steps."""

    def __init__(self) -> None:
        self.wall, self.mono = 5_000, 5_000  # 1970, as a box without a battery starts

    def now(self) -> Now:
        return Now(self.wall, self.mono)

    def ok(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("saved", "steps", "told"),
    [
        (None, [0, YEARS, 0, -3_600_000, 999], [YEARS, -3_600_000]),
        (Now(4_000, 4_000), [YEARS], [YEARS]),
        (Now(4_000 - YEARS, 4_000), [0], [YEARS]),  # it was set while `run` was started again
    ],
)
async def test_d11_a_step_of_the_clock_is_an_event_with_its_length(
    monkeypatch: pytest.MonkeyPatch, saved: Now | None, steps: list[int], told: list[int]
) -> None:
    clock, found, left = Moved(), list[dict[str, Scalar]](), list(steps)

    async def second(_: float) -> None:
        clock.mono += 1_000
        clock.wall += 1_000
        if not left:
            raise asyncio.CancelledError
        clock.wall += left.pop(0)

    async def note(args: dict[str, Scalar]) -> None:
        found.append(args)

    monkeypatch.setattr(asyncio, "sleep", second)
    with pytest.raises(asyncio.CancelledError):
        await clockstep.watch(clock, saved, note)
    assert [one["by"] for one in found] == told
