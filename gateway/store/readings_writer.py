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
from typing import Protocol, TypeVar

from drivers.reading import Clock, Reading
from gateway.store.crashpoint import crashpoint
from gateway.store.database import WAL_LIMIT, is_broken, is_full, quarantine
from gateway.store.frame import Frame
from gateway.store.history import SLOT, History, Series
from gateway.store.lines import Sample, sample, samples
from gateway.store.ranges import RangeSet
from gateway.store.readings import Dropped, Readings, Refused
from gateway.store.reserve import Reserve
from gateway.store.tail import Logged, Tail, read

T = TypeVar("T")
log = logging.getLogger(__name__)

FLUSH = 5.0  # s between flushes (design §7: 1 to 5)
QUOTA = 4 << 30  # bytes of compressed frames kept (D6)
TAIL_MOST = 32 << 20  # bytes of closed tail files kept on tmpfs while the disk fails
OPENING = 3.0  # s a start waits for the disk at most
SHRINK = 0.9  # of its size the log falls back to when the disk is full


class RefusedLine(Protocol):
    """What a receipt says of a line that will never be stored."""

    @property
    def seq(self) -> int: ...
    @property
    def line(self) -> str: ...
    @property
    def why(self) -> str: ...


class ReadingsWriter:
    """The log of readings and the history. Made and used on one event loop; the disk is touched in a thread only.

    `tell(code, count, why)` is called on the loop for what a person must know: "readings.dropped" (count frames given
    up unconfirmed), "readings.failing" (the disk does not take a flush), "readings.quarantine" (a broken file was
    put aside), "readings.writing" (it works again).
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
        """`machine`: the machine's boot id (8 hex digits are enough). `dests`: who must confirm before retention may
        drop. Raises OSError when the tail's folder (tmpfs) cannot be made."""
        self.boot = os.urandom(4).hex()
        self.dropped = 0  # frames given up before every destination had them
        self.failing = ""  # why the last flush failed, "" when it did not
        self._path, self._machine, self._clock, self._tell = path, machine, clock, tell
        self._quota, self._every, self._tail_most = quota, flush, tail_most
        self._reserve = Reserve(path.with_name(path.stem + ".reserve"), reserve)
        self._tail = Tail(tail, self.boot, machine)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._seq = 0
        self._cond = threading.Condition()  # guards what follows; never held over work on the disk
        self._known: dict[str, RangeSet] = {}  # every frame in the tail or on the disk
        self._confirmed: dict[str, dict[str, RangeSet]] = {dest: {} for dest in dests}
        self._dirty: set[tuple[str, str]] = set()
        self._refused: list[Refused] = []
        self._samples: list[Sample] = []
        self._offset: int | None = None
        self._calls: deque[Callable[[Readings, History], None]] = deque()
        self._flushes: list[asyncio.Future[None]] = []
        self._due = self._closing = False
        self._db: Readings | None = None  # the thread's own, like what follows
        self._history: History | None = None
        self._thread = threading.Thread(target=self._run, name="readings", daemon=True)

    async def start(self) -> None:
        """Open the file and store what an earlier process left in the tail. Returns after 3 s when the disk hangs."""
        self._thread.start()
        try:
            await asyncio.wait_for(self.flush(), OPENING)
        except TimeoutError:
            self._report("readings.failing", 0, "opening readings.db takes too long")
        self._timer = self._loop.call_later(self._every, self._tick)

    def append(self, lines: bytes, wall_ok: bool) -> tuple[str, int]:
        """Number a frame and put it in the tail at once: kill -9 does not lose it, a power cut at most one flush.

        With `wall_ok` False the stamps of the lines are monotonic ms (as ns) and wait for `clock_known`.
        A tail that takes nothing (no memory left) is counted in `dropped`; the caller goes on.
        """
        with self._cond:
            self._seq += 1
            try:
                self._tail.append(self._seq, not wall_ok, lines)
            except OSError as fault:
                self._drop(1, f"the tail takes no frame: {fault}")
            else:
                self._known.setdefault(self.boot, RangeSet()).add(self._seq, self._seq)
        crashpoint("readings.append.after")
        return self.boot, self._seq

    def add(self, readings: Sequence[Reading]) -> None:
        """Take readings into the history (only with a known clock: charts are by wall time)."""
        taken = [sample(one.point, one.at.wall, one.value, int(one.quality)) for one in readings]
        with self._cond:
            self._samples.extend(taken)

    def clock_known(self, offset: int) -> None:
        """wall = monotonic + `offset` ms: waiting frames of this boot get their time with the next flush."""
        with self._cond:
            self._offset = offset

    async def unconfirmed(self, dest: str, limit: int) -> list[Frame]:
        """At most `limit` rows, or parts of rows, that `dest` has not confirmed, oldest first.

        Frames younger than the last flush (still in the tail) and those that wait for the clock are not among them.
        """
        with self._cond:
            ranges = self._confirmed.setdefault(dest, {})
            wanted = {boot: known.minus(ranges.get(boot, RangeSet())) for boot, known in self._known.items()}

        def fetch(db: Readings, history: History) -> list[Frame]:
            found: list[Frame] = []
            for boot, missing in wanted.items():
                if missing and len(found) < limit:
                    found += db.fetch(boot, missing, limit - len(found))
            return found

        return await self._call(fetch)

    def confirm(self, dest: str, boot: str, ranges: Sequence[tuple[int, int]]) -> None:
        """`dest` has these frames for good. Written with the next flush; frames never heard of are no error."""
        with self._cond:
            known = self._known.get(boot, RangeSet())
            confirmed = self._confirmed.setdefault(dest, {}).setdefault(boot, RangeSet())
            for a, b in ranges:
                for x, y in known.within(a, b) if a <= b else []:
                    confirmed.add(x, y)
            self._dirty.add((dest, boot))

    def refused(self, dest: str, boot: str, refusal: RefusedLine) -> None:
        """`dest` will never store this line: it is kept, with the next flush, where a person sees it."""
        with self._cond:
            wall = self._clock.now().wall
            self._refused.append(Refused(dest, boot, refusal.seq, str(refusal.line), refusal.why, wall))

    async def refusals(self, limit: int) -> list[Refused]:
        """The latest refused lines, newest first."""
        return await self._call(lambda db, history: db.refused(limit))

    def backlog(self, dest: str) -> int:
        """How many frames `dest` has not confirmed, those in the tail among them."""
        with self._cond:
            ranges = self._confirmed.get(dest, {})
            return sum(known.minus(ranges.get(boot, RangeSet())).size() for boot, known in self._known.items())

    async def query(self, point: str, first: int, last: int, most: int) -> Series:
        """The history of a point, first <= t < last in wall ms, in at most `most` buckets. Raises sqlite3.Error."""
        wall = self._clock.now().wall
        return await self._call(lambda db, history: history.query(point, first, last, most, wall))

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

    async def _call(self, work: Callable[[Readings, History], T]) -> T:
        answer: asyncio.Future[T] = self._loop.create_future()

        def run(db: Readings, history: History) -> None:
            try:
                result = work(db, history)
            except (sqlite3.Error, ValueError) as fault:
                self._on_loop(_fail, answer, fault)
            else:
                self._on_loop(_succeed, answer, result)

        with self._cond:
            self._calls.append(run)
            self._cond.notify()
        return await answer

    # in the thread

    def _run(self) -> None:
        closing = False
        while not closing:
            with self._cond:
                self._cond.wait_for(lambda: self._due or (self._calls and self._db is not None))
                due, self._due, closing = self._due, False, self._closing
                flushes, self._flushes = (self._flushes, []) if due else ([], self._flushes)
            if due:
                self._try_flush()
            for done in flushes:
                self._on_loop(_succeed, done, None)
            self._serve()
        if self._db is not None:
            self._db.close()

    def _serve(self) -> None:
        while self._db is not None and self._history is not None:
            with self._cond:
                run = self._calls.popleft() if self._calls else None
                self._history.add(self._samples)
                self._samples.clear()
            if run is None:
                return
            run(self._db, self._history)

    def _try_flush(self) -> None:
        try:
            db, history = self._opened()
            self._flush(db, history)
            self._shrink(db, self._quota)
            self._reserve.take()
        except (sqlite3.Error, OSError) as fault:
            self._failed(fault)
        else:
            if self.failing:
                self.failing = ""
                self._report("readings.writing", 0, "readings.db is written again")

    def _flush(self, db: Readings, history: History) -> None:
        """Tail files, confirmed ranges, refused lines and finished chunks in one transaction: one sync."""
        with self._cond:
            self._tail.rotate()
            dirty = {key: list(self._confirmed[key[0]].get(key[1], ())) for key in self._dirty}
            refused, offset = list(self._refused), self._offset
            history.add(self._samples)
            self._samples.clear()
            files = self._tail.closed()
        wall = self._clock.now().wall
        frames = [frame for path in files for frame in read(path)]
        chunks = history.due(wall)

        def write() -> None:
            db.put(self._new(db, frames), wall)
            db.put_confirmed(dirty)
            if refused:
                db.put_refused(refused)
            if offset is not None:
                db.date(self._machine, offset)
            history.put(chunks, wall)
            crashpoint("readings.flush.before")

        if frames or dirty or refused or chunks:
            db.transaction(write)
            crashpoint("readings.flush.after")
        history.forget(chunks)
        for path in files:
            path.unlink()
        with self._cond:
            del self._refused[: len(refused)]
            self._dirty = {key for key in self._dirty if list(self._confirmed[key[0]].get(key[1], ())) != dirty.get(key)}

    def _new(self, db: Readings, frames: Sequence[Logged]) -> list[Logged]:
        """Those not stored yet: after a crash between the commit and the unlink of its files they come again."""
        boots = {frame.boot for frame in frames}
        stored = db.stored_of(boots)
        return [frame for frame in frames if frame.seq not in stored[frame.boot]]

    def _opened(self) -> tuple[Readings, History]:
        if self._db is not None and self._history is not None:
            return self._db, self._history
        try:
            db = Readings(self._path)
        except sqlite3.Error as fault:
            if not is_broken(fault):
                raise
            kept = quarantine(self._path)
            self._report("readings.quarantine", 0, f"{self._path.name} is broken ({fault}); it is kept as {kept.name}")
            db = Readings(self._path)
        left = [frame for path in self._tail.closed() for frame in read(path)]
        with self._cond:
            self._merge(db, left)
        if self._history is None:
            self._history = History(db.db)
            floor = self._clock.now().wall - 2 * SLOT
            lines = [*db.since(floor), *(frame.lines for frame in left if not frame.machine)]
            self._history.recover(one for part in lines for one in samples(part))
        else:
            self._history.attach(db.db)
        self._db = db
        return db, self._history

    def _merge(self, db: Readings, left: Sequence[Logged]) -> None:
        """Under the condition: what the file and the tail hold becomes known; what this run knows already stays."""
        known = db.stored()
        for frame in left:
            known.setdefault(frame.boot, RangeSet()).add(frame.seq, frame.seq)
        for boot, ranges in self._known.items():
            for a, b in ranges:
                known.setdefault(boot, RangeSet()).add(a, b)
        self._known = known
        for dest, runs in db.confirmed().items():
            for boot, ranges in runs.items():
                own = self._confirmed.setdefault(dest, {}).setdefault(boot, RangeSet())
                for a, b in ranges:
                    own.add(a, b)

    def _shrink(self, db: Readings, quota: int) -> None:
        if db.size <= quota:
            return
        with self._cond:
            confirmed = {dest: {boot: RangeSet(had) for boot, had in runs.items()} for dest, runs in self._confirmed.items()}
        gone: list[Dropped] = []
        db.transaction(lambda: gone.extend(db.shrink(quota, confirmed)))
        with self._cond:
            for row in gone:
                self._known[row.boot].remove(row.a, row.b)
            empty = [boot for boot, known in self._known.items() if not known and boot != self.boot]
            for boot in empty:
                del self._known[boot]
                for runs in self._confirmed.values():
                    runs.pop(boot, None)
            self._dirty = {key for key in self._dirty if key[1] not in empty}
        if empty:
            db.transaction(lambda: db.forget(empty))
        if lost := sum(row.unconfirmed for row in gone):
            self._drop(lost, "the log of readings is at its quota")

    def _failed(self, fault: Exception) -> None:
        """The disk said no: everything stays in the tail, bounded. A full disk gets the reserve and loses old rows."""
        first, self.failing = not self.failing, str(fault)
        if first:
            self._report("readings.failing", 0, str(fault))
        db, self._db = self._db, None
        try:
            if db is not None and is_full(fault) and self._reserve.release():
                self._quota = min(self._quota, int(db.size * SHRINK))
                self._shrink(db, self._quota)
        except sqlite3.Error as again:
            log.error("readings.db cannot even be made smaller: %s", again)
        finally:
            if db is not None:
                db.close()
        try:
            self._bound_tail()
        except OSError as again:
            log.error("the tail cannot be read: %s", again)

    def _bound_tail(self) -> None:
        """Give up the oldest closed tail files beyond `tail_most` bytes."""
        with self._cond:
            files = self._tail.closed()
        sizes = {path: path.stat().st_size for path in files}
        for path in files:
            if sum(sizes.values()) <= self._tail_most:
                break
            frames = read(path)
            path.unlink()
            del sizes[path]
            with self._cond:
                for frame in frames:
                    self._known.get(frame.boot, RangeSet()).remove(frame.seq, frame.seq)
            self._drop(len(frames), "the disk takes nothing and the tail is full")

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


def _succeed(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[T], fault: Exception) -> None:
    if not answer.done():
        answer.set_exception(fault)
