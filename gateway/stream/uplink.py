"""The box's side of MQTT: readings, events, alarms and status up; receipts and commands down. Decides nothing about alarms.

What is stored is the truth, MQTT only the way: whatever is not confirmed is read from the store and sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from drivers.reading import Clock
from gateway.site import UplinkConfig
from gateway.stream import wire
from gateway.stream.client import Fate, LinkOptions
from gateway.stream.frames import Frame, FrameStore, Outbox
from gateway.stream.link import Link, Message
from gateway.stream.outgoing import EventLane
from gateway.stream.wire import Topics, WireError

log = logging.getLogger(__name__)

WINDOW = 20  # live frames without a receipt
RESEND = 30_000  # ms without a receipt, then the store's copy goes
RESEND_SOON = 2_000  # ms left for a receipt of what went on a connection that broke, or to nobody
STATUS_EVERY = 30.0  # s
_TICK = 1.0  # s between looks at the clock when nothing else happens
_LOOK_AHEAD = WINDOW + 2  # rows read to find one that is not under way


@dataclass(slots=True)
class UplinkState:
    """What the screen shows. `last_receipt` is wall ms, None for none yet; `problem` is empty while connected."""

    connected: bool = False
    backlog: int = 0
    refused: int = 0
    last_receipt: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    """Under way: published, not confirmed. `due` is when the store's copy may go instead, mono ms."""

    frame: Frame
    due: int
    live: bool


class Uplink:
    """One task: `run`. The other methods are called on the same event loop and return at once.

    `command` gets the bytes of each command and gives the bytes of its reply, after the commit. `status` gives the
    facts of the status topic. An exception in either, or in the store, ends `run`: its supervisor starts it again.
    """

    def __init__(
        self,
        config: UplinkConfig,
        topics: Topics,
        store: FrameStore,
        outbox: Outbox,
        status: Callable[[], Mapping[str, object]],
        clock: Clock,
        command: Callable[[bytes], Awaitable[bytes]],
    ) -> None:
        if config.confirm not in ("receipt", "puback"):
            raise ValueError(f"uplink.confirm is {config.confirm!r}, not receipt or puback")
        self._config = config
        self._topics = topics
        self._store = store
        self._outbox = outbox
        self._status = status
        self._clock = clock
        self._command = command
        self._sent: dict[tuple[str, int, int], _Sent] = {}
        self._wake = asyncio.Event()
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        self._refused = 0
        self._last_receipt: int | None = None
        self._link = Link(
            _options(config, topics),
            [topics.of("receipt"), topics.of("command")],
            self._on_message,
            self._on_up,
        )
        self._events = EventLane(self._link, topics, outbox)

    def state(self) -> UplinkState:
        return UplinkState(
            connected=self._link.up,
            backlog=self._store.backlog(wire.DEST),
            refused=self._refused,
            last_receipt=self._last_receipt,
            problem=self._link.problem,
        )

    def live(self, frame: Frame) -> None:
        """A frame just appended to the store. Goes at once when there is room; else the store keeps it for later."""
        if self._link.up and sum(sent.live for sent in self._sent.values()) < WINDOW:
            self._send(frame, live=True)

    def committed(self) -> None:
        """The journal has new events."""
        self._events.wake()

    def alarm(self, id: str, snapshot: bytes) -> None:
        """The retained picture of one alarm; b"" empties it. While the link is down the next connect makes it right."""
        self._link.publish(self._topics.alarm(id), snapshot, retain=True)

    async def run(self) -> None:
        """Until cancelled, or until `stop`."""
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(job()) for job in (self._events.run, self._pump, self._beat, self._obey)]
            await self._link.run()
            for task in others:
                task.cancel()

    async def stop(self) -> None:
        """Leave the broker an honest status, then end `run`."""
        said = self._link.publish(self._topics.of("status"), wire.status_payload(False, {}), retain=True)
        if said is not None:
            await asyncio.wait([said], timeout=2)
        self._link.stop()

    def _on_up(self) -> None:
        # What went on the broken connection may have arrived: its receipt gets a moment before the store's copy goes.
        due = self._clock.now().mono + RESEND_SOON
        self._sent = {key: replace(sent, due=min(sent.due, due), live=False) for key, sent in self._sent.items()}
        self._say_status()
        self._events.wake()
        self._wake.set()

    async def _pump(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_TICK):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._link.up:
                await self._back_fill()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(STATUS_EVERY)
            self._say_status()

    async def _obey(self) -> None:
        while True:
            reply = await self._command(await self._inbox.get())
            self._link.publish(self._topics.of("reply"), reply)

    def _say_status(self) -> None:
        self._link.publish(self._topics.of("status"), wire.status_payload(True, self._status()), retain=True)

    async def _back_fill(self) -> None:
        """One stored row at a time, the oldest that is not under way."""
        now = self._clock.now().mono
        self._sent = {key: sent for key, sent in self._sent.items() if sent.due > now}
        if any(not sent.live for sent in self._sent.values()):
            return
        for limit in (1, _LOOK_AHEAD):  # nearly always the first will do, and rows are big
            for frame in await self._store.unconfirmed(wire.DEST, limit):
                if not any(_overlap(frame, sent.frame) for sent in self._sent.values()):
                    self._send(frame, live=False)
                    return

    def _send(self, frame: Frame, live: bool) -> None:
        payload = wire.readings_payload(frame.boot, frame.a, frame.b, frame.lines)
        future = self._link.publish(self._topics.of("readings"), payload)
        if future is None:
            return
        key = (frame.boot, frame.a, frame.b)
        self._sent[key] = sent = _Sent(frame, self._clock.now().mono + RESEND, live)
        future.add_done_callback(lambda done: self._puback(key, sent, done.result()))

    def _puback(self, key: tuple[str, int, int], sent: _Sent, fate: Fate) -> None:
        if fate is Fate.NOBODY and self._sent.get(key) is sent:
            # No consumer is connected, as after a broker that forgot its sessions: no receipt can come.
            self._sent[key] = replace(sent, due=self._clock.now().mono + RESEND_SOON)
        elif fate is Fate.TAKEN and self._config.confirm == "puback":
            self._confirmed(sent.frame.boot, [(sent.frame.a, sent.frame.b)])

    def _confirmed(self, boot: str, ranges: list[tuple[int, int]]) -> None:
        self._store.confirm(wire.DEST, boot, ranges)
        self._last_receipt = self._clock.now().wall
        for key, sent in list(self._sent.items()):
            if sent.frame.boot == boot and any(a <= sent.frame.a and sent.frame.b <= b for a, b in ranges):
                del self._sent[key]
        self._wake.set()

    def _on_message(self, message: Message) -> None:
        if message.retain:
            log.warning("a retained message on %s is not obeyed", message.topic)
        elif message.topic == self._topics.of("receipt"):
            self._on_receipt(message.payload)
        elif self._inbox.full():
            log.error("a command is dropped: 100 are waiting")
        else:
            self._inbox.put_nowait(message.payload)

    def _on_receipt(self, payload: bytes) -> None:
        try:
            receipt = wire.parse_receipt(payload)
        except WireError as error:
            log.warning("a receipt is ignored: %s", error)
            return
        if receipt.lane == "events":  # not the database's: a bureau says what it has, and is sent what lies between
            self._events.again([(a + 1, b - 1) for (_, a), (b, _) in pairwise(receipt.ranges) if a + 1 < b])
        if receipt.dest != wire.DEST or receipt.lane != "readings":
            return
        for refusal in receipt.refused:
            self._refused += 1
            self._store.refused(wire.DEST, receipt.boot, refusal)
        self._confirmed(receipt.boot, list(receipt.ranges))


def _overlap(one: Frame, other: Frame) -> bool:
    return one.boot == other.boot and one.a <= other.b and other.a <= one.b


def _options(config: UplinkConfig, topics: Topics) -> LinkOptions:
    return LinkOptions(
        host=config.host,
        port=config.port,
        client_id=config.client_id or f"campus-{topics.site}",
        tls_ca=config.tls_ca,
        tls_cert=config.tls_cert,
        tls_key=config.tls_key,
        user=config.user,
        password_file=config.password_file,
        will=(topics.of("status"), wire.status_payload(False, {})),
    )
