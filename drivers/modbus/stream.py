"""What every Modbus line behind a TCP connection shares: connecting, one question at a time, counting. No framing here."""

from __future__ import annotations

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

from drivers.bus import BusStats, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Space, Trace, WrongAnswer
from drivers.modbus import pdu
from drivers.modbus.wire import Wire
from drivers.tally import Tally

CONNECT = 3.0  # seconds
REOPEN = 1.0  # seconds between two attempts to connect

_CURES = {
    errno.ECONNREFUSED: "主机在，这个端口没人听：查端口号、设备的 Modbus TCP 是否打开 nobody listens there: port, is Modbus TCP enabled?",
    errno.EHOSTUNREACH: "到不了：查网线、IP、网段 no way to it: cable, IP address, subnet",
    errno.ENETUNREACH: "到不了：查网线、IP、网段 no way to it: cable, IP address, subnet",
}

T = TypeVar("T")


class StreamBus(ABC):
    """drivers.bus.Bus on a TCP connection. Connects when first asked, and again whenever the connection was given up."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._numeric = _is_address(host)
        self._lookup: asyncio.Task[Any] | None = None  # of the host's name, while it is under way
        self._lock = asyncio.Lock()
        self._wire: Wire | None = None
        self._connected_at = 0.0
        self._next_open = 0.0
        self._connections = 0
        self._tally = Tally()
        self._sent = self._heard = b""  # of the last question
        self._took: float | None = None
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

    async def tell(self, unit: int, frame: bytes, *, latency: int = 300, gap: int = 0) -> None:
        with suppress(NoAnswer, GarbledAnswer, WrongAnswer):
            await self._ask(unit, frame, pdu.WRITE_ANSWER, partial(pdu.refusal, frame), latency / 1000, gap / 1000)

    def stats(self) -> BusStats:
        self._tally.reopenings = max(0, self._connections - 1)
        return self._tally.stats()

    async def close(self) -> None:
        self._drop()

    @abstractmethod
    async def _transact(
        self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: float, gap: float
    ) -> T:
        """Ask and judge; `good` is the length of the good answer's PDU. Sets _sent, _heard and _took.

        A DeviceFault leaves behind what no late answer can reach. Anything else drops the connection.
        """

    async def _ask(self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: float, gap: float) -> T:
        async with self._lock:
            self._sent, self._heard, self._took = b"", b"", None
            try:
                found = await self._transact(unit, request, good, check, latency, gap)
            except DeviceFault as fault:
                self._note(unit, fault)
                raise
            except BaseException:  # cancelled in the middle: the answer would be the next question's
                self._drop()
                raise
            self._note(unit, None)
            return found

    def _note(self, unit: int, fault: DeviceFault | None) -> None:
        self._tally.note(unit, len(self._sent), len(self._heard), self._took, fault)
        if self.trace is not None and self._sent:
            self.trace(self._sent, self._heard)

    async def _connect(self) -> Wire:
        """A new connection. LineDown; within a second of a failure without trying."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._next_open:
            raise LineDown(f"{self._host}:{self._port} 连不上 not reachable")
        try:
            async with asyncio.timeout(CONNECT):
                await self._named()
                _, self._wire = await loop.create_connection(Wire, self._host, self._port)
        except OSError as error:  # TimeoutError is one
            self._next_open = loop.time() + REOPEN
            raise LineDown(f"{self._host}:{self._port} 连不上：{_cure(error)}") from None
        self._connections += 1
        return self._wire

    async def _named(self) -> None:
        """Look the host's name up, once at a time: while no name server answers, a look-up holds one of the loop's few threads."""
        if self._numeric:
            return
        if self._lookup is None:
            loop = asyncio.get_running_loop()
            self._lookup = loop.create_task(loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
        await asyncio.wait({self._lookup})
        found, self._lookup = self._lookup, None
        found.result()

    def _broken(self, error: Exception) -> LineDown:
        self._drop()
        return LineDown(f"{self._host}:{self._port} 连接断开 connection lost：{error}")

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.abort()
            self._wire = None


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _cure(error: OSError) -> str:
    """Why no connection could be made, and what to look at."""
    if isinstance(error, socket.gaierror):
        return f"没有这个主机：查拼写，或直接写 IP no such host: check its name, or write its IP address（{error.strerror}）"
    return _CURES.get(
        error.errno or 0, f"没有应答：查设备电源、网线、IP no answer: power, cable, IP address（{error or 'time-out'}）"
    )
