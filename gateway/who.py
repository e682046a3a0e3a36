"""Who would be called at a place, now or at another time: one case per kind of alarm and group of like places, as JSON-ready values. Pure.

What a case is, alerts/foresight.py decides; here is which rules and points to ask it about, and what is known at that time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from alerts import foresight, marks, posts
from alerts.budget import Budget
from alerts.confirm import building_of
from alerts.duty import keepers
from alerts.foresight import Call, Foreseen
from alerts.kinds import KINDS
from alerts.model import Alarm, Mark, Rule, Stage
from alerts.plant import Plant
from alerts.restore import BOX, configured
from alerts.standing import Standing
from alerts.telling import NO_DATA, lost_points
from drivers.reading import Now

Json = dict[str, Any]
MOST = 120  # cases of one answer
LONGEST = 400 * 24 * 3_600_000  # ms ahead
OWN = ("cannot-record", "cannot-call", "fault")  # alarms of the box itself that no rule of the site raises


@dataclass(frozen=True, slots=True)
class Known:
    """What is known now, copied so that it may be looked at beside the living engine."""

    plant: Plant
    alarms: tuple[Alarm, ...]
    standing: tuple[Mark, ...]
    posts: tuple[Mark, ...]  # marks of the desk: shifts taken over, swaps
    budget: Budget
    now: Now
    clock_ok: bool


def under(plant: Plant, known: Known) -> Known:
    """What would be known after a restart with this plant: its own alarms stand on, and of what was sent nothing is known."""
    alarms = tuple(a for a in known.alarms if configured(a, plant))
    return replace(known, plant=plant, alarms=alarms, budget=Budget(plant))


def who_json(known: Known, place: str, kind: str, at: int) -> Json:
    """{"at","now","clock_ok","more":n,"channels":{id:type},"cases":[CASE]}, CASE as docs/local-socket.md.

    `place`: a zone, a building, or "" for the box.

    `at`: wall ms, not before now. At another time than now the marks are those that will stand then, and no alarm is open.
    """
    plant, now = known.plant, known.now
    then = Now(at, now.mono + at - now.wall)
    later = at > now.wall
    clock_ok = known.clock_ok or later
    standing = Standing(plant)
    for mark in known.standing:
        standing.put(_then(mark, then, plant))
    there = posts.foreseen(plant, known.posts, now.wall, known.clock_ok)
    alarms: Collection[Alarm] = () if later else known.alarms
    budget = Budget(plant) if later else known.budget
    found: dict[object, tuple[Foreseen, list[str], list[str]]] = {}
    more = 0
    for supposed, zone in _asked(plant, place, kind, standing, then):
        alarm = foresight.brought_about(supposed, alarms, standing, plant, then)
        key = (
            alarm.kind,
            alarm.policy.id,
            alarm.mode,
            alarm.mark,
            alarm.parent,
            str(alarm.evidence.get("which")),
            _people(zone, plant),
        )
        if key in found:
            found[key][1].append(zone)
            found[key][2].append(alarm.rule)
        elif len(found) >= MOST:
            more += 1
        else:
            case = foresight.foreseen(alarm, plant, there, budget, then, clock_ok=clock_ok, lost=lost_points(alarms, plant))
            found[key] = (case, [zone], [alarm.rule])
    cases = sorted(found.values(), key=lambda c: (-c[0].alarm.severity, c[0].alarm.kind))
    answer = {"at": at, "now": now.wall, "clock_ok": clock_ok, "more": more, "channels": dict(plant.channels)}
    return answer | {"cases": [_case(*c, plant) for c in cases]}


def _then(mark: Mark, at: Now, plant: Plant) -> Mark:
    """The mark as time alone will have made it."""
    while mark.stage is not Stage.OVER and (due := marks.next_due(mark)) is not None and due <= at.mono:
        mark = marks.passed(mark, Now(at.wall - at.mono + due, due), plant)
    return mark


def _asked(plant: Plant, place: str, kind: str, standing: Standing, at: Now) -> Iterator[tuple[Alarm, str]]:
    """(alarm, zone): one alarm for all points of a zone that would be told in the same way."""
    zones = {z.id for z in plant.zones.values() if place in (z.id, z.building)} if place else {""}
    own = () if place else (Rule(f"{BOX}-{name}", "system", name, (f"{BOX}/{name}",), {}, 0, 0, name) for name in OWN)
    seen: set[object] = set()
    for rule in (*own, *plant.rules):
        for point in rule.points if kind in ("", rule.alarm) else ():
            about = plant.points.get(point)
            zone = about.zone if about else ""
            if zone not in zones:
                continue
            alarm = foresight.supposed(rule, point, plant, at)
            mark = standing.of_alarm(alarm)
            key = (rule.id, zone, mark.id if mark else "", about.bus if about and rule.alarm in NO_DATA else "")
            if key not in seen:
                seen.add(key)
                yield alarm, zone


def _people(zone: str, plant: Plant) -> object:
    """What makes two places of a building alike: the same nearest people, asleep at the same time."""
    place = plant.zones.get(zone)
    return keepers(zone, plant), plant.holders.get(zone, ()), place.sleep if place else ()


def _case(found: Foreseen, zones: list[str], rules: list[str], plant: Plant) -> Json:
    alarm, kind = found.alarm, KINDS[found.alarm.kind]
    rule = next((r for r in plant.rules if r.id == alarm.rule), None)
    return {
        "kind": alarm.kind,
        "lamp": kind.lamp,
        "what": {"zh": (rule and rule.message_zh) or kind.zh, "en": (rule and rule.message_en) or kind.en},
        "rules": list(dict.fromkeys(rules)),
        "zones": list(dict.fromkeys(zones)),
        "building": building_of(alarm, plant),
        "policy": alarm.policy.id,
        "mode": alarm.mode,
        "mark": alarm.mark,
        "under": alarm.parent,
        "confirmed": alarm.confirmed,
        "loop": alarm.policy.loop,
        "unanswered": [_call(c) for c in found.unanswered],
        "answered": [_call(c) for c in found.answered],
        "nobody": not any(t.held in ("", "storm", "list") for c in (*found.unanswered, *found.answered) for t in c.told),
    }


def _call(call: Call) -> Json:
    return {
        "after": call.after,
        "step": call.step,
        "round": call.round,
        "during": call.during,
        "holes": list(call.holes),
        "empty": list(call.empty),
        "told": [
            {
                "person": t.person, "to": list(t.to), "channel": t.channel, "language": t.language, "message": t.message,
                "text": t.text, "held": t.held,
            }
            for t in call.told
        ],
    }  # fmt: skip
