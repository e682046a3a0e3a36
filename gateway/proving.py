"""The proof of the journal's chain while `run` lives: one at a time for the whole box, shared by all who look, gone when nobody looks.

It recounts what may be millions of events in the process that tells of fires: so it never runs twice at once, gives way after
every few hundred events, and its result stands for some seconds for whoever asks next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.reading import Clock
from gateway.local import RequestError
from gateway.store import audit
from gateway.store.database import StoreError

Json = dict[str, Any]
LEFT = 6_000  # ms without a look after which nobody waits for the proof any more
FRESH = 10_000  # ms a finished proof stands for whoever asks for one
REST_S = 0.002  # after each step: alarms come first


class _Left(Exception):
    """Nobody waits for the proof any more."""


class Proving:
    """`head()`: (events, hash of the last one) as the engine knows them now."""

    def __init__(self, path: Path, head: Callable[[], tuple[int, str]], clock: Clock) -> None:
        self._path, self._head, self._clock = path, head, clock
        self._task: asyncio.Task[None] | None = None
        self._done, self._of = 0, 0
        self._looked = 0  # mono ms
        self._waiting = 0  # who waits for the end without looking
        self._proven: tuple[int, Json] | None = None  # mono ms, the answer
        self._problem: RequestError | None = None
        self._rest = threading.Event()  # never set

    async def look(self, request: Json) -> Json:
        """{"running","done","of","found":{"findings","events","head","at"} or null}; with `"begin":1` a proof is begun, or the one

        under way joined, or one that is some seconds old given again. Whoever waits looks again within LEFT.
        """
        self._looked = self._clock.now().mono
        if request.get("begin"):
            self._begin()
        if self._problem is not None and not self._running:
            problem, self._problem = self._problem, None
            raise problem
        found = None if self._running or self._proven is None else self._proven[1]
        return {"running": self._running, "done": self._done, "of": self._of, "found": found}

    async def verify(self, request: Json) -> Json:
        """The same, waited for: {"findings","events","head","at"}. Raises RequestError."""
        self._waiting += 1
        try:
            while True:  # again where those who looked at it have just left it
                self._begin()
                if self._task is not None:
                    await asyncio.shield(self._task)
                if self._problem is not None:
                    raise self._problem
                if self._proven is not None:
                    return self._proven[1]
        finally:
            self._waiting -= 1

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self) -> None:
        old = self._proven is not None and self._clock.now().mono - self._proven[0] < FRESH
        if self._running or old:
            return
        self._proven, self._problem, self._done, self._of = None, None, 0, 0
        self._task = asyncio.create_task(self._prove(), name="proof")

    async def _prove(self) -> None:
        try:
            findings = await asyncio.to_thread(audit.verify, self._path, self._step)
        except _Left:
            return
        except StoreError as error:
            self._problem = RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}")
            return
        now = self._clock.now()
        events, head = self._head()
        self._proven = now.mono, {"findings": [str(f) for f in findings], "events": events, "head": head, "at": now.wall}

    def _step(self, done: int, of: int) -> None:
        """In the thread that counts."""
        self._done, self._of = done, of
        if not self._waiting and self._clock.now().mono - self._looked > LEFT:
            raise _Left
        self._rest.wait(REST_S)
