"""Rule kind `k_of_n`: at least `k` of a zone's points breach together. params: `k`, and `equals` or those of scene.beyond.

`Rule.parts` are the n points, the rule's own point is the first of them: the alarm stands for the zone.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Scalar, Truth
from alerts.rules.scene import Judged, Memory, Scene, beyond, number, parts
from drivers.reading import Quality

watches = parts


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED with k breaching, CLEAR when so many are GOOD and clear that k cannot be, else UNKNOWN. Evidence: `parts`, which."""
    wanted, clear, worst, breached = number(rule.params["k"]), 0, 0.0, list[str]()
    for part in rule.parts:
        reading = scene.view.get(part)
        if reading is None or reading.value is None:
            continue
        if _breaches(rule, point, reading.value, scene):
            breached.append(part)
            worst = max(worst, reading.value)
        elif reading.quality is Quality.GOOD:
            clear += 1
    if len(breached) >= wanted:
        seen: dict[str, Scalar] = {"value": worst, "count": len(breached), "of": len(rule.parts), "parts": " ".join(breached)}
        return Condition(rule.id, point, Truth.BREACHED, seen), None
    truth = Truth.CLEAR if clear > len(rule.parts) - wanted else Truth.UNKNOWN
    return Condition(rule.id, point, truth), None


def _breaches(rule: Rule, point: str, value: float, scene: Scene) -> bool:
    if "equals" in rule.params:
        return value == rule.params["equals"]
    return beyond(rule, point, value, scene) is not None
