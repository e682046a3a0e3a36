"""Rule kind `cabinet`: two locks and a door of a store (R22). Positions only; identities are not its matter.

params: `case` opening | lock, and the points `door`, `lock_a`, `lock_b`. Door 1 = open, lock 1 = released. The rule's point is
the door. opening: the door is open and not both locks are released; lock: exactly one lock released with the door closed.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene
from drivers.reading import Quality, Reading

_WHICH = {(True, False): "A", (False, True): "B", (False, False): "none"}


def watches(rule: Rule, point: str) -> tuple[str, ...]:
    """Door and both locks."""
    return (str(rule.params["door"]), str(rule.params["lock_a"]), str(rule.params["lock_b"]))


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED with evidence `which` = the lock that is released (A, B, none = forced, ? = not known).

    Any needed point not GOOD gives UNKNOWN unless the breach is certain all the same: a door seen open beside
    a lock seen locked needs no second lock. A door known to be closed clears `opening` whatever the locks say.
    """
    door, lock_a, lock_b = (scene.view.get(p) for p in watches(rule, point))
    judge = _opening if rule.params["case"] == "opening" else _lock
    truth = judge(door, lock_a, lock_b)
    if truth is not Truth.BREACHED:
        return Condition(rule.id, point, truth), None
    a, b = _seen(lock_a), _seen(lock_b)
    which = "?" if a is None or b is None else _WHICH[a, b]
    return Condition(rule.id, point, truth, {"which": which}), None


def _seen(reading: Reading | None) -> bool | None:
    return None if reading is None or reading.value is None else reading.value == 1.0


def _good(*readings: Reading | None) -> bool:
    return all(r is not None and r.quality is Quality.GOOD for r in readings)


def _opening(door: Reading | None, lock_a: Reading | None, lock_b: Reading | None) -> Truth:
    if _seen(door) and (_seen(lock_a) is False or _seen(lock_b) is False):
        return Truth.BREACHED
    if _seen(door) is False and _good(door):
        return Truth.CLEAR
    return Truth.CLEAR if _good(door, lock_a, lock_b) else Truth.UNKNOWN


def _lock(door: Reading | None, lock_a: Reading | None, lock_b: Reading | None) -> Truth:
    a, b = _seen(lock_a), _seen(lock_b)
    if _seen(door) is False and a is not None and b is not None and a is not b:
        return Truth.BREACHED
    return Truth.CLEAR if _good(door, lock_a, lock_b) else Truth.UNKNOWN
