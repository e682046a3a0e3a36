"""One RS-485 line as a Bus: a thread that owns the port and does what `line` says. No rules of the line here."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from drivers.bus import BusStats, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Space, Trace, WrongAnswer
from drivers.framing import PortSettings, bits
from drivers.modbus import pdu
from drivers.modbus.frames import rtu_frame
from drivers.modbus.line import Event, Line, Listen, Question, Step, silence
from drivers.port import HUNG, REOPEN, Port, hung
from drivers.tally import Tally

T = TypeVar("T")

LEAVE = 2.0  # seconds that closing waits for a driver that does not return


@dataclass(slots=True)
class _Asked(Generic[T]):
    question: Question[T]
    answer: asyncio.Future[T]
    sent: int = 0  # bytes
    received: int = 0
    took: float | None = None  # ms to the first byte of the answer


class RtuBus:
    """drivers.bus.Bus on a serial port. Opens it when first asked, and again by itself after it was unplugged."""

    def __init__(self, settings: PortSettings) -> None:
        self._port = Port(settings)
        self._line = Line(silence(settings.baud, bits(settings.framing)), settings.character)
        self._tally = Tally()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: queue.SimpleQueue[_Asked[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._next_open = 0.0
        self._hung: _Asked[Any] | None = None  # the question from which the driver has not come back
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

    async def tell(self, unit: int, frame: bytes, *, latency: int = 300, gap: int = 0) -> None:
        with suppress(NoAnswer, GarbledAnswer, WrongAnswer):
            await self._ask(unit, frame, pdu.WRITE_ANSWER, partial(pdu.refusal, frame), latency, gap)

    def stats(self) -> BusStats:
        self._tally.reopenings = max(0, self._port.openings - 1)
        self._tally.waits, self._tally.noise = self._line.waits, self._line.noise
        return self._tally.stats()

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._queue.put(None)
            await asyncio.to_thread(thread.join, LEAVE)  # a daemon thread: one that hangs in its driver keeps nobody

    async def _ask(self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: int, gap: int) -> T:
        """As drivers.bus.Bus. A driver that does not return in time is a LineDown, at once for all that is asked until it does."""
        if self._hung is not None:
            raise hung(self._port.settings.path)
        self._loop = loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"rtu:{self._port.settings.path}", daemon=True)
            self._thread.start()
        frame = rtu_frame(unit, request)
        question = Question(frame, good + 3, pdu.repeats(request), check, latency / 1000, gap / 1000)
        answer: asyncio.Future[T] = loop.create_future()
        asked = _Asked(question, answer)
        self._queue.put(asked)
        try:
            async with asyncio.timeout(HUNG + question.gap + 4 * question.latency):  # owed, waited for, drained twice
                return await answer
        except TimeoutError:
            self._hung = asked
            raise hung(self._port.settings.path) from None

    def _back(self, asked: _Asked[Any]) -> None:
        """In the loop: the thread is over with this question."""
        if self._hung is asked:
            self._hung = None

    def _settle(self, asked: _Asked[Any], result: object) -> None:
        """In the loop: count, and tell whoever asked."""
        self._back(asked)
        if not isinstance(result, Exception) or isinstance(result, DeviceFault):
            fault = result if isinstance(result, DeviceFault) else None
            self._tally.note(asked.question.frame[0], asked.sent, asked.received, asked.took, fault)
        if asked.answer.done():
            return
        if isinstance(result, Exception):
            asked.answer.set_exception(result)
        else:
            asked.answer.set_result(result)

    # in the thread

    def _work(self) -> None:
        with suppress(OSError):  # a kernel without this file: 50 µs more a sleep, nothing else
            Path(f"/proc/{threading.get_native_id()}/timerslack_ns").write_text("1")
        while (asked := self._queue.get()) is not None:
            # given up before its turn: asked now it would answer nobody, written now it would be late
            if asked.answer.cancelled():
                self._told(self._back, asked)
                continue
            try:
                result: object = self._transact(asked)
            except DeviceFault as fault:
                result = fault
            except Exception as bug:  # noqa: BLE001 - whoever asked gets it; the thread must live to answer the others
                result = bug
            self._told(self._settle, asked, result)
        self._port.close()

    def _told(self, what: Callable[..., None], *about: object) -> None:
        """Have the loop do it; a loop that has ended wants to know nothing."""
        assert self._loop is not None
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what, *about)

    def _transact(self, asked: _Asked[T]) -> T:
        self._opened()
        talk = self._line.transact(asked.question, self._time())
        try:
            step = next(talk)
            while True:
                step = talk.send(self._done(step))
        except StopIteration as end:
            return cast(T, end.value)
        finally:
            talk.close()
            line = self._line
            asked.sent, asked.received, asked.took = len(line.sent), len(line.heard), line.took
            if self.trace is not None and line.unasked:
                self.trace(b"", line.unasked)
            if self.trace is not None and line.sent:
                self.trace(line.sent, line.heard)

    def _done(self, step: Step) -> Event:
        if isinstance(step, Listen):
            if (wait := step.rest - self._time()) > 0:
                time.sleep(wait)
            data = self._port.read(step.until - self._time())
            if not data:  # before a question, and where an answer should have come by now
                self._port.check_sent()
        else:
            self._port.write(step.frame)
            data = b""
        return self._time(), data

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
        self._line.opened(self._time())

    def _time(self) -> float:
        assert self._loop is not None
        return self._loop.time()
