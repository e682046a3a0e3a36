"""A circuit's own leakage and the set value proposed: within 300–500 mA, or a repair; never before a week is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.plant import Building, Plant, Point, Zone
from gateway.leakage import HIGHEST, HOURS, LOWEST, leakage_json, own, points, proposed
from gateway.store.history import Series

PLANT = Plant(
    "s", "三中", "三中", "Asia/Shanghai", {"d": Building("d", "食堂", "canteen")}, {"z": Zone("z", "食堂配电间", "d", "other")},
    {"rc/leak": Point("rc/leak", "rc", "residual-current", "z", "照明一路", 6_000), "th/t": Point("th/t", "th", "temperature", "z", "", 1)},
    {}, (), {}, (), {},
)  # fmt: skip


def week(*highs: float | None, quality: int = 0) -> Series:
    return Series(list(range(len(highs))), list(highs), list(highs), list(highs), [quality] * len(highs))


@pytest.mark.parametrize(
    ("leaks", "value"),
    [(0.0, 300), (120.0, 300), (150.0, 300), (151.0, 310), (249.0, 500), (250.0, 500), (250.5, None), (400.0, None)],
)
def test_r15_the_set_value_follows_the_circuits_own_leakage(leaks: float, value: int | None) -> None:
    assert proposed(leaks) == value


@given(st.floats(0, 5_000))
def test_r15_never_outside_the_standard_and_never_below_the_leakage(leaks: float) -> None:
    value = proposed(leaks)
    assert value is None or (LOWEST <= value <= HIGHEST and value >= leaks * 1.9)


def test_nothing_is_said_before_a_week_is_known() -> None:
    assert own(week(*[100.0] * 100))[0] is None
    assert own(week(*[100.0] * HOURS))[0] == 100.0
    assert own(week(*[None] * HOURS))[0] is None
    assert own(week(*[100.0] * HOURS, quality=3))[0] is None, "a fault says nothing of a circuit"


def test_a_few_hours_of_a_fault_are_not_the_circuits_own() -> None:
    assert own(week(*[90.0] * (HOURS - 10), *[900.0] * 10))[0] == 90.0


def test_a_circuit_that_leaks_more_is_to_be_repaired_and_gets_no_higher_limit() -> None:
    assert points(PLANT) == ["rc/leak"]
    (row,) = leakage_json(
        PLANT, {"rc/leak": week(*[380.0] * HOURS)}, {"rc/leak": [{"rule": "r", "alarm": "electrical", "high": 300.0}]}
    )
    assert (row["own"], row["propose"], row["repair"], row["set"]) == (380.0, None, True, 300.0)
    (young,) = leakage_json(PLANT, {"rc/leak": week(*[80.0] * 48)}, {})
    assert (young["days"], young["own"], young["propose"], young["repair"]) == (2.0, None, None, False)
