"""The box's side of MQTT: readings, events, alarms and status up; receipts and commands down. Decides nothing about alarms.

What is stored is the truth, MQTT only the way: whatever is not confirmed is read from the store and sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from drivers.reading import Clock
from gateway import devicelist
from gateway.site import UplinkConfig
from gateway.stream import wire
from gateway.stream.client import LinkOptions
from gateway.stream.frames import Frame, FrameStore, Outbox
from gateway.stream.link import Link, Message
from gateway.stream.outgoing import EventLane
from gateway.stream.readings_lane import ReadingsLane
from gateway.stream.wire import Topics, WireError

log = logging.getLogger(__name__)

Json = dict[str, Any]

STATUS_EVERY = 30.0  # s
LIST_SOON = 5.0  # s
STRANGE = 1_000  # alarms of a bureau's word that are looked at; it says it again while there are more


@dataclass(slots=True)
class UplinkState:
    """What the screen shows. `last_receipt` is wall ms, None for none yet; `problem` is empty while connected.

    `refused`: lines since the start that will never be stored. `events_refused`: events that the broker will not take now, or takes
    and does not pass on, `why` for the newest. `twin`: another box sends under this one's identity.
    """

    connected: bool = False
    backlog: int = 0
    refused: int = 0
    last_receipt: int | None = None
    problem: str = ""
    twin: bool = False
    events_refused: int = 0
    why: str = ""


class Uplink:
    """One task: `run`. The other methods are called on the same event loop and return at once.

    `command` gets the bytes of each command and gives the bytes of its reply, after the commit. `status` gives the facts of the
    status topic, `devices` those of the topics devices/<n>. An exception in one of them, or in the store, ends `run`: its
    supervisor starts it again.
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
        devices: Callable[[], Sequence[Json]] = tuple,
    ) -> None:
        if config.confirm not in ("receipt", "puback"):
            raise ValueError(f"uplink.confirm is {config.confirm!r}, not receipt or puback")
        self._config = config
        self._topics = topics
        self._store = store
        self._status = status
        self._clock = clock
        self._command = command
        self._devices = devices
        self._told: list[Json] = []  # the parts of the devices as they were last sent
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        self._takeovers = 0
        self._link = Link(
            _options(config, topics),
            [topics.of("receipt"), topics.of("command")],
            self._on_message,
            self._on_up,
        )
        self._readings = ReadingsLane(self._link, topics, store, clock, config.confirm)
        self._events = EventLane(self._link, topics, outbox)

    def state(self) -> UplinkState:
        lacking, why = self._events.trouble()
        return UplinkState(
            connected=self._link.up,
            backlog=self._store.backlog(wire.DEST),
            refused=self._readings.refused,
            last_receipt=self._readings.last_receipt,
            problem=self._link.problem,
            twin=self._readings.twins.standing(self._clock.now().mono),
            events_refused=lacking,
            why=why,
        )

    async def refused_events(self) -> list[tuple[int, bytes, str]]:
        """(seq, body, why) of the newest events that the broker will not take, newest first."""
        return await self._events.listed()

    def resend_events(self) -> int:
        """All of them go again now; gives how many."""
        return self._events.resend()

    def live(self, frame: Frame) -> None:
        """A frame just appended to the store. Goes at once when there is room; else the store keeps it for later."""
        self._readings.live(frame)

    def committed(self) -> None:
        """The journal has new events."""
        self._events.wake()

    def alarm(self, id: str, snapshot: bytes) -> None:
        """The retained picture of one alarm; b"" empties it. While the link is down the next connect makes it right."""
        self._events.picture(id, snapshot)

    async def run(self) -> None:
        """Until cancelled, or until `stop`."""
        async with asyncio.TaskGroup() as group:
            others = [
                group.create_task(job()) for job in (self._events.run, self._readings.run, self._beat, self._list, self._obey)
            ]
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
        if self._link.takeovers > self._takeovers:
            self._takeovers = self._link.takeovers
            self._readings.twins.taken(self._clock.now().mono)
        self._readings.up()
        self._say_status()
        self._told = []
        self._events.wake()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(STATUS_EVERY)
            self._say_status()
            self._events.redraw()

    async def _list(self) -> None:
        """Some seconds after the start, when the first scan is over; then with the status."""
        while True:
            await asyncio.sleep(STATUS_EVERY if self._told else LIST_SOON)
            if self._link.up:
                self._say_devices()

    async def _obey(self) -> None:
        while True:
            reply = await self._command(await self._inbox.get())
            self._link.publish(self._topics.of("reply"), reply)

    def _say_status(self) -> None:
        self._link.publish(self._topics.of("status"), wire.status_payload(True, self._status()), retain=True)

    def _say_devices(self) -> None:
        """Only the parts that have changed: the list is long, and the broker keeps it."""
        parts, wall = devicelist.parts(self._devices()), self._clock.now().wall
        told: list[Json] = [{"of": len(parts), "devices": devicelist.steady(part)} for part in parts]
        for n, part in enumerate(parts):
            if n >= len(self._told) or self._told[n] != told[n]:
                payload = wire.devices_payload(part, len(parts), wall)
                self._link.publish(self._topics.of(f"devices/{n}"), payload, retain=True)
        self._told = told

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
        elif receipt.lane == "alarms":
            numbers = islice((n for a, b in receipt.ranges for n in range(a, b + 1)), STRANGE)
            self._events.differ([f"{self._topics.site}-{n}" for n in numbers])
        elif receipt.dest == wire.DEST and receipt.lane == "readings":
            self._readings.receipt(receipt)


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
