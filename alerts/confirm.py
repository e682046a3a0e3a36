"""When is a building's fire confirmed? Judgement only; what follows from it is the engine's and the interlock's.

Source: two-signal logic (R37): two points of one building, a manual call point or flow, heat with smoke, or a person's result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from alerts.kinds import KINDS
from alerts.model import ACTIVE, OPEN, Alarm, AlarmState, Result
from alerts.modes import real
from alerts.plant import Plant

SEEN = ACTIVE | {AlarmState.PENDING}
NOT_REAL = frozenset({Result.FALSE, Result.DRILL, Result.TEST, Result.REMOVED})


def building_of(alarm: Alarm, plant: Plant) -> str:
    """The building of the alarm's point, or "" for the box's own alarms."""
    point = plant.points.get(alarm.point)
    zone = plant.zones.get(point.zone) if point else None
    return zone.building if zone else ""


def fires(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Open alarms of fire kinds that nobody has called anything but real, and whose points are neither switched off nor tested."""
    return [a for a in alarms if a.state in OPEN and KINDS[a.kind].fire and a.result not in NOT_REAL and real(a)]


def confirmed(alarms: Iterable[Alarm], plant: Plant) -> frozenset[str]:
    """The buildings whose fire is confirmed. Only an active signal counts beside another; a person's 真火警 counts while open.

    Heat with smoke is two points like any other, so it needs no line of its own.
    """
    active: defaultdict[str, list[Alarm]] = defaultdict(list)
    found: set[str] = set()
    for alarm in fires(alarms):
        building = building_of(alarm, plant)
        if not building:
            continue
        if alarm.result is Result.REAL or KINDS[alarm.kind].sure:
            found.add(building)
        if alarm.state in ACTIVE:
            active[building].append(alarm)
    return frozenset(found | {b for b, here in active.items() if burning(here) >= 2})


def held(alarms: Iterable[Alarm], plant: Plant) -> list[Alarm]:
    """Fires still held for verification although a second point of their building burns: only a single one may be held (R37)."""
    seen: defaultdict[str, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        if KINDS[alarm.kind].fire and alarm.state in SEEN and alarm.result not in NOT_REAL and real(alarm):
            seen[building_of(alarm, plant)].append(alarm)
    together = (a for building, here in seen.items() if building and burning(here) >= 2 for a in here)
    return [a for a in together if a.state is AlarmState.PENDING]


def burning(alarms: Iterable[Alarm]) -> int:
    """By how many points: several alarms of one point are one, an alarm of a rule k-of-n is as many as it counted."""
    points: dict[str, int] = {}
    for alarm in alarms:
        points[alarm.point] = max(points.get(alarm.point, 1), int(alarm.evidence.get("count") or 1))
    return sum(points.values())
