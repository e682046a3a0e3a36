"""Rule kind `threshold`: a value beyond a high or a low limit, with a return limit. No memory: hysteresis comes from the alarm.

params: exactly one of `high`, `low` (unit of the point's quantity), and `return_at` (default: the limit itself).
high: breached at value >= high, clear again below return_at. low: breached at value < low, clear again from return_at on.
Each of a point's levels (warning, alarm, critical ...) is a rule of its own.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, number, own, unknown
from drivers.reading import Quality

watches = own


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED, CLEAR, or UNKNOWN when there is no value. An UNCERTAIN value may breach, never clear."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    value, params = reading.value, rule.params
    side = "high" if "high" in params else "low"
    limit = number(params[side])
    edge = number(params["return_at"]) if "return_at" in params and scene.active(rule.id, point) else limit
    if value >= edge if side == "high" else value < edge:
        return Condition(rule.id, point, Truth.BREACHED, {"value": value, "limit": limit}), None
    return Condition(rule.id, point, Truth.CLEAR if reading.quality is Quality.GOOD else Truth.UNKNOWN), None
