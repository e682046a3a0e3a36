"""Rule kind `timetable`: a state that is wrong only at certain hours, such as a door open out of hours. params: `equals`, `during`.

during: "closed" (not 08:00-18:00 of a school day) or "asleep" (the zone's sleeping time), both by alerts.calendar. Judged with every
reading, so an hour that begins while the state stands is seen one poll later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts import calendar
from alerts.model import Condition, Rule, Truth
from alerts.plant import Plant
from alerts.rules.scene import Judged, Memory, Scene, clear, own, unknown

watches = own

DURING: Mapping[str, Callable[[Plant, str, int], bool]] = {
    "closed": lambda plant, zone, wall: not calendar.working_hours(plant, wall),
    "asleep": calendar.asleep,
}


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED in those hours, CLEAR outside them or when the state is another; without a clock to believe UNKNOWN."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None:
        return unknown(rule, point), None
    if reading.value != rule.params["equals"]:
        return clear(rule, point, reading), None
    if not scene.clock_ok:
        return unknown(rule, point), None
    if DURING[str(rule.params["during"])](scene.plant, scene.plant.points[point].zone, scene.now.wall):
        return Condition(rule.id, point, Truth.BREACHED, {"value": reading.value}), None
    return clear(rule, point, reading), None
