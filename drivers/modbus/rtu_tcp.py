"""RTU frames through a serial server: the rules of the line, over a TCP connection instead of a port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

from drivers.bus import DeviceFault, Refused
from drivers.framing import PortSettings, bits
from drivers.modbus import pdu
from drivers.modbus.frames import rtu_frame
from drivers.modbus.line import Event, Line, Listen, Question, Step, silence
from drivers.modbus.stream import StreamBus
from drivers.modbus.wire import Wire

QUIET = 0.01  # seconds of silence at least: a serial server hands bytes over when it likes

T = TypeVar("T")


class RtuTcpBus(StreamBus):
    """drivers.bus.Bus on a serial server. `settings` are those of the line behind it; its path means nothing.

    A serial server gives what the line says to whoever is connected, so a new connection alone is no cure for a late
    answer: `line` listens it out first, on the new connection where the old one broke or its question was given up in the
    middle. Then the connection is replaced all the same: it may be half dead.
    """

    def __init__(self, host: str, port: int, settings: PortSettings) -> None:
        super().__init__(host, port)
        self._line = Line(max(QUIET, silence(settings.baud, bits(settings.framing))), settings.character)

    async def _transact(
        self, unit: int, request: bytes, good: int, check: Callable[[bytes], T], latency: float, gap: float
    ) -> T:
        wire, line = await self._ready(), self._line
        question = Question(rtu_frame(unit, request), good + 3, pdu.repeats(request), check, latency, gap)
        talk = line.transact(question, asyncio.get_running_loop().time())
        try:
            step = next(talk)
            while True:
                step = talk.send(await _done(wire, step))
        except StopIteration as end:
            return cast(T, end.value)
        except Refused:
            raise
        except DeviceFault:
            self._drop()
            raise
        except OSError as error:
            raise self._broken(error) from None
        finally:
            talk.close()
            self._sent, self._heard, self._took = line.sent, line.heard, line.took
            self._tally.waits, self._tally.noise = line.waits, line.noise

    async def _ready(self) -> Wire:
        if self._wire is not None and not self._wire.lost:
            return self._wire
        self._drop()
        wire = await self._connect()
        self._line.opened(asyncio.get_running_loop().time())
        return wire


async def _done(wire: Wire, step: Step) -> Event:
    loop = asyncio.get_running_loop()
    data = b""
    if isinstance(step, Listen):
        if (wait := step.rest - loop.time()) > 0:
            await asyncio.sleep(wait)
        data = await wire.hear(bool, step.until)
    else:
        wire.ask(step.frame)
    return loop.time(), data
