"""Rule kind `threshold`: a value beyond a high or a low limit, with a return limit. No memory: hysteresis comes from `active`.

params: exactly one of `high`, `low` (unit of the point's quantity), and `return_at` (default: the limit itself).
high: breached at value >= high, clear again below return_at. low: breached at value < low, clear again from return_at on.
"""

from __future__ import annotations

from collections.abc import Mapping

from alerts.model import Condition, Rule, Truth
from drivers.reading import Now, Quality, Reading


def watches(rule: Rule, point: str) -> tuple[str, ...]:
    """Only the point itself."""
    return (point,)


def evaluate(rule: Rule, point: str, view: Mapping[str, Reading], active: bool, now: Now) -> Condition:
    """BREACHED, CLEAR, or UNKNOWN when there is no value. An UNCERTAIN value may breach, never clear."""
    reading = view.get(point)
    if reading is None or reading.value is None:
        return Condition(rule.id, point, Truth.UNKNOWN)
    value, params = reading.value, rule.params
    side = "high" if "high" in params else "low"
    limit = number(params[side])
    edge = number(params.get("return_at", limit)) if active else limit
    if value >= edge if side == "high" else value < edge:
        return Condition(rule.id, point, Truth.BREACHED, {"value": value, "limit": limit})
    return Condition(rule.id, point, Truth.CLEAR if reading.quality is Quality.GOOD else Truth.UNKNOWN)


def number(value: object) -> float:
    """A rule's number; anything else is a mistake of the compiler of the rules."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a limit must be a number, not {value!r}")
    return value
