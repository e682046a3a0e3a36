"""A replay hears a reading when the box did, where the record shows that this was later than it was measured."""

from __future__ import annotations

from typing import Any

from gateway.replay import LATE, as_heard
from gateway.store.lines import Sample

POINT = "store-io/di-1"


def change(wall: int, old: str, new: str) -> dict[str, Any]:
    return {"wall": wall, "alarm": "s-1", "old": old, "new": new, "args": {"rule": "no-data", "point": POINT}}


RAISED = [change(10_010, "normal", "pending"), change(20_010, "pending", "unacked")]


def walls(events: list[dict[str, Any]], *at: int, point: str = POINT) -> list[int]:
    return [s.wall for s in as_heard([Sample(point, wall, 0.0, 0) for wall in at], events)]


def test_a_reading_that_the_end_of_the_on_delay_overtook_comes_behind_it() -> None:
    assert walls(RAISED, 10_000, 19_999, 20_010, 20_500) == [10_000, 20_011, 20_011, 20_500]


def test_a_clear_reading_that_the_engine_passed_over_stays_a_difference() -> None:
    assert walls(RAISED, 20_010 - LATE) == [20_010 - LATE]


def test_nothing_else_is_moved() -> None:
    assert walls(RAISED, 19_999, point="store-io/di-2") == [19_999]
    assert walls([RAISED[0], change(19_999, "pending", "normal")], 19_999) == [19_999]
    short = [change(19_900, "normal", "pending"), change(20_010, "pending", "unacked")]
    assert walls(short, 19_900, 19_950) == [19_900, 20_011]
