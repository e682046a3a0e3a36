"""Modbus TCP: the transaction id tells a late answer from ours, and after any doubt the connection is replaced."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import TypeVar

from drivers.bus import DeviceFault, GarbledAnswer, NoAnswer, Refused, WrongAnswer
from drivers.modbus import pdu
from drivers.modbus.stream import StreamBus
from drivers.modbus.wire import Wire

FRESH = 3  # connections tried before a question is given up because of bytes nobody asked for
HEADER = 7  # bytes of the MBAP header with the unit
LONGEST = 254  # what its length field may say: unit and PDU

T = TypeVar("T")
_head = struct.Struct(">HHHB")  # transaction, protocol, length, unit


class TcpBus(StreamBus):
    """drivers.bus.Bus on Modbus TCP (Modbus Messaging on TCP/IP 1.0b)."""

    _transaction = 0
    _free_at = 0.0  # when the last answer was complete

    async def _transact(
        self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: float, gap: float
    ) -> T:
        loop = asyncio.get_running_loop()
        wire = self._wire
        if wire is None or wire.stale or (gap and loop.time() < self._free_at + gap):
            wire = await self._ready(gap)
        self._transaction = (self._transaction + 1) & 0xFFFF
        self._sent = _head.pack(self._transaction, 0, len(request) + 1, unit) + request
        try:
            wire.ask(self._sent)
            self._heard = heard = await wire.hear(_whole, loop.time() + latency)
            self._took = wire.took if heard else None
            found = check(_body(self._sent, heard))
        except Refused:
            raise
        except DeviceFault:
            self._drop()
            raise
        except OSError as error:
            raise self._broken(error) from None
        finally:
            self._free_at = loop.time()
        return found

    async def _ready(self, gap: float) -> Wire:
        """A connection on which nothing is under way, after the silence the device wants."""
        loop = asyncio.get_running_loop()
        if (wait := self._free_at + gap - loop.time()) > 0:
            self._tally.waits += 1
            await asyncio.sleep(wait)
        for _ in range(FRESH):
            wire = self._wire or await self._connect()
            if not wire.stale:
                return wire
            self._tally.noise += wire.surplus
            self._drop()
        raise GarbledAnswer(f"{self._host}:{self._port} 不停发来无人请求的数据 sends bytes nobody asked for, or closes at once")


def _whole(heard: bytearray) -> bool:
    """Can it be judged? A whole frame, or a header that no frame has."""
    if len(heard) < HEADER:
        return False
    length = heard[4] << 8 | heard[5]
    return len(heard) >= length + 6 or not 2 <= length <= LONGEST


def _body(asked: bytes, heard: bytes) -> bytes:
    """The PDU of the answer. Raises NoAnswer, GarbledAnswer, WrongAnswer."""
    if not heard:
        raise NoAnswer("无应答 no answer")
    if len(heard) >= HEADER:
        length = heard[4] << 8 | heard[5]
        if heard[:4] != asked[:4] or heard[6] != asked[6] or not 2 <= length <= LONGEST:
            raise WrongAnswer(f"答非所问 the answer's header is {heard[:HEADER].hex(' ')}, asked {asked[:HEADER].hex(' ')}")
        if len(heard) > length + 6:  # one question has one answer: frames are doubled, or one was cut and this is half of two
            raise WrongAnswer("答非所问 more bytes came than one answer")
        if len(heard) == length + 6:
            if heard == asked and not pdu.repeats(asked[HEADER:]):
                raise WrongAnswer("答非所问 the question came back instead of an answer")
            return heard[HEADER:]
    raise GarbledAnswer(f"应答不完整 cut short: {heard.hex(' ')}")
