"""Who may do what: the role x verb table. Judges one person, one verb, one alarm; proof and expiry are not its matter.

Source: the product's rights of roles: duty, keeper (own zones) and leader answer and look; officer and head also reset;
duty resets only what somebody on the spot has called a false alarm; the installer touches no alarm but those of a walk test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alerts import calendar
from alerts.duty import concerned
from alerts.kinds import KINDS
from alerts.model import Alarm, Result
from alerts.plant import Person, Plant

NIGHT = (18 * 60, 8 * 60)  # local minutes: when the leader on duty may take out of service, and until when
VERBS = ("ack", "result", "silence", "reset", "note", "assign", "tick", "repair", "next", "decline")
_WATCH = dict.fromkeys(VERBS, "") | {"reset": "on-site"}
_ALL = dict.fromkeys(VERBS, "")

# role -> verb -> the condition under which ("" = always); a missing verb is refused
RIGHTS: Mapping[str, Mapping[str, str]] = {
    "viewer": {},
    "duty": _WATCH,
    "keeper": {v: "zone+on-site" if c else "zone" for v, c in _WATCH.items()},
    "leader": _WATCH,
    "officer": _ALL,
    "head": _ALL,
    "electrician": {
        "ack": "electrical",
        "result": "walk",
        "note": "electrical",
        "tick": "electrical",
        "repair": "electrical",
        "decline": "",
    },
    "technician": {"ack": "maintenance", "result": "maintenance", "note": "maintenance", "decline": ""},
    "holder": {"decline": ""},
    "installer": {"ack": "walk", "result": "walk", "note": "walk"},
    "bureau": {"ack": "", "note": "", "decline": ""},
    "admin": _ALL,
}

# what is asked of points, buildings and the school -> roles that may; the leader on duty also by night, see service
_OFFICE = frozenset({"officer", "head", "admin"})
_FITTER = _OFFICE | {"installer"}
_PRESENT = frozenset({"duty", "keeper", "leader", "officer", "head", "electrician", "holder", "admin"})
ASKS: Mapping[str, frozenset[str]] = {
    "out-of-service": _OFFICE,
    "back": _OFFICE,
    "extend": _OFFICE,
    "maintenance": _OFFICE,
    "rooms": _OFFICE | {"technician"},
    "trial": _FITTER,
    "sign": _FITTER | {"electrician", "leader"},
    "accept": _OFFICE,
    "test": _FITTER,
    "rehearse": _OFFICE,
    "walk": _FITTER | {"electrician"},
    "end": _FITTER | {"technician", "electrician"},
    "drill-start": _OFFICE,
    "drill-end": _OFFICE,
    "drill-empty": _PRESENT,
    "answer": _PRESENT,
}
TAKERS = frozenset({"duty", "keeper", "leader", "officer", "head", "admin"})  # may take over the shift
READERS = frozenset({"officer", "head"})  # may countersign a shift
OUTPUTS = _FITTER  # may try an output
SWAPPERS = frozenset({"leader", "officer", "head", "admin"})  # may swap other people's shifts, and agree for them
FORESEERS = _FITTER | {"leader"}  # may see who would be called, with the words and numbers that are sent
# what somebody of the bureau may ask of a school -> roles of the bureau that may
_BUREAU = frozenset({"duty", "leader", "officer", "head", "admin"})
OF_SCHOOLS: Mapping[str, frozenset[str]] = {"ack": _BUREAU, "note": _BUREAU, "check": _BUREAU, "order": _BUREAU - {"duty"}}
AT_NIGHT = frozenset({"out-of-service", "back", "extend"})  # the leader on duty's, outside the officer's hours


def may_ask(person: Person, verb: str, plant: Plant, wall: int, leaders: Collection[str]) -> bool:
    """May the person ask this of points, a building or the school, at this time? `leaders`: who is leader on duty."""
    if person.role in ASKS[verb]:
        return True
    return verb in AT_NIGHT and person.role == "leader" and person.id in leaders and _night(plant, wall)


def _night(plant: Plant, wall: int) -> bool:
    """Is it outside the officer's hours?"""
    at = calendar.local(plant, wall)
    minute = at.hour * 60 + at.minute
    return minute >= NIGHT[0] or minute < NIGHT[1]


def allowed(person: Person, verb: str, alarm: Alarm, plant: Plant) -> tuple[bool, str]:
    """(True, "ok") or (False, code): refused.role, refused.zone, refused.on-site."""
    condition = RIGHTS.get(person.role, {}).get(verb)
    if condition is None:
        return False, "refused.role"
    if "zone" in condition and not _own_zone(person, alarm, plant):
        return False, "refused.zone"
    if (
        condition == "electrical"
        and alarm.mode != "walk"
        and KINDS[alarm.kind].lamp != "electrical"
        and alarm.kind != "electrical-warning"
    ):
        return False, "refused.role"
    if condition in ("maintenance", "walk") and alarm.mode != condition:
        return False, "refused.role"
    if "on-site" in condition and not (alarm.result is Result.FALSE and alarm.on_site):
        return False, "refused.on-site"
    return True, "ok"


def _own_zone(person: Person, alarm: Alarm, plant: Plant) -> bool:
    """Is the person called as the keeper of this place? Whoever is called must be able to answer."""
    place = plant.points.get(alarm.point) or plant.outputs.get(alarm.point)
    return place is not None and person.id in concerned(alarm.kind, place.zone, plant)
