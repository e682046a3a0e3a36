"""One MQTT connection kept alive for one asyncio task: the only file that knows paho. No topics, no payloads.

paho is used for the protocol alone. Its outgoing queue, its reconnecting and its silent end on an exception in a
callback are not: every connection is a new client, and whatever was not acknowledged is the caller's to send again.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import ipaddress
import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

log = logging.getLogger(__name__)

V5 = MQTTProtocolVersion.MQTTv5
V311 = MQTTProtocolVersion.MQTTv311

_KEEPALIVE = 20  # s
_LOOK = 10.0  # s of silence after which paho's thread is looked at
_HANDSHAKE = 5.0  # s from TCP connect to CONNACK and SUBACK
_BACKOFF = (0.2, 0.5, 1.0, 2.0, 3.0)  # s between attempts, the last for ever; each with up to half taken off
_IN_FLIGHT = 20
SUBSCRIPTION_REFUSED = "subscription refused"
_NO_SUBSCRIBERS = 0x10  # reason code of an MQTT 5 PUBACK
_PROTOCOL_REFUSED = "Unsupported protocol version"


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where the broker is and who we are. TLS unless the broker is on this machine and `tls_ca` is empty.

    `password_file` holds the password in its first line. `expiry` is how long the broker keeps our session, s.
    `manual_ack`: messages count as taken only after `Link.ack`; at most `receive` of them are open at a time.
    """

    host: str
    port: int
    client_id: str
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    user: str = ""
    password_file: str = ""
    will: tuple[str, bytes] | None = None  # retained
    expiry: int = 3600
    manual_ack: bool = False
    receive: int = 100


class Fate(enum.Enum):
    """What became of a published message. NOBODY is MQTT 5's word only: a 3.1.1 broker says TAKEN then, too."""

    TAKEN = "taken"  # PUBACK
    NOBODY = "nobody"  # PUBACK, but no subscriber: the broker has thrown it away
    LOST = "lost"  # refused, or the connection broke first


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came. `session` tells which connection brought it: only that one can acknowledge it."""

    topic: str
    payload: bytes
    retain: bool
    mid: int
    session: int


@dataclass(frozen=True, slots=True)
class _Signal:
    """What paho's thread has to say. kind: connected | subscribed | published | message | down | crash."""

    kind: str
    mid: int = 0
    problem: str = ""
    message: MQTTMessage | None = None
    fate: Fate = Fate.TAKEN


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
        self._waiting: dict[int, asyncio.Future[Fate]] = {}
        self._version = V5
        self._stopping = False
        self._silent = 0  # attempts the broker met with silence, in a row
        self.session = 0
        self.problem = "not connected yet"

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
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        future: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        if info.rc == 0:
            self._waiting[info.mid] = future
        else:
            future.set_result(Fate.LOST)
        return future

    def ack(self, message: Message) -> None:
        """Tell the broker `message` is dealt with. Nothing when its connection is gone: it will come again."""
        if self._client is not None and message.session == self.session:
            self._client.ack(message.mid, 1)

    async def run(self) -> None:
        """Connect, serve, connect again, until cancelled or stopped. Exceptions of the caller's own handlers pass through."""
        failures = 0
        while not self._stopping:
            failures = 0 if await self._serve() else failures + 1
            if not self._stopping:
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)] * random.uniform(0.5, 1.0))

    async def _serve(self) -> bool:
        """One connection from its first packet to its last. Was it up?"""
        signals: asyncio.Queue[_Signal] = asyncio.Queue()
        thread = _Thread(asyncio.get_running_loop(), signals)
        client = _client(self._options, self._version, thread)
        self.session += 1
        try:
            try:
                await _connected(client, self._options, self._version)
            except (OSError, ValueError) as error:
                self._failed(f"cannot connect: {error}", silent=False)
                return False
            client.loop_start()
            try:
                async with asyncio.timeout(_HANDSHAKE):
                    await self._handshake(client, signals)
            except TimeoutError:
                self._failed("the broker did not answer", silent=True)
                return False
            except _Refused as refused:
                self._failed(str(refused), silent=refused.silent)
                return False
            self._client, self._silent, self.problem = client, 0, ""
            log.info("connected to %s:%s (MQTT %s)", self._options.host, self._options.port, _NAMES[self._version])
            if self._on_up is not None:
                self._on_up()
            await self._receive(signals, thread)
            return True
        finally:
            self._down(client)

    async def _handshake(self, client: Client, signals: asyncio.Queue[_Signal]) -> None:
        await _expect("connected", signals)
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
            await _expect("subscribed", signals, keep=self._take)

    async def _receive(self, signals: asyncio.Queue[_Signal], thread: _Thread) -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK):
                    signal = await signals.get()
            except TimeoutError:
                if thread.alive:
                    continue
                signal = _Signal("crash", problem="its thread is gone")
            match signal.kind:
                case "message":
                    self._take(signal)
                case "published":
                    future = self._waiting.pop(signal.mid, None)
                    if signal.problem:
                        log.error("the broker refused a message: %s", signal.problem)
                    if future is not None and not future.done():
                        future.set_result(Fate.LOST if signal.problem else signal.fate)
                case "down" | "crash":
                    self.problem = f"connection lost: {signal.problem}"
                    log.warning("%s", self.problem)
                    return

    def _take(self, signal: _Signal) -> None:
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
        if self._silent >= 2 or problem == _PROTOCOL_REFUSED:
            self._version = V311 if self._version == V5 else V5
            self._silent = 0

    def _down(self, client: Client) -> None:
        was_up, self._client = self._client is not None, None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(Fate.LOST)
        _close(client)
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


async def _expect(kind: str, signals: asyncio.Queue[_Signal], keep: Callable[[_Signal], None] | None = None) -> None:
    """Wait for `kind`; messages of a kept session may come before it."""
    while True:
        signal = await signals.get()
        if signal.kind == "message" and keep is not None:
            keep(signal)
        elif signal.kind == kind and not signal.problem:
            return
        elif signal.kind in (kind, "down", "crash"):
            raise _Refused(signal.problem or "closed during the handshake", silent=signal.kind == "down")


class _Thread:
    """paho's callbacks. Each only hands a value to the event loop; an exception in one ends the connection, loudly."""

    def __init__(self, loop: asyncio.AbstractEventLoop, signals: asyncio.Queue[_Signal]) -> None:
        self._loop = loop
        self._signals = signals
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def attach(self, client: Client) -> None:
        client.on_connect = self._guard(self.connected)
        client.on_subscribe = self._guard(self.subscribed)
        client.on_publish = self._guard(self.published)
        client.on_message = self._guard(self.message)
        client.on_disconnect = self._guard(self.disconnected)

    def _guard(self, callback: Callable[..., _Signal]) -> Callable[..., None]:
        def guarded(*args: Any) -> None:
            try:
                signal = callback(*args)
            except Exception as error:
                log.exception("bug in the callback %s", callback.__name__)
                signal = _Signal("crash", problem=f"{type(error).__name__} in {callback.__name__}")
            with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._signals.put_nowait, signal)

        return guarded

    def connected(self, _c: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> _Signal:
        self._thread = threading.current_thread()
        return _Signal("connected", problem=str(reason) if reason.is_failure else "")

    def subscribed(self, _c: Client, _u: Any, mid: int, reasons: list[ReasonCode], _p: Properties | None) -> _Signal:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        return _Signal("subscribed", mid, f"{SUBSCRIPTION_REFUSED}: {', '.join(refused)}" if refused else "")

    def published(self, _c: Client, _u: Any, mid: int, reason: ReasonCode, _p: Properties | None) -> _Signal:
        fate = Fate.NOBODY if reason.value == _NO_SUBSCRIBERS else Fate.TAKEN
        return _Signal("published", mid, str(reason) if reason.is_failure else "", fate=fate)

    def message(self, _c: Client, _u: Any, message: MQTTMessage) -> _Signal:
        return _Signal("message", message.mid, message=message)

    def disconnected(self, _c: Client, _u: Any, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None) -> _Signal:
        return _Signal("down", problem=str(reason))


_NAMES = {V5: "5", V311: "3.1.1"}


def _client(options: LinkOptions, version: MQTTProtocolVersion, thread: _Thread) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=None if version == V5 else False,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=options.manual_ack,
    )
    client.connect_timeout = _HANDSHAKE
    client.max_inflight_messages_set(_IN_FLIGHT)
    if options.will is not None:
        client.will_set(options.will[0], options.will[1], qos=1, retain=True)
    thread.attach(client)
    return client


async def _connected(client: Client, options: LinkOptions, version: MQTTProtocolVersion) -> None:
    """`_connect` in a thread nobody has to wait for: a broker that hangs must not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.cancelled():
            _close(client)
        elif error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def work() -> None:
        error: Exception | None = None
        try:
            _connect(client, options, version)
        except Exception as caught:  # noqa: BLE001 - handed to the waiting task, whatever it is
            error = caught
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:  # the event loop is closed: nobody waits any more
            _close(client)

    threading.Thread(target=work, name=f"mqtt-connect-{options.client_id}", daemon=True).start()
    await done


def _connect(client: Client, options: LinkOptions, version: MQTTProtocolVersion) -> None:
    """Blocking: read the secrets, open the socket, send CONNECT. OSError or ValueError when that cannot be."""
    if options.user:
        client.username_pw_set(options.user, secret(options.password_file))
    if options.tls_ca or not _on_this_machine(options.host):
        context = ssl.create_default_context(cafile=options.tls_ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if options.tls_cert:
            context.load_cert_chain(options.tls_cert, options.tls_key or None)
        client.tls_set_context(context)
    if version == V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = options.expiry
        properties.ReceiveMaximum = options.receive
        client.connect(options.host, options.port, _KEEPALIVE, clean_start=False, properties=properties)
    else:
        client.connect(options.host, options.port, _KEEPALIVE)
    sock = client.socket()
    if isinstance(sock, socket.socket):
        # A PUBACK followed by a publish would else wait 40 ms for the broker's delayed TCP acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def secret(path: str) -> str | None:
    """The first line of a secret file; None when no file is named. OSError when it cannot be read."""
    return Path(path).read_text(encoding="utf-8").partition("\n")[0].strip() if path else None


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _close(client: Client) -> None:
    """Cut the socket: paho's thread then ends by itself. `loop_stop` would wait for messages nobody will acknowledge."""
    sock = client.socket()
    if isinstance(sock, socket.socket):
        with contextlib.suppress(OSError):  # it is closed already
            sock.shutdown(socket.SHUT_RDWR)
