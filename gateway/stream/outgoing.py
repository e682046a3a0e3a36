"""The committed side of the uplink: events in order and the retained pictures of alarms, from the journal to the broker."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from drivers.wake import Wake
from gateway.store.crashpoint import crashpoint
from gateway.stream.client import Fate
from gateway.stream.frames import Outbox
from gateway.stream.link import Link
from gateway.stream.wire import Topics

WINDOW = 20  # events without a PUBACK
_TICK = 5.0  # s between looks into the journal when nobody called
_LISTED = 100  # refused events that are shown
_ALONE = 2  # connections in a row that ended at the same event, after which it goes alone
_BREAKS = 4  # such connections after which it counts as refused
# s until an event that was refused, or one of BREAKS, goes again, at first and at last: either may cost a connection
_REFUSED, _BROKEN = (5.0, 60.0), (60.0, 3600.0)
BREAKS = (
    "一发它连接就断：消息太大，或代理不许写 the broker ends the connection at this event: too large for it, or not permitted"
)


SWALLOWED = "代理收下事件却不转给上级，多半是权限名单不许写 the broker takes events and does not pass them on: its access list"
_IN_VAIN = 3  # times in a row that a far side asks for the same event although it went; it asks every 30 s


class _Rest:
    """How long not to try: longer after each try in vain."""

    def __init__(self, first: float, last: float) -> None:
        self._first, self._last = first, last
        self.over()

    def over(self) -> None:
        self._long, self._until = self._first, 0.0

    def begin(self, now: float) -> None:
        self._long, self._until = self._first * 2, now + self._first

    def past(self, now: float) -> bool:
        """May one be tried? Then the next rest begins."""
        if now < self._until:
            return False
        self._until, self._long = now + self._long, min(self._long * 2, self._last)
        return True


class EventLane:
    """Sends every committed event at least once, in order, starting after the last one the broker is known to have.

    One that the broker refuses is set aside with its words, so that no other waits behind it, and goes again: one after some
    seconds, later a minute, and all of them as soon as one is taken. So is one at which the broker ends the connection, after a
    minute, later an hour: 3.1.1 has no other no; mosquitto's message_size_limit does it too, and 2.0.11 now and then right after
    its "not authorized". What a 3.1.1 broker acknowledges and throws away only the far side misses: `trouble` tells of it, too.
    A task of its own: a journal that hangs holds up events, never readings or receipts.
    """

    def __init__(self, link: Link, topics: Topics, outbox: Outbox) -> None:
        self._link = link
        self._topics = topics
        self._outbox = outbox
        self._session = 0  # the connection the two below are about
        self._to = 0  # the last event handed over
        self._open: dict[int, bool] = {}  # seq -> dealt with, in order
        self._missing: list[tuple[int, int]] = []  # what a far side asks for again
        self._lacking = 0  # how many events that were when it asked last
        self._vain = (0, 0)  # the first event that went for it, and how many times in a row
        self.refused = dict(outbox.refused())  # seq -> why
        self._tried = 0  # the refused one that went last
        self._trying = 0  # refused ones under way
        self._again = 1  # how many of them go at the next look
        self._broke = (0, 0)  # the event that connections in a row have ended at, and how many
        self._rests = (_Rest(*_REFUSED), _Rest(*_BROKEN))
        self._hidden: dict[str, str] = {}  # alarm -> why its picture was refused
        self._redraw = False
        self._strange: list[str] = []  # alarms of whose pictures a far side tells
        self._wake = Wake()

    def wake(self) -> None:
        """Something was committed, or the link has come up."""
        self._wake.set()

    def again(self, missing: Sequence[tuple[int, int]]) -> None:
        """A far side has not got these events, or has all: they go again, a few at a time, the newest asking counts. The order

        stays theirs.
        """
        self._missing = [(max(a, 1), min(b, self._outbox.events_sent())) for a, b in missing]
        self._lacking = sum(max(0, b - a + 1) for a, b in self._missing)
        if not missing:
            self._vain = (0, 0)
        self.wake()

    def trouble(self) -> tuple[int, str]:
        """How many events and pictures do not arrive, and why, for the newest event that was refused."""
        swallowed = self._lacking if self._vain[1] >= _IN_VAIN else 0
        whys = [*self._hidden.values(), *([SWALLOWED] if swallowed else []), *(self.refused[n] for n in sorted(self.refused))]
        return len(self.refused) + swallowed + len(self._hidden), whys[-1] if whys else ""

    def picture(self, id: str, snapshot: bytes) -> None:
        """The retained picture of one alarm; b"" empties it. While the link is down the next connect makes it right."""
        if future := self._link.publish(self._topics.alarm(id), snapshot, retain=True):
            future.add_done_callback(lambda answer: self._pictured(id, answer.result()))

    def redraw(self) -> None:
        """Pictures that were refused go again."""
        self._redraw = bool(self._hidden)
        self.wake()

    def differ(self, seen: Sequence[str]) -> None:
        """A far side sees pictures of these alarms, which are others than the open ones: those go again, the rest is emptied."""
        self._strange, self._redraw = list(seen), True
        self.wake()

    def resend(self) -> int:
        """Everything refused goes again now; gives how many events that are."""
        self._again = WINDOW
        for rest in self._rests:
            rest.over()
        self.wake()
        return len(self.refused)

    async def listed(self) -> list[tuple[int, bytes, str]]:
        """(seq, body, why) of the newest refused events, newest first; those that the journal keeps no longer are left out."""
        found = [
            (e, self.refused[seq]) for seq in sorted(self.refused)[-_LISTED:] for e in await self._outbox.events(seq - 1, 1)
        ]
        return [(seq, body, why) for (seq, body), why in reversed(found) if seq in self.refused]

    async def run(self) -> None:
        while True:
            await self._wake.wait(_TICK)
            self._wake.clear()
            if self._link.up:
                await self._send()
            if self._link.up and self._missing:
                await self._send_again()
            if self._link.up and self.refused and not self._trying:
                await self._try_refused()

    async def _send(self) -> None:
        session = self._link.session
        fresh = session != self._session
        if fresh:
            self._look_back()
            self._session, self._to, self._open = session, self._outbox.events_sent(), {}
        known = self._to
        room = (1 if self._broke[1] >= _ALONE else WINDOW) - len(self._open)
        events = await self._outbox.events(self._to, room) if room > 0 else ()
        for seq, body in events:
            if self._link.session != session or not self._publish(seq, body, partial(self._done, session)):
                return
            crashpoint("event.sent")
            self._to, self._open[seq] = seq, False
        if fresh or self._redraw:
            strange, self._strange, self._redraw = dict.fromkeys(self._strange, b""), [], False
            for id, snapshot in {**strange, **await self._outbox.alarms(known)}.items():
                self.picture(id, snapshot)

    def _look_back(self) -> None:
        """What the connection before ended at: an event that ends one after another is set aside."""
        head = next(iter(self._open), 0)
        self._broke = (head, self._broke[1] + 1 if head and head == self._broke[0] else int(head > 0))
        if self._broke[1] >= _BREAKS:
            self._broke = (0, 0)
            self.refused[head] = BREAKS
            self._rests[1].begin(asyncio.get_running_loop().time())
            self._outbox.keep_refused(self.refused)
            self._outbox.sent(head)

    async def _send_again(self) -> None:
        """At most WINDOW events; the far side asks for the rest when it has these."""
        missing, self._missing = self._missing, []
        room, first = WINDOW, 0
        for a, b in missing:
            events = [e for e in await self._outbox.events(a - 1, min(room, b - a + 1)) if e[0] <= b] if a <= b and room else []
            room -= len(events)
            for seq, body in events:
                if self.refused.get(seq) != BREAKS and self._publish(seq, body, self._settle) and seq not in self.refused:
                    first = first or seq
        self._vain = (first, self._vain[1] + 1 if first == self._vain[0] else 1) if first else (0, 0)

    async def _try_refused(self) -> None:
        for seq in self._turn():
            found = await self._outbox.events(seq - 1, 1)
            if found and found[0][0] != seq:  # the journal keeps it no longer
                del self.refused[seq]
                self._outbox.keep_refused(self.refused)
            elif found and self._publish(seq, found[0][1], self._retried):
                self._trying += 1

    def _turn(self) -> list[int]:
        """The next of them: one that no broker will ever take must not stand before those that wait for a better one."""
        breaking = [seq for seq, why in self.refused.items() if why == BREAKS]
        now = asyncio.get_running_loop().time()
        if breaking and self._rests[1].past(now):
            self.refused[breaking[0]] = self.refused.pop(breaking[0])  # the last, next time
            return breaking[:1]
        seqs = sorted(self.refused.keys() - set(breaking))
        if not seqs or not self._rests[0].past(now):
            return []
        count, self._again = self._again, 1
        at = bisect_right(seqs, self._tried)
        chosen = (seqs[at:] + seqs[:at])[:count]
        self._tried = chosen[-1]
        return chosen

    def _publish(self, seq: int, body: bytes, done: Callable[[int, Fate], None]) -> bool:
        future = self._link.publish(self._topics.of("events"), body)
        if future is None:
            return False
        future.add_done_callback(lambda answer: done(seq, answer.result()))
        return True

    def _pictured(self, id: str, fate: Fate) -> None:
        if fate is Fate.REFUSED:
            self._hidden[id] = self._link.refusal
        elif fate is not Fate.LOST:
            self._hidden.pop(id, None)

    def _retried(self, seq: int, fate: Fate) -> None:
        self._trying -= 1
        self._settle(seq, fate)

    def _settle(self, seq: int, fate: Fate) -> None:
        """Into the refused, or out of them: then the others go, too."""
        if fate is Fate.REFUSED and self.refused.get(seq) != self._link.refusal:
            if seq not in self.refused:
                self._rests[0].begin(asyncio.get_running_loop().time())
            self.refused[seq] = self._link.refusal
        elif fate in (Fate.TAKEN, Fate.NOBODY) and seq in self.refused:
            self._rests[self.refused.pop(seq) == BREAKS].over()
            self._again = WINDOW
            self.wake()
        else:
            return
        self._outbox.keep_refused(self.refused)

    def _done(self, session: int, seq: int, fate: Fate) -> None:
        self._settle(seq, fate)
        if session != self._session or seq not in self._open:
            return  # of an attempt that is over
        if fate is Fate.LOST:  # the next look starts again after the last event known to be there
            self._session = 0
            return
        self._open[seq] = True
        self._broke = (0, 0)
        last = 0
        while self._open and self._open[first := next(iter(self._open))]:
            last = first
            del self._open[first]
        if last:
            self._outbox.sent(last)
            self.wake()
