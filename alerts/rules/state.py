"""Rule kind `state`: a bit or code equals one value. params: `equals`. No memory, no numbers beyond the one compared."""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, clear, own, unknown

watches = own


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED when the value equals `equals`, else CLEAR; an UNCERTAIN value may breach, never clear; no value is UNKNOWN."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    if reading.value == rule.params["equals"]:
        return Condition(rule.id, point, Truth.BREACHED, {"value": reading.value}), None
    return clear(rule, point, reading), None
