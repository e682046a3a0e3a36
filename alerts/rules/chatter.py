"""Rule kind `chatter`: a state comes on too often. params: `times` within `within` (ms). Not kept over a restart.

Source: ISA-TR18.2.5, 3 alarm/clear cycles in a minute (R34, D15). One alarm stands for an hour of flapping: its off-delay is long.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, number, own, unknown
from drivers.reading import Quality

watches = own

Seen = tuple[bool, int, tuple[int, ...]]  # was it on, watched since, when it came on


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED at `times` comings within `within`; CLEAR with fewer, once watched for that long; else UNKNOWN."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None or reading.quality is not Quality.GOOD:
        return unknown(rule, point), memory
    on, at, within = reading.value != 0, reading.at.mono, number(rule.params["within"])
    was, since, came = memory or (on, at, ())
    if on and not was:
        came = (*came, at)
    came = tuple(t for t in came if at - t < within)
    if len(came) >= number(rule.params["times"]):
        return Condition(rule.id, point, Truth.BREACHED, {"times": len(came), "within": int(within) // 1000}), (on, since, came)
    return Condition(rule.id, point, Truth.CLEAR if at - since >= within else Truth.UNKNOWN), (on, since, came)
