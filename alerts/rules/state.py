"""Rule kind `state`: a bit or code equals one value. params: `equals`. No memory, no numbers beyond the one compared."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.model import Condition, Rule, Truth
from drivers.reading import Now, Quality, Reading


def watches(rule: Rule, point: str) -> tuple[str, ...]:
    """Only the point itself."""
    return (point,)


def evaluate(rule: Rule, point: str, view: Mapping[str, Reading], active: bool, now: Now) -> Condition:
    """BREACHED when the value equals `equals`, else CLEAR; an UNCERTAIN value may breach, never clear; no value is UNKNOWN."""
    reading = view.get(point)
    if reading is None or reading.value is None:
        return Condition(rule.id, point, Truth.UNKNOWN)
    if reading.value == rule.params["equals"]:
        return Condition(rule.id, point, Truth.BREACHED, {"value": reading.value})
    return Condition(rule.id, point, Truth.CLEAR if reading.quality is Quality.GOOD else Truth.UNKNOWN)
