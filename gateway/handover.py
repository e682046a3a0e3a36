"""What the shift hands over (F10): who was on since when, what is open, switched off, what happened and was noted meanwhile. Pure.

The journal's events in, JSON-ready values out; what of them belongs to a shift is `shiftbook`'s.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from alerts import duty
from alerts.desk import Desk
from alerts.kinds import KINDS
from alerts.model import OPEN, Alarm, Mark, Stage
from alerts.plant import Plant
from drivers.reading import Now
from gateway.shiftbook import Body, ShiftBook, books, is_taken
from gateway.store import audit

Json = dict[str, Any]


def handover_json(
    path: Path, plant: Plant, alarms: Collection[Alarm], marks: Collection[Mark], desk: Desk, now: Now, clock_ok: bool,
    begun: int = 0,
) -> Json:  # fmt: skip
    """The shift that is on now, or the past one that was taken over at wall ms `begun`. Raises StoreError, sqlite3.Error."""
    return made(_events(path), plant, alarms, marks, desk, now, clock_ok, begun)


def records_json(path: Path, plant: Plant, now: Now, first: int) -> list[Json]:
    """The records of every shift taken over at wall ms `first` or later, oldest first. Raises as above."""
    return records(_events(path), plant, now, first)


def shifts_json(path: Path, most: int) -> list[Json]:
    """Every take-over of the duty post, newest first: {"person","at","until"}, `until` null for the last. Raises as above."""
    return turns(_events(path), most)


def _events(path: Path) -> Iterator[Body]:
    return (json.loads(body) for body in audit.bodies(path))


def turns(events: Iterable[Body], most: int) -> list[Json]:
    """The same of these events, oldest first."""
    taken = [e for e in events if is_taken(e)]
    ends = [*(e["wall"] for e in taken[1:]), None]  # one too many where nobody has taken over yet
    rows = [{"person": e["who"], "at": e["wall"], "until": end} for e, end in zip(taken, ends, strict=False)]
    return rows[::-1][:most]


def records(events: Iterable[Body], plant: Plant, now: Now, first: int) -> list[Json]:
    """As `made` says of each past shift: without what stood open, which is not known of it any more."""
    return [_past(book, now.wall) for book in books(events, plant, first, now.wall)]


def made(
    events: Iterable[Body], plant: Plant, alarms: Collection[Alarm], marks: Collection[Mark], desk: Desk, now: Now,
    clock_ok: bool, begun: int = 0,
) -> Json:  # fmt: skip
    """`events` in order, oldest first.

    What is open and switched off is that of now: of a past shift it is not known any more, and left empty.
    """
    book = ShiftBook(begun or _since(desk, plant, now), now.wall + 1, bool(begun))
    for e in events:
        book.see(e, plant)
    posts, next_ = desk.posts(now, clock_ok), desk.upcoming(now)
    about = {
        "leader": list(posts["leader"]),
        "next": next_ and {"person": next_.person, "start": next_.start, "end": next_.end},
    }
    if begun:
        return _past(book, now.wall) | about
    standing = [a for a in alarms if a.state in OPEN]
    return _past(book, now.wall) | about | {
        "on": list(posts["duty"]),
        "open": [a.id for a in standing if KINDS[a.kind].lamp != "fault"],
        "faults": [a.id for a in standing if KINDS[a.kind].lamp == "fault"],
        "out_of_service": [m.id for m in marks if m.kind == "out-of-service" and m.stage is not Stage.OVER],
    }  # fmt: skip


def _past(book: ShiftBook, now: int) -> Json:
    nothing: Json = {"post": "duty", "leader": [], "next": None, "open": [], "faults": [], "out_of_service": []}
    return nothing | {"on": book.stood()} | book.record(now)


def _since(desk: Desk, plant: Plant, now: Now) -> int:
    """When the shift that is on began: as it was taken over, else as the rota says, else a day ago."""
    taken = [t["since"] for t in desk.taken() if t["post"] == "duty"]
    turns = [t.start for t in duty.turns(plant, "duty", now.wall, now.wall + 1)]
    return int(max(taken, default=0) or min(turns, default=now.wall - 86_400_000))
