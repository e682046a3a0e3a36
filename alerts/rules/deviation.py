"""Rule kind `deviation`: near the set value of another rule *and* above what the point itself usually shows at this hour.

params: `set` (the limit of the rule named by `of`), `share` of it and `return_share`, `above` (unit of the quantity above the
usual). The usual values come from the box's own history (gateway/learning) and are handed in. While a point's are not known, or
the clock cannot be believed, a value near the set value is UNKNOWN: nobody is called for what may be this circuit's normal state;
the alarm at the set value itself needs no history. Source: people's values, old circuits leak.
"""

from __future__ import annotations

from alerts.calendar import local, school_day
from alerts.model import Condition, Rule, Scalar, Truth
from alerts.rules.scene import HOURS, Judged, Memory, Scene, Usual, clear, number, own, unknown

watches = own

RETURN = 0.8  # of `above`: an active warning ends below this


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED, CLEAR; UNKNOWN without a value, or near the set value while nobody knows what is usual.

    Evidence: the usual value and its sigma, of how many days and hours, the local hour, and how many sigma the value is away.
    """
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    value, params, active = reading.value, rule.params, scene.active(rule.id, point)
    if value < number(params["set"]) * number(params["return_share" if active else "share"]):
        return clear(rule, point, reading), None
    hour, usual = _usual(point, scene)
    if usual is None:
        return unknown(rule, point), None
    if value <= usual.value + number(params["above"]) * (RETURN if active else 1):
        return clear(rule, point, reading), None
    limit = round(number(params["set"]) * number(params["share"]), 1)
    evidence: dict[str, Scalar] = {
        "value": value,
        "limit": limit,
        "hour": hour,
        "usual": usual.value,
        "usual_sigma": usual.sigma,
    }
    evidence |= {"usual_days": usual.days, "usual_hours": usual.hours}
    evidence["sigmas"] = round((value - usual.value) / usual.sigma, 1) if usual.sigma else None
    return Condition(rule.id, point, Truth.BREACHED, evidence), None


def _usual(point: str, scene: Scene) -> tuple[int, Usual | None]:
    """The local hour and what is usual then; nothing while the clock cannot be believed."""
    at = local(scene.plant, scene.now.wall)
    table = scene.usual.get(point)
    if table is None or not scene.clock_ok:
        return at.hour, None
    return at.hour, table[at.hour + (0 if school_day(scene.plant.calendar, at.date()) else HOURS // 2)]
