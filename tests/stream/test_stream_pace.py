"""What decides how much goes when: sizes, waiting live frames, and two boxes under one name. Pure, under a time of the tests' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.frame import Frame
from gateway.stream.fresh import PATIENCE, Fresh
from gateway.stream.pace import LEAST, MOST, QUICK, REMEMBERED, SLOW, START, Pace
from gateway.stream.twins import TOLD, Takeovers, Turns


def test_d6_a_slow_far_side_makes_pieces_smaller_and_a_quick_one_larger() -> None:
    pace = Pace()
    assert pace.size(0) == START
    for _ in range(9):
        pace.received(SLOW + 1)
    assert pace.size(0) == LEAST
    pace.received(QUICK - 1)
    assert pace.size(0) == 2 * LEAST
    pace.received((QUICK + SLOW) // 2)
    assert pace.size(0) == 2 * LEAST
    for _ in range(9):
        pace.received(0)
    assert (pace.size(0), pace.size(0, 60_000), pace.size(0, 1)) == (MOST, 60_000, LEAST)


def test_a_size_that_failed_is_too_large_for_an_hour() -> None:
    pace = Pace()
    pace.failed(START, 0)
    for _ in range(9):
        pace.received(0)
    assert pace.size(REMEMBERED - 1) == START // 2
    assert pace.size(REMEMBERED) == MOST
    pace.failed(LEAST, 0)
    assert pace.size(0) == MOST, "a small one fails for another reason"


def frame(n: int, size: int = 10, boot: str = "b") -> Frame:
    return Frame(boot, n, n, b"x" * (size - 1) + b"\n")


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=30), st.integers(1, 100))
def test_what_waits_goes_in_order_each_once_and_together_where_it_fits(made: list[tuple[int, bool]], most: int) -> None:
    fresh, number, wanted = Fresh(), 0, []
    for size, gap in made:
        number += 2 if gap else 1
        wanted.append(frame(number, size))
        fresh.put(wanted[-1], 0)
    taken = []
    while (one := fresh.take(most)) is not None:
        assert one.a == one.b or len(one.lines) <= most
        taken += list(range(one.a, one.b + 1))
    assert taken == [one.a for one in wanted]


def test_what_waited_too_long_is_left_to_the_store() -> None:
    fresh = Fresh()
    fresh.put(frame(1), 0)
    fresh.put(frame(2, boot="c"), 1)
    fresh.drop_old(PATIENCE + 1)
    assert [(one.boot, one.a) for one in fresh] == [("c", 2)]
    assert fresh.take(99) == frame(2, boot="c")


def seen(turns: Turns, *frames: tuple[str, int]) -> list[tuple[str, str] | None]:
    return [turns.saw(boot, seq, at * 1000) for at, (boot, seq) in enumerate(frames)]


def test_d17_boots_that_take_turns_are_two_boxes() -> None:
    turns = Turns()
    found = seen(turns, *((boot, n) for n in range(9) for boot in ("a", "b")))
    assert found[:5] == [None] * 5
    assert found[5:] == [("a", "b")] + [("b", "a"), ("a", "b")] * 6
    assert turns.saw("a", 99, 17_000 + TOLD) is None, "told while it lasts"


@pytest.mark.parametrize(
    "frames",
    [
        [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)],  # restarts
        [("a", 1), ("b", 1), ("a", 1), ("b", 1), ("a", 1), ("b", 1), ("a", 1), ("b", 1), ("a", 1)],  # the same again
        [("a", 1), ("a", 3), ("b", 1), ("a", 2), ("b", 2), ("a", 2)],  # late ones of before the restart
    ],
)
def test_a_restart_and_what_comes_twice_are_no_second_box(frames: list[tuple[str, int]]) -> None:
    assert set(seen(Turns(), *frames)) == {None}


def test_one_takeover_may_be_our_own_and_two_are_somebody_else() -> None:
    takeovers = Takeovers()
    takeovers.taken(0)
    takeovers.taken(400_000)
    assert not takeovers.standing(400_000)
    takeovers.taken(400_001)
    assert takeovers.standing(400_000 + TOLD)
    assert not takeovers.standing(400_001 + TOLD)
