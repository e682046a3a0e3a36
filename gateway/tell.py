"""Channel threads: notifications out; Deliveries and answers back. What hangs, refuses or is deaf is reported: others are used."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from alerts.channels.base import Caller, Channel
from alerts.channels.faults import DeliveryFault, GiveUp, TryAgain, Unfit
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from gateway.store.answers import succeed
from gateway.store.crashpoint import crashpoint

log = logging.getLogger(__name__)

LATE = 600.0  # seconds in the queue after which a message is not sent as it is: the engine says how things stand now
HANG = 12.0  # seconds a send may take before the channel counts as hung (fire: next channel within 15 s)
LISTEN = 0.5  # seconds between two looks at what came back, ...
PAUSE = 2.0  # ... and while messages wait: an answer ends a queue of texts, a telephone rings before the last one has left
DEAF = 60.0  # seconds a channel may be out of order before that is a fault of its own
IN_A_ROW = 2  # messages that it did not take: one may be the fault of a number


@dataclass(frozen=True, slots=True)
class Ears:
    """Where a channel's news goes, all called in the event loop: reports, answers, and (name, out of order?, why).

    `wanted` is asked right before a message is sent, by its key: an answer takes back what is still queued. `ringing`: is a
    telephone still to be called for it?
    """

    report: Callable[[Delivery], None]
    heard: Callable[[Inbound], None]
    health: Callable[[str, bool, str], None]
    wanted: Callable[[str], bool]
    ringing: Callable[[str], bool]


class Teller:
    """One channel: a named thread that sends one notification at a time, fire first, and listens in between."""

    def __init__(self, name: str, channel: Channel, people: Mapping[str, Person], ears: Ears) -> None:
        self._name = name
        self._channel = channel
        self._people = people
        self._ears = ears
        self._order = itertools.count()
        self._queue: queue.PriorityQueue[tuple[int, int, float, Notification]] = queue.PriorityQueue()
        self._probes: queue.SimpleQueue[asyncio.Future[str]] = queue.SimpleQueue()
        self._busy: tuple[float, Notification | None] | None = None
        self._generation = 0
        self._listen_due = 0.0
        self._deaf = ""  # what was wrong when it was last listened to ...
        self._failed: list[str] = []  # ... and with each message since the last one that it took
        self._bad_since: float | None = None
        self._told_bad: bool | None = None  # an earlier process may have told that it is bad
        self.why = ""  # what is wrong with it now, "" when nothing is

    def send(self, notification: Notification) -> None:
        """Queue it, from the event loop. Worse severities overtake; equals keep their order. Second attempts are the engine's decision."""
        self._queue.put((-int(notification.severity), next(self._order), asyncio.get_running_loop().time(), notification))

    async def probe(self) -> str:
        """Let the channel prove itself, in its own thread: "" or what is wrong. Tells nobody anything."""
        asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._probes.put(asked)
        try:
            return await asyncio.wait_for(asked, HANG)
        except TimeoutError:
            return f"no answer within {HANG:.0f} s"

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    async def run(self) -> None:
        """Start the thread and watch it; a send that hangs is given up and its thread abandoned."""
        loop = asyncio.get_running_loop()
        self._start(loop)
        try:
            while True:
                await asyncio.sleep(0.5)
                busy = self._busy
                if busy and loop.time() - busy[0] > HANG:
                    self._hung(loop, busy[1])
        finally:
            self._generation += 1

    def _hung(self, loop: asyncio.AbstractEventLoop, n: Notification | None) -> None:
        why = f"no answer within {HANG:.0f} s"
        log.warning("channel %s hangs; a message it holds goes by the next channel", self._name)
        self._busy = None
        if n is None:
            self._listen_due = loop.time() + HANG  # deaf, and perhaps not dumb: what waits is sent meanwhile
        self._start(loop)
        if n is None:
            self._heard(loop.time(), why)
        else:
            self._sent(loop.time(), why)
            self._ears.report(Delivery(n.key, Fate.SILENT, why=why))

    def _heard(self, now: float, why: str) -> None:
        self._deaf = why
        self._state(now)

    def _sent(self, now: float, why: str) -> None:
        self._failed = [*self._failed, why][-IN_A_ROW:] if why else []
        self._state(now)

    def _state(self, now: float) -> None:
        """In the loop: how the channel is now. Out of order for a minute is a fault; in order again ends it.

        Most channels have nothing to listen to: one that has not taken the last messages is out of order until it takes one.
        """
        self.why = why = self._deaf or (self._failed[-1] if len(self._failed) >= IN_A_ROW else "")
        if not why:
            self._bad_since = None
        elif self._bad_since is None:
            self._bad_since = now
        bad = self._bad_since is not None and now - self._bad_since >= DEAF
        if bad != self._told_bad and (bad or not why):
            self._told_bad = bad
            self._ears.health(self._name, bad, why)

    # in the thread

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._generation += 1
        threading.Thread(target=self._work, args=(loop, self._generation), name=f"channel:{self._name}", daemon=True).start()

    def _work(self, loop: asyncio.AbstractEventLoop, generation: int) -> None:
        while generation == self._generation:
            if not self._listen(loop, generation) or not self._prove(loop, generation):
                return
            try:
                _, _, queued, notification = self._queue.get(timeout=LISTEN)
            except queue.Empty:
                continue
            if (kept_back := self._kept_back(notification, loop.time() - queued)) is not None:
                _on(loop, self._ears.report, kept_back)
                continue
            self._busy = (loop.time(), notification)
            crashpoint("send.before")
            delivery, why = self._once(notification)
            crashpoint("send.after")
            if generation != self._generation:
                return  # given up meanwhile; the next channel has it
            self._busy = None
            _on(loop, self._ears.report, delivery)
            if why is not None:
                _on(loop, self._sent, loop.time(), why)

    def _kept_back(self, notification: Notification, waited: float) -> Delivery | None:
        if not self._ears.wanted(notification.key):
            return Delivery(notification.key, Fate.RECALLED)
        if waited > LATE:
            return Delivery(notification.key, Fate.TRY_AGAIN, why=f"waited {waited:.0f} s")
        return None

    def _listen(self, loop: asyncio.AbstractEventLoop, generation: int) -> bool:
        """Hand on what came back. False when this thread has been given up meanwhile."""
        now = loop.time()
        if now < self._listen_due + (0.0 if self._queue.empty() else PAUSE - LISTEN):
            return True
        self._busy = (now, None)
        why, self._listen_due = "", now + LISTEN
        try:
            if isinstance(self._channel, Caller):
                self._channel.hush(self._ears.ringing)
            found = self._channel.hear()
        except DeliveryFault as fault:
            found, why = (), fault.why
            self._listen_due = now + (fault.after_ms / 1000 if isinstance(fault, TryAgain) else DEAF)
        except Exception as error:
            log.exception("channel %s broke while listening", self._name)
            found, why = (), type(error).__name__
        for one in found:  # also of one that has been given up: nobody says it again
            if isinstance(one, Delivery):
                _on(loop, self._ears.report, one)
            else:
                _on(loop, self._ears.heard, one)
        if generation != self._generation:
            return False
        self._busy = None
        self._listen_due = max(self._listen_due, loop.time() + LISTEN)  # a far side that is slow to ask delays no message twice
        _on(loop, self._heard, loop.time(), why)
        return True

    def _prove(self, loop: asyncio.AbstractEventLoop, generation: int) -> bool:
        """Answer one who asks for a proof, when no message waits. False when this thread has been given up meanwhile."""
        if not self._queue.empty() or self._probes.empty():
            return True
        asked = self._probes.get()
        self._busy = (loop.time(), None)
        try:
            self._channel.probe()
            why = ""
        except DeliveryFault as fault:
            why = fault.why
        except Exception as error:
            log.exception("channel %s broke while proving itself", self._name)
            why = type(error).__name__
        if generation != self._generation:
            return False
        self._busy = None
        _on(loop, succeed, asked, why)
        return True

    def _once(self, notification: Notification) -> tuple[Delivery, str | None]:
        """What became of it, and what is wrong with the channel: "" when it is in order, None when this message tells nothing of it."""
        person = self._people[notification.person]
        try:
            return self._channel.send(notification, person), ""
        except TryAgain as fault:
            return Delivery(notification.key, Fate.TRY_AGAIN, why=fault.why, again_after=fault.after_ms), fault.why
        except Unfit as fault:
            return Delivery(notification.key, Fate.REJECTED, why=fault.why), None
        except GiveUp as fault:
            return Delivery(notification.key, Fate.REJECTED, why=fault.why), fault.why
        except Exception as error:
            log.exception("channel %s broke", self._name)
            return Delivery(notification.key, Fate.GAVE_UP, why=f"{type(error).__name__}"), type(error).__name__


def _on(loop: asyncio.AbstractEventLoop, work: Callable[..., None], *args: object) -> None:
    """Run `work` in the loop. One that has been closed meanwhile needs no news: the process is ending."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(work, *args)
