"""Rule kind `deviation`: near the set value of another rule *and* above what the point itself usually shows at this hour.

params: `set` (the limit of the rule named by `of`), `share` of it and `return_share`, `above` (unit of the quantity above the
usual). The usual values come from the box's own history (gateway/baseline) and are handed in; while a point's are not known yet,
the share alone decides: better a warning too many than a circuit nobody looks at. Source: people's values, old circuits leak.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.model import Condition, Rule, Scalar, Truth
from alerts.rules.scene import Judged, Memory, Scene, Usual, clear, number, own, unknown

watches = own

RETURN = 0.8  # of `above`: an active warning ends below this


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED, CLEAR, or UNKNOWN without a value. Evidence: the usual value, of how many days, at which hour."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    value, params, active = reading.value, rule.params, scene.active(rule.id, point)
    near = number(params["set"]) * number(params["return_share" if active else "share"])
    hour, usual = _usual(point, scene)
    above = number(params["above"]) * (RETURN if active else 1)
    if value < near or (usual is not None and value <= usual.value + above):
        return clear(rule, point, reading), None
    limit = round(number(params["set"]) * number(params["share"]), 1)
    evidence: dict[str, Scalar] = {"value": value, "limit": limit, "hour": hour}
    evidence |= {"usual": usual.value if usual else None, "usual_days": usual.days if usual else 0}
    return Condition(rule.id, point, Truth.BREACHED, evidence), None


def _usual(point: str, scene: Scene) -> tuple[int | None, Usual | None]:
    """The local hour and what is usual then; neither while the clock cannot be believed."""
    table = scene.usual.get(point)
    if table is None or not scene.clock_ok:
        return None, None
    hour = datetime.fromtimestamp(scene.now.wall / 1000, UTC).astimezone(ZoneInfo(scene.plant.timezone)).hour
    return hour, table[hour]
