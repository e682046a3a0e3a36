"""How the system stood in each two hours of a shift, from the journal's events alone."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.dutystates import SLOT, Slots

BEGAN = 10 * SLOT
HALF = SLOT // 2


def event(at: int, kind: str, alarm: str = "a-1", **other: Any) -> dict[str, Any]:
    return {"wall": BEGAN + at, "kind": kind, "alarm": alarm, "args": other.pop("args", {}), **other}


def raised(at: int, kind: str = "fire", alarm: str = "a-1") -> dict[str, Any]:
    return event(at, "raised", alarm, args={"alarm_kind": kind})


CLOSED = {"new": "normal"}
TABLE = {
    "nothing recorded": ([], [[], [], []]),
    "of one slot": ([raised(5), event(9, "closed", **CLOSED)], [["fire"], [], []]),
    "goes on": ([raised(5), event(SLOT + 9, "reset", **CLOSED)], [["fire"], ["fire"], []]),
    "open before the shift, ends in it": ([raised(-5), event(9, "reset", **CLOSED)], [["fire"], [], []]),
    "over before the shift": ([raised(-9), event(-5, "reset", **CLOSED)], [[], [], []]),
    "false, and a fault beside it": (
        [
            raised(5),
            event(6, "result", args={"result": "false"}),
            event(7, "reset", **CLOSED),
            raised(SLOT + 1, "fault", "a-2"),
        ],
        [["false", "fire"], ["fault"], ["fault"]],
    ),
    "the box began again": ([event(SLOT + 3, "boot", "")], [[], ["restart"], []]),
}


@pytest.mark.parametrize("name", TABLE)
def test_each_two_hours_say_what_was_open_or_happened_in_them(name: str) -> None:
    events, wanted = TABLE[name]
    slots = Slots(BEGAN)
    for one in events:
        slots.see(one)
    rows = slots.rows(BEGAN + 2 * SLOT + HALF)
    assert [row["seen"] for row in rows] == wanted
    assert [(row["from"] - BEGAN, row["to"] - BEGAN) for row in rows] == [
        (0, SLOT),
        (SLOT, 2 * SLOT),
        (2 * SLOT, 2 * SLOT + HALF),
    ]


def test_a_shift_that_has_just_begun_has_no_row() -> None:
    assert Slots(BEGAN).rows(BEGAN) == []
