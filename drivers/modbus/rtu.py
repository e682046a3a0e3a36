"""One RS-485 line: a thread that owns the port, keeps the silences, and never gives a late answer to a later question."""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import select
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import serial

from drivers.bus import DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, Space
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
BABBLE = 1.0  # seconds after which a line that never falls silent is left alone

Trace = Callable[[bytes, bytes], None]
T = TypeVar("T")


@dataclass(slots=True)
class _Question(Generic[T]):
    frame: bytes
    good: int  # bytes of the good answer's frame
    repeats: bool
    check: Callable[[bytes], T]
    latency: float
    gap: float
    answer: asyncio.Future[T]


def silence(baud: int, bits: int) -> float:
    """3.5 characters in seconds; above 19200 baud a fixed 1.75 ms (Modbus over serial line 1.02, 2.5.1.1)."""
    return 0.00175 if baud > 19200 else 3.5 * bits / baud


class RtuBus:
    """drivers.bus.Bus on a serial port. Opens it when first asked, and again by itself after it was unplugged."""

    def __init__(self, port: str, baud: int = 9600, framing: str = "8N1") -> None:
        self._port, self._baud = port, baud
        self._parity, self._stop, bits = FRAMINGS[framing]
        self._silence = silence(baud, bits) + MARGIN
        self._character = bits / baud
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: queue.SimpleQueue[_Question[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._serial: serial.Serial | None = None
        self._quiet_at = 0.0  # when the line will have been silent for 3.5 characters
        self._owed = 0.0  # seconds of silence that a drain did not get, and the next question must wait for
        self._echoes: bool | None = None  # does the adapter return what we send? Not known before the first read
        self._next_open = 0.0
        self.trace: Trace | None = None

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        request = pdu.read_request(space, address, count)
        check = partial(pdu.read_answer, space, count)
        return await self._ask(unit, request, pdu.read_length(space, count), check, latency, gap)

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        request = pdu.write_request(function, address, values)
        await self._ask(unit, request, pdu.WRITE_ANSWER, partial(pdu.check_write, request), latency, gap)

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    async def _ask(self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: int, gap: int) -> T:
        self._loop = loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"rtu:{self._port}", daemon=True)
            self._thread.start()
        answer: asyncio.Future[T] = loop.create_future()
        frame, repeats = rtu_frame(unit, request), pdu.repeats(request)
        self._queue.put(_Question(frame, good + 3, repeats, check, latency / 1000, gap / 1000, answer))
        return await answer

    # in the thread

    def _work(self) -> None:
        while (question := self._queue.get()) is not None:
            try:
                result: object = self._transact(question)
            except DeviceFault as fault:
                result = fault
            except (OSError, serial.SerialException, termios.error) as error:
                self._shut()
                self._next_open = self._time() + REOPEN
                result = LineDown(f"串口 {self._port} 不通：{error}")
            except Exception as bug:  # noqa: BLE001 - whoever asked gets it; the thread must live to answer the others
                result = bug
            assert self._loop is not None
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_settle, question.answer, result)
        self._shut()

    def _transact(self, question: _Question[T]) -> T:
        port = self._opened()
        self._wait_silent(port, question.gap)
        answer = Answer(question.frame, question.good, repeats=question.repeats, echoes=bool(self._echoes))
        if os.write(port, question.frame) != len(question.frame):
            raise OSError("the port takes no more bytes")
        sent = self._time() + len(question.frame) * self._character
        try:
            self._receive(port, answer, sent + question.latency)
            found = question.check(answer.pdu())
        except Refused:
            raise
        except DeviceFault:
            self._drain(port, question.latency)
            raise
        finally:
            self._quiet_at = self._time() + self._silence
            if self.trace is not None:
                self.trace(question.frame, answer.bytes)
        if not question.repeats:
            self._echoes = answer.echoed
        elif self._echoes is None:
            self._drain(port, question.latency)  # that may have been an echo, and the true answer still to come
        return found

    def _receive(self, port: int, answer: Answer, deadline: float) -> None:
        """Until the frame is whole. A wake-up for its head and one for the rest: not one per byte."""
        while missing := answer.missing:
            last = deadline + (missing * self._character if answer.body else 0.0)
            if not self._readable(port, last):
                if answer.body:
                    return  # cut short: its check sum will say so
                raise NoAnswer("无应答 no answer")
            answer.feed(self._taken(port))
            if (rest := answer.missing) > 1:
                time.sleep((rest - 1) * self._character)

    def _wait_silent(self, port: int, gap: float) -> None:
        """3.5 characters and the device's gap since the last byte; bytes that nobody asked for start it anew."""
        wait = self._quiet_at + gap - self._time()
        if wait > 0:
            time.sleep(wait)
        if (self._owed or self._readable(port, 0.0)) and not self._silent(port, max(self._owed, self._silence)):
            raise GarbledAnswer(
                f"串口 {self._port} 一直有杂讯 the line is never silent: a device that babbles, or no termination"
            )
        self._owed = 0.0

    def _drain(self, port: int, latency: float) -> None:
        """Throw away whatever still comes until nothing has come for the device's worst time: it may answer late."""
        self._owed = 0.0 if self._silent(port, latency) else latency

    def _silent(self, port: int, seconds: float) -> bool:
        """Discard until nothing has come for `seconds`. False when the line goes on and on."""
        end = self._time() + BABBLE
        while self._readable(port, self._time() + seconds):
            if self._time() > end:
                return False
            self._taken(port)
        return True

    def _taken(self, port: int) -> bytes:
        if not (found := os.read(port, LONGEST)):
            raise OSError("the adapter is gone")  # an unplugged port is always readable and gives nothing
        return found

    def _readable(self, port: int, until: float) -> bool:
        return bool(select.select([port], [], [], max(0.0, until - self._time()))[0])

    def _opened(self) -> int:
        if self._serial is None:
            if self._time() < self._next_open:
                raise LineDown(f"串口 {self._port} 不通 the port is gone")
            self._serial = serial.Serial(
                self._port, self._baud, parity=self._parity, stopbits=self._stop, timeout=0, write_timeout=1, exclusive=True
            )
            # pyserial's lock is advisory; this one also keeps out mbpoll and every other tool that knows of no locks
            fcntl.ioctl(self._serial.fileno(), termios.TIOCEXCL)
            self._quiet_at, self._owed, self._echoes = self._time() + self._silence, 0.0, None
        return int(self._serial.fileno())

    def _shut(self) -> None:
        port, self._serial = self._serial, None
        if port is not None:
            with suppress(OSError):  # of a port that is gone there is nothing to give back
                fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
            port.close()

    def _time(self) -> float:
        assert self._loop is not None
        return self._loop.time()


def _settle(future: asyncio.Future[Any], result: object) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
