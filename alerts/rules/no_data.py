"""Rule kind `no_data`: the point gives nothing. No params; how long silence may last is the point's `stale`, not the rule's."""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, own, unknown
from drivers.reading import Quality

watches = own

_TRUTH = {
    Quality.GOOD: Truth.CLEAR,
    Quality.UNCERTAIN: Truth.UNKNOWN,
    Quality.STALE: Truth.BREACHED,
    Quality.FAULT: Truth.BREACHED,
}


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED when STALE or FAULT, CLEAR when GOOD, else UNKNOWN; one never heard the engine makes STALE in time."""
    reading = scene.view.get(point)
    if reading is None:
        return unknown(rule, point), None
    truth = _TRUTH[reading.quality]
    if truth is Truth.BREACHED:
        return Condition(rule.id, point, truth, {"quality": reading.quality.name.lower(), "fault": reading.fault}), None
    return Condition(rule.id, point, truth), None
