"""What the log of readings gives up, and when: by age, by size, by damage, by a disk that takes nothing. Each time it is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from gateway.store.ledger import Ledger
from gateway.store.readings import Dropped, Readings, missing
from gateway.store.tail import Tail, read

KEPT = 30 * 24 * 3_600_000  # ms that rows stay which every destination has: an incident's file wants them
SHRINK = 0.9  # of its size the log falls back to when the disk is full


class Retention:
    """Belongs to the thread of readings.db. `lock` guards the ledger; `drop(count, why)` is told what somebody still lacked.

    A box that is some weeks old gives up a row with nearly every flush: `within` its transaction, so that this costs no sync of its
    own (D22), and `settle` once that is committed.
    """

    def __init__(
        self, ledger: Ledger, lock: threading.Condition, boot: str, quota: int, drop: Callable[[int, str], None]
    ) -> None:
        self._ledger, self._lock, self._boot, self._drop = ledger, lock, boot, drop
        self._most = self._quota = quota
        self._gone: list[tuple[Sequence[Dropped], str]] = []  # and why, in the transaction that is not committed yet
        self._empty: list[str] = []  # runs that have no frames left

    def due(self, db: Readings, wall: int | None) -> bool:
        """Is there something to give up although nothing else is to be written? `wall`: None while unknown."""
        return bool(db.damaged or db.size > self._quota or self._empty or self._aged(db, wall))

    def within(self, db: Readings, wall: int | None) -> None:
        """Damaged rows, then old ones that everybody has, then the oldest beyond the quota."""
        with self._lock:
            confirmed = self._ledger.confirmed()
        self._gone = [
            (db.drop_damaged(confirmed), "rows of readings.db are damaged"),
            (db.drop(self._aged(db, wall)), ""),
            (db.shrink(self._quota, confirmed), "the log of readings is at its quota"),
        ]
        db.forget(self._empty)

    def settle(self) -> None:
        """It is on the disk."""
        gone, self._gone = self._gone, []
        with self._lock:
            for rows, _ in gone:
                for row in rows:
                    self._ledger.remove(row.boot, row.a, row.b)
            self._empty = self._ledger.forget_empty(self._boot)
        for rows, why in gone:
            if lost := sum(row.unconfirmed for row in rows):
                self._drop(lost, why)

    def make_room(self, db: Readings) -> None:
        """The disk is full: until there is room again the log may only be smaller than it is."""
        self._quota = min(self._quota, int(db.size * SHRINK))
        db.transaction(lambda: self.within(db, None))
        self.settle()

    def has_room(self) -> None:
        """The reserve is held again: the log may grow as it was set."""
        self._quota = self._most

    def bound(self, tail: Tail, most: int) -> None:
        """Give up the oldest closed tail files beyond `most` bytes."""
        with self._lock:
            files = tail.closed()
        sizes = {path: path.stat().st_size for path in files}
        for path in files:
            if sum(sizes.values()) <= most:
                break
            frames = read(path)
            path.unlink()
            del sizes[path]
            with self._lock:
                confirmed = self._ledger.confirmed()
                for frame in frames:
                    self._ledger.remove(frame.boot, frame.seq, frame.seq)
            if lost := sum(missing(frame.boot, frame.seq, frame.seq, confirmed) for frame in frames):
                self._drop(lost, "the disk takes nothing and the tail is full")

    def _aged(self, db: Readings, wall: int | None) -> list[int]:
        if wall is None:
            return []
        with self._lock:
            confirmed = self._ledger.confirmed()
        return db.aged(wall - KEPT, confirmed)
