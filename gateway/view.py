"""What clients of the local socket see: the snapshot of docs/local-socket.md and its parts as JSON-ready dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts import escalation
from alerts.drill import BREAKS, target
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState
from alerts.plant import Plant, Point
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Quality, Reading
from gateway.boxpoints import IN_ENGLISH

Json = dict[str, Any]
USUAL = ("usual", "usual_sigma", "usual_days", "usual_hours", "sigmas", "hour")  # evidence of the rule kind `deviation`


def about_json(plant: Plant) -> dict[str, Json]:
    """The part of each POINT that never changes while `run` lives."""
    return {id: _about(point) for id, point in plant.points.items()}


def _about(about: Point) -> Json:
    quantity = QUANTITIES[about.quantity]
    return {
        "device": about.device,
        "bus": about.bus,
        "zone": about.zone,
        "quantity": about.quantity,
        "label": {"zh": quantity.zh, "en": quantity.en},
        "name": about.name,
        "unit": quantity.unit,
        "digits": quantity.digits,
        "texts": _texts(about.quantity, about.values),
    }


def reading_json(reading: Reading | None) -> Json:
    """The part of a POINT that changes. A point never heard of is stale with no time: unknown is never shown as normal."""
    if reading is None:
        return {"value": None, "quality": "stale", "at": None, "fault": ""}
    return {
        "value": reading.value,
        "quality": reading.quality.name.lower(),
        "at": reading.at.wall,
        "fault": reading.fault,
    }


def alarm_json(plant: Plant, alarm: Alarm, now: Now) -> Json:
    """ALARM. Times leave as wall milliseconds; due times are turned from the monotonic clock."""
    kind = KINDS[alarm.kind]
    point = plant.points.get(alarm.point)
    output = plant.outputs.get(alarm.point)
    zone = plant.zones.get(point.zone if point else output.zone if output else "")
    rule = next((r for r in plant.rules if r.id == alarm.rule), None)
    due = alarm.on_due if alarm.state is AlarmState.PENDING else escalation.next_due(alarm, now)
    asked = _result_due(alarm)
    return {
        "id": alarm.id,
        "number": alarm.number,
        "rule": alarm.rule,
        "point": alarm.point,
        "kind": alarm.kind,
        "lamp": kind.lamp,
        "severity": int(alarm.severity),
        "state": alarm.state.value,
        "occurrence": alarm.occurrence,
        "raised": alarm.raised.wall,
        "first": alarm.first.wall,
        "place": zone.name if zone else _far(alarm),
        "device_name": point.name if point else "",
        "building": zone.building if zone else "",
        "zone": zone.id if zone else "",
        "what": {"zh": (rule and rule.message_zh) or kind.zh, "en": (rule and rule.message_en) or kind.en},
        "value": alarm.evidence.get("value"),
        "limit": alarm.evidence.get("limit"),
        "unit": QUANTITIES[point.quantity].unit if point else "",
        "usual": {key: alarm.evidence[key] for key in USUAL} if USUAL[0] in alarm.evidence else None,
        "fault": alarm.evidence.get("fault") or alarm.evidence.get("why") or alarm.evidence.get("said") or "",
        "truth": alarm.truth.value,
        "good": alarm.good,
        "acked": alarm.acked.wall if alarm.acked else None,
        "acked_by": alarm.acked_by,
        "result": alarm.result.value if alarm.result else None,
        "cause": alarm.cause,
        "result_by": alarm.result_by,
        "confirmed": alarm.confirmed,
        "silenced": alarm.silenced,
        "parent": alarm.parent,
        "latching": alarm.latching,
        "mode": alarm.mode,
        "mark": alarm.mark,
        "first_up": alarm.first_up,
        "breaks_drill": any(step.id == BREAKS for step in alarm.policy.steps),
        "assignee": alarm.assignee,
        "repair": alarm.repair,
        "points": alarm.evidence.get("count", 1),
        "checklist": _checklist(plant, alarm),
        "result_due": _wall(asked, now),
        "next_due": _wall(due, now),
        "told": list(alarm.told),
        "bureau": _pair(escalation.bureau_words(alarm, plant, now)),
    }


def _pair(words: tuple[str, str] | None) -> Json | None:
    return None if words is None else {"zh": words[0], "en": words[1]}


def _far(alarm: Alarm) -> str:
    """The place of an alarm without a point here: at the bureau, school and place as the school said them."""
    return " ".join(str(alarm.evidence[k]) for k in ("school", "place") if alarm.evidence.get(k))


def _checklist(plant: Plant, alarm: Alarm) -> list[Json]:
    """What is to be done about an alarm of this kind, and who has ticked it when."""
    done = {t.item: t for t in alarm.ticks}
    return [
        {
            "id": item.id,
            "text": {"zh": item.zh, "en": item.en},
            "who": done[item.id].who if item.id in done else "",
            "at": done[item.id].at.wall if item.id in done else None,
        }
        for item in plant.checklists.get(alarm.kind, ())
    ]


def place_json(plant: Plant) -> Json:
    """The parts of a SNAPSHOT that never change while `run` lives."""
    return {
        "buildings": [
            {"id": b.id, "name": b.name, "use": b.use, "target": target(plant, b.id)} for b in plant.buildings.values()
        ],
        "zones": [{"id": z.id, "name": z.name, "building": z.building, "kind": z.kind} for z in plant.zones.values()],
        "people": [{"id": p.id, "name": p.name, "role": p.role, "zones": list(p.zones)} for p in plant.people.values()],
        "outside": [{"name": o.name, "phone": o.phone, "where": o.where, "until": o.until} for o in plant.outside],
        "limits": limits_json(plant),
        "channels": dict(plant.channels),
    }


def limits_json(plant: Plant) -> dict[str, list[Json]]:
    """The limits of each point's threshold rules, for its chart."""
    limits: dict[str, list[Json]] = {}
    for rule in plant.rules:
        high, low = rule.params.get("high"), rule.params.get("low")
        if high is None and low is None:
            continue
        for point in rule.points:
            limits.setdefault(point, []).append({"rule": rule.id, "alarm": rule.alarm, "high": high, "low": low})
    return limits


def shows(plant: Plant) -> frozenset[str]:
    """The points of which a reading may change what `outputs_json` tells."""
    return frozenset(point for output in plant.outputs.values() for point in (output.id, output.feedback))


def outputs_json(plant: Plant, wanted: Mapping[str, bool], view: Mapping[str, Reading]) -> dict[str, Json]:
    """`is`: as its own channel tells, else as the point that shows it; null where nothing does, or that is not known."""
    out = {}
    for output in plant.outputs.values():
        seen = view.get(output.id, view.get(output.feedback))
        out[output.id] = {
            "role": output.role,
            "zone": output.zone,
            "building": output.building,
            "want": wanted.get(output.id, False),
            "is": None if seen is None or seen.value is None else bool(seen.value),
        }
    return out


def mains_json(points: Mapping[str, Point], view: Mapping[str, Reading]) -> Json | None:
    """市电, of all points that tell of it (a UPS, a relay): `lost` when one says so, `present` only when all do. None without one."""
    told = {id: view.get(id) for id, point in points.items() if point.quantity == "mains"}
    if not told:
        return None
    known = {id: bool(r.value) for id, r in told.items() if r is not None and r.quality is Quality.GOOD}
    state = "lost" if False in known.values() else "present" if len(known) == len(told) else "unknown"
    return {"state": state, "points": {id: known.get(id) for id in told}}


def _texts(quantity: str, values: Mapping[int, str]) -> dict[str, Json] | None:
    about = QUANTITIES[quantity]
    if about.zero and about.one:
        return {"0": {"zh": about.zero[0], "en": about.zero[1]}, "1": {"zh": about.one[0], "en": about.one[1]}}
    if values:
        return {str(code): {"zh": text, "en": IN_ENGLISH.get(text, text)} for code, text in values.items()}
    return None


def _result_due(alarm: Alarm) -> int | None:
    if alarm.acked is None or alarm.result is not None:
        return None
    waits = [step.after for step in alarm.policy.steps if step.when == "unverified"]
    return alarm.acked.mono + min(waits) if waits else None


def _wall(mono: int | None, now: Now) -> int | None:
    return None if mono is None else now.wall + mono - now.mono
