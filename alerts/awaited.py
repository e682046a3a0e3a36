"""What a store expects while its door is shut, as a Mark that a restart gives back: the declared session and the identities. Pure.

The mark is the store's own: people see the store, not the mark, and its times end nothing; alerts.store_step knows what is over.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.model import Line, Mark, Scalar, Stage
from alerts.opening import Declared, Proof
from alerts.store_step import StoreState
from drivers.reading import Now

KIND = "store"


def mark(old: Mark | None, id: str, store: str, state: StoreState, now: Now) -> Mark | None:
    """The store's mark if it says something else than `old`, its mark so far; `id` is for a first one."""
    facts: dict[str, Scalar] = {"store": store}
    if (d := state.declared) is not None:
        facts |= {"session": d.kind, "minutes": d.minutes}
    lines = tuple(Line(p.how, p.point, p.person, p.at) for p in state.proofs)
    if not (d or lines):
        return replace(old, stage=Stage.OVER, facts=facts, lines=()) if old else None
    by, since = (d.by, d.at) if d else ("", now)
    new = Mark(old.id if old else id, 0, KIND, Stage.ON, by, "", since, None, facts=facts, lines=lines)
    same = old and (old.who, old.facts, old.lines) == (new.who, new.facts, new.lines) and (d is None or old.since == new.since)
    return None if same else new


def given_back(mark: Mark, shift: int, state: StoreState) -> StoreState:
    """The state with what its mark of an earlier run says, `shift` ms from that run's monotonic clock to this one's."""
    f = mark.facts
    return replace(
        state,
        declared=Declared(str(f["session"]), mark.who, int(str(f["minutes"])), moved(mark.since, shift))
        if "session" in f
        else None,
        proofs=tuple(Proof(x.who, x.what, x.about, moved(x.at, shift)) for x in mark.lines),
    )


def moved(at: Now, shift: int) -> Now:
    return Now(at.wall, at.mono + shift)
