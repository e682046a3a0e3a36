"""Who is on duty: post or role -> person ids at a wall time. Pure; knows the plant's time zone and nothing of alarms.

Source: people's table of §3 and the rota of §4.2; minutes of the day are local, days are ISO weekdays.
"""

from __future__ import annotations

from alerts.calendar import local
from alerts.plant import Plant, Shift

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


def on_duty(plant: Plant, wall: int) -> dict[str, tuple[str, ...]]:
    """Post or role -> person ids at wall ms since 1970 UTC, every post and role present.

    A hole in the rota falls back to everybody of the post's role, an empty role to the one that answers for it
    (STAND_IN), so that duty, second and leader are empty only when the school has named nobody at all.
    """
    at = local(plant, wall)
    minute, day = at.hour * 60 + at.minute, at.isoweekday()
    found = {post: _rota(plant, post, minute, day) for post in POSTS}
    return {name: found.get(name) or _stand_in(plant, name) for name in (*POSTS, *ROLES)}


def _rota(plant: Plant, post: str, minute: int, day: int) -> tuple[str, ...]:
    people = (s.person for s in plant.shifts if s.post == post and s.person in plant.people and covers(s, minute, day))
    return tuple(dict.fromkeys(people))


def covers(shift: Shift, minute: int, day: int) -> bool:
    """Is the shift running at this local minute of this ISO weekday? Its end is not part of it; equal ends are 24 hours.

    A shift past midnight belongs to the day on which it begins.
    """
    if shift.start < shift.end:
        return day in shift.days and shift.start <= minute < shift.end
    yesterday = (day - 2) % 7 + 1
    return (day in shift.days and minute >= shift.start) or (yesterday in shift.days and minute < shift.end)


def keepers(zone: str, plant: Plant) -> tuple[str, ...]:
    """The keepers of the zone; when it has none, those of its building (the nearest people)."""
    all_ = [p for p in plant.people.values() if p.role == "keeper"]
    own = tuple(p.id for p in all_ if zone in p.zones)
    if own or zone not in plant.zones:
        return own
    near = {z.id for z in plant.zones.values() if z.building == plant.zones[zone].building}
    return tuple(p.id for p in all_ if near & set(p.zones))


def _stand_in(plant: Plant, name: str) -> tuple[str, ...]:
    for role in STAND_IN[name]:
        people = tuple(p.id for p in plant.people.values() if p.role == role)
        if people:
            return people
    return ()
