"""The committed side of the uplink: events in order and the retained pictures of alarms, from the journal to the broker."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.wake import Wake
from gateway.store.crashpoint import crashpoint
from gateway.stream.client import Fate
from gateway.stream.frames import Outbox
from gateway.stream.link import Link
from gateway.stream.wire import Topics

WINDOW = 20  # events without a PUBACK
_TICK = 5.0  # s between looks into the journal when nobody called


class EventLane:
    """Sends every committed event at least once, in order, starting after the last one the broker is known to have.

    A task of its own: a journal that hangs holds up events, never readings, receipts or commands.
    """

    def __init__(self, link: Link, topics: Topics, outbox: Outbox) -> None:
        self._link = link
        self._topics = topics
        self._outbox = outbox
        self._session = 0  # the connection the two below are about
        self._to = 0  # the last event handed over
        self._open: dict[int, bool] = {}  # seq -> PUBACK seen, in order
        self._missing: list[tuple[int, int]] = []  # what a far side asks for again
        self._wake = Wake()

    def wake(self) -> None:
        """Something was committed, or the link has come up."""
        self._wake.set()

    def again(self, missing: Sequence[tuple[int, int]]) -> None:
        """A far side has not got these events: they go again, a few at a time, the newest asking counts. The order stays theirs."""
        self._missing = [(max(a, 1), min(b, self._outbox.events_sent())) for a, b in missing]
        self.wake()

    async def _send_again(self) -> None:
        """At most WINDOW events; the far side asks for the rest when it has these."""
        missing, self._missing = self._missing, []
        room = WINDOW
        for a, b in missing:
            events = [e for e in await self._outbox.events(a - 1, min(room, b - a + 1)) if e[0] <= b] if a <= b and room else []
            room -= len(events)
            for _, body in events:
                self._link.publish(self._topics.of("events"), body)

    async def run(self) -> None:
        while True:
            await self._wake.wait(_TICK)
            self._wake.clear()
            if self._link.up:
                await self._send()
            if self._link.up and self._missing:
                await self._send_again()

    async def _send(self) -> None:
        session = self._link.session
        fresh = session != self._session
        if fresh:
            self._session, self._to, self._open = session, self._outbox.events_sent(), {}
        room = WINDOW - len(self._open)
        events = await self._outbox.events(self._to, room) if room > 0 else ()
        for seq, body in events:
            if self._link.session != session:
                return
            future = self._link.publish(self._topics.of("events"), body)
            if future is None:
                return
            crashpoint("event.sent")
            self._to, self._open[seq] = seq, False
            future.add_done_callback(lambda done, seq=seq: self._done(session, seq, done.result() is not Fate.LOST))  # type: ignore[misc]
        if fresh:
            for id, snapshot in (await self._outbox.alarms()).items():
                self._link.publish(self._topics.alarm(id), snapshot, retain=True)

    def _done(self, session: int, seq: int, ok: bool) -> None:
        if session != self._session or seq not in self._open:
            return  # of an attempt that is over
        if not ok:  # refused, or the connection broke: the next look starts again after the last event known to be there
            self._session = 0
            return
        self._open[seq] = True
        last = 0
        while self._open and self._open[first := next(iter(self._open))]:
            last = first
            del self._open[first]
        if last:
            self._outbox.sent(last)
            self.wake()
