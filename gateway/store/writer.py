"""The thread that owns the journal: groups, degraded mode, retries. Decides nothing about what an outcome means."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from alerts.model import Outcome, Severity
from drivers.reading import Now
from gateway.store.answers import fail, succeed
from gateway.store.journal import Committed, Journal, JournalError
from gateway.store.mirror import Mirror
from gateway.store.restored import Restored, overlay
from gateway.store.rows import Entry

T = TypeVar("T")
log = logging.getLogger(__name__)

GROUP = 0.010  # s an outcome without fire may wait for others to share its transaction
OVERDUE = 0.300  # s after which the engine acts without the commit (design §6)
OPENING = 3.0  # s a start waits for the journal at most, ...
CARD = 30e6  # ... and for its bytes by the second: all of it is read when it is opened, and one of a year on a card is slow to read
RETRY = 1.0  # s between attempts on a storage that fails
GROUP_MOST = 256  # outcomes per transaction
BUGS = (TypeError, ValueError, AttributeError, KeyError, sqlite3.ProgrammingError)


@dataclass(slots=True, eq=False)
class _Item:
    """One submission on its way. `late` may still turn true while it waits, never once its bytes are made."""

    entry: Entry
    late: bool
    answer: asyncio.Future[Committed] | None = None  # None: it comes from an earlier process
    timer: asyncio.TimerHandle | None = None
    mirrored: bool = False


class JournalWriter:
    """Commits outcomes in the order of arrival, in a thread of its own. Made and used on one event loop.

    `degraded` is true from the first failed or overdue commit until nothing waits any more; `on_degraded(flag, why)`
    is called on the loop at each change, and `on_opened(restored)` once if the journal opens only after `start` gave up
    on it. At most `limit` outcomes wait (a fire is taken above it); while degraded they are mirrored to the file
    `mirror`, meant for tmpfs.
    """

    def __init__(
        self,
        open_journal: Callable[[], Journal],
        *,
        boot: str,
        mirror: Path | None = None,
        on_degraded: Callable[[bool, str], None] | None = None,
        on_opened: Callable[[Restored], None] | None = None,
        limit: int = 10_000,
        retry: float = RETRY,
        opening: float = OPENING,
    ) -> None:
        self._open, self._boot, self._limit, self._retry, self._opening = open_journal, boot, limit, retry, opening
        self._mirror = Mirror(mirror) if mirror else None
        self._told, self._tell_opened = on_degraded, on_opened
        self._loop = asyncio.get_running_loop()
        self._restored: asyncio.Future[Restored] = self._loop.create_future()
        self._restored.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._cond = threading.Condition()  # guards what follows; never held over disk work
        self._queue: deque[_Item] = deque()
        self._calls: deque[Callable[[Journal], None]] = deque()
        self._urgent = self._closing = self._degraded = False
        self._journal: Journal | None = None  # the thread's own
        self._loaded = False  # the thread's own
        self._gave_up = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self.lost = 0  # outcomes refused because `limit` others were waiting

    @property
    def degraded(self) -> bool:
        """Is the journal not writing? Then the engine acts from memory."""
        return self._degraded

    @property
    def pending(self) -> int:
        """How many outcomes are not on the disk yet."""
        return len(self._queue)

    async def start(self) -> Restored:
        """Open the journal and give what it holds, with what an earlier process could not write laid over it.

        Always answers: when the journal cannot be opened, or hangs, the writer is degraded and goes on trying, and the
        answer holds the mirror's outcomes alone (the caller then numbers events from `journal.fallback_seq`).
        """
        entries = self._read_mirror()
        self._queue.extend(_Item(entry, late=True, mirrored=True) for entry in entries)
        self._thread.start()
        try:
            base = await asyncio.wait_for(asyncio.shield(self._restored), self._opening)
        except (TimeoutError, JournalError) as fault:
            self._gave_up = True
            self._set_degraded(True, str(fault) or "the journal cannot be opened")
            base = Restored()
        return overlay(base, [(entry.outcome, entry.anchor) for entry in entries], self._boot)

    def submit(self, outcome: Outcome, anchor: Now) -> asyncio.Future[Committed]:
        """Store the outcome. The future is done after the commit: wait for it `OVERDUE` at most, then act.

        Cancelling the future does not take the outcome back. A full queue is a JournalError in the future.
        """
        answer: asyncio.Future[Committed] = self._loop.create_future()
        item = _Item(Entry(outcome, anchor, self._boot), late=self._degraded, answer=answer)
        fire = _has_fire(outcome)
        if len(self._queue) >= self._limit and not fire:
            self.lost += 1
            answer.set_exception(JournalError(f"{self._limit} outcomes are waiting for the disk"))
            return answer
        item.timer = self._loop.call_later(OVERDUE, self._overdue, item)
        with self._cond:
            self._queue.append(item)
            self._urgent = self._urgent or fire
            if self._degraded:
                self._mirror_waiting()
            self._cond.notify()
        return answer

    def call(self, work: Callable[[Journal], T]) -> asyncio.Future[T]:
        """Run `work` on the journal in its thread when nothing waits (erase, retain, remember). Its errors are the future's."""
        answer: asyncio.Future[T] = self._loop.create_future()

        def run(journal: Journal) -> None:
            try:
                result = work(journal)
            except (JournalError, *BUGS) as fault:
                self._on_loop(fail, answer, fault)
            else:
                self._on_loop(succeed, answer, result)

        with self._cond:
            self._calls.append(run)
            self._cond.notify()
        return answer

    async def close(self, patience: float = 5.0) -> bool:
        """Commit what waits and end the thread. False when the disk kept it from ending; the mirror holds the rest."""
        with self._cond:
            self._closing = True
            self._cond.notify()
        await asyncio.to_thread(self._thread.join, patience)
        return not self._thread.is_alive()

    # on the loop

    def _overdue(self, item: _Item) -> None:
        self._set_degraded(True, "a commit takes longer than 300 ms")
        self._mark_late()

    def _set_degraded(self, flag: bool, why: str) -> None:
        if flag == self._degraded or (not flag and self._queue):
            return
        self._degraded = flag
        log.log(logging.ERROR if flag else logging.WARNING, "journal %s: %s", "not writing" if flag else "writes again", why)
        if self._told is not None:
            self._told(flag, why)

    def _give(self, restored: Restored) -> None:
        succeed(self._restored, restored)
        if self._gave_up and self._tell_opened is not None:
            self._tell_opened(restored)

    def _settle(self, done: list[tuple[_Item, Committed | Exception]], drained: bool) -> None:
        for item, result in done:
            if item.timer is not None:
                item.timer.cancel()
            if item.answer is not None:
                if isinstance(result, Exception):
                    fail(item.answer, result)
                else:
                    succeed(item.answer, result)
        if drained:
            self._set_degraded(False, "everything that waited is stored")

    def _read_mirror(self) -> list[Entry]:
        if self._mirror is None:
            return []
        try:
            entries, bad = self._mirror.read()
        except OSError as fault:
            log.error("the mirror of the journal cannot be read: %s", fault)
            return []
        if bad:
            log.error("%d lines of the journal's mirror cannot be read", bad)
        return entries

    def _mark_late(self) -> None:
        with self._cond:
            for item in self._queue:
                item.late = True
            self._mirror_waiting()

    def _mirror_waiting(self) -> None:
        """Under the condition: add to the mirror what waits and is not there yet."""
        if self._mirror is None:
            return
        for item in self._queue:
            if not item.mirrored:
                try:
                    self._mirror.add(item.entry)
                except (OSError, *BUGS) as fault:
                    log.error("the mirror of the journal cannot be written: %s", fault)
                item.mirrored = True

    # in the thread

    def _run(self) -> None:
        while True:
            with self._cond:
                self._cond.wait_for(lambda: self._queue or self._calls or self._closing or self._journal is None)
                if self._queue:
                    self._cond.wait_for(lambda: self._urgent or self._closing, timeout=GROUP)
                batch = list(islice(self._queue, GROUP_MOST))
                self._urgent = any(_has_fire(item.entry.outcome) for item in islice(self._queue, GROUP_MOST, None))
                if self._closing and not batch and not self._calls:
                    break
            if not self._work(batch):
                with self._cond:
                    self._cond.wait_for(lambda: self._closing, timeout=self._retry)
                    if self._closing:
                        break
        self._drop()

    def _work(self, batch: list[_Item]) -> bool:
        """One transaction for the batch, then the calls. False when the storage failed and must rest a while."""
        try:
            journal = self._journal or self._opened()
            done = self._commit(journal, batch) if batch else []
        except JournalError as fault:
            self._drop()
            self._mark_late()
            self._on_loop(self._failed, fault)
            return False
        with self._cond:
            for _ in batch:
                self._queue.popleft()
            drained = not self._queue
            if drained and self._mirror is not None and any(item.mirrored for item in batch):
                self._mirror.clear()
            calls = list(self._calls) if drained else []
            self._calls = deque() if drained else self._calls
        self._on_loop(self._settle, done, drained)
        for run in calls:
            run(journal)
        return True

    def _failed(self, fault: JournalError) -> None:
        """On the loop: the storage said no. Everything that waits will be late."""
        if not self._restored.done():
            self._restored.set_exception(fault)
        self._set_degraded(True, str(fault))
        self._mark_late()

    def _commit(self, journal: Journal, batch: list[_Item]) -> list[tuple[_Item, Committed | Exception]]:
        """The group, or one by one when an outcome in it cannot be encoded (a bug must not stop the others)."""
        try:
            return list(zip(batch, journal.commit_all([_final(item) for item in batch]), strict=True))
        except BUGS:
            log.exception("an outcome cannot be stored; trying the group one by one")
        done: list[tuple[_Item, Committed | Exception]] = []
        for item in batch:
            try:
                done.append((item, journal.commit_all([_final(item)])[0]))
            except BUGS as bug:
                done.append((item, bug))
        return done

    def _opened(self) -> Journal:
        journal = self._open()
        self._journal = journal
        if not self._loaded:
            self._on_loop(self._give, journal.load())
            self._loaded = True
        return journal

    def _drop(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            try:
                journal.close()
            except sqlite3.Error as fault:
                log.error("closing the journal: %s", fault)

    def _on_loop(self, work: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work, *args)


def opening(journal: Path) -> float:
    """s that a start may wait for this file, so that a sound one on a slow card is not told of as one that cannot be written."""
    try:
        return OPENING + journal.stat().st_size / CARD
    except OSError:  # none, or a disk that fails: the thread that opens it will know
        return OPENING


def _has_fire(outcome: Outcome) -> bool:
    severities = [alarm.severity for alarm in outcome.alarms] + [note.severity for note in outcome.notifications]
    return Severity.FIRE in severities


def _final(item: _Item) -> Entry:
    return replace(item.entry, late=item.late)
