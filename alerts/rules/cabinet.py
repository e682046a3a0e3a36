"""Rule kind `cabinet`: each deviation of a store with two locks is a rule of its own. params: `store`, `case` (a row of CASES).

The rule's point is the door, its parts are all points of the store. What happened is in the store's state (alerts/store_step.py);
here it is judged: two released locks alone never are two people. R22, R23, people's workflow of chemicals stores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.holders import counting, different, trouble
from alerts.model import Condition, Rule, Scalar, Truth
from alerts.opening import ASK, SETTLE, Opening, Proof
from alerts.plant import Plant, Store
from alerts.rules.scene import Judged, Memory, Scene, parts
from alerts.store_step import StoreState, judged_locks, limit, seen, shows
from drivers.reading import Now, Quality, Reading

watches = parts

AGAIN = 10_000  # ms: the same card at the same reader sooner than this is one showing
Facts = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a case may look at."""

    store: Store
    state: StoreState
    plant: Plant
    view: Mapping[str, Reading]
    now: Now
    clock_ok: bool
    listed: bool  # an alarm of an earlier opening stands, which has no on-delay any more

    @property
    def begun(self) -> tuple[Opening, ...]:
        """Openings whose locks are judged: the one that stands open, and one that was closed before its delay was over.

        The on-delay lets the locks arrive; where there is none the two seconds are counted here.
        """
        wait = SETTLE if self.listed else 0
        arrived = [o for o in self.state.openings if self.now.mono - o.opened.mono >= wait]
        return tuple(o for o in arrived if o.closed is None or not judged_locks(o, self.now))

    def about(self, o: Opening) -> Facts:
        """Which opening, and for how many ms its door has been open when it is judged."""
        return {"opening": o.id, "lasted": self.now.mono - o.opened.mono}

    @property
    def doubtful(self) -> tuple[Opening, ...]:
        """Openings with the locks as they should be, or not known: who was there decides."""
        return tuple(
            o for o in self.state.openings if o.which in ("AB", "?") and o.lock_a is not False and o.lock_b is not False
        )


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """BREACHED as the case says. CLEAR needs a GOOD door; a door nobody knows anything of is UNKNOWN."""
    store = scene.plant.stores[str(rule.params["store"])]
    state = scene.stores.get(store.id, StoreState())
    case = CASES[str(rule.params["case"])]
    listed = scene.listed(rule.id, point)
    truth, evidence = case(Sight(store, state, scene.plant, scene.view, scene.now, scene.clock_ok, listed))
    door = scene.view.get(store.door)
    if truth is Truth.CLEAR and (door is None or door.quality is not Quality.GOOD):
        truth = Truth.UNKNOWN
    return Condition(rule.id, point, truth, evidence if truth is Truth.BREACHED else {}), None


def _truth(breached: bool, evidence: Facts | None = None) -> tuple[Truth, Facts]:
    return (Truth.BREACHED if breached else Truth.CLEAR), evidence or {}


def _single(s: Sight) -> tuple[Truth, Facts]:
    """The door opened with one lock."""
    if found := [o for o in s.begun if (o.lock_a is False) != (o.lock_b is False)]:
        return _truth(True, {"which": found[-1].which, **s.about(found[-1])})
    o = s.state.current
    return (Truth.UNKNOWN if o is not None and None in (o.lock_a, o.lock_b) else Truth.CLEAR), {}


def _forced(s: Sight) -> tuple[Truth, Facts]:
    """The door opened with both locks closed."""
    if found := [o for o in s.begun if o.lock_a is False and o.lock_b is False]:
        return _truth(True, {"which": "none", **s.about(found[-1])})
    o = s.state.current
    return (Truth.CLEAR if o is None or o.lock_a or o.lock_b else Truth.UNKNOWN), {}


def _lock(s: Sight) -> tuple[Truth, Facts]:
    """One lock released, the door closed: somebody waits for the second holder."""
    door, lock_a, lock_b = (s.view.get(p) for p in (s.store.door, s.store.lock_a, s.store.lock_b))
    a, b = seen(lock_a), seen(lock_b)
    if seen(door) is False and a is not None and b is not None and a is not b:
        return _truth(True, {"which": "A" if a else "B"})
    good = all(r is not None and r.quality is Quality.GOOD for r in (door, lock_a, lock_b))
    return (Truth.CLEAR if good else Truth.UNKNOWN), {}


def _proof(s: Sight) -> tuple[Truth, Facts]:
    """身份待核实: two identities may still come."""
    waiting = [o for o in s.doubtful if not o.verdict]
    return _truth(bool(waiting), {"opening": waiting[-1].id, "locks": waiting[-1].which} if waiting else {})


def _unproven(s: Sight) -> tuple[Truth, Facts]:
    """Five minutes, and fewer than two identities. `alone`: just one holder has proven to be there, `person`."""
    found = [o for o in s.doubtful if o.verdict == "unproven"]
    if not found:
        return _truth(False)
    there = different(found[-1].proofs, s.store, s.plant, s.now.wall)
    facts: dict[str, Scalar] = {"opening": found[-1].id, "proofs": len(found[-1].proofs)}
    return _truth(True, facts | ({"alone": True, "person": there[0]} if len(there) == 1 else {}))


def _same(s: Sight) -> tuple[Truth, Facts]:
    """One person's identity at two readers, or again at one: somebody tries to be two. Where two are proven nobody has to."""
    for o in s.state.openings:
        shown = [p for p in o.proofs if p.person and p.how in ("lock", "card") and o.verdict != "two"]
        for n, proof in enumerate(shown):
            if any(_twice(earlier, proof, s.plant) for earlier in shown[:n]):
                return _truth(True, {"person": proof.person, "opening": o.id})
    return _truth(False)


def _twice(first: Proof, second: Proof, plant: Plant) -> bool:
    apart = first.point != second.point or second.at.mono - first.at.mono >= AGAIN // plant.speed
    return first.person == second.person and apart


def _stranger(s: Sight) -> tuple[Truth, Facts]:
    """An identity that does not count: not on the list, left, training lapsed."""
    for o in s.state.openings:
        for proof in o.proofs:
            if why := trouble(proof.person, s.store, s.plant, s.now.wall):
                return _truth(True, {"person": proof.person, "why": why, "opening": o.id})
    return _truth(False)


def _ask(s: Sight) -> tuple[Truth, Facts]:
    """Open longer than declared (five minutes without a session): somebody is asked."""
    o = s.state.current
    return _truth(o is not None and s.now.mono >= limit(o, s.plant), _which(o))


def _overrun(s: Sight) -> tuple[Truth, Facts]:
    """Asked, and still open five minutes later."""
    o = s.state.current
    return _truth(o is not None and s.now.mono >= limit(o, s.plant) + ASK // s.plant.speed, _which(o))


def _which(o: Opening | None) -> Facts:
    return {"session": o.session, "opening": o.id} if o else {}


def _hours(s: Sight) -> tuple[Truth, Facts]:
    """Opened outside 08:00-18:00 of a school day, and not for a declared repair."""
    o = s.state.current
    return _truth(o is not None and o.out_of_hours, {"opening": o.id} if o else {})


def _fan(s: Sight) -> tuple[Truth, Facts]:
    """The fan was not seen running when the door opened, and is not now."""
    o = s.state.current
    late = o is not None and not o.fan and s.now.mono - o.opened.mono >= SETTLE
    return _truth(late and not shows(s.view.get(s.store.fan)), {"which": "fan", "opening": o.id if o else ""})


def _blind(s: Sight) -> tuple[Truth, Facts]:
    """The store is open and its camera or its detector gives nothing."""
    if (o := s.state.current) is None:
        return _truth(False)
    detector = s.view.get(s.store.detector)
    alive = detector is not None and detector.quality is Quality.GOOD
    dead = ["camera"] if s.store.camera and not shows(s.view.get(s.store.camera)) else []
    dead += ["detector"] if s.store.detector and not alive else []
    return _truth(bool(dead), {"which": " ".join(dead), "opening": o.id})


def _list(s: Sight) -> tuple[Truth, Facts]:
    """Fewer than two holders count: nobody can open it rightly."""
    if not s.clock_ok:
        return Truth.UNKNOWN, {}
    count = len(counting(s.store, s.plant, s.now.wall))
    return _truth(count < 2, {"count": count})


CASES: Mapping[str, Callable[[Sight], tuple[Truth, Facts]]] = {
    "single": _single,
    "forced": _forced,
    "lock": _lock,
    "proof": _proof,
    "unproven": _unproven,
    "same": _same,
    "stranger": _stranger,
    "ask": _ask,
    "overrun": _overrun,
    "hours": _hours,
    "fan": _fan,
    "blind": _blind,
    "list": _list,
}
# what a store needs for a case to be judged at all; the rest needs its door alone
NEEDS: Mapping[str, Callable[[Store], bool]] = {
    "single": lambda store: bool(store.lock_a or store.lock_b),  # one that speaks and is closed beside an open door is enough
    "forced": lambda store: bool(store.lock_a and store.lock_b),
    "lock": lambda store: bool(store.lock_a and store.lock_b),
    "fan": lambda store: bool(store.fan),
    "proof": lambda store: bool(store.holders),
    "unproven": lambda store: bool(store.holders),
    "same": lambda store: bool(store.identity),
    "list": lambda store: bool(store.holders),
}


def judges(case: str, store: Store) -> bool:
    """Has the store what this case needs?"""
    needed = NEEDS.get(case)
    return needed is None or needed(store)
