"""Whose answer comes too late is found, wherever among the questions it falls."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from drivers.asking import Heard
from drivers.modbus.frames import rtu_frame
from drivers.plan import Read
from drivers.profile import Profile
from drivers.survey import LAST, PATIENT, Found, survey

LATE_ANSWER = rtu_frame(2, bytes((3, 2, 0, 9)))


class Slow:
    """Nobody but unit 2, which needs longer than a quick question waits; its answer falls into unit 4's question, as `heard`."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        if unit == 2 and latency == PATIENT:
            return Heard("refused", code=2, took=800)
        return self._heard if unit == 4 else Heard("silent")


async def no_profiles() -> Iterable[Profile]:
    return ()


@pytest.mark.parametrize(
    "heard",
    [
        Heard("silent", received=LATE_ANSWER),
        Heard("wrong", received=LATE_ANSWER),
        Heard("silent", before=LATE_ANSWER),
        Heard("good", (1,), before=LATE_ANSWER),
    ],
    ids=["after its time", "instead of another's", "between two questions", "before another's answer"],
)
async def test_a_late_answer_names_its_device(heard: Heard) -> None:
    found = [e async for e in survey(Slow(heard), range(1, 6), no_profiles) if isinstance(e, Found)]
    (slow,) = [f for f in found if f.unit == 2]
    assert slow.state == "refuses" and slow.slow


class SlowAtTheEnd:
    """A line on which unit 3, the last one asked, needs 800 ms: heard when the line listens that long, while it waits and drains."""

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        if unit != 3 or 2 * latency < 800:
            return Heard("silent")
        answer = rtu_frame(3, bytes((3, 2, 0, 9)))
        return Heard("refused", code=2, took=800) if latency > 800 else Heard("silent", received=answer)


async def test_behind_the_last_unit_the_line_listens_on() -> None:
    assert 2 * LAST > 800
    found = [e async for e in survey(SlowAtTheEnd(), range(1, 4), no_profiles) if isinstance(e, Found)]
    assert [(f.unit, f.state, f.slow) for f in found] == [(3, "refuses", True)]
