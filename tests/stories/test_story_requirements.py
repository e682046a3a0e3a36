"""Requirements over the shipped rules, the real engine and a journal on disk, where no story in words shows them better."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from theatre import Theatre

from alerts.model import Alarm, AlarmState
from drivers.reading import Quality

S = AlarmState
MIN = 60_000


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    made = Theatre(tmp_path, datetime(2026, 3, 4, 10, 0))
    made.until(10_000)
    yield made
    made.close()


def standing(theatre: Theatre, rule: str) -> Alarm | None:
    return next((a for a in theatre.open() if a.rule == rule), None)


def state(theatre: Theatre, rule: str) -> AlarmState:
    found = standing(theatre, rule)
    return found.state if found else S.NORMAL


def seen(theatre: Theatre) -> list[str]:
    """Rules that have found something at a sensor; what `health` measures does not play here."""
    return [a.rule for a in theatre.open() if a.point in theatre.values]


@pytest.mark.parametrize(
    ("rule", "point", "bad", "good"),
    [("combustible-gas-1", "gas-kitchen/gas", 22.0, 3.0), ("mains", "guard-io/di-1", 0.0, 1.0)],
)
def test_r13_it_clears_by_itself_and_stays_listed_until_answered(
    theatre: Theatre, rule: str, point: str, bad: float, good: float
) -> None:
    theatre.set(point, bad)
    theatre.until(20_000)
    assert state(theatre, rule) is S.UNACKED
    theatre.set(point, good)
    theatre.until(theatre.ms + 10_000)
    assert state(theatre, rule) is S.UNACKED, "the off-delay has not run out"
    theatre.until(theatre.ms + 5 * MIN)
    assert state(theatre, rule) is S.RTN_UNACKED, "gone, and listed until somebody has answered"
    found = standing(theatre, rule)
    assert found is not None and theatre.press("wang", "ack", found.id).ok
    theatre.until(theatre.ms + MIN)
    assert standing(theatre, rule) is None


def test_r13_a_lost_line_clears_by_itself_and_stays_listed_until_answered(theatre: Theatre) -> None:
    theatre.down.add("line-2")
    theatre.until(MIN)
    theatre.down.clear()
    theatre.until(4 * MIN)
    assert state(theatre, "line") is S.RTN_UNACKED


def test_r21_gas_1_asks_for_ventilation_and_a_fan_that_does_not_run_is_a_fault(theatre: Theatre) -> None:
    theatre.quality["kitchen-io/di-1"] = Quality.STALE  # nobody sees it run
    theatre.set("gas-kitchen/gas", 22.0)
    theatre.until(theatre.ms + 6_000)
    assert theatre.outputs["kitchen-relay/relay-1"] is True
    theatre.until(theatre.ms + 12_000)
    assert state(theatre, "box-feedback") is S.UNACKED


def test_r30_a_start_raises_nothing_and_a_fire_at_the_start_is_seen_within_10_s(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, datetime(2026, 3, 4, 2, 0))
    try:
        theatre.until(2 * MIN)
        assert seen(theatre) == [] and theatre.told == []
        theatre.crash()
        theatre.until(theatre.ms + 2 * MIN)
        assert seen(theatre) == [] and theatre.told == []
        theatre.crash()
        theatre.values["smoke-east/smoke"] = 1.0  # it burns while the box starts
        theatre.until(theatre.ms + 10_000)
        assert state(theatre, "smoke") is S.UNACKED
        found = standing(theatre, "smoke")
        assert found is not None and theatre.press("wang", "ack", found.id).ok
        told = len(theatre.told)
        theatre.crash()
        theatre.until(theatre.ms + 10_000)
        found = standing(theatre, "smoke")
        assert found is not None and (found.state, found.acked_by) == (S.ACKED, "wang")
        assert len(theatre.told) == told
    finally:
        theatre.close()
