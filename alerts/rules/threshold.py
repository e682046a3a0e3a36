"""Rule kind `threshold`: a value beyond a high or a low limit, with a return limit. No memory: hysteresis comes from the alarm.

params: those of scene.beyond, in the unit of the point's quantity. Each of a point's levels (warning, alarm, critical ...) is a
rule of its own; `less_than` keeps their limits in order.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, beyond, clear, own, unknown

watches = own


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED, CLEAR, or UNKNOWN when there is no value. An UNCERTAIN value may breach, never clear."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    limit = beyond(rule, point, reading.value, scene)
    if limit is not None:
        return Condition(rule.id, point, Truth.BREACHED, {"value": reading.value, "limit": limit}), None
    return clear(rule, point, reading), None
