"""The doctor's round over a line that is scripted byte by byte: whose bytes are whose, however slowly they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.asking import Heard
from drivers.modbus.frames import rtu_frame
from drivers.plan import Read
from drivers.profile import Device
from gateway.checkup import PATIENT, complaint_row, examine
from gateway.config import library
from gateway.diagnose import complaint
from gateway.site import BusConfig

PROFILE = library.only_profiles(library.data_dir()).profiles["jxct-th"]
FIRST = Device("first", PROFILE, "a", 14, 1000)
SECOND = replace(FIRST, id="second", unit=16)
ANSWER = rtu_frame(14, bytes([3, 4, 1, 44, 0, 210]))
ECHO = rtu_frame(16, bytes([3, 0, 0, 0, 2]))


class Line:
    """What is heard of each question in turn."""

    def __init__(self, *heard: Heard) -> None:
        self._heard = list(heard)
        self.given: list[int] = []

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        self.given.append(latency)
        return self._heard.pop(0)


@pytest.mark.parametrize("cut", range(len(ANSWER)))
@pytest.mark.parametrize("kind", ["garbled", "wrong"])
async def test_an_answer_said_twice_is_never_put_down_to_the_next_device(cut: int, kind: str) -> None:
    """The second copy begins behind the answer itself and ends after the next question, ahead of that device's echo."""
    echoed = Heard("silent", sent=ECHO, received=ECHO)
    line = Line(
        Heard("good", (300, 210), received=ANSWER + ANSWER[:cut]),
        Heard(kind, sent=ECHO, received=ANSWER[cut:] + ECHO),
        echoed,
        echoed,  # asked once more with patience, as whoever is silent
    )
    assert await examine(line, [FIRST, SECOND], 1) == {"first": {"duplicated": 1}, "second": {"echoed": 1}}


async def test_what_is_garbled_of_itself_stays_so() -> None:
    bad = Heard("garbled", sent=ECHO, received=rtu_frame(16, bytes([3, 4, 0, 1, 0, 2]))[:-1])
    line = Line(Heard("good", (300, 210), received=ANSWER), bad, bad)
    found = await examine(line, [FIRST, SECOND], 1)
    assert found["first"] == {"good": 1} and "duplicated" not in found["second"]


QUICK = replace(FIRST, profile=replace(PROFILE, limits=replace(PROFILE.limits, latency=PATIENT // 2)))
GOOD = Heard("good", (300, 210), received=ANSWER, took=40)
LATE = replace(GOOD, took=PATIENT + 1)


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ((Heard("silent"), GOOD, GOOD), {"drops": 1, "good": 1}),
        ((Heard("silent"), replace(GOOD, before=ANSWER), GOOD), {"late": 2}),
        ((Heard("silent"), LATE, LATE), {"late": 2}),
        ((Heard("silent"), Heard("silent")), {"silent": 1}),
    ],
    ids=["lost this time", "late this time, heard before the second question", "slow", "dead"],
)
async def test_silent_late_and_lost_are_told_apart(heard: tuple[Heard, ...], shown: dict[str, int]) -> None:
    """The injected faults `dead`, `slow`, `late` and `lost`; who was late is given its time then."""
    line = Line(*heard)
    assert await examine(line, [QUICK], 2) == {"first": shown}
    assert "late" not in shown or line.given[-1] == PATIENT


def test_how_often_is_said_in_both_languages() -> None:
    row = complaint_row(BusConfig("a", "modbus-rtu", port="/dev/x"), complaint("d0", "drops", 0.25), "bad")
    assert row.zh.endswith("（25%）") and row.en.endswith("(25%)")
