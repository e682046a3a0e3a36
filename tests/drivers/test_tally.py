"""The counters of a line: every question in one kind, latencies of those that answered, the line as the sum of its units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.bus import BusStats, Counts, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, WrongAnswer
from drivers.tally import KINDS, Tally

FAULTS = st.sampled_from(
    (None, NoAnswer("x"), GarbledAnswer("x"), WrongAnswer("x"), Refused("x", 2), LineDown("x")),
)


def test_a_new_line_has_asked_nothing() -> None:
    assert Tally().stats() == BusStats(Counts(), {}, 0, 0, 0)


def test_a_hand_made_history() -> None:
    tally = Tally()
    tally.note(1, 8, 9, 10.0, None)
    tally.note(1, 8, 9, 30.0, None)
    tally.note(1, 8, 5, 2.0, Refused("x", 2))
    tally.note(7, 8, 0, None, NoAnswer("x"))
    tally.note(7, 8, 4, 3.0, GarbledAnswer("x"))
    tally.reopenings, tally.waits, tally.noise = 1, 2, 3
    found = tally.stats()
    assert found.units[1] == Counts(3, good=2, refused=1, sent=24, received=23, latency_min=2, latency_mean=14, latency_max=30)
    assert found.units[7] == Counts(2, silent=1, garbled=1, sent=16, received=4)
    assert found.total == Counts(
        5, good=2, refused=1, silent=1, garbled=1, sent=40, received=27, latency_min=2, latency_mean=14, latency_max=30
    )
    assert (found.reopenings, found.waits, found.noise) == (1, 2, 3)


@given(st.lists(st.tuples(st.integers(1, 4), FAULTS)))
def test_every_question_is_in_exactly_one_kind_and_in_one_unit(history: list[tuple[int, DeviceFault | None]]) -> None:
    tally = Tally()
    for unit, fault in history:
        tally.note(unit, 8, 5, None, fault)
    found = tally.stats()
    for each in (found.total, *found.units.values()):
        assert each.questions == each.good + each.refused + each.silent + each.garbled + each.wrong + each.down
    assert found.total.questions == len(history) == sum(u.questions for u in found.units.values())


def test_no_fault_of_the_family_is_left_out() -> None:
    assert set(KINDS) == set(DeviceFault.__subclasses__())
