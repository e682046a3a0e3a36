"""All stores of a plant: their states, what people say to them, what is still due. Holds states; the steps are store_step's.

What it hears it answers with News, which the engine takes and records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from alerts import awaited
from alerts.awaited import moved
from alerts.holders import trouble
from alerts.machine import Move
from alerts.machine import step as step_alarm
from alerts.model import OPEN, Alarm, Command, Input, Mark, Scalar, Stage
from alerts.opening import MINUTE, SESSIONS, Declared, Opening, Proof
from alerts.plant import Person, Plant, Store
from alerts.store_step import News, StoreState, due, proven, step, waits
from drivers.reading import Now, Reading

VERBS = ("identify", "session")
MOST = 480  # minutes of a declared repair
HOW = {"sms": "phone", "key": "phone", "local": "pin"}  # proof of a command -> how an identity was shown
DECLARERS = ("officer", "head", "admin")  # may declare a session beside the holders


class Stores:
    def __init__(self, plant: Plant, view: Mapping[str, Reading]) -> None:
        self._plant, self._view = plant, view
        self.states: dict[str, StoreState] = {id: StoreState() for id in plant.stores}
        self._of: dict[str, list[Store]] = {}
        for store in plant.stores.values():
            for point in store.points:
                self._of.setdefault(point, []).append(store)
        self.untold: list[News] = []  # what has happened and nobody has asked for yet
        self._marks: dict[str, Mark] = {}  # store -> what it expects, as it was recorded

    def restore(
        self, openings: Iterable[Opening], marks: Iterable[Mark], shift: int
    ) -> tuple[list[Mark], Mapping[str, StoreState]]:
        """What was not over when an earlier run ended, `shift` ms from its monotonic clock to this one's.

        Gives the marks that are none of a store's, and the states, whose times are this run's and are to be recorded so.
        """
        others = []
        for mark in marks:
            if mark.kind != awaited.KIND:
                others.append(mark)
            elif (store := str(mark.facts["store"])) in self.states:
                self._marks[store] = mark
                self.states[store] = awaited.given_back(mark, shift, self.states[store])
        for o in openings:
            if o.store in self.states:
                o = replace(
                    o,
                    opened=moved(o.opened, shift),
                    closed=moved(o.closed, shift) if o.closed else None,
                    until=o.until + shift,
                )
                state = self.states[o.store]
                self.states[o.store] = replace(state, openings=(*state.openings, o))
        return others, self.states

    def look(self, fresh: Collection[str], now: Now, clock_ok: bool) -> None:
        """New readings of these points are in the view."""
        for store in dict.fromkeys(s.id for p in self._of.keys() & fresh for s in self._of[p]):
            self._step(store, fresh, now, clock_ok)

    def due(self, now: Now, clock_ok: bool) -> Iterator[str]:
        """The stores for which time alone may have changed something; they have been stepped."""
        for store, state in self.states.items():
            if state.openings:
                self._step(store, (), now, clock_ok)
                yield store

    def next_due(self, now: Now) -> int | None:
        return min((at for s in self.states.values() if (at := due(s, self._plant, now)) is not None), default=None)

    def news(self) -> tuple[News, ...]:
        """What has happened since this was asked last."""
        taken, self.untold = tuple(self.untold), []
        return taken

    def mark(self, store: str, id: str, now: Now) -> Mark | None:
        """The store's mark, if what it expects has changed since this was asked last; `id` is for its first one."""
        new = awaited.mark(self._marks.get(store), id, store, self.states[store], now)
        if new is not None and new.stage is Stage.OVER:
            del self._marks[store]
        elif new is not None:
            self._marks[store] = new
        return new

    def command(self, cmd: Command, person: Person, now: Now, clock_ok: bool) -> tuple[str, str]:
        """(store, code of the reply): an identity or a declared session. `cmd.alarm` names the store; "" is the person's own."""
        found = self._meant(cmd, person)
        if len(found) != 1:
            return "", "refused.which-store" if found else "refused.no-store"
        store = self._plant.stores[found[0]]
        if cmd.verb == "identify":
            code = self._identify(cmd, store, person, now)
        else:
            code = self._declare(cmd, store, person, now)
        if not code.startswith("refused"):
            self._step(store.id, (), now, clock_ok)
        return store.id, code

    def picture(self, camera: str, sha256: str, why: str) -> None:
        """The camera of a store has taken a picture. The first one belongs to the latest opening that has none yet.

        `why`: "opened", or the id of the alarm it was taken for. Later ones are events alone.
        """
        for store in (s for s in self._plant.stores.values() if s.camera == camera):
            state, changed = self.states[store.id], None
            o = state.openings[-1] if state.openings else None
            if o is not None and not o.picture:
                o = changed = replace(o, picture=sha256)
                self.states[store.id] = replace(state, openings=(*state.openings[:-1], o))
            args: dict[str, Scalar] = {"opening": o.id if o else "", "picture": sha256, "why": why}
            self.untold.append(News("store.picture", store.id, args=args, opening=changed))

    def answered(self, news: News, alarms: Iterable[Alarm], now: Now) -> Move | None:
        """Two have proven to be there and no opening waits any more: the question who is there has its answer, from the last of them."""
        if (
            news.kind != "store.verified"
            or news.opening is None
            or any(not o.verdict for o in self.states[news.store].openings)
        ):
            return None
        door = self._plant.stores[news.store].door
        asked = next((a for a in alarms if a.kind == "store-proof" and a.point == door and a.state in OPEN), None)
        return step_alarm(asked, Input.ACK, now, who=news.opening.proofs[-1].person) if asked else None

    def _meant(self, cmd: Command, person: Person) -> list[str]:
        if cmd.alarm:
            return [cmd.alarm] if cmd.alarm in self._plant.stores else []
        any_ = cmd.verb == "session" and person.role in DECLARERS
        own = [s.id for s in self._plant.stores.values() if any_ or person.id in s.holders]
        waiting = [s for s in own if any(not o.verdict for o in self.states[s].openings)]
        return waiting if len(own) > 1 and waiting else own

    def _identify(self, cmd: Command, store: Store, person: Person, now: Now) -> str:
        """One phone or one holder answers once; one who does not count is refused, and the answer says why."""
        if why := trouble(person.id, store, self._plant, now.wall):
            return f"refused.holder-{why}"
        state, how = self.states[store.id], HOW.get(cmd.proof, "pin")
        asked = [o.proofs for o in state.openings if waits(o)] or [state.proofs]
        if all(self._given(person, how, proofs) for proofs in asked):
            return "refused.once"
        self.states[store.id], news = proven(state, store, self._plant, Proof(person.id, how, "", now))
        self.untold += news
        return "identified"

    def _given(self, person: Person, how: str, proofs: Collection[Proof]) -> bool:
        """Has this person, or this telephone, answered here already?"""
        phones = {self._plant.people[p.person].phone for p in proofs if p.how == "phone" and p.person in self._plant.people}
        return any(p.person == person.id for p in proofs) or (how == "phone" and person.phone in phones)

    def _declare(self, cmd: Command, store: Store, person: Person, now: Now) -> str:
        """A session: minutes come from its kind; only a repair says its own."""
        if person.id not in store.holders and person.role not in DECLARERS:
            return "refused.role"
        kind, asked = str(cmd.args.get("kind", "")), cmd.args.get("minutes")
        if kind not in SESSIONS:
            return "refused.session"
        own = isinstance(asked, int) and not isinstance(asked, bool) and kind == "repair"
        minutes = int(str(asked)) if own else SESSIONS[kind]
        if not 1 <= minutes <= MOST:
            return "refused.session"
        state = self.states[store.id]
        if (o := state.current) is not None:
            o = replace(o, session=kind, declared_by=person.id, until=now.mono + minutes * MINUTE // self._plant.speed)
            state = replace(state, openings=(*state.openings[:-1], o))
        else:
            state = replace(state, declared=Declared(kind, person.id, minutes, now))
        self.states[store.id] = state
        self.untold.append(News("store.session", store.id, person.id, {"session": kind, "minutes": minutes}, o))
        return "declared"

    def _step(self, store: str, fresh: Collection[str], now: Now, clock_ok: bool) -> None:
        about = self._plant.stores[store]
        self.states[store], news = step(self.states[store], about, self._plant, self._view, fresh, now, clock_ok)
        self.untold += news
