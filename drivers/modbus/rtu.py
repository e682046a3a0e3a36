"""One RS-485 line: a thread that owns the port, keeps the silences, and never gives a late answer to a later question."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from drivers.bus import BusStats, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, Space
from drivers.framing import PortSettings, bits
from drivers.modbus import pdu
from drivers.modbus.frames import Answer, rtu_frame
from drivers.port import REOPEN, Port
from drivers.tally import Tally

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
    received: int = 0  # bytes
    took: float | None = None  # ms to the first byte of the answer


def silence(baud: int, bits: int) -> float:
    """3.5 characters in seconds; above 19200 baud a fixed 1.75 ms (Modbus over serial line 1.02, 2.5.1.1)."""
    return 0.00175 if baud > 19200 else 3.5 * bits / baud


class RtuBus:
    """drivers.bus.Bus on a serial port. Opens it when first asked, and again by itself after it was unplugged."""

    def __init__(self, settings: PortSettings) -> None:
        self._port = Port(settings)
        self._silence = silence(settings.baud, bits(settings.framing)) + MARGIN
        self._character = settings.character
        self._tally = Tally()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: queue.SimpleQueue[_Question[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
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

    def stats(self) -> BusStats:
        return self._tally.stats()

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    async def _ask(self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: int, gap: int) -> T:
        self._loop = loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"rtu:{self._port.settings.path}", daemon=True)
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
            except Exception as bug:  # noqa: BLE001 - whoever asked gets it; the thread must live to answer the others
                result = bug
            assert self._loop is not None
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._settle, question, result)
        self._port.close()

    def _transact(self, question: _Question[T]) -> T:
        self._opened()
        self._wait_silent(question.gap)
        late = b""
        answer = Answer(question.frame, question.good, repeats=question.repeats, echoes=bool(self._echoes))
        sent = self._time() + len(question.frame) * self._character
        self._port.write(question.frame)
        try:
            self._receive(question, answer, sent)
            found = question.check(answer.pdu())
        except (Refused, LineDown):
            raise
        except DeviceFault:
            late = self._drain(question.latency)
            raise
        finally:
            self._quiet_at = self._time() + self._silence
            question.received = len(answer.bytes)
            if self.trace is not None:
                self.trace(question.frame, answer.bytes + late)
        if not question.repeats:
            self._echoes = answer.echoed
        elif self._echoes is None:
            self._drain(question.latency)  # that may have been an echo, and the true answer still to come
        return found

    def _receive(self, question: _Question[T], answer: Answer, sent: float) -> None:
        """Until the frame is whole. A wake-up for its head and one for the rest: not one per byte."""
        while missing := answer.missing:
            last = sent + question.latency + (missing * self._character if answer.body else 0.0)
            if not (found := self._heard(last)):
                if answer.body:
                    return  # cut short: its check sum will say so
                raise NoAnswer("无应答 no answer")
            answer.feed(found)
            if question.took is None and answer.body:
                question.took = max(0.0, (self._time() - sent) * 1000)
            if (rest := answer.missing) > 1:
                time.sleep((rest - 1) * self._character)

    def _wait_silent(self, gap: float) -> None:
        """3.5 characters and the device's gap since the last byte; bytes that nobody asked for start it anew."""
        wait = self._quiet_at + gap - self._time()
        if wait > 0:
            self._tally.waits += 1
            time.sleep(wait)
        early = self._heard(0.0)
        self._tally.noise += len(early)
        if (self._owed or early) and self._silent(max(self._owed, self._silence)) is None:
            raise GarbledAnswer(
                f"串口 {self._port.settings.path} 一直有杂讯 the line is never silent: a device that babbles, or no termination"
            )
        self._owed = 0.0

    def _drain(self, latency: float) -> bytes:
        """Throw away whatever still comes until nothing has come for the device's worst time: it may answer late.

        What it was, for the trace: a late answer names the unit that is slow.
        """
        late = self._silent(latency)
        self._owed = 0.0 if late is not None else latency
        return late or b""

    def _silent(self, seconds: float) -> bytes | None:
        """What came until nothing had come for `seconds`. None when the line goes on and on."""
        end, heard = self._time() + BABBLE, b""
        while found := self._heard(self._time() + seconds):
            self._tally.noise += len(found)
            heard += found
            if self._time() > end:
                return None
        return heard

    def _heard(self, until: float) -> bytes:
        return self._port.read(until - self._time())

    def _opened(self) -> None:
        if self._port.is_open:
            return
        if self._time() < self._next_open:
            raise LineDown(f"串口 {self._port.settings.path} 不通 the port is gone")
        try:
            self._port.open()
        except LineDown:
            self._next_open = self._time() + REOPEN
            raise
        self._tally.reopenings = self._port.openings - 1
        self._quiet_at, self._owed, self._echoes = self._time() + self._silence, 0.0, None

    def _settle(self, question: _Question[Any], result: object) -> None:
        """In the loop: count, and tell whoever asked."""
        if not isinstance(result, Exception) or isinstance(result, DeviceFault):
            fault = result if isinstance(result, DeviceFault) else None
            self._tally.note(question.frame[0], len(question.frame), question.received, question.took, fault)
        if question.answer.done():
            return
        if isinstance(result, Exception):
            question.answer.set_exception(result)
        else:
            question.answer.set_result(result)

    def _time(self) -> float:
        assert self._loop is not None
        return self._loop.time()
