"""One serial line of a protocol that is no Modbus: listens, asks and answers as the protocol's document says, emits Readings.

The same face to `run` as the Poller's. It writes nothing but what the protocol's row lists as `writes`; a panel that is only
listened to has none. No output hangs on such a line.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, tzinfo

from drivers.bus import LineDown
from drivers.drift import PanelClock
from drivers.framers.telegram import LineProtocol
from drivers.framing import PortSettings
from drivers.lending import Exchange, Follower
from drivers.poller import Emit, Frames
from drivers.port import HUNG, REOPEN, Port, hung
from drivers.profile import Device
from drivers.reading import Clock, Now, Reading
from drivers.told import Told

log = logging.getLogger(__name__)

BEAT = 5_000  # ms between two readings of every point that nothing was told of
PACE = 100  # ms from one question to the next: the boards of a line must not talk at once
ONCE = 3.0  # seconds that a read without `run` listens
SHOWN = 16  # exchanges kept to be shown


class NotAllowed(Exception):
    """Bytes that the protocol's document does not allow. A mistake of the program: nothing was written."""


class SerialLine:
    """`emit` gets every change at once, and every point with the line's own `<bus>/link` each BEAT."""

    def __init__(
        self, bus_id: str, protocol: LineProtocol, port: PortSettings, devices: Sequence[Device], emit: Emit, clock: Clock,
        zone: tzinfo = UTC,
    ) -> None:  # fmt: skip
        self._id, self._protocol, self._emit, self._clock = bus_id, protocol, emit, clock
        self._devices = {device.id: device for device in devices}
        unit = next((d.unit for d in devices if not d.address), 0)
        addresses = [d.address for d in devices if d.address]
        self._allowed = protocol.writes(unit, addresses)
        self._framer = protocol.make(unit, addresses)
        self._told = Told(bus_id, protocol, devices, clock.now())
        self._panel_clock = PanelClock(bus_id, zone)
        self._port = Port(port)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"serial-{bus_id}")  # what blocks elsewhere holds up no panel
        self._wake = asyncio.Event()
        self._questions: deque[bytes] = deque()
        self._ask_due = self._question_due = self._beat_due = 0
        self._followers: list[Follower] = []
        self._frames: deque[tuple[bytes, bytes]] = deque(maxlen=SHOWN)
        self._down = False
        self._unplaced = self._bytes = self._polls = self._errors = 0
        self._began = clock.now().mono

    async def run(self) -> None:
        """For ever. A port that is gone is tried again every second."""
        try:
            while True:
                try:
                    await self._open()
                    await self._live()
                except LineDown as fault:
                    self._lost(fault)
                    await asyncio.sleep(REOPEN)
        finally:
            self._port.close()

    def want(self, output: str, on: bool) -> None:
        """Nothing can be switched on such a line: KeyError."""
        raise KeyError(output)

    @contextmanager
    def followed(self, follower: Follower) -> Iterator[None]:
        """While inside, `follower` is called with everything heard and written, in the loop."""
        self._followers.append(follower)
        try:
            yield
        finally:
            self._followers.remove(follower)

    async def job(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """The points of a device as they stand and the last bytes of the line; nothing is asked. KeyError for an unknown one."""
        return self._told.device(self._devices[device], self._clock.now()), list(self._frames)

    async def once(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """As `job`, after a few seconds of listening (and asking), without `run`."""
        try:
            async with asyncio.timeout(ONCE):
                await self._open()
                await self._live()
        except LineDown as fault:
            self._lost(fault)
        except TimeoutError:
            log.info("%s: listened for %.0f s", self._id, ONCE)
        finally:
            self._port.close()
        return await self.job(device)

    def state(self) -> dict[str, object]:
        """For the screen. `supervised`: would a cut cable be noticed? `load`: share of the time that bytes were on the line."""
        span = max(1, self._clock.now().mono - self._began)
        return {
            "up": self._told.up,
            "supervised": self._protocol.silence > 0,
            "load": round(self._bytes * self._port.settings.character * 1000 / span, 3),
            "errors": self._errors,
            "polls": self._polls,
        }

    async def close(self) -> None:
        self._port.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    # the port

    async def _blocking(self, work: Callable[..., None], *args: bytes) -> None:
        """What may wait for the driver. LineDown when that does not come back; asked again meanwhile, it is down still."""
        try:
            async with asyncio.timeout(HUNG):
                await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        except TimeoutError:
            raise hung(self._port.settings.path) from None

    async def _open(self) -> None:
        await self._blocking(self._port.open)
        if self._down:
            self._down = False
            log.warning("%s is up again", self._id)
        self._questions.clear()
        self._emit(self._told.opened(self._clock.now()))

    def _lost(self, fault: LineDown) -> None:
        now = self._clock.now()
        if not self._down:
            self._down = True
            self._errors += 1
            log.warning("%s is down: %s", self._id, fault.text)
            self._emit(self._told.closed(fault.text, now))
        elif now.mono >= self._beat_due:
            self._beat(now)

    async def _live(self) -> None:
        """Until the port is gone (LineDown)."""
        loop, port = asyncio.get_running_loop(), self._port.fileno()
        loop.add_reader(port, self._wake.set)
        try:
            while True:
                now = self._clock.now()
                await self._ask(now)
                if now.mono >= self._beat_due:
                    self._beat(now)
                await self._idle(now)
                if data := self._port.read(0):
                    await self._hear(data)
        finally:
            loop.remove_reader(port)

    async def _idle(self, now: Now) -> None:
        due = [self._beat_due]
        if self._protocol.period:
            due.append(self._question_due if self._questions else self._ask_due)
        self._wake.clear()
        try:
            async with asyncio.timeout(max(0.001, (min(due) - now.mono) / 1000)):
                await self._wake.wait()
        except TimeoutError:
            return

    # what is said

    async def _hear(self, data: bytes) -> None:
        now = self._clock.now()
        self._note(now, b"", data)
        readings: list[Reading] = []
        answers = []
        for telegram in self._framer.feed(data):
            self._polls += 1
            readings += self._told.take(telegram, now)
            readings += self._panel_clock.heard(telegram.time, now, self._clock.ok())
            if telegram.answer:
                answers.append(telegram.answer)
        if self._told.unplaced != self._unplaced:
            self._unplaced = self._told.unplaced
            self._errors += 1
            log.warning("%s: %s has no point in the site file", self._id, self._told.last_unplaced)
        if readings:
            self._emit(readings)
        for answer in answers:  # after the event is handed on: what was confirmed the panel forgets
            await self._write(answer, marked=False)

    async def _ask(self, now: Now) -> None:
        if not self._protocol.period:
            return
        if not self._questions and now.mono >= self._ask_due:
            self._ask_due = now.mono + self._protocol.period
            self._questions.extend(self._framer.ask())
        if self._questions and now.mono >= self._question_due:
            self._question_due = now.mono + PACE
            await self._write(self._questions.popleft(), marked=self._protocol.marked)

    async def _write(self, data: bytes, *, marked: bool) -> None:
        if data not in self._allowed:
            raise NotAllowed(f"{self._id}: {data.hex(' ')} is nothing that {self._protocol.id} may send")
        if marked:
            await self._blocking(self._port.write_marked, data)
        elif self._port.settings.rs485 == "rts":  # returns when the last bit has left: the loop has others to serve
            await self._blocking(self._port.write, data)
        else:
            self._port.write(data)
        self._note(self._clock.now(), data, b"")

    def _note(self, now: Now, sent: bytes, received: bytes) -> None:
        self._bytes += len(sent) + len(received)
        self._frames.append((sent, received))
        for follower in tuple(self._followers):
            follower(Exchange(now, 0, 0, sent, received))

    def _beat(self, now: Now) -> None:
        self._beat_due = now.mono + BEAT
        was_up = self._told.up
        self._emit([*self._told.all(now), *self._panel_clock.all(now)])
        if was_up and not self._told.up:
            self._errors += 1
            log.warning("%s has fallen silent", self._id)
