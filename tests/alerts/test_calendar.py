"""School days, working hours, sleeping time: over holidays, make-up days, midnight and the end of the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_world import plant

from alerts.calendar import (
    SLEEP,
    asleep,
    covers,
    examination,
    holiday,
    in_term,
    local,
    next_minute,
    school_day,
    sleeps,
    wall_of,
    working_hours,
)
from alerts.plant import Calendar, Sleep, Span, Zone

YEAR = Calendar(
    terms=(Span("秋", "2026-09-01", "2027-01-22"), Span("春", "2027-02-22", "2027-07-02")),
    holidays=(Span("国庆节", "2026-10-01", "2026-10-07"),),
    makeup=("2026-10-10",),
    exams=(Span("期中", "2026-11-12", "2026-11-13"),),
)
BASE = plant()
PLANT = replace(
    BASE,
    calendar=YEAR,
    zones=BASE.zones
    | {
        "dorm": Zone("dorm", "宿舍", "dorm", "dormitory", SLEEP["dormitory"]),
        "nap": Zone("nap", "午睡室", "main", "nap-room", SLEEP["nap-room"]),
        "friday": Zone("friday", "值班", "main", "other", (Sleep(22 * 60, 60, school_days=True),)),
    },
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "school", "term", "covered"),
    [
        ("2026-09-01", True, True, True),  # Tuesday, first day of term
        ("2026-09-05", False, True, True),  # Saturday
        ("2026-10-01", False, True, True),  # Thursday, holiday
        ("2026-10-07", False, True, True),
        ("2026-10-08", True, True, True),
        ("2026-10-10", True, True, True),  # Saturday, make-up day
        ("2026-10-11", False, True, True),
        ("2027-02-01", False, False, True),  # Monday between the terms
        ("2027-07-05", True, True, False),  # Monday after the last term: nobody has written the next year
        ("2027-07-04", False, True, False),
        ("2026-08-31", True, True, False),
    ],
)
def test_school_days(day: str, school: bool, term: bool, covered: bool) -> None:
    d = date.fromisoformat(day)
    assert (school_day(YEAR, d), in_term(YEAR, d), covers(YEAR, d)) == (school, term, covered)


def test_without_a_calendar_monday_to_friday_count() -> None:
    week = [school_day(Calendar(), date(2026, 10, 5 + n)) for n in range(7)]
    assert week == [True] * 5 + [False] * 2 and not covers(Calendar(), date(2026, 10, 5))


def test_names_of_holidays_breaks_and_examinations() -> None:
    assert holiday(YEAR, date(2026, 10, 3)) == "国庆节" and holiday(YEAR, date(2027, 2, 1)) == "假期"
    assert holiday(YEAR, date(2026, 9, 5)) == "" and examination(YEAR, date(2026, 11, 13)) == "期中"
    assert examination(YEAR, date(2026, 11, 14)) == ""


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("2026-09-01T08:00", True),
        ("2026-09-01T07:59", False),
        ("2026-09-01T17:59", True),
        ("2026-09-01T18:00", False),
        ("2026-10-01T10:00", False),  # holiday
        ("2026-10-10T10:00", True),  # make-up Saturday
        ("2026-09-05T10:00", False),
    ],
)
def test_working_hours(text: str, open_: bool) -> None:
    assert working_hours(PLANT, at(text)) is open_


@pytest.mark.parametrize(
    ("zone", "text", "sleeping"),
    [
        ("dorm", "2026-09-05T21:29", False),
        ("dorm", "2026-09-05T21:30", True),  # Saturdays too
        ("dorm", "2026-10-02T06:29", True),
        ("dorm", "2026-10-02T06:30", False),
        ("nap", "2026-09-01T12:00", True),
        ("nap", "2026-09-01T14:30", False),
        ("nap", "2026-10-01T13:00", False),  # nobody naps on a holiday
        ("nap", "2026-10-10T13:00", True),
        ("friday", "2026-09-05T00:30", True),  # the night that began on a school day
        ("friday", "2026-09-06T00:30", False),
        ("kitchen", "2026-09-05T03:00", False),
        ("gone", "2026-09-05T03:00", False),
    ],
)
def test_sleeping_time(zone: str, text: str, sleeping: bool) -> None:
    assert asleep(PLANT, zone, at(text)) is sleeping
    assert sleeps(PLANT, zone) is (zone in ("dorm", "nap", "friday"))


def test_the_next_minute_of_the_day() -> None:
    lists = (14 * 60, 7 * 60 + 30)
    assert next_minute(PLANT, at("2026-09-01T07:29"), lists) == at("2026-09-01T07:30")
    assert next_minute(PLANT, at("2026-09-01T07:30"), lists) == at("2026-09-01T14:00")
    assert next_minute(PLANT, at("2026-09-01T14:00"), lists) == at("2026-09-02T07:30")


@given(st.integers(0, 4_102_444_800_000), st.integers(0, 1440))
def test_the_next_minute_is_within_a_day_and_later(wall: int, minute: int) -> None:
    found = next_minute(PLANT, wall, (minute,))
    assert wall < found <= wall + 86_400_000
    here = local(PLANT, found)
    assert here.hour * 60 + here.minute == minute % 1440 and wall_of(PLANT, here.date(), minute % 1440) == found
