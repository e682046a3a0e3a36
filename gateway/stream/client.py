"""One paho client: made, connected, its callbacks turned into signals. The only file that knows paho; no topics, no retries.

paho is used for the protocol alone. Its outgoing queue, its reconnecting and its silent end on an exception in a
callback are not: every connection is a new client, and whatever was not acknowledged is the caller's to send again.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import MQTT_LOG_ERR, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.client import Client as Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alerts.channels import secrets
from gateway.stream import tls
from gateway.stream.gate import Gate, NoRoom

log = logging.getLogger(__name__)

Version = MQTTProtocolVersion
V5 = MQTTProtocolVersion.MQTTv5
V311 = MQTTProtocolVersion.MQTTv311

SUBSCRIPTION_REFUSED = "subscription refused"
# what a PUBACK may say (MQTT 5, 3.4.2.1; mosquitto says "implementation specific" for its message_size_limit) -> with its cure
REFUSALS = {
    "Not authorized": "权限名单不许 Not authorized: the broker's access list has no line for it",
    "Quota exceeded": "配额用完 Quota exceeded at the broker",
    "Packet too large": "消息太大 Packet too large for the broker",
    "Implementation specific error": "多半是消息太大 Implementation specific error: most likely too large for the broker",
    "Topic name invalid": "主题不许 Topic name invalid for the broker",
}
PROTOCOL_REFUSED = "Unsupported protocol version"

_KEEPALIVE = 20  # s
_CONNECT = 5.0  # s
_IN_FLIGHT = 20
RECEIVE = 100  # messages open with us, see gate.py
_NO_SUBSCRIBERS = 0x10  # reason code of an MQTT 5 PUBACK
_TAKEN_OVER = 0x8E  # reason code of an MQTT 5 DISCONNECT


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where the broker is and who we are. TLS unless the broker is on this machine and `tls_ca` is empty.

    `password_file` holds the password in its first line. `expiry` is how long the broker keeps our session, s.
    `manual_ack`: messages count as taken only after `Link.ack`; at most `receive` of them are open at a time,
    whatever the broker would send.
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
    receive: int = RECEIVE


class Fate(enum.Enum):
    """What became of a published message. NOBODY and REFUSED are MQTT 5's words only: a 3.1.1 broker says TAKEN then, too."""

    TAKEN = "taken"  # PUBACK
    NOBODY = "nobody"  # PUBACK, but no subscriber: the broker has thrown it away
    REFUSED = "refused"  # the broker says no to this message (`Link.refusal`), or has said that it takes none so large
    LOST = "lost"  # the connection broke first


@dataclass(frozen=True, slots=True)
class Signal:
    """What paho's thread has to say. kind: connected | subscribed | published | message | down | crash.

    `most`: the largest packet the broker said it takes, 0 for nothing said. `kept`: it has our session, subscriptions and all.
    `taken`: it gave our session to another.
    """

    kind: str
    mid: int = 0
    problem: str = ""
    message: MQTTMessage | None = None
    fate: Fate = Fate.TAKEN
    most: int = 0
    kept: bool = False
    taken: bool = False


class Callbacks:
    """paho's callbacks. Each only hands a value to the event loop; an exception in one ends the connection, loudly."""

    def __init__(self, loop: asyncio.AbstractEventLoop, signals: asyncio.Queue[Signal], gate: Gate | None) -> None:
        self._loop = loop
        self._signals = signals
        self._gate = gate
        self._thread: threading.Thread | None = None
        self._alert = ""  # of TLS, the last

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def attach(self, client: Client) -> None:
        client.on_connect = self._guard(self.connected)
        client.on_subscribe = self._guard(self.subscribed)
        client.on_publish = self._guard(self.published)
        client.on_message = self._guard(self.message)
        client.on_disconnect = self._guard(self.disconnected)
        client.on_log = self._logged

    def _guard(self, callback: Callable[..., Signal]) -> Callable[..., None]:
        def guarded(*args: Any) -> None:
            try:
                signal = callback(*args)
            except NoRoom as error:
                signal = Signal("crash", problem=str(error))
            except Exception as error:
                log.exception("bug in the callback %s", callback.__name__)
                signal = Signal("crash", problem=f"{type(error).__name__} in {callback.__name__}")
            with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._signals.put_nowait, signal)

        return guarded

    def connected(self, _c: Client, _u: Any, flags: ConnectFlags, reason: ReasonCode, told: Properties | None) -> Signal:
        self._thread = threading.current_thread()
        most = getattr(told, "MaximumPacketSize", 0)  # paho makes attributes of what came, and of nothing else
        return Signal("connected", problem=str(reason) if reason.is_failure else "", most=most, kept=flags.session_present)

    def subscribed(self, _c: Client, _u: Any, mid: int, reasons: list[ReasonCode], _p: Properties | None) -> Signal:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        return Signal("subscribed", mid, f"{SUBSCRIPTION_REFUSED}: {', '.join(refused)}" if refused else "")

    def published(self, _c: Client, _u: Any, mid: int, reason: ReasonCode, _p: Properties | None) -> Signal:
        fate = Fate.NOBODY if reason.value == _NO_SUBSCRIBERS else Fate.TAKEN
        return Signal("published", mid, REFUSALS.get(str(reason), str(reason)) if reason.is_failure else "", fate=fate)

    def message(self, _c: Client, _u: Any, message: MQTTMessage) -> Signal:
        if self._gate is not None:
            self._gate.enter()
        return Signal("message", message.mid, message=message)

    def disconnected(self, _c: Client, _u: Any, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None) -> Signal:
        return Signal("down", problem=self._alert or str(reason), taken=reason.value == _TAKEN_OVER)

    def _logged(self, _c: Client, _u: Any, level: int, text: str) -> None:
        """With TLS 1.3 the broker judges our certificate after the handshake; paho tells its alert to the log only."""
        if level == MQTT_LOG_ERR and "[SSL" in text:
            self._alert = text[text.index("[SSL") :]


def make_client(options: LinkOptions, version: Version, thread: Callbacks) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=None if version == V5 else False,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=options.manual_ack,
    )
    client.connect_timeout = _CONNECT
    client.max_inflight_messages_set(_IN_FLIGHT)
    if options.will is not None:
        client.will_set(options.will[0], options.will[1], qos=1, retain=True)
    thread.attach(client)
    return client


async def connect(client: Client, options: LinkOptions, version: Version) -> None:
    """`_connect` in a thread nobody has to wait for: a broker that hangs must not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.cancelled():
            close(client)
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
            close(client)

    threading.Thread(target=work, name=f"mqtt-connect-{options.client_id}", daemon=True).start()
    await done


def _connect(client: Client, options: LinkOptions, version: Version) -> None:
    """Blocking: read the secrets, open the socket, send CONNECT. OSError or ValueError when that cannot be."""
    if options.user:
        client.username_pw_set(options.user, secret(options.password_file))
    if options.tls_ca or not _on_this_machine(options.host):
        client.tls_set_context(tls.context(options.tls_ca, options.tls_cert, options.tls_key))
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
    return secrets.content(path).partition("\n")[0].strip() if path else None


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def close(client: Client) -> None:
    """Cut the socket: paho's thread then ends by itself. `loop_stop` would wait for messages nobody will acknowledge."""
    sock = client.socket()
    if isinstance(sock, socket.socket):
        with contextlib.suppress(OSError):  # it is closed already
            sock.shutdown(socket.SHUT_RDWR)
