"""One MQTT connection kept alive for one asyncio task: connects, serves, connects again. No topics, no payloads."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.stream import tls
from gateway.stream.client import (
    PROTOCOL_REFUSED,
    V5,
    V311,
    Callbacks,
    Client,
    Fate,
    LinkOptions,
    Signal,
    close,
    connect,
    make_client,
)
from gateway.stream.gate import Gate

log = logging.getLogger(__name__)

_LOOK = 10.0  # s of silence after which paho's thread is looked at
_PACKET = 16  # bytes of a PUBLISH beside topic and payload, at most (MQTT 5, 3.3)
_HANDSHAKE = 5.0  # s from TCP connect to CONNACK and SUBACK
_BACKOFF = (0.2, 0.5, 1.0, 2.0, 3.0)  # s between attempts, the last for ever; each with up to half taken off
_NAMES = {V5: "5", V311: "3.1.1"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came. `session` tells which connection brought it: only that one can acknowledge it."""

    topic: str
    payload: bytes
    retain: bool
    mid: int
    session: int


class Link:
    """Runs on one event loop; every method is called there. `problem` says in words why it is not up."""

    def __init__(
        self,
        options: LinkOptions,
        subscriptions: Sequence[str],
        on_message: Callable[[Message], None],
        on_up: Callable[[], None] | None = None,
        on_down: Callable[[], None] | None = None,
    ) -> None:
        self._options = options
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_up = on_up
        self._on_down = on_down
        self._client: Client | None = None
        self._gate: Gate | None = None  # of this connection
        self._waiting: dict[int, asyncio.Future[Fate]] = {}
        self._version = V5
        self._stopping = False
        self._silent = 0  # attempts the broker met with silence, in a row
        self.session = 0
        self.problem = "not connected yet"
        self.most = 0  # bytes of the largest packet the broker takes, 0 when it did not say
        self.refusal = ""  # the words for what was REFUSED last on this connection
        self.takeovers = 0  # times the broker gave our session to another client of the same name

    @property
    def up(self) -> bool:
        return self._client is not None

    @property
    def in_flight(self) -> int:
        """Publishes the broker has not acknowledged yet."""
        return len(self._waiting)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> asyncio.Future[Fate] | None:
        """Send at QoS 1. None when the link is down; else a future of its Fate."""
        if self._client is None:
            return None
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        if self.most and (size := len(payload) + len(topic.encode()) + _PACKET) > self.most:
            # Put on the line it would end the connection, and with it everything else, again and again.
            self._refused(f"消息太大 too large: {size} bytes, the broker takes {self.most}")
            future.set_result(Fate.REFUSED)
            return future
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == 0:
            self._waiting[info.mid] = future
        else:
            future.set_result(Fate.LOST)
        return future

    def ack(self, message: Message) -> None:
        """Tell the broker `message` is dealt with. Nothing when its connection is gone: it will come again."""
        if self._client is not None and message.session == self.session:
            if message.mid:  # none at QoS 0: an answer to that would break the connection
                self._client.ack(message.mid, 1)
            if self._gate is not None:
                self._gate.leave()

    async def run(self) -> None:
        """Connect, serve, connect again, until cancelled or stopped. Exceptions of the caller's own handlers pass through."""
        failures = 0
        while not self._stopping:
            failures = 0 if await self._serve() else failures + 1
            if not self._stopping:
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)] * random.uniform(0.5, 1.0))

    async def _serve(self) -> bool:
        """One connection from its first packet to its last. Was it up?"""
        signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._gate = Gate(self._options.receive) if self._options.manual_ack else None
        thread = Callbacks(asyncio.get_running_loop(), signals, self._gate)
        client = make_client(self._options, self._version, thread)
        self.session += 1
        try:
            try:
                await connect(client, self._options, self._version)
            except (OSError, ValueError) as error:
                self._failed(tls.words(f"cannot connect: {error}"), silent=False)
                return False
            client.loop_start()
            try:
                async with asyncio.timeout(_HANDSHAKE):
                    await self._handshake(client, signals)
            except TimeoutError:
                self._failed("the broker did not answer", silent=True)
                return False
            except _Refused as refused:
                guess = refused.silent and self._options.tls_ca
                self._failed(tls.closed(str(refused), self.problem) if guess else str(refused), silent=refused.silent)
                return False
            self._client, self._silent, self.problem = client, 0, ""
            log.info("connected to %s:%s (MQTT %s)", self._options.host, self._options.port, _NAMES[self._version])
            if self._on_up is not None:
                self._on_up()
            await self._receive(signals, thread)
            return True
        finally:
            self._down(client)

    async def _handshake(self, client: Client, signals: asyncio.Queue[Signal]) -> None:
        """Connected and subscribed. A kept session has its subscriptions: what waited there may come before the broker's word."""
        told = await _expect("connected", signals)
        self.most, self.refusal = told.most, ""
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
            if not told.kept:
                await _expect("subscribed", signals, keep=self._take)

    async def _receive(self, signals: asyncio.Queue[Signal], thread: Callbacks) -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK):
                    signal = await signals.get()
            except TimeoutError:
                if thread.alive:
                    continue
                signal = Signal("crash", problem="its thread is gone")
            match signal.kind:
                case "message":
                    self._take(signal)
                case "published":
                    future = self._waiting.pop(signal.mid, None)
                    if signal.problem:
                        self._refused(signal.problem)
                    if future is not None and not future.done():
                        future.set_result(Fate.REFUSED if signal.problem else signal.fate)
                case "subscribed" if signal.problem:
                    self._failed(signal.problem, silent=False)
                    return
                case "down" | "crash":
                    self.problem = tls.words(f"connection lost: {signal.problem}")
                    self.takeovers += signal.taken
                    log.warning("%s", self.problem)
                    return

    def _refused(self, words: str) -> None:
        if words != self.refusal:  # told once: what was refused goes again and again
            log.error("the broker refuses messages: %s", words)
        self.refusal = words

    def _take(self, signal: Signal) -> None:
        if signal.message is not None:
            m = signal.message
            self._on_message(Message(m.topic, bytes(m.payload), m.retain, m.mid, self.session))

    def _failed(self, problem: str, silent: bool) -> None:
        if problem != self.problem:
            log.warning("%s:%s: %s", self._options.host, self._options.port, problem)
        self.problem = problem
        # A broker that does not know MQTT 5 says so, or just closes or stays silent; so may one that is starting:
        # silence counts from the second time on.
        self._silent = self._silent + 1 if silent else 0
        if self._silent >= 2 or problem == PROTOCOL_REFUSED:
            self._version = V311 if self._version == V5 else V5
            self._silent = 0

    def _down(self, client: Client) -> None:
        was_up, self._client = self._client is not None, None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(Fate.LOST)
        close(client)
        if was_up and self._on_down is not None:
            self._on_down()

    def stop(self) -> None:
        """Say goodbye to the broker, so that it does not send the will; `run` then returns."""
        self._stopping = True
        if self._client is not None:
            self._client.disconnect()


class _Refused(Exception):
    def __init__(self, problem: str, silent: bool) -> None:
        super().__init__(problem)
        self.silent = silent


async def _expect(kind: str, signals: asyncio.Queue[Signal], keep: Callable[[Signal], None] | None = None) -> Signal:
    """Wait for `kind` and give it; messages of a kept session may come before it."""
    while True:
        signal = await signals.get()
        if signal.kind == "message" and keep is not None:
            keep(signal)
        elif signal.kind == kind and not signal.problem:
            return signal
        elif signal.kind in (kind, "down", "crash"):
            raise _Refused(signal.problem or "closed during the handshake", silent=signal.kind == "down")
