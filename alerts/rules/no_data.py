"""Rule kind `no_data`: the point gives nothing. No params; how long silence may last is the point's `stale`, not the rule's."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.model import Condition, Rule, Truth
from drivers.reading import Now, Quality, Reading

_TRUTH = {
    Quality.GOOD: Truth.CLEAR,
    Quality.UNCERTAIN: Truth.UNKNOWN,
    Quality.STALE: Truth.BREACHED,
    Quality.FAULT: Truth.BREACHED,
}


def watches(rule: Rule, point: str) -> tuple[str, ...]:
    """Only the point itself."""
    return (point,)


def evaluate(rule: Rule, point: str, view: Mapping[str, Reading], active: bool, now: Now) -> Condition:
    """BREACHED when STALE or FAULT, CLEAR when GOOD, else UNKNOWN; one never heard the engine makes STALE in time."""
    reading = view.get(point)
    if reading is None:
        return Condition(rule.id, point, Truth.UNKNOWN)
    truth = _TRUTH[reading.quality]
    if truth is Truth.BREACHED:
        return Condition(rule.id, point, truth, {"quality": reading.quality.name.lower(), "fault": reading.fault})
    return Condition(rule.id, point, truth)
