"""R29: a panel's own clock against ours, as finely as the panel writes it, and only while ours is to be trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.drift import PanelClock, drift
from drivers.reading import Now

CHINA = timezone(timedelta(hours=8))
WALL = round(datetime(2026, 11, 2, 2, 14, 20, tzinfo=CHINA).timestamp() * 1000)


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-11-02 02:14", 0.0),  # any second of that minute
        ("2026-11-02 02:13", -20.0),  # it stood at 02:13:59.9 at the latest
        ("2026-11-02 02:15", 40.0),
        ("2026-11-02 02:14:20", 0.0),
        ("2026-11-02 02:15:00", 40.0),
        ("2026-11-01 02:14", -86_360.0),
        ("2025-11-02 02:14", -31_535_960.0),
        ("02:14:20", 0.0),
        ("02:13:20", -59.0),
        ("18:14:50", 30.0),  # without a date the time zone is not known: within the half hour
        ("02:14", 0.0),
        ("2026-13-02 02:14", None),
        ("25:00:00", None),
        ("", None),
        ("two o'clock", None),
    ],
)
def test_r29_a_panels_clock_is_held_against_ours(stamp: str, seconds: float | None) -> None:
    assert drift(stamp, WALL, CHINA) == seconds


@given(st.integers(0, 59_999), st.integers(-40 * 86_400, 40 * 86_400))
def test_r29_never_more_than_it_is_and_at_most_a_minute_less(within: int, seconds: int) -> None:
    """The panel writes whole minutes: what is told lies between the true drift and 0, a minute of coarseness nearer to 0."""
    wall = WALL // 60_000 * 60_000 + within
    panel = datetime.fromtimestamp(wall / 1000 + seconds, UTC)
    told = drift(f"{panel:%Y-%m-%d %H:%M}", wall, UTC)
    assert told is not None
    assert (
        (0 <= told <= seconds + 0.01 and told > seconds - 60.01)
        if seconds >= 0
        else (seconds - 0.01 <= told <= 0 and told < seconds + 60.01)
    )


def test_r29_the_point_appears_with_the_first_time_told_and_keeps_both_times() -> None:
    clock, now = PanelClock("line", CHINA), Now(WALL, 5)
    assert clock.all(now) == [] and clock.heard("", now, True) == [] and clock.heard("2026-11-02 02:20", now, False) == []
    (reading,) = clock.heard("2026-11-02 02:20", now, True)
    assert (reading.point, reading.value, reading.stamp, reading.at) == ("line/panel-clock", 340.0, "2026-11-02 02:20", now)
    (again,) = clock.all(Now(WALL + 5_000, 5_005))
    assert again.value == 340.0 and again.at.mono == 5_005
    (right,) = clock.heard("2026-11-02 02:14", now, True)
    assert right.value == 0.0
