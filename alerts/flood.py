"""Many alarms at once: which was first in its building, is it a flood, and how a list is grouped. Pure (R34, R35).

Fire, gas level 2 and breaches are never grouped away: each stands alone, whatever the flood.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from alerts import marks, modes
from alerts.confirm import building_of
from alerts.model import OPEN, Alarm, Mark, Severity, Stage
from alerts.plant import Plant
from alerts.standing import Change, Standing
from drivers.reading import Now

MOST, CALM, SPAN = 10, 5, 600_000  # a flood begins above 10 alarms in 10 minutes and ends below 5 (ISA-18.2)
ALONE = Severity.BREACH  # from here on an alarm is never grouped
FIRST = Severity.WARNING  # a fault is nobody's first alarm


@dataclass(frozen=True, slots=True)
class Group:
    """Open alarms of one zone, or of one parent, or one that stands alone. `alarms`: ids, the worst and oldest first."""

    zone: str
    parent: str
    alarms: tuple[str, ...]
    severity: Severity


def first_up(raised: Collection[Alarm], alarms: Collection[Alarm], plant: Plant) -> list[modes.Change]:
    """首警: what began while nothing else of its building was open."""
    out: list[modes.Change] = []
    for alarm in raised:
        building = building_of(alarm, plant)
        if not building or not _counts(alarm):
            continue
        others = (
            a for a in alarms if a.id != alarm.id and a.state in OPEN and _counts(a) and building_of(a, plant) == building
        )
        first = not any(a.first_up or a.raised.mono < alarm.raised.mono for a in others)
        first = first and not any(one.first_up for one, _, _ in out if building_of(one, plant) == building)
        if first is not alarm.first_up:
            out.append((replace(alarm, first_up=first), "", {}))
    return out


def flood(raised: Collection[Alarm], standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """The flood flag: set above 10 alarms in 10 minutes. Hidden and tested ones are no load on a person."""
    fresh = [a for a in raised if not a.parent and modes.real(a)]
    if not fresh:
        return
    span = SPAN // plant.speed
    standing.raises.extend(now.mono for _ in fresh)
    recent = [at for at in standing.raises if now.mono - at < span]
    mark = next(iter(standing.of_kind("flood")), None)
    if len(recent) <= MOST and mark is None:
        return
    calm = recent[-CALM] + span - now.mono if len(recent) >= CALM else 0
    end = marks.later(now, max(1, calm))  # never now: this step's own tick has been, and nothing may be left due by it
    facts = {"most": max(len(recent), int((mark.facts.get("most") if mark else 0) or 0))}
    if mark is None:
        yield Change(Mark("", 0, "flood", Stage.ON, "", "", now, end, facts=facts), "flood", args={"alarms": len(recent)})
    else:
        yield Change(replace(mark, until=end, facts=facts), "")


def groups(alarms: Collection[Alarm], plant: Plant) -> tuple[Group, ...]:
    """The open alarms grouped by parent, else by zone, the worst first."""
    known = {a.id: a for a in alarms if a.state in OPEN}
    parts: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in known.values():
        zone = _zone(alarm, plant)
        if alarm.severity >= ALONE:
            key = (alarm.id, "")
        elif alarm.parent in known:
            key = ("", alarm.parent)
        else:
            key = ("", alarm.id) if any(a.parent == alarm.id for a in known.values()) else (zone, "")
        parts.setdefault(key, []).append(alarm)
    made = []
    for (_, parent), members in parts.items():
        members.sort(key=lambda a: (a.id != parent, -a.severity, a.raised.mono, a.id))
        made.append(Group(_zone(members[0], plant), parent, tuple(a.id for a in members), max(a.severity for a in members)))
    return tuple(sorted(made, key=lambda g: (-g.severity, known[g.alarms[0]].raised.mono, g.alarms[0])))


def _counts(alarm: Alarm) -> bool:
    return alarm.severity >= FIRST and modes.real(alarm)


def _zone(alarm: Alarm, plant: Plant) -> str:
    point = plant.points.get(alarm.point)
    return point.zone if point else ""
