"""School days, working hours and sleeping time. Pure look-up in the plant's calendar; every other file asks here, never a weekday.

Source: people's calendar of §3: a yearly file with terms, holidays, make-up working days and examinations; sleeping time is a
timetable per zone. A date outside the years that the calendar covers counts by its weekday, and `covers` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.plant import Calendar, Plant, Sleep, Span

WORK = (8 * 60, 18 * 60)  # local minutes of a school day: when an electrician may be rung for a warning
SLEEP: Mapping[str, tuple[Sleep, ...]] = {  # kind of zone -> when people sleep there, unless the zone says otherwise
    "dormitory": (Sleep(21 * 60 + 30, 6 * 60 + 30),),
    "nap-room": (Sleep(12 * 60, 14 * 60 + 30, school_days=True),),
}


def local(plant: Plant, wall: int) -> datetime:
    """The school's local time of wall ms since 1970 UTC."""
    return datetime.fromtimestamp(wall / 1000, UTC).astimezone(ZoneInfo(plant.timezone))


def wall_of(plant: Plant, day: date, minute: int) -> int:
    """Wall ms of a local minute (0..1440) of that day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(plant.timezone))
    return int((midnight + timedelta(minutes=minute)).timestamp() * 1000)


def covers(calendar: Calendar, day: date) -> bool:
    """Does the calendar speak of this day? False without terms, before the first and after the last of them."""
    if not calendar.terms:
        return False
    return min(t.start for t in calendar.terms) <= day.isoformat() <= max(t.end for t in calendar.terms)


def in_term(calendar: Calendar, day: date) -> bool:
    """Are pupils expected in these weeks? A day that the calendar does not cover is one of term."""
    return not covers(calendar, day) or _named(calendar.terms, day) != ""


def school_day(calendar: Calendar, day: date) -> bool:
    """Is there school? Make-up days always, holidays never, else Monday to Friday of term."""
    if day.isoformat() in calendar.makeup:
        return True
    if _named(calendar.holidays, day):
        return False
    return day.isoweekday() <= 5 and in_term(calendar, day)


def examination(calendar: Calendar, day: date) -> str:
    """The name of the examination on that day, or "": no drill and no test tone then."""
    return _named(calendar.exams, day)


def holiday(calendar: Calendar, day: date) -> str:
    """The name of the public holiday or of the break between terms, or ""."""
    return _named(calendar.holidays, day) or ("" if in_term(calendar, day) else "假期")


def working_hours(plant: Plant, wall: int) -> bool:
    """08:00–18:00 of a school day."""
    at = local(plant, wall)
    return school_day(plant.calendar, at.date()) and WORK[0] <= at.hour * 60 + at.minute < WORK[1]


def asleep(plant: Plant, zone: str, wall: int) -> bool:
    """Is it sleeping time in this zone? False for a zone nobody sleeps in and for one that does not exist."""
    return asleep_since(plant, zone, wall) is not None


def asleep_since(plant: Plant, zone: str, wall: int) -> int | None:
    """Wall ms at which the sleeping time that runs now began in this zone, or None: nobody sleeps there now."""
    place = plant.zones.get(zone)
    begun = [at for s in place.sleep if (at := _began(plant, s, wall)) is not None] if place else []
    return min(begun, default=None)


def sleeps(plant: Plant, zone: str) -> bool:
    """Do people sleep in this zone at any time?"""
    return zone in plant.zones and bool(plant.zones[zone].sleep)


def today_since(plant: Plant, wall: int, minute: int) -> int | None:
    """Wall ms of this local minute of today, or None: it has not come yet."""
    at = wall_of(plant, local(plant, wall).date(), minute)
    return at if at <= wall else None


def next_minute(plant: Plant, wall: int, minutes: tuple[int, ...]) -> int:
    """Wall ms of the first of these local minutes of any day that is later than `wall`."""
    day = local(plant, wall).date()
    times = (wall_of(plant, day + timedelta(days=n), m) for n in (0, 1) for m in sorted(minutes))
    return next(at for at in times if at > wall)


def _began(plant: Plant, sleep: Sleep, wall: int) -> int | None:
    """When it began, if it runs now. A time past midnight belongs to the day on which it begins."""
    at = local(plant, wall)
    minute, day = at.hour * 60 + at.minute, at.date()
    if sleep.start < sleep.end:
        begun = day if sleep.start <= minute < sleep.end else None
    elif minute >= sleep.start:
        begun = day
    else:
        begun = day - timedelta(days=1) if minute < sleep.end else None
    if begun is None or (sleep.school_days and not school_day(plant.calendar, begun)):
        return None
    return wall_of(plant, begun, sleep.start)


def _named(spans: tuple[Span, ...], day: date) -> str:
    return next((s.name for s in spans if s.start <= day.isoformat() <= s.end), "")


def phone_test(calendar: Calendar, day: date) -> bool:
    """Are the phones tested on this day? The first school day of each week, and the last one before a holiday."""
    if not school_day(calendar, day):
        return False
    monday = day - timedelta(days=day.isoweekday() - 1)
    first = not any(school_day(calendar, monday + timedelta(days=n)) for n in range((day - monday).days))
    tomorrow = day + timedelta(days=1)
    return first or (holiday(calendar, tomorrow) != "" and not school_day(calendar, tomorrow))
