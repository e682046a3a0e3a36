"""Ranges against plain sets; the ledger against a plain model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.ledger import Ledger
from gateway.store.ranges import RangeSet

RANGE = st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda one: (one[0], one[0] + one[1]))
STEP = st.tuples(st.booleans(), RANGE)


def numbers(ranges: RangeSet) -> set[int]:
    return {number for a, b in ranges for number in range(a, b + 1)}


@given(st.lists(STEP), st.lists(RANGE), RANGE)
def test_ranges_are_a_set(
    steps: list[tuple[bool, tuple[int, int]]], others: list[tuple[int, int]], part: tuple[int, int]
) -> None:
    found, model = RangeSet(), set[int]()
    for adding, (a, b) in steps:
        if adding:
            found.add(a, b)
            model |= set(range(a, b + 1))
        else:
            found.remove(a, b)
            model -= set(range(a, b + 1))
    assert numbers(found) == model
    assert found.size() == len(model)
    assert all(b < c - 1 for (_, b), (c, _) in zip(found, list(found)[1:], strict=False))
    assert [number in found for number in range(50)] == [number in model for number in range(50)]
    other = RangeSet(others)
    assert numbers(found.minus(other)) == model - numbers(other)
    assert numbers(RangeSet(found.within(*part))) == model & set(range(part[0], part[1] + 1))
    assert bool(found) == bool(model)


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="no range"):
        RangeSet([(3, 2)])


@given(st.lists(st.tuples(st.sampled_from("arc"), st.sampled_from("xy"), RANGE)))
def test_the_ledger_knows_what_is_missing(steps: list[tuple[str, str, tuple[int, int]]]) -> None:
    ledger, known, had = Ledger(["far"]), set[tuple[str, int]](), set[tuple[str, int]]()
    for what, boot, (a, b) in steps:
        span = {(boot, number) for number in range(a, b + 1)}
        if what == "a":
            ledger.add(boot, a, b)
            known |= span
        elif what == "r":
            ledger.remove(boot, a, b)
            known -= span
        else:
            ledger.confirm("far", boot, [(a, b), (b + 1, a)])
            had |= span & known
    assert ledger.backlog("far") == len(known - had)
    assert ledger.backlog("other") == len(known)
    written = ledger.dirty()
    ledger.saved(written)
    assert ledger.dirty() == {}


def test_what_is_confirmed_while_it_is_written_stays_to_be_written() -> None:
    ledger = Ledger()
    ledger.add("x", 1, 9)
    ledger.confirm("far", "x", [(1, 2)])
    written = ledger.dirty()
    ledger.confirm("far", "x", [(4, 5)])
    ledger.saved(written)
    assert ledger.dirty() == {("far", "x"): [(1, 2), (4, 5)]}
    assert ledger.forget_empty(but="y") == []
    ledger.remove("x", 1, 9)
    assert (ledger.forget_empty(but="y"), ledger.dirty(), ledger.confirmed()) == (["x"], {}, {"far": {}})
