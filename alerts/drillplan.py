"""Which drills are due (people's §4.6, §4.12): schools monthly, kindergartens quarterly, and the communication drill monthly. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from alerts import calendar
from alerts.model import Mark
from alerts.plant import Plant

MONTHS = {("drill", "school"): 1, ("drill", "kindergarten"): 3, ("call-drill", "school"): 1, ("call-drill", "kindergarten"): 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """`state`: done | due | overdue | not-due (no day of school in the period). `by`: the last day, ISO; `last`: wall ms or None."""

    kind: str
    state: str
    by: str
    last: int | None


def plan(plant: Plant, marks: Iterable[Mark], wall: int) -> tuple[Plan, ...]:
    """One row per kind of drill. Overdue: not held in this period nor in the one before, although there was school."""
    held = {x.what: x.at.wall for m in marks if m.kind == "drills-held" for x in m.lines}
    today = calendar.local(plant, wall).date()
    return tuple(_row(plant, kind, held.get(kind), today) for kind in ("drill", "call-drill"))


def _row(plant: Plant, kind: str, last: int | None, today: date) -> Plan:
    months = MONTHS[kind, plant.kind]
    start, end = _period(today, months)
    before, _ = _period(start - timedelta(days=1), months)
    day = calendar.local(plant, last).date() if last is not None else None
    if day is not None and day >= start:
        state = "done"
    elif not _school(plant, start, end):
        state = "not-due"
    elif (day is None or day < before) and _school(plant, before, start - timedelta(days=1)):
        state = "overdue"
    else:
        state = "due"
    return Plan(kind, state, end.isoformat(), last)


def _period(day: date, months: int) -> tuple[date, date]:
    """First and last day of the calendar month or quarter."""
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    later = first.month - 1 + months
    return first, date(first.year + later // 12, later % 12 + 1, 1) - timedelta(days=1)


def _school(plant: Plant, start: date, end: date) -> bool:
    return any(calendar.school_day(plant.calendar, start + timedelta(days=n)) for n in range((end - start).days + 1))
