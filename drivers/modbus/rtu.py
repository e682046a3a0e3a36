"""One RS-485 line: a thread that owns the port, keeps the silences, and never gives a late answer to a later question."""

from __future__ import annotations

import asyncio
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import serial

from drivers.bus import DeviceFault, LineDown, NoAnswer, Space
from drivers.modbus import pdu
from drivers.modbus.frames import LONGEST, Answer, rtu_frame

FRAMINGS = {
    "8N1": (serial.PARITY_NONE, 1, 10),
    "8N2": (serial.PARITY_NONE, 2, 11),
    "8E1": (serial.PARITY_EVEN, 1, 11),
    "8O1": (serial.PARITY_ODD, 1, 11),
}
REOPEN = 1.0  # seconds between two attempts to open a port that is gone
MARGIN = 0.0003  # seconds added to the silence for what the scheduler may shorten

Trace = Callable[[bytes, bytes], None]


@dataclass(slots=True)
class _Question:
    frame: bytes
    good: int
    latency: float
    gap: float
    answer: asyncio.Future[bytes]


def silence(baud: int, bits: int) -> float:
    """3.5 characters in seconds; above 19200 baud a fixed 1.75 ms (Modbus over serial line 1.02, 2.5.1.1)."""
    return 0.00175 if baud > 19200 else 3.5 * bits / baud


class RtuBus:
    """drivers.bus.Bus on a serial port. Opens it when first asked, and again by itself after it was unplugged."""

    def __init__(self, port: str, baud: int = 9600, framing: str = "8N1") -> None:
        self._port, self._baud = port, baud
        self._parity, self._stop, self._bits = FRAMINGS[framing]
        self._silence = silence(baud, self._bits) + MARGIN
        self._character = self._bits / baud
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._serial: serial.Serial | None = None
        self._quiet_at = 0.0  # when the line will have been silent for 3.5 characters
        self._next_open = 0.0
        self.trace: Trace | None = None

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        request = pdu.read_request(space, address, count)
        answer = await self._ask(unit, request, pdu.read_length(space, count), latency, gap)
        return pdu.read_answer(space, count, answer)

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        request = pdu.write_request(function, address, values)
        pdu.check_write(request, await self._ask(unit, request, 5, latency, gap))

    async def close(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def _ask(self, unit: int, request: bytes, good: int, latency: int, gap: int) -> bytes:
        self._loop = loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"rtu:{self._port}", daemon=True)
            self._thread.start()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._queue.put(_Question(rtu_frame(unit, request), good + 3, latency / 1000, gap / 1000, answer))
        return await answer

    # in the thread

    def _work(self) -> None:
        while (question := self._queue.get()) is not None:
            try:
                result: bytes | DeviceFault = self._transact(question)
            except DeviceFault as fault:
                result = fault
            except (OSError, serial.SerialException) as error:
                self._shut()
                result = LineDown(f"串口 {self._port} 不通：{error}")
            assert self._loop is not None
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_settle, question.answer, result)
        self._shut()

    def _transact(self, question: _Question) -> bytes:
        port = self._opened()
        wait = self._quiet_at + question.gap - self._time()
        if wait > 0:
            time.sleep(wait)
        self._discard(port)
        answer = Answer(question.frame, question.good)
        os.write(port, question.frame)
        sent = self._time() + len(question.frame) * self._character
        try:
            self._receive(port, answer, sent + question.latency)
            found = answer.pdu()
        except DeviceFault:
            self._drain(port, question.latency)
            raise
        finally:
            self._quiet_at = self._time() + self._silence
            if self.trace is not None:
                self.trace(question.frame, answer.bytes)
        return found

    def _receive(self, port: int, answer: Answer, deadline: float) -> None:
        """Until the frame is whole. One wake-up for the first byte, one for the rest: not one per byte."""
        while missing := answer.missing:
            last = deadline + (missing * self._character if answer.bytes else 0.0)
            if not self._readable(port, last):
                if answer.bytes:
                    return  # cut short: its check sum will say so
                raise NoAnswer("无应答 no answer")
            answer.feed(os.read(port, LONGEST))
            if (rest := answer.missing) > 1:
                time.sleep((rest - 1) * self._character)

    def _drain(self, port: int, latency: float) -> None:
        """Throw away whatever still comes until nothing has come for the device's worst time: it may answer late."""
        while self._readable(port, self._time() + latency):
            if not os.read(port, LONGEST):
                return

    def _discard(self, port: int) -> None:
        """Bytes that nobody asked for: noise, or a device that speaks by itself. The line must be silent again after them."""
        while self._readable(port, self._time()):
            os.read(port, LONGEST)
            time.sleep(self._silence)

    def _readable(self, port: int, until: float) -> bool:
        return bool(select.select([port], [], [], max(0.0, until - self._time()))[0])

    def _opened(self) -> int:
        if self._serial is None:
            if self._time() < self._next_open:
                raise LineDown(f"串口 {self._port} 不通 the port is gone")
            self._next_open = self._time() + REOPEN
            self._serial = serial.Serial(
                self._port, self._baud, parity=self._parity, stopbits=self._stop, timeout=0, write_timeout=1, exclusive=True
            )
            self._quiet_at = self._time() + self._silence
        return int(self._serial.fileno())

    def _shut(self) -> None:
        if self._serial is not None:
            self._serial.close()
            self._serial = None

    def _time(self) -> float:
        assert self._loop is not None
        return self._loop.time()


def _settle(future: asyncio.Future[bytes], result: bytes | DeviceFault) -> None:
    if future.done():
        return
    if isinstance(result, DeviceFault):
        future.set_exception(result)
    else:
        future.set_result(result)
