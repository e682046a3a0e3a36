"""Who is on duty: post or role -> person ids at a wall time. Pure; knows the plant's time zone and nothing of alarms.

Source: people's table of §3 and the rota of §4.2; minutes of the day are local, days are ISO weekdays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from alerts.calendar import local, school_day, wall_of
from alerts.plant import Plant, Shift

DAY = 24 * 60

POSTS = ("duty", "second", "leader")
ROLES = ("officer", "head", "electrician", "bureau", "holder", "keeper")

# Who stands in when nobody of the rota or the role is there: the first role of the row that has people.
STAND_IN: dict[str, tuple[str, ...]] = {
    "duty": ("duty", "leader", "officer", "head"),
    "second": ("duty", "leader", "officer", "head"),
    "leader": ("leader", "officer", "head", "duty"),
    "officer": ("officer", "head", "leader", "duty"),
    "head": ("head", "officer", "leader", "duty"),
    "electrician": ("electrician", "officer", "leader", "duty"),
    "bureau": ("bureau",),
    "holder": ("holder",),
    "keeper": ("keeper",),
}


Swaps = Mapping[tuple[str, int, str], str]  # (post, beginning in wall ms, whose turn it is by the rota) -> who does it
NONE: Swaps = MappingProxyType({})


def on_duty(plant: Plant, wall: int, swaps: Swaps = NONE) -> dict[str, tuple[str, ...]]:
    """Post or role -> person ids at wall ms since 1970 UTC, every post and role present.

    A hole in the rota falls back to everybody of the post's role, an empty role to the one that answers for it
    (STAND_IN), so that duty, second and leader are empty only when the school has named nobody at all.
    """
    found = {post: rota(plant, post, wall, swaps) for post in POSTS}
    return {name: found.get(name) or _stand_in(plant, name) for name in (*POSTS, *ROLES)}


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of one person, in wall ms; the end is not part of it."""

    post: str
    person: str
    start: int
    end: int


def rota(plant: Plant, post: str, wall: int, swaps: Swaps = NONE) -> tuple[str, ...]:
    """Who should stand at the post now, by the rota and its swaps alone."""
    return tuple(dict.fromkeys(t.person for t in turns(plant, post, wall, wall + 1, swaps)))


def turns(plant: Plant, post: str, start: int, end: int, swaps: Swaps = NONE) -> list[Turn]:
    """The turns at the post that touch this time, by their beginning. A shift past midnight belongs to the day it begins.

    A swap with somebody who is not listed any more counts for nothing.
    """
    if not any(s.post == post for s in plant.shifts):
        return []
    day, last = local(plant, start).date() - timedelta(days=1), local(plant, end).date()
    out: list[Turn] = []
    while day <= last:
        for shift in plant.shifts:
            if shift.post == post and shift.person in plant.people and runs(shift, plant, day):
                until = shift.end if shift.end > shift.start else shift.end + DAY
                begin = wall_of(plant, day, shift.start)
                other = swaps.get((post, begin, shift.person), "")
                turn = Turn(post, other if other in plant.people else shift.person, begin, wall_of(plant, day, until))
                if turn.start < end and turn.end > start:
                    out.append(turn)
        day += timedelta(days=1)
    return sorted(out, key=lambda t: (t.start, t.person))


def runs(shift: Shift, plant: Plant, day: date) -> bool:
    """Does the shift begin on this day?"""
    if day.isoweekday() not in shift.days or day.isocalendar().week % shift.every != shift.week % shift.every:
        return False
    if day.isoformat() < shift.first or (shift.last and day.isoformat() > shift.last):
        return False
    return shift.on == "any" or (shift.on == "school") is school_day(plant.calendar, day)


def holes(plant: Plant, post: str, start: int, end: int) -> list[tuple[int, int]]:
    """The times between which nobody of the rota stands at the post; none where the site has no rota for it."""
    if not any(s.post == post for s in plant.shifts):
        return []
    out, covered = [], start
    for turn in turns(plant, post, start, end):
        if turn.start > covered:
            out.append((covered, turn.start))
        covered = max(covered, turn.end)
    return [*out, (covered, end)] if covered < end else out


def keepers(zone: str, plant: Plant) -> tuple[str, ...]:
    """The keepers of the zone; when it has none, those of its building (the nearest people)."""
    all_ = [p for p in plant.people.values() if p.role == "keeper"]
    own = tuple(p.id for p in all_ if zone in p.zones)
    if own or zone not in plant.zones:
        return own
    near = {z.id for z in plant.zones.values() if z.building == plant.zones[zone].building}
    return tuple(p.id for p in all_ if near & set(p.zones))


def concerned(kind: str, zone: str, plant: Plant) -> tuple[str, ...]:
    """The keepers whom an alarm of this kind calls and who may answer it. Lost detection is told once for all of a building that has
    one sleeping time (alerts.parents): it concerns those of each of its zones."""
    here = plant.zones.get(zone)
    if here is None or kind != "comm-sleep":
        return keepers(zone, plant)
    zones = (zone, *(z.id for z in plant.zones.values() if (z.building, z.sleep) == (here.building, here.sleep)))
    return tuple(dict.fromkeys(id for z in zones for id in keepers(z, plant)))


def _stand_in(plant: Plant, name: str) -> tuple[str, ...]:
    for role in STAND_IN[name]:
        people = tuple(p.id for p in plant.people.values() if p.role == role)
        if people:
            return people
    return ()
