"""The journal of alarms: one transaction per outcome, hash-chained, quarantined when broken. One writer, one thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from alerts.model import Alarm, Event, Mark, Notification, Outcome, Reply, Scalar
from alerts.opening import Opening
from drivers.reading import Clock, Now
from gateway.jsonable import from_jsonable
from gateway.store import chain, rows, salvage
from gateway.store.crashpoint import crashpoint
from gateway.store.database import WAL_LIMIT, connect, is_broken, is_full, quarantine
from gateway.store.reserve import Reserve
from gateway.store.restored import TAKEN, Restored, awaited
from gateway.store.rows import Entry, Tip

MIGRATIONS = tuple(
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("schema.sql", "schema-2.sql", "schema-3.sql")
)
RESERVE = 2 * WAL_LIMIT
RESERVE_AGAIN = 1_000  # ms between attempts to hold the reserve again: a disk may be full twice in a minute
RELEASED = 1_767_225_600  # s since 1970: 2026-01-01, before any box
SEQ_GAP = 1_000  # numbers left free after a quarantine for events that the broken file may hold unseen
KEPT = 10_000  # events that stay whatever their age (R28)
LATELY = 2_000  # events: more than a storm makes in the minutes in which a telephone may still have to ring
RETAIN_AT_ONCE = 2_000  # events dropped per transaction, so that a fire waits for none of it


T = TypeVar("T")


class JournalError(Exception):
    """The journal cannot be read or written now. The process goes on (degraded) and tries again."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What is on the disk: the exact bytes of the outcome's events, in order, and the chain's head after them."""

    bodies: tuple[bytes, ...]
    head: bytes


def fallback_seq(wall: int) -> int:
    """The number to start events with while no journal can be read: seconds since 1970, above any real counter.

    A clock that starts in 1970 must not give numbers that were used.
    """
    return max(RELEASED, wall // 1000)


class Journal:
    """`<data>/journal.db`. Every method belongs to the thread that owns it; others look through gateway.store.audit."""

    def __init__(self, path: Path, site: str, boot: str, clock: Clock, *, reserve: int = RESERVE) -> None:
        """Open or make the journal. A broken file goes to quarantine and a new one begins with a `chain.break` event;

        what can still be read of the old one (open alarms, unsent notifications, outputs, commands) is carried over.
        Raises JournalError when the folder, the disk or a lock forbids it.
        """
        self.path, self.boot = path, boot
        self._site, self._clock = site, clock
        self._reserve = Reserve(path.with_name(path.stem + ".reserve"), reserve)
        self._notes: dict[str, str] = {}
        self._reserve_due: int | None = None
        try:
            try:
                self._db = connect(path, MIGRATIONS)
                self._tip = self._end()
            except sqlite3.Error as fault:
                if not is_broken(fault):
                    raise
                self._tip = self._start_anew(quarantine(path), str(fault))
            if not self._reserve.take():
                self._reserve_due = clock.now().mono + RESERVE_AGAIN
        except (sqlite3.Error, OSError) as fault:
            raise JournalError(f"{path}: {fault}") from fault

    def close(self) -> None:
        self._db.close()

    def commit(self, outcome: Outcome, anchor: Now) -> Committed:
        """The whole outcome in one transaction, on the disk when this returns. Raises JournalError: nothing is stored."""
        return self.commit_all([Entry(outcome, anchor, self.boot)])[0]

    def commit_all(self, entries: Sequence[Entry]) -> list[Committed]:
        """Several outcomes in one transaction (a group), in order. All or none; raises JournalError."""

        def put() -> tuple[list[Committed], Tip]:
            tip, done = self._tip, []
            for entry in entries:
                bodies, tip = rows.put_entry(self._db, entry, tip)
                done.append(Committed(bodies, tip.head))
            rows.put_meta(self._db, {"site": self._site, "next_seq": tip.seq + 1, **self._notes})
            return done, tip

        done, self._tip = self._transaction(put)
        self._notes.clear()
        self._retake_reserve()
        if any(entry.outcome.erased for entry in entries):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the WAL still holds the pages as they were
        return done

    def remember(self, key: str, value: str) -> None:
        """Keep a small fact whose loss does no harm (how far the broker has the events): it rides on the next commit."""
        self._notes[f"note.{key}"] = value

    def load(self) -> Restored:
        """Everything a starting process needs, as of the last commit. Raises JournalError."""
        query = self._db.execute
        bad: list[str] = []
        try:
            meta = dict(query("SELECT key, value FROM meta"))
            alarms = _rebuilt(Alarm, query("SELECT id, snapshot FROM alarm WHERE open = 1"), bad)
            marks = _rebuilt(Mark, query("SELECT id, snapshot FROM mark WHERE open = 1"), bad)
            openings = _rebuilt(Opening, query("SELECT id, snapshot FROM opening WHERE open = 1"), bad)
            queued = query("SELECT key, body FROM notification WHERE state = 'queued' AND salt NOT NULL ORDER BY key, attempt")
            commands = _rebuilt(Reply, query("SELECT id, reply FROM command"), bad)
            unsent = {note.key: note for note in _rebuilt(Notification, queued, bad)}
            done = "SELECT key, body FROM notification WHERE state = ? AND salt NOT NULL AND seq > ? ORDER BY key, attempt"
            taken = {note.key: note for note in _rebuilt(Notification, query(done, (TAKEN, self._tip.seq - LATELY)), bad)}
            said = query("SELECT key, fate, provider_id FROM delivery WHERE seq > ? ORDER BY key, n", (self._tip.seq - LATELY,))
            return Restored(
                alarms=tuple(sorted(alarms, key=lambda alarm: (alarm.first.wall, alarm.id))),
                unsent=tuple(unsent.values()),
                taken=tuple(taken.values()),
                receipts=awaited({}, said),
                outputs={point: bool(want) for point, want in query("SELECT point, want FROM output")},
                next_seq=self._tip.seq + 1,
                head=self._tip.head,
                anchor=Now(meta["anchor.wall"], meta["anchor.mono"]) if "anchor.wall" in meta else None,
                boot=str(meta.get("boot", "")),
                commands={reply.command: reply for reply in commands},
                notes={key.removeprefix("note."): value for key, value in meta.items() if key.startswith("note.")},
                unreadable=tuple(bad),
                openings=tuple(sorted(openings, key=lambda o: (o.opened.wall, o.id))),
                marks=tuple(sorted(marks, key=lambda mark: (mark.since.wall, mark.id))),
            )
        except sqlite3.Error as fault:
            raise JournalError(f"{self.path}: {fault}") from fault

    def retain(self, before: int, *, sent: int | None = None, keep: int | None = None) -> int:
        """Drop the oldest events before wall time `before` (a midnight), some at a time; 0 when none are left to drop.

        The newest `keep` (KEPT) stay however old they are, and with an uplink so does all above `sent`, the last one it confirmed.
        """
        upto = self._tip.seq - (KEPT if keep is None else keep)
        return self._transaction(
            lambda: rows.retain(self._db, before, RETAIN_AT_ONCE, upto if sent is None else min(upto, sent))
        )

    def _transaction(self, work: Callable[[], T]) -> T:
        """Run `work` in one transaction; on a full disk release the reserve and try once more. Raises JournalError."""
        try:
            try:
                return self._attempt(work)
            except sqlite3.Error as fault:
                if not (is_full(fault) and self._give_reserve()):
                    raise
                return self._attempt(work)
        except (sqlite3.Error, OSError) as fault:
            raise JournalError(f"{self.path}: {fault}") from fault

    def _attempt(self, work: Callable[[], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            crashpoint("journal.commit.before")
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        crashpoint("journal.commit.after")
        return result

    def _give_reserve(self) -> bool:
        self._reserve_due = self._clock.now().mono + RESERVE_AGAIN
        return self._reserve.release()

    def _retake_reserve(self) -> None:
        if self._reserve_due is None or self._clock.now().mono < self._reserve_due:
            return
        self._reserve_due = None if self._reserve.take() else self._clock.now().mono + RESERVE_AGAIN

    def _end(self) -> Tip:
        row = self._db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        if row is not None:
            return Tip(int(row[0]), bytes(row[1]))
        kept = dict(self._db.execute("SELECT key, value FROM meta WHERE key IN ('chain.seq', 'chain.head')"))
        return Tip(kept["chain.seq"], bytes(kept["chain.head"])) if kept else Tip(0, chain.GENESIS)

    def _start_anew(self, old: Path, why: str) -> Tip:
        """A new file after quarantine: the present carried over, the first event naming the old file and its head."""
        now = self._clock.now()
        last, head = salvage.head(old)
        if not head:
            last = last + SEQ_GAP if last else fallback_seq(now.wall)
        self._db = connect(self.path, MIGRATIONS)

        def put() -> Tip:
            lost = salvage.carry(old, self._db)
            args: dict[str, Scalar] = {"file": old.name, "head": head, "last": last, "why": why, "lost": " ".join(lost)}
            event = Event(last + 1, "", "chain.break", "", "", "", "chain.break", args, now, self._clock.ok())
            content = chain.body(event, self.boot, {})
            tip = Tip(event.seq, chain.link(chain.GENESIS, content))
            self._db.execute("INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)", (tip.seq, content, tip.head))
            return tip

        return self._attempt(put)


def _rebuilt(kind: type[T], found: Iterable[tuple[str, str]], bad: list[str]) -> list[T]:
    """The values of (name, JSON) rows; the names of those that are no `kind` go to `bad`."""
    values = []
    for name, text in found:
        try:
            values.append(from_jsonable(kind, json.loads(text)))
        except (ValueError, KeyError, TypeError):
            bad.append(f"{kind.__name__} {name}")
    return values
