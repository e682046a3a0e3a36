"""What readings and time make of one store's openings. Pure: a state and the view in, a state and news out. Judges nothing.

Source: people's workflow of chemicals stores. An opening begins with the door seen open and ends with it seen closed (GOOD). How the
locks stood is what was seen within two seconds of the door: an electronic lock may fall back while the door is open. An opening
waits for two identities for five minutes, also after it has been closed. An identity is given once: to what waits for one, else to
the next opening within five minutes; nobody is at a second opening because they were at the first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from alerts import calendar
from alerts.holders import counting, different, person_of
from alerts.model import Scalar
from alerts.opening import ASK, MINUTE, OPEN, PROOF, SETTLE, Declared, Opening, Proof
from alerts.plant import Plant, Store
from drivers.reading import Now, Quality, Reading


@dataclass(frozen=True, slots=True)
class News:
    """One event of a store, and the opening it is about as it then stands."""

    kind: str  # store.lock, store.opened, store.identity, store.verified, store.unproven, store.closed, store.session
    store: str
    who: str = ""
    args: Mapping[str, Scalar] = field(default_factory=dict)
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class StoreState:
    """`openings`: at most one open, the last, and closed ones whose identities may still come. `proofs`: of the last 5 min, for
    the next opening.

    `locks`: lock -> was it released when last seen (GOOD)? `released`: lock -> mono ms at which it was last seen released.
    `codes`: the last value of each reader.
    `declared`: a session that was declared before the door opened; None when its time is over.
    """

    openings: tuple[Opening, ...] = ()
    proofs: tuple[Proof, ...] = ()
    locks: Mapping[str, bool] = field(default_factory=dict)
    released: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, float] = field(default_factory=dict)
    declared: Declared | None = None
    last: Opening | None = None  # the last one that is over

    @property
    def current(self) -> Opening | None:
        return self.openings[-1] if self.openings and self.openings[-1].closed is None else None


def step(
    state: StoreState, store: Store, plant: Plant, view: Mapping[str, Reading], fresh: Collection[str], now: Now, clock_ok: bool
) -> tuple[StoreState, tuple[News, ...]]:  # fmt: skip
    """`fresh`: the points with a new reading. Called for each of them and when `due` says so; calling it oftener changes nothing."""
    state = _over(state, plant, now)
    state, news = _turned(state, store, view, fresh)
    state = replace(_recent(state, plant, now), released=_released(state, store, view, now))
    for proof in _shown(state, store, plant, view, fresh, now):
        state, said = proven(state, store, plant, proof)
        news += said
    state = replace(state, codes={**state.codes, **_codes(store, view, fresh)})
    door = view.get(store.door)
    if state.current is None and seen(door):
        opening = _opened(state, store, plant, view, now, clock_ok)
        state = replace(state, openings=(*state.openings, opening), proofs=(), declared=None)
        news.append(News("store.opened", store.id, args=_facts(opening), opening=opening))
    if (current := state.current) is not None:
        current = _meanwhile(current, state, store, plant, view, fresh, now)
        if door is not None and door.quality is Quality.GOOD and door.value == 0.0:
            current = replace(current, closed=now)
            news.append(News("store.closed", store.id, args=_facts(current), opening=current))
        state = replace(state, openings=(*state.openings[:-1], current))
    return _verdicts(state, store, plant, now, news)


def proven(state: StoreState, store: Store, plant: Plant, proof: Proof) -> tuple[StoreState, list[News]]:
    """One more identity. Every opening that waits and has none of this person gets it; where all have one, the last sees it twice.

    With no opening to give it to it is remembered for a door that opens within five minutes.
    """
    args: dict[str, Scalar] = {"how": proof.how, "reader": proof.point, "opening": ""}
    waiting = [o for o in state.openings if waits(o)]
    if not waiting:
        return replace(state, proofs=(*state.proofs, proof)), [News("store.identity", store.id, proof.person, args)]
    lacking = {o.id for o in waiting if all(p.person != proof.person for p in o.proofs)} or {waiting[-1].id}
    openings = tuple(replace(o, proofs=(*o.proofs, proof)) if o.id in lacking else o for o in state.openings)
    given = (o for o in openings if o.id in lacking)
    return replace(state, openings=openings), [
        News("store.identity", store.id, proof.person, args | {"opening": o.id}, o) for o in given
    ]


def waits(opening: Opening) -> bool:
    """Does an identity given now belong to it? While it stands open, and until it is known who was there."""
    return opening.closed is None or not opening.verdict


def limit(opening: Opening, plant: Plant) -> int:
    """Mono ms until which the door may stand open."""
    return opening.until if opening.session else opening.opened.mono + OPEN // plant.speed


def due(state: StoreState, plant: Plant, now: Now) -> int | None:
    """The next mono ms at which time alone changes something."""
    times = []
    for o in state.openings:
        times += [
            o.opened.mono + SETTLE,
            o.opened.mono + 2 * SETTLE,
            o.opened.mono + PROOF // plant.speed,
            o.opened.mono + PROOF // plant.speed + SETTLE,
        ]
        if o.closed is None:
            times += [limit(o, plant), limit(o, plant) + ASK // plant.speed]
    return min((t for t in times if t > now.mono), default=None)


def judged(store: Store, plant: Plant, wall: int) -> bool:
    """Can anything tell who is there? Two holders who count (each has a phone or the screen's PIN), or readers."""
    return len(counting(store, plant, wall)) >= 2 or bool(store.identity and store.holders)


def judged_locks(opening: Opening, now: Now) -> bool:
    """Is the delay over in which its locks are judged, however soon the door was closed again?"""
    return now.mono >= opening.opened.mono + 2 * SETTLE


def seen(reading: Reading | None) -> bool | None:
    return None if reading is None or reading.value is None else reading.value == 1.0


def shows(reading: Reading | None) -> bool:
    """Does it surely read 1?"""
    return reading is not None and reading.quality is Quality.GOOD and reading.value == 1.0


# the parts of a step


def _over(state: StoreState, plant: Plant, now: Now) -> StoreState:
    """Closed openings with a verdict that everybody has seen are over."""
    done = [o for o in state.openings if o.closed and o.verdict and _settled(o, plant, now)]
    kept = tuple(o for o in state.openings if o not in done)
    return replace(state, openings=kept, last=done[-1]) if done else state


def _settled(opening: Opening, plant: Plant, now: Now) -> bool:
    """Its locks have been judged; and an unproven one stays two seconds, so that its alarm is seen to breach."""
    proven_ = opening.verdict != "unproven" or now.mono >= opening.opened.mono + PROOF // plant.speed + SETTLE
    return proven_ and judged_locks(opening, now)


def _turned(
    state: StoreState, store: Store, view: Mapping[str, Reading], fresh: Collection[str]
) -> tuple[StoreState, list[News]]:
    """Each lock that was turned, opening or not (R23). How one stood when the box began to look was nobody's doing."""
    good = {p: view[p].value == 1.0 for p in (store.lock_a, store.lock_b) if p in fresh and view[p].quality is Quality.GOOD}
    opening = state.current.id if state.current else ""
    news = [
        News("store.lock", store.id, args={"lock": "A" if p == store.lock_a else "B", "released": on, "opening": opening})
        for p, on in good.items()
        if state.locks.get(p, on) is not on
    ]
    return replace(state, locks={**state.locks, **good}), news


def _released(state: StoreState, store: Store, view: Mapping[str, Reading], now: Now) -> dict[str, int]:
    """A lock that was released when the door opened counts until the door is seen closed: a door that swings to and back is not forced."""
    o = state.current
    locks = ((store.lock_a, o and o.lock_a), (store.lock_b, o and o.lock_b))
    return {**state.released, **{p: now.mono for p, opened in locks if p and (opened or shows(view.get(p)))}}


def _recent(state: StoreState, plant: Plant, now: Now) -> StoreState:
    """Without the identities and the declared session whose time is over."""
    d = state.declared
    return replace(
        state,
        proofs=tuple(p for p in state.proofs if now.mono - p.at.mono <= PROOF // plant.speed),
        declared=d if d and now.mono - d.at.mono <= d.minutes * MINUTE // plant.speed else None,
    )


def _codes(store: Store, view: Mapping[str, Reading], fresh: Collection[str]) -> dict[str, float]:
    found = {p: view[p] for p in store.identity if p in fresh}
    return {p: r.value for p, r in found.items() if r.quality is Quality.GOOD and r.value is not None}


def _shown(
    state: StoreState, store: Store, plant: Plant, view: Mapping[str, Reading], fresh: Collection[str], now: Now
) -> list[Proof]:
    """Identities that readers show for the first time. What a reader showed when the box began to look is nobody's."""
    how = "lock" if store.locks == "identity" else "card"
    return [
        Proof(person_of(int(code), plant), how, point, now)
        for point, code in _codes(store, view, fresh).items()
        if code and state.codes.get(point, code) != code
    ]


def _opened(state: StoreState, store: Store, plant: Plant, view: Mapping[str, Reading], now: Now, clock_ok: bool) -> Opening:
    said, swung = state.declared or Declared("", "", 0, now), _swung(state, now)
    made = Opening(
        f"{store.id}-{view[store.door].at.wall}", store.id, now,
        _lock(store.lock_a, state, view, now), _lock(store.lock_b, state, view, now), state.proofs,
        session=said.kind, declared_by=said.by, until=now.mono + said.minutes * MINUTE // plant.speed if said.kind else 0,
        fan=not store.fan or shows(view.get(store.fan)),
        out_of_hours=clock_ok and said.kind != "repair" and not calendar.working_hours(plant, now.wall),
        verdict="" if judged(store, plant, now.wall) else "blind",
    )  # fmt: skip
    if swung is None or said.kind:
        return made
    return replace(
        made, proofs=(*swung.proofs, *made.proofs), session=swung.session, declared_by=swung.declared_by, until=swung.until,
        out_of_hours=swung.out_of_hours,
    )  # fmt: skip


def _swung(state: StoreState, now: Now) -> Opening | None:
    """The opening whose door was seen closed within the last two seconds: it swung to and back, and the same people stand there."""
    closed = [o for o in (*state.openings, state.last) if o is not None and o.closed and now.mono - o.closed.mono <= SETTLE]
    return closed[-1] if closed else None


def _lock(point: str, state: StoreState, view: Mapping[str, Reading], now: Now) -> bool | None:
    """Released when the door opened? Surely released needs GOOD; seen locked is enough to say it was not."""
    if not point:
        return None
    if now.mono - state.released.get(point, -SETTLE - 1) <= SETTLE:
        return True
    return None if seen(view.get(point)) is not False else False


def _late(point: str, was: bool | None, view: Mapping[str, Reading]) -> bool | None:
    """A lock as it was seen when the door opened, or just after it: released counts, once seen."""
    if not point or was:
        return was
    reading = view.get(point)
    return True if shows(reading) else False if seen(reading) is False else was


def _meanwhile(
    o: Opening, state: StoreState, store: Store, plant: Plant, view: Mapping[str, Reading], fresh: Collection[str], now: Now
) -> Opening:  # fmt: skip
    """The inputs of the first two seconds, and what the store's sensors read."""
    if now.mono - o.opened.mono <= SETTLE:
        a, b = _late(store.lock_a, o.lock_a, view), _late(store.lock_b, o.lock_b, view)
        o = replace(o, lock_a=a, lock_b=b, fan=o.fan or shows(view.get(store.fan)))
    values = {p: v for p in store.climate if p in fresh and (v := view[p].value) is not None}
    if not values:
        return o
    lowest = {**o.lowest, **{p: min(v, o.lowest.get(p, v)) for p, v in values.items()}}
    return replace(o, lowest=lowest, highest={**o.highest, **{p: max(v, o.highest.get(p, v)) for p, v in values.items()}})


def _verdicts(state: StoreState, store: Store, plant: Plant, now: Now, news: list[News]) -> tuple[StoreState, tuple[News, ...]]:
    openings = []
    for o in state.openings:
        if not o.verdict and len(different(o.proofs, store, plant, now.wall)) >= 2:
            o = replace(o, verdict="two")
            news.append(News("store.verified", store.id, args=_facts(o), opening=o))
        elif not o.verdict and now.mono >= o.opened.mono + PROOF // plant.speed:
            o = replace(o, verdict="unproven")
            news.append(News("store.unproven", store.id, args=_facts(o), opening=o))
        openings.append(o)
    return replace(state, openings=tuple(openings)), tuple(news)


def _facts(o: Opening) -> dict[str, Scalar]:
    """What an event of an opening says: enough to read it without the opening's row."""
    out: dict[str, Scalar] = {"opening": o.id, "locks": o.which, "verdict": o.verdict, "session": o.session}
    out |= {f"who_{n}": p.person for n, p in enumerate(o.proofs, 1)} | {f"how_{n}": p.how for n, p in enumerate(o.proofs, 1)}
    if o.closed is not None:
        out |= {"open_ms": o.closed.mono - o.opened.mono, "opened": o.opened.wall, "picture": o.picture}
        out |= {f"lowest {p}": v for p, v in o.lowest.items()} | {f"highest {p}": v for p, v in o.highest.items()}
    return out
