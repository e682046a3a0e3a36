"""Channel threads: notifications out, Deliveries back. A hung or refusing channel is reported, so the engine fails over."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Mapping

from alerts.channels.base import Channel
from alerts.channels.faults import GiveUp, TryAgain
from alerts.model import Delivery, Fate, Notification
from alerts.plant import Person
from gateway.store.crashpoint import crashpoint

log = logging.getLogger(__name__)

LATE = 600.0  # seconds in the queue after which a message is not sent as it is: the engine says how things stand now
HANG = 12.0  # seconds a send may take before the channel counts as hung (fire: next channel within 15 s)


class Teller:
    """One channel: a named thread that sends one notification at a time, fire first.

    `report` is called in the event loop with every Delivery. `wanted` is asked right before a message is sent: an answer takes
    back what is still queued.
    """

    def __init__(
        self, name: str, channel: Channel, people: Mapping[str, Person], report: Callable[[Delivery], None],
        wanted: Callable[[str], bool],
    ) -> None:  # fmt: skip
        self._wanted = wanted
        self._name = name
        self._channel = channel
        self._people = people
        self._report = report
        self._order = itertools.count()
        self._queue: queue.PriorityQueue[tuple[int, int, float, Notification]] = queue.PriorityQueue()
        self._busy: tuple[float, Notification] | None = None
        self._generation = 0

    def send(self, notification: Notification) -> None:
        """Queue it, from the event loop. Worse severities overtake; equals keep their order. Second attempts are the engine's decision."""
        self._queue.put((-int(notification.severity), next(self._order), asyncio.get_running_loop().time(), notification))

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
                    log.warning("channel %s hangs; its message goes by the next channel", self._name)
                    self._busy = None
                    self._start(loop)
                    self._report(Delivery(busy[1].key, Fate.GAVE_UP, why=f"no answer within {HANG:.0f} s"))
        finally:
            self._generation += 1

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._generation += 1
        threading.Thread(target=self._work, args=(loop, self._generation), name=f"channel:{self._name}", daemon=True).start()

    def _work(self, loop: asyncio.AbstractEventLoop, generation: int) -> None:
        while generation == self._generation:
            try:
                _, _, queued, notification = self._queue.get(timeout=0.5)
            except queue.Empty:
                continue
            if (kept_back := self._kept_back(notification, loop.time() - queued)) is not None:
                loop.call_soon_threadsafe(self._report, kept_back)
                continue
            self._busy = (loop.time(), notification)
            crashpoint("send.before")
            delivery = self._once(notification)
            crashpoint("send.after")
            if generation != self._generation:
                return  # given up meanwhile; the next channel has it
            self._busy = None
            loop.call_soon_threadsafe(self._report, delivery)

    def _kept_back(self, notification: Notification, waited: float) -> Delivery | None:
        if not self._wanted(notification.key):
            return Delivery(notification.key, Fate.GAVE_UP, why="recalled")
        if waited > LATE:
            return Delivery(notification.key, Fate.TRY_AGAIN, why=f"waited {waited:.0f} s")
        return None

    def _once(self, notification: Notification) -> Delivery:
        person = self._people[notification.person]
        try:
            return self._channel.send(notification, person)
        except TryAgain as fault:
            return Delivery(notification.key, Fate.TRY_AGAIN, why=fault.why, again_after=fault.after_ms)
        except GiveUp as fault:
            return Delivery(notification.key, Fate.GAVE_UP, why=fault.why)
        except Exception as error:
            log.exception("channel %s broke", self._name)
            return Delivery(notification.key, Fate.GAVE_UP, why=f"{type(error).__name__}")
