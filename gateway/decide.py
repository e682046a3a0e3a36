"""The engine task: inbox → engine → journal → actions; acts after the commit, after 300 ms, or at once when it fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from alerts.engine import Engine
from alerts.model import Alarm, Command, Mark, Notification, Outcome, Reply, Scalar
from alerts.opening import Opening
from drivers.reading import Clock
from gateway.inbox import Inbox
from gateway.store.crashpoint import crashpoint
from gateway.store.journal import Committed
from gateway.store.writer import JournalWriter

log = logging.getLogger(__name__)

PATIENCE = 0.3  # seconds a person waits for the disk before the sounder does not
LONGEST_IDLE = 1_000  # ms between two ticks, so that a canary passes even in silence


class Actions(Protocol):
    """What happens to the world once an Outcome stands."""

    def switch(self, outputs: Mapping[str, bool]) -> None: ...

    def tell(self, notifications: Sequence[Notification]) -> None: ...

    def show(self, alarms: Sequence[Alarm]) -> None: ...

    def marked(self, marks: Sequence[Mark]) -> None: ...

    def opened(self, openings: Sequence[Opening]) -> None: ...

    def publish(self) -> None:
        """New events are committed and may leave the box."""
        ...


class Decider:
    """Owns the engine. Everything that may change an alarm passes through here, one thing at a time."""

    def __init__(self, engine: Engine, inbox: Inbox, journal: JournalWriter, clock: Clock, actions: Actions) -> None:
        self.engine = engine
        self._inbox = inbox
        self._journal = journal
        self._clock = clock
        self._actions = actions
        self._asked: dict[str, asyncio.Future[Reply]] = {}
        self._ticked = self._due = 0  # when the engine was last told the time, and when it is to be told again, mono ms
        self.beat = 0  # rounds done: proof of life for the watchdog
        self.head = b""  # of the hash chain after the last commit,
        self.head_seq = 0  # which was that of this event

    async def run(self) -> None:
        while True:
            await self._inbox.wait(self._idle())
            await self._round()
            self.beat += 1
            self._inbox.settle()

    async def ask(self, command: Command) -> Reply:
        """Put a Command to the engine and wait for its Reply, which comes after the commit."""
        future = self._asked.get(command.id)
        if future is None:
            future = self._asked[command.id] = asyncio.get_running_loop().create_future()
            self._inbox.command(command)
        return await asyncio.shield(future)

    async def settle(self, outcome: Outcome) -> None:
        """Write first, act after; but a dead disk never holds back a sounder or a message."""
        if outcome.empty:
            return
        crashpoint("engine.judged")
        committed = self._journal.submit(outcome, self._clock.now())
        if not self._journal.degraded:
            await asyncio.wait({committed}, timeout=PATIENCE)
        self._act(outcome)
        if committed.done():
            self._stored(committed)
        else:
            committed.add_done_callback(self._stored)

    # below: the steps of one round

    async def _round(self) -> None:
        await self._fire()
        while command := self._inbox.take_command():
            await self.settle(self.engine.command(command, self._clock.now(), self._clock.ok()))
            await self._fire()
        while delivery := self._inbox.take_delivery():
            await self.settle(self.engine.delivery(delivery, self._clock.now(), self._clock.ok()))
            await self._fire()
        while news := self._inbox.take_system():
            kind, subject, active, why = news
            await self.system(kind, f"box/{subject}", active, {"why": why})
        # a busy school has a round with every read, and seldom a due time in it
        if (now := self._clock.now()).mono >= self._due:
            self._ticked = now.mono
            await self.settle(self.engine.tick(now, self._clock.ok()))
            await self._fire()
        while slow := self._inbox.take_slow():
            await self.settle(self.engine.readings(slow, self._clock.now(), self._clock.ok()))
            await self._fire()

    async def _fire(self) -> None:
        while fire := self._inbox.take_fire():
            await self.settle(self.engine.readings(fire, self._clock.now(), self._clock.ok()))

    async def system(self, kind: str, point: str, active: bool, evidence: Mapping[str, Scalar]) -> None:
        """An alarm that no reading tells of begins or ends, at a point of its own."""
        given = {**evidence, "point": point}
        await self.settle(self.engine.system(kind, active, given, self._clock.now(), self._clock.ok()))

    def _act(self, outcome: Outcome) -> None:
        if outcome.outputs:
            self._actions.switch(outcome.outputs)
        if outcome.notifications:
            self._actions.tell(outcome.notifications)
        if outcome.alarms:
            self._actions.show(outcome.alarms)
        if outcome.marks:
            self._actions.marked(outcome.marks)
        if outcome.openings:
            self._actions.opened(outcome.openings)
        for reply in outcome.replies:
            future = self._asked.pop(reply.command, None)
            if future and not future.done():
                future.set_result(reply)

    def _stored(self, committed: asyncio.Future[Committed]) -> None:
        """Events leave the box only once they are committed."""
        if committed.cancelled():
            return
        if error := committed.exception():
            log.warning("journal did not write: %s", error)
        else:
            done = committed.result()
            self.head = done.head
            if done.bodies:
                self.head_seq = int(json.loads(done.bodies[-1])["seq"])
            self._actions.publish()

    def _idle(self) -> float:
        """Seconds until the next tick."""
        due, latest = self.engine.next_due(), self._ticked + LONGEST_IDLE
        self._due = latest if due is None else min(due, latest)
        return (self._due - self._clock.now().mono) / 1000
