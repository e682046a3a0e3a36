"""Rule kind `stuck`: a living sensor moves. params: `after` (ms), `span` (a change up to this is none). Not kept over a restart."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, number, own, unknown
from drivers.reading import Quality

watches = own

LONGEST = 600_000  # ms between two values: through a longer silence nobody knows whether it moved


@dataclass(frozen=True, slots=True)
class Still:
    """The value that later ones are compared with, since when, the last time heard; `moved`: was it seen to move since start?"""

    value: float
    since: int
    heard: int
    moved: bool


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED after `after` without a change; CLEAR only once it has been seen to move. Silence proves neither."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None or reading.quality is not Quality.GOOD:
        return unknown(rule, point), memory
    at, value = reading.at.mono, reading.value
    still = memory if isinstance(memory, Still) and 0 <= at - memory.heard <= LONGEST else Still(value, at, at, False)
    if abs(value - still.value) > number(rule.params["span"]):
        still = Still(value, at, at, True)
    still = replace(still, heard=at)
    if at - still.since >= number(rule.params["after"]):
        evidence = {"value": value, "still": (at - still.since) // 1000}
        return Condition(rule.id, point, Truth.BREACHED, evidence), replace(still, moved=False)
    return Condition(rule.id, point, Truth.CLEAR if still.moved else Truth.UNKNOWN), still
