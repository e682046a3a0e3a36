"""Modbus TCP, and RTU frames over TCP: one connection, one question at a time, replaced after any doubt."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from drivers.bus import BusStats, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, Space, WrongAnswer
from drivers.modbus import pdu
from drivers.modbus.frames import LONGEST, Answer, rtu_frame
from drivers.modbus.rtu import Trace
from drivers.modbus.wire import Wire
from drivers.tally import Tally

CONNECT = 3.0  # seconds
REOPEN = 1.0  # seconds between two attempts to connect
BABBLE = 1.0  # seconds after which a far side that never falls silent is left alone
FRESH = 3  # connections tried before a question is given up because of bytes nobody asked for
HEADER = 7  # bytes of the MBAP header with the unit

T = TypeVar("T")


class StreamBus(ABC):
    """drivers.bus.Bus on a TCP connection; what the two framings share.

    A time-out, a wrong or a garbled answer closes the connection: what comes late on it can reach nobody.
    """

    quiet = 0.0  # seconds without a question after an answer and after connecting

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._lock = asyncio.Lock()
        self._wire: Wire | None = None
        self._free_at = 0.0  # when the last answer was complete, or the connection made
        self._next_open = 0.0
        self._seen = False  # was it ever connected?
        self._tally = Tally()
        self.trace: Trace | None = None

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        request = pdu.read_request(space, address, count)
        check = partial(pdu.read_answer, space, count)
        return await self._ask(unit, request, pdu.read_length(space, count), check, latency / 1000, gap / 1000)

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        request = pdu.write_request(function, address, values)
        check = partial(pdu.check_write, request)
        await self._ask(unit, request, pdu.WRITE_ANSWER, check, latency / 1000, gap / 1000)

    def stats(self) -> BusStats:
        return self._tally.stats()

    async def close(self) -> None:
        self._drop()

    @abstractmethod
    def _frame(self, unit: int, request: bytes) -> bytes: ...

    @abstractmethod
    async def _answer(self, wire: Wire, question: bytes, request: bytes, good: int) -> bytes:
        """The PDU of the answer; `good` is its length. Raises GarbledAnswer, WrongAnswer, ConnectionError."""

    async def _drain(self, wire: Wire, latency: float) -> None:
        """After doubt: let nothing of this question reach the next one."""
        self._drop()

    async def _ask(self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: float, gap: float) -> T:
        async with self._lock:
            try:
                wire = await self._ready(gap)
            except DeviceFault as fault:
                self._tally.note(unit, 0, 0, None, fault)
                raise
            question = self._frame(unit, request)
            try:
                found = await self._transact(wire, question, request, good, check, latency)
            except Refused as fault:
                self._tally.note(unit, len(question), len(wire.heard), wire.took, fault)
                raise
            except DeviceFault as fault:
                self._tally.note(unit, len(question), len(wire.heard), wire.took, fault)
                await self._drain(wire, latency)
                raise
            except BaseException:  # cancelled in the middle: the answer would be the next question's
                self._drop()
                raise
            finally:
                self._free_at = asyncio.get_running_loop().time()
            self._tally.note(unit, len(question), len(wire.heard), wire.took, None)
            return found

    async def _transact(
        self, wire: Wire, question: bytes, request: bytes, good: int, check: Callable[[bytes], T], latency: float
    ) -> T:
        try:
            async with asyncio.timeout(latency):
                wire.ask(question)
                found = await self._answer(wire, question, request, good)
        except TimeoutError:
            if wire.heard not in (b"", question):
                raise GarbledAnswer(f"应答不完整 cut short: {wire.heard.hex(' ')}") from None
            raise NoAnswer("无应答 no answer") from None
        except OSError as error:
            raise LineDown(f"{self._host}:{self._port} 连接断开：{error}") from None
        finally:
            if self.trace is not None:
                self.trace(question, wire.heard)
        return check(found)

    async def _ready(self, gap: float) -> Wire:
        """A connection on which nothing is under way, after the silence that is due."""
        for _ in range(FRESH):
            wire = self._wire or await self._connected()
            wait = self._free_at + max(gap, self.quiet) - asyncio.get_running_loop().time()
            if wait > 0:
                self._tally.waits += 1
                await asyncio.sleep(wait)
            if not wire.stale:
                return wire
            self._tally.noise += wire.surplus
            self._drop()
        raise GarbledAnswer(f"{self._host}:{self._port} 不停发来无人请求的数据 sends bytes nobody asked for, or closes at once")

    async def _connected(self) -> Wire:
        loop = asyncio.get_running_loop()
        if loop.time() < self._next_open:
            raise LineDown(f"{self._host}:{self._port} 连不上 not reachable")
        try:
            async with asyncio.timeout(CONNECT):
                _, self._wire = await loop.create_connection(Wire, self._host, self._port)
        except OSError as error:  # TimeoutError is one
            self._next_open = loop.time() + REOPEN
            raise LineDown(f"{self._host}:{self._port} 连不上：{str(error) or 'no answer'}") from None
        self._free_at = loop.time()
        self._tally.reopenings += self._seen
        self._seen = True
        return self._wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.abort()
            self._wire = None


class TcpBus(StreamBus):
    """Modbus TCP (Modbus Messaging on TCP/IP 1.0b). The transaction id tells a late answer from ours."""

    _transaction = 0

    def _frame(self, unit: int, request: bytes) -> bytes:
        self._transaction = (self._transaction + 1) & 0xFFFF
        return self._transaction.to_bytes(2, "big") + b"\0\0" + (len(request) + 1).to_bytes(2, "big") + bytes([unit]) + request

    async def _answer(self, wire: Wire, question: bytes, request: bytes, good: int) -> bytes:
        head = await wire.exactly(HEADER)
        length = int.from_bytes(head[4:6], "big")
        if head[:4] != question[:4] or head[6] != question[6] or not 2 <= length <= 254:
            raise WrongAnswer(f"答非所问 the answer's header is {head.hex(' ')}, asked {question[:HEADER].hex(' ')}")
        body = await wire.exactly(length - 1)
        if wire.surplus:  # one question has one answer: frames are doubled, or one was cut short and this is half of two
            raise WrongAnswer("答非所问 more bytes came than one answer")
        if body == request and not pdu.repeats(request):
            raise WrongAnswer("答非所问 the question came back instead of an answer")
        return body


class RtuTcpBus(StreamBus):
    """RTU frames through a serial server. No transaction id: unit, function, length, CRC and silence must do.

    A serial server gives what the line says to whoever is connected, so a new connection alone is no cure.
    """

    quiet = 0.01

    def _frame(self, unit: int, request: bytes) -> bytes:
        return rtu_frame(unit, request)

    async def _answer(self, wire: Wire, question: bytes, request: bytes, good: int) -> bytes:
        # Whether a serial server echoes is not learned: its writes of functions 5 and 6 are confirmed by their readback.
        answer = Answer(question, good + 3, repeats=pdu.repeats(request))
        while answer.missing:
            answer.feed(await wire.take(LONGEST))
        return answer.pdu()

    async def _drain(self, wire: Wire, latency: float) -> None:
        """Listen until nothing has come for the device's worst time, then replace the connection."""
        loop = asyncio.get_running_loop()
        end = loop.time() + latency + BABBLE
        try:
            while loop.time() < end:
                async with asyncio.timeout(latency):
                    await wire.take(LONGEST)
        except TimeoutError:
            pass  # silent: what we waited for
        except OSError:
            await asyncio.sleep(latency)
        finally:
            self._drop()
