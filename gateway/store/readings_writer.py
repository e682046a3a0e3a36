"""The thread that owns readings.db: the log of frames and the history behind calls that never block the event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from drivers.reading import Clock, Reading
from gateway.store import rescue
from gateway.store.answers import fail, succeed
from gateway.store.crashpoint import crashpoint
from gateway.store.database import WAL_LIMIT, Shut, is_full, is_lost
from gateway.store.dating import Dating
from gateway.store.frame import Frame
from gateway.store.history import SLOT, History, Series
from gateway.store.ledger import Ledger
from gateway.store.lines import Sample
from gateway.store.ranges import RangeSet
from gateway.store.readings import MIGRATIONS, REFUSED_KEPT, Readings, Refused, RefusedLine
from gateway.store.reserve import Reserve
from gateway.store.retention import Retention
from gateway.store.tail import Logged, Tail, read

T = TypeVar("T")
log = logging.getLogger(__name__)

FLUSH = 5.3  # s between flushes (design §7: 5; D22: one sync in 5 s, with the two of each checkpoint, some in five minutes)
QUOTA = 4 << 30  # bytes of compressed frames kept (D6)
TAIL_MOST = 32 << 20  # bytes of closed tail files kept on tmpfs while the disk fails
OPENING = 3.0  # s a start waits for the disk at most


class ReadingsWriter:
    """The log of readings and the history. Made and used on one event loop; the disk is touched in a thread only.

    `tell(code, count, why)` is called on the loop for what a person must know: "readings.dropped" (count frames given
    up unconfirmed), "readings.failing" (the disk does not take a flush, or a page was found broken), "readings.quarantine" (a
    broken file was put aside; what could be read of it is in the new one), "readings.writing" (it works again, after either).
    """

    def __init__(
        self,
        path: Path,
        tail: Path,
        *,
        machine: str,
        clock: Clock,
        dests: Sequence[str] = (),
        tell: Callable[[str, int, str], None] | None = None,
        quota: int = QUOTA,
        flush: float = FLUSH,
        reserve: int = 2 * WAL_LIMIT,
        tail_most: int = TAIL_MOST,
    ) -> None:
        """`machine`: its boot id, 8 hex digits. `dests`: who must confirm before retention may drop. OSError: no folder for the tail."""
        self.boot = os.urandom(4).hex()
        self.dropped = 0  # frames given up in the life of the box before every destination had them
        self.failing = ""  # why the last flush failed, "" when it did not
        self._path, self._clock, self._tell = path, clock, tell
        self._every, self._tail_most = flush, tail_most
        self._reserve = Reserve(path.with_name(path.stem + ".reserve"), reserve)
        self._tail = Tail(tail, self.boot, machine)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._seq = 0
        self._cond = threading.Condition()  # guards what follows; never held over work on the disk
        self._ledger = Ledger(dests)
        self._retention = Retention(self._ledger, self._cond, self.boot, quota, self._drop)
        self._refused: list[Refused] = []
        self._added: list[Reading] = []  # for the history
        self._calls: deque[tuple[Callable[[Readings], object], asyncio.Future[object]]] = deque()
        self._flushes: list[asyncio.Future[None]] = []
        self._due = self._closing = False
        self._db: Readings | None = None  # the thread's own, like what follows
        self._broken = ""  # what was found broken in the file since it was opened
        self._history = History()
        self._recovered = False
        self._tallied: int | None = None  # `dropped` as it stands in the file
        self._dating = Dating(machine)
        self._thread = threading.Thread(target=self._run, name="readings", daemon=True)

    async def start(self) -> None:
        """Open the file and store what an earlier process left in the tail. Returns after 3 s when the disk hangs."""
        self._thread.start()
        try:
            await asyncio.wait_for(self.flush(), OPENING)
        except TimeoutError:
            self.failing = "opening readings.db takes too long"
            self._report("readings.failing", 0, self.failing)
        self._timer = self._loop.call_later(self._every, self._tick)

    def append(self, lines: bytes, wall_ok: bool) -> tuple[str, int]:
        """Number a frame and put it in the tail at once: kill -9 does not lose it, a power cut at most one flush.

        With `wall_ok` False the stamps of the lines are monotonic ms (as ns) and wait for the clock.
        A tail that takes nothing (no memory left) is counted in `dropped`; the caller goes on.
        """
        with self._cond:
            self._seq += 1
            try:
                self._tail.append(self._seq, not wall_ok, lines)
            except OSError as fault:
                self._drop(1, f"the tail takes no frame: {fault}")
            else:
                self._ledger.add(self.boot, self._seq, self._seq)
        crashpoint("readings.append.after")
        return self.boot, self._seq

    def add(self, readings: Sequence[Reading]) -> None:
        """Take readings into the history (only with a known clock: charts are by wall time)."""
        with self._cond:
            self._added.extend(readings)

    async def unconfirmed(
        self, dest: str, limit: int, *, most: int = 1 << 30, besides: Sequence[tuple[str, int, int]] = ()
    ) -> list[Frame]:
        """At most `limit` rows, or parts of rows, that `dest` has not confirmed, oldest first, without `besides` (boot, a, b).

        Each has at most `most` bytes of lines, or is one frame. Frames younger than the last flush (still in the tail) and
        those that wait for the clock are not among them. None at all while the disk fails (see `failing`). Raises
        sqlite3.Error for what nobody has been told yet.
        """
        with self._cond:
            wanted = self._ledger.missing(dest, besides)
        try:
            return await self._call(lambda db: db.oldest(wanted, limit, most))
        except Shut:
            return []

    def confirm(self, dest: str, boot: str, ranges: Sequence[tuple[int, int]]) -> None:
        """`dest` has these frames for good. Written with the next flush; frames never heard of are no error."""
        with self._cond:
            self._ledger.confirm(dest, boot, ranges)

    def refused(self, dest: str, boot: str, refusal: RefusedLine) -> None:
        """`dest` will never store this line: it is kept, with the next flush, where a person sees it."""
        with self._cond:
            wall = self._clock.now().wall
            self._refused.append(Refused(dest, boot, refusal.seq, str(refusal.line), refusal.why, wall))

    async def refusals(self, limit: int) -> list[Refused]:
        """The latest refused lines, newest first."""
        return await self._call(lambda db: db.refused(limit))

    async def resend(self) -> tuple[int, int]:
        """Every refused line's frame goes to its destination once more, as it is, and the list is emptied.

        Gives how many lines go again, and how many are no longer kept. Raises sqlite3.Error.
        """

        def again(db: Readings) -> tuple[int, int]:
            lines = db.refused(REFUSED_KEPT)
            frames = [db.find(one) for one in lines]
            with self._cond:
                for one, frame in zip(lines, frames, strict=True):
                    if frame is not None:
                        self._ledger.ask_again(one.dest, one.boot, frame, frame)
            db.transaction(db.forget_refused)
            return len(frames) - frames.count(None), frames.count(None)

        return await self._call(again)

    def backlog(self, dest: str) -> int:
        """How many frames `dest` has not confirmed, those in the tail among them."""
        with self._cond:
            return self._ledger.backlog(dest)

    async def query(self, point: str, first: int, last: int, most: int) -> Series:
        """The history of a point, first <= t < last in wall ms, in at most `most` buckets. Raises sqlite3.Error."""
        wall = self._clock.now().wall
        return await self._call(lambda db: self._history.query(point, first, last, most, wall))

    async def flush(self) -> None:
        """Flush now; done when it was tried (see `failing`)."""
        done: asyncio.Future[None] = self._loop.create_future()
        with self._cond:
            self._flushes.append(done)
            self._due = True
            self._cond.notify()
        await done

    async def close(self, patience: float = 5.0) -> bool:
        """Flush and end the thread. False when the disk kept it from ending; the tail holds the rest."""
        if self._timer is not None:
            self._timer.cancel()
        with self._cond:
            self._closing = self._due = True
            self._cond.notify()
        await asyncio.to_thread(self._thread.join, patience)
        return not self._thread.is_alive()

    # on the loop

    def _tick(self) -> None:
        with self._cond:
            self._due = True
            self._cond.notify()
        self._timer = self._loop.call_later(self._every, self._tick)

    async def _call(self, work: Callable[[Readings], T]) -> T:
        """Run `work` in the thread. Raises sqlite3.Error, at once while the disk fails."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        with self._cond:
            self._calls.append((work, answer))
            self._cond.notify()
        result: T = await answer
        return result

    # in the thread

    def _run(self) -> None:
        try:
            while not self._turn():
                pass
        except BaseException as bug:
            self._report("readings.failing", 0, f"the thread of readings.db has ended: {bug!r}")
            raise
        finally:
            if self._db is not None:
                self._db.close()

    def _turn(self) -> bool:
        """Wait for something to do and do it. True when it was the last thing."""
        with self._cond:
            self._cond.wait_for(lambda: self._due or self._calls)
            due, self._due, closing = self._due, False, self._closing
            flushes, self._flushes = (self._flushes, []) if due else ([], self._flushes)
        if due or (self._db is None and not self.failing):
            self._try_flush()
        for done in flushes:
            self._on_loop(succeed, done, None)
        if self._db is not None and not self._recovered:
            self._recover(self._db)
        while self._calls:
            with self._cond:
                work, answer = self._calls.popleft()
            self._fold()
            try:
                if self._db is None:
                    raise Shut(self.failing)
                self._on_loop(succeed, answer, work(self._db))
            except sqlite3.Error as fault:
                if is_lost(fault):
                    self._failed(fault)
                    fault = Shut(self.failing)
                self._on_loop(fail, answer, fault)
        return closing

    def _fold(self) -> None:
        """What was added goes into the history's open chunks. All at once, and away from the event loop: that is cheapest."""
        with self._cond:
            added, self._added = self._added, []
        self._history.add(Sample(r.point, r.at.wall, float("nan") if r.value is None else r.value, r.quality) for r in added)

    def _try_flush(self) -> None:
        try:
            with self._cond:
                self._tail.rotate()
                files, upto = self._tail.closed(), self._seq
            left = [frame for path in files for frame in read(path)]
            db = self._db or self._opened(left, upto)
            self._flush(db, left, files)
            if self._reserve.take():
                self._retention.has_room()
        except (sqlite3.Error, OSError) as fault:
            self._failed(fault)
        else:
            if self.failing:
                self.failing = ""
                self._report("readings.writing", 0, "readings.db is written again")

    def _flush(self, db: Readings, frames: Sequence[Logged], files: Sequence[Path]) -> None:
        """Tail files, confirmed ranges, refused lines and finished chunks in one transaction: one sync."""
        with self._cond:
            dirty = self._ledger.dirty()
            refused = list(self._refused)
        self._fold()
        wall = (now := self._clock.now()).wall
        known = wall if self._clock.ok() else None
        chunks = self._history.due(wall) if self._recovered else []
        tallied = self.dropped

        def write() -> None:
            db.put(db.new(frames), wall)
            db.put_confirmed(dirty)
            if refused:
                db.put_refused(refused)
            self._dating.work(db, now, self._clock.ok())
            if tallied != self._tallied:
                db.put_tally("dropped", tallied)
            self._history.put(chunks, wall)
            self._history.fold(wall)
            self._retention.within(db, known)
            crashpoint("readings.flush.before")

        if frames or dirty or refused or chunks or tallied != self._tallied or db.waits() or self._retention.due(db, known):
            db.transaction(write)
            self._retention.settle()
            self._tallied = tallied
            crashpoint("readings.flush.after")
        self._history.forget(chunks)
        for path in files:
            path.unlink()
        with self._cond:
            del self._refused[: len(refused)]
            self._ledger.saved(dirty)

    def _opened(self, left: Sequence[Logged], upto: int) -> Readings:
        """Open the file (a broken one is put aside): what exists is what it holds, what is `left` in the tail, what came after `upto`."""
        rescue.finish(self._path)
        try:
            db = self._put_aside(self._broken) if self._broken else Readings(self._path)
        except sqlite3.Error as fault:
            if not is_lost(fault):
                raise
            db = self._put_aside(str(fault))
        try:
            self._take_over(db, left, upto)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _put_aside(self, why: str) -> Readings:
        kept = rescue.replace(self._path, MIGRATIONS, self._clock.now().wall, partial=not self._reserve.held)
        self._broken = ""
        self.failing = f"{self._path.name} is broken ({why}); it is kept as {kept.name}, what can be read of it goes on"
        self._report("readings.quarantine", 0, self.failing)
        return Readings(self._path)

    def _take_over(self, db: Readings, left: Sequence[Logged], upto: int) -> None:
        """The ledger and the history follow the file that was opened. What it lost of what was known is counted."""
        known = db.stored()
        for frame in left:
            known.setdefault(frame.boot, RangeSet()).add(frame.seq, frame.seq)
        with self._cond:
            lost = self._ledger.reload(known, db.confirmed(), self.boot, upto)
        if lost:
            self._drop(lost, "they were on broken pages of readings.db")
        self._history.attach(db.db)
        if self._tallied is None:
            self._tallied = db.tally("dropped")
            self.dropped += self._tallied

    def _recover(self, db: Readings) -> None:
        """The history's open chunks out of the newest rows: seconds of work on a Pi, so that no start waits for it."""
        try:
            self._history.recover(db.recent(2 * SLOT, self._clock.now().wall))
            self._recovered = True
        except sqlite3.Error as fault:
            self._failed(fault)

    def _failed(self, fault: Exception) -> None:
        """The disk said no: everything stays in the tail, bounded. A full disk gets the reserve, and loses broken files and old rows.

        A broken file is put aside at the next flush, which is now if this is news.
        """
        first, self.failing = not self.failing, str(fault)
        if first:
            self._report("readings.failing", 0, str(fault))
        db, self._db = self._db, None
        if is_lost(fault):
            self._broken = str(fault)
            with self._cond:
                self._due |= first
        self._fold()
        self._history.bound(self._tail_most)
        try:
            if is_full(fault):
                rescue.forget(self._path, 0)
                if self._reserve.release() and db is not None:
                    self._retention.make_room(db)
            self._retention.bound(self._tail, self._tail_most)
        except (sqlite3.Error, OSError) as again:
            log.error("no room can be made for readings: %s", again)
        finally:
            if db is not None:
                db.close()

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._report("readings.dropped", count, why)

    def _report(self, code: str, count: int, why: str) -> None:
        log.log(logging.WARNING if code == "readings.writing" else logging.ERROR, "%s: %s (%d)", code, why, count)
        if self._tell is not None:
            self._on_loop(self._tell, code, count, why)

    def _on_loop(self, work: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work, *args)
