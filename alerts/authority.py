"""Who may do what: the role x verb table. Judges one person, one verb, one alarm; proof and expiry are not its matter.

Source: the product's rights of roles: duty, keeper (own zones) and leader answer and look; officer and head also reset;
duty resets only what somebody on the spot has called a false alarm; the installer touches no alarm.
"""

from __future__ import annotations

from collections.abc import Mapping

from alerts.duty import keepers
from alerts.kinds import KINDS
from alerts.model import Alarm, Result
from alerts.plant import Person, Plant

VERBS = ("ack", "result", "silence", "reset", "note")
_WATCH = {"ack": "", "result": "", "silence": "", "note": "", "reset": "on-site"}
_ALL = dict.fromkeys(VERBS, "")

# role -> verb -> the condition under which ("" = always); a missing verb is refused
RIGHTS: Mapping[str, Mapping[str, str]] = {
    "viewer": {},
    "duty": _WATCH,
    "keeper": {v: "zone+on-site" if c else "zone" for v, c in _WATCH.items()},
    "leader": _WATCH,
    "officer": _ALL,
    "head": _ALL,
    "electrician": {"ack": "electrical", "note": "electrical"},
    "holder": {},
    "installer": {},
    "bureau": {"ack": "", "note": ""},
    "admin": _ALL,
}


def allowed(person: Person, verb: str, alarm: Alarm, plant: Plant) -> tuple[bool, str]:
    """(True, "ok") or (False, code): refused.role, refused.zone, refused.on-site."""
    condition = RIGHTS.get(person.role, {}).get(verb)
    if condition is None:
        return False, "refused.role"
    if "zone" in condition and not _own_zone(person, alarm, plant):
        return False, "refused.zone"
    if condition == "electrical" and KINDS[alarm.kind].lamp != "electrical" and alarm.kind != "electrical-warning":
        return False, "refused.role"
    if "on-site" in condition and not (alarm.result is Result.FALSE and alarm.on_site):
        return False, "refused.on-site"
    return True, "ok"


def _own_zone(person: Person, alarm: Alarm, plant: Plant) -> bool:
    """Is the person called as the keeper of this place? Whoever is called must be able to answer."""
    place = plant.points.get(alarm.point) or plant.outputs.get(alarm.point)
    return place is not None and person.id in keepers(place.zone, plant)
