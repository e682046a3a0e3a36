"""Open alarms -> the desired state of each output. Pure levels, no history. Nothing here cuts mains or opens a lock (R18).

Which kind demands which role where: alerts.kinds. Until when: the table HOLDS below. The evacuation signal is no demand of a
kind: it follows a confirmed fire, and only in a building that has asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from alerts.confirm import building_of, fires
from alerts.kinds import KINDS
from alerts.model import ACTIVE, OPEN, Alarm, AlarmState
from alerts.modes import MODES
from alerts.plant import OutputPoint, Plant


def _unanswered(alarm: Alarm) -> bool:
    """A latching alarm sounds on although its cause is gone: nobody has answered yet, and somebody must go and look."""
    waiting = alarm.state is AlarmState.UNACKED or (alarm.latching and alarm.state is AlarmState.RTN_UNACKED)
    return waiting and not alarm.silenced


def _present(alarm: Alarm) -> bool:
    return alarm.state in ACTIVE and not alarm.silenced


def _until_closed(alarm: Alarm) -> bool:
    return alarm.state in OPEN


def _while_seen(alarm: Alarm) -> bool:
    """From the moment it is seen: the chirp tells whoever stands there before anybody is called."""
    return alarm.state in ACTIVE or alarm.state is AlarmState.PENDING


HOLDS: Mapping[str, Callable[[Alarm], bool]] = {
    "guard-sounder": _unanswered,  # an answer or 消音 stops it; a new occurrence sounds again (R14)
    "room-sounder": _present,  # the people in the room hear it as long as the gas is there
    "fan": _until_closed,
    "valve": _until_closed,
    "chirp": _while_seen,
}


def desired(alarms: Collection[Alarm], plant: Plant) -> dict[str, bool]:
    """Every output of the plant -> should it be on."""
    wanted = {
        (role, scope, _place(scope, alarm, plant))
        for alarm in alarms
        for role, scope in KINDS[alarm.kind].demands
        if HOLDS[role](alarm) and role not in MODES[alarm.mode].quiet
    }
    burning = {building_of(a, plant) for a in fires(alarms) if a.confirmed}
    return {o.id: _on(o, wanted, burning, plant) for o in plant.outputs.values()}


def _place(scope: str, alarm: Alarm, plant: Plant) -> str:
    if scope == "site":
        return ""
    if scope == "building":
        return building_of(alarm, plant)
    point = plant.points.get(alarm.point)
    return point.zone if point else ""


def _on(output: OutputPoint, wanted: set[tuple[str, str, str]], burning: set[str], plant: Plant) -> bool:
    zone = plant.zones.get(output.zone)
    building = output.building or (zone.building if zone else "")
    if output.role == "evacuation":
        return building in burning and plant.buildings[building].evacuation
    if (output.role, "site", "") in wanted:
        return True
    if building and (output.role, "building", building) in wanted:
        return True
    return bool(output.zone) and (output.role, "zone", output.zone) in wanted
