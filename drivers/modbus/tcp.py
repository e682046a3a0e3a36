"""Modbus TCP, and RTU frames over TCP: one connection, one question at a time, replaced after any doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from drivers.bus import GarbledAnswer, LineDown, NoAnswer, Space, WrongAnswer
from drivers.modbus import pdu
from drivers.modbus.frames import Answer, rtu_frame
from drivers.modbus.rtu import Trace
from drivers.modbus.wire import Wire

CONNECT = 3.0  # seconds
REOPEN = 1.0  # seconds between two attempts to connect
HEADER = 7  # bytes of the MBAP header with the unit

# (wire, unit, request PDU, length of the good answer's PDU) -> (sent, received, PDU)
Transact = Callable[[Wire, int, bytes, int], Awaitable[tuple[bytes, bytes, bytes]]]


class StreamBus:
    """drivers.bus.Bus on a TCP connection. `transact` does one question in its framing: (sent, received, PDU).

    A time-out, a wrong or a garbled answer closes the connection: what comes late on it can reach nobody.
    """

    def __init__(self, host: str, port: int, transact: Transact) -> None:
        self._host, self._port, self._transact = host, port, transact
        self._lock = asyncio.Lock()
        self._wire: Wire | None = None
        self._next_open = 0.0
        self.trace: Trace | None = None

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        request = pdu.read_request(space, address, count)
        found = await self._ask(unit, request, pdu.read_length(space, count), latency, gap)
        try:
            return pdu.read_answer(space, count, found)
        except WrongAnswer:
            self._drop()
            raise

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        request = pdu.write_request(function, address, values)
        found = await self._ask(unit, request, 5, latency, gap)
        try:
            pdu.check_write(request, found)
        except WrongAnswer:
            self._drop()
            raise

    async def close(self) -> None:
        self._drop()

    async def _ask(self, unit: int, request: bytes, good: int, latency: int, gap: int) -> bytes:
        async with self._lock:
            if gap:
                await asyncio.sleep(gap / 1000)
            wire = await self._connected()
            sent = received = b""
            try:
                async with asyncio.timeout(latency / 1000):
                    sent, received, found = await self._transact(wire, unit, request, good)
                return found
            except TimeoutError:
                self._drop()
                raise NoAnswer("无应答 no answer") from None
            except OSError as error:
                self._drop()
                raise LineDown(f"{self._host}:{self._port} 连接断开：{error}") from None
            except (WrongAnswer, GarbledAnswer):
                self._drop()
                raise
            finally:
                if self.trace is not None:
                    self.trace(sent, received)

    async def _connected(self) -> Wire:
        if self._wire is not None and self._wire.stale:
            self._drop()
        if self._wire is None:
            loop = asyncio.get_running_loop()
            if loop.time() < self._next_open:
                raise LineDown(f"{self._host}:{self._port} 连不上 not reachable")
            try:
                async with asyncio.timeout(CONNECT):
                    _, self._wire = await loop.create_connection(Wire, self._host, self._port)
            except OSError as error:  # TimeoutError is one
                self._next_open = loop.time() + REOPEN
                raise LineDown(f"{self._host}:{self._port} 连不上：{error or 'no answer'}") from None
        return self._wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.abort()
            self._wire = None


def tcp_bus(host: str, port: int) -> StreamBus:
    """Modbus TCP (Modbus Messaging on TCP/IP 1.0b)."""
    transaction = 0

    async def transact(wire: Wire, unit: int, request: bytes, good: int) -> tuple[bytes, bytes, bytes]:
        nonlocal transaction
        transaction = (transaction + 1) & 0xFFFF
        head = transaction.to_bytes(2, "big") + b"\0\0" + (len(request) + 1).to_bytes(2, "big") + bytes([unit])
        wire.send(head + request)
        answer = await wire.exactly(HEADER)
        length = int.from_bytes(answer[4:6], "big")
        if answer[:4] != head[:4] or answer[6] != unit or not 2 <= length <= 254:
            raise WrongAnswer(f"答非所问 the answer's header {answer.hex(' ')} is not that of unit {unit}")
        body = await wire.exactly(length - 1)
        return head + request, answer + body, body

    return StreamBus(host, port, transact)


def rtu_tcp_bus(host: str, port: int) -> StreamBus:
    """RTU frames through a serial server. No transaction id: the unit, the length and the CRC must do."""

    async def transact(wire: Wire, unit: int, request: bytes, good: int) -> tuple[bytes, bytes, bytes]:
        frame = rtu_frame(unit, request)
        answer = Answer(frame, good + 3)
        wire.send(frame)
        while answer.missing:
            answer.feed(await wire.take(256))
        return frame, answer.bytes, answer.pdu()

    return StreamBus(host, port, transact)
