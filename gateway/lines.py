"""A line for a person's tool, as a drivers.asking.Asker: our own port, or one bus of a living `run`. Writes addresses alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from drivers.asking import Heard, ask
from drivers.bus import Bus, DeviceFault, Refused, Space
from drivers.lending import Exchange
from drivers.plan import Read
from drivers.poller import Poller
from drivers.registry import open_bus
from drivers.tally import KINDS
from gateway.site import BusConfig

MOST_LATENCY = 5_000  # ms a lent question may ask for
FIRE_LATENCY = 300  # ms on a line with fire points: with the drain after a time-out it still fits between two of their polls
MOST_WORDS = 125

Json = dict[str, Any]


class ToolLine(Protocol):
    """An Asker that can be closed."""

    async def ask(self, unit: int, read: Read, latency: int) -> Heard: ...

    async def close(self) -> None: ...


class OwnLine:
    """A port or host we open ourselves, because no `run` has it."""

    def __init__(self, config: BusConfig) -> None:
        self._bus: Bus = open_bus(config.type, config.settings, config.host, config.tcp_port)
        self._frames: list[tuple[bytes, bytes]] = []
        self._bus.trace = lambda sent, received: self._frames.append((sent, received))

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        loop = asyncio.get_running_loop()
        self._frames.clear()
        began = loop.time()
        heard = await ask(self._bus, unit, read, latency)
        return _with(heard, self._frames, round((loop.time() - began) * 1000))

    async def set(self, unit: int, function: int, address: int, value: int, latency: int) -> Heard:
        """As drivers.readdress.Setter: one register, for a device's own address alone."""
        try:
            await self._bus.write(unit, function, address, (value,), latency=latency)
        except Refused as fault:
            return Heard("refused", text=fault.text, code=fault.code)
        except DeviceFault as fault:
            return Heard(KINDS[type(fault)], text=fault.text)
        return Heard("good")

    async def close(self) -> None:
        await self._bus.close()


class LivingLine:
    """One bus of the living `run`: each question is a low-priority job there. `put` sends one request and gives its `data`."""

    def __init__(self, bus: str, put: Callable[[Json], Json]) -> None:
        self._bus, self._put = bus, put

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        request = {"ask": "probe", "bus": self._bus, "unit": unit, "space": read.space, "address": read.address}
        return heard_from(await asyncio.to_thread(self._put, request | {"count": read.count, "latency": latency}))

    async def close(self) -> None:
        return None


async def probe(poller: Poller, unit: int, read: Read, latency: int) -> Heard:
    """The other end of LivingLine, in `run`: one lent question with its raw frames."""
    frames: list[tuple[bytes, bytes]] = []
    took = [0]

    def follow(exchange: Exchange) -> None:
        if exchange.unit == unit:  # of the same unit, the last ones: a poll of it may have come first
            if took[0]:
                frames.clear()
            frames.append((exchange.sent, exchange.received))
            took[0] = exchange.took if exchange.sent else 0

    with poller.followed(follow):
        heard = await poller.lend(lambda line: ask(line, unit, read, latency))
    return heard if heard.kind == "busy" else _with(heard, frames, took[0])


def heard_json(heard: Heard) -> Json:
    """`data` of the question `probe` of docs/local-socket.md."""
    return {
        "kind": heard.kind,
        "words": list(heard.words),
        "text": heard.text,
        "code": heard.code,
        "tx": heard.sent.hex(" "),
        "rx": heard.received.hex(" "),
        "took": heard.took,
        "before": heard.before.hex(" "),
    }


def heard_from(data: Json) -> Heard:
    raw = [bytes.fromhex(data[key]) for key in ("tx", "rx", "before")]
    return Heard(data["kind"], tuple(data["words"]), data["text"], data["code"], raw[0], raw[1], data["took"], raw[2])


def read_of(request: Json) -> tuple[int, Read]:
    """(unit, question) of a request `probe`; ValueError when Modbus cannot carry it, or it would write."""
    unit, space, address, count = (request.get(key) for key in ("unit", "space", "address", "count"))
    spaces: tuple[Space, ...] = ("coil", "discrete", "input", "holding")
    if not (isinstance(unit, int) and 0 < unit <= 255 and space in spaces and isinstance(address, int)):
        raise ValueError("unit 1..255, space coil|discrete|input|holding, address 0..65535")
    if not (isinstance(count, int) and 0 < count <= MOST_WORDS and 0 <= address <= 0x10000 - count):
        raise ValueError(f"count 1..{MOST_WORDS}, within the 65536 addresses")
    return unit, Read(next(s for s in spaces if s == space), address, count, ())


def _with(heard: Heard, frames: list[tuple[bytes, bytes]], took: int) -> Heard:
    """`frames`: what the trace of one question told; without a question in front are bytes that nobody asked for."""
    before = b"".join(received for sent, received in frames if not sent)
    sent, received = next(((s, r) for s, r in reversed(frames) if s), (b"", b""))
    return replace(heard, sent=sent, received=received, took=took, before=before)
