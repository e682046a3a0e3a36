"""An outage of hours at 200 readings a second, time-compressed, and its drain beside live data. No assertions, no figures wanted."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from stream_box import MemoryOutbox, TestClock, until
from stream_daemons import Mosquitto, Victoria, free_port, ingest_command

from drivers.reading import Now, Quality, Reading
from gateway.site import UplinkConfig
from gateway.store.frame import Frame
from gateway.store.readings_writer import ReadingsWriter
from gateway.stream import wire
from gateway.stream.uplink import Uplink
from gateway.stream.wire import Topics

POINTS, FRAME, ROW = 200, 20, 5  # a second's readings in frames of 20, five seconds in a row
SITE = "no3-middle"
WHOLE = 72  # hours the box must bridge (D6)
POINT_IDS = [f"dev-{n // FRAME}/c{n % FRAME}" for n in range(POINTS)]
HEADS = {
    id: f"temperature,district=songyang,site={SITE},zone=kitchen,device={id.partition('/')[0]},point={id} " for id in POINT_IDS
}


@dataclass
class Drained:
    """`frames` that left in `seconds` beside the live ones; how long each live frame and each event waited for its receipt, s."""

    frames: int
    seconds: float
    sent: int
    live: list[float]
    events: list[float]

    @property
    def rate(self) -> float:
        """Readings a second."""
        return self.frames * FRAME / self.seconds


@dataclass
class Outage:
    """A box's store in `folder`; `made` counts its readings."""

    folder: Path
    made: int = 0
    _chance: Random = field(default_factory=lambda: Random(1))
    _values: list[float] = field(default_factory=lambda: [20.0 + n / 10 for n in range(POINTS)])

    async def begin(self) -> None:
        self._clock = TestClock()
        self.store = ReadingsWriter(
            self.folder / "readings.db", self.folder / "tail", machine="m", clock=self._clock, dests=[wire.DEST], flush=1e6
        )
        await self.store.start()

    async def lasts(self, hours: float) -> int:
        """The broker is away so long; bytes on the disk."""
        seconds = int(hours * 3600)
        wall = int(time.time() * 1000) - seconds * 1000
        for n in range(seconds):
            for lines in self._second(wall + n * 1000):
                self.store.append(lines, True)
            if n % ROW == ROW - 1:
                await self.store.flush()
        return sum(path.stat().st_size for path in self.folder.glob("readings.db*"))

    @contextlib.asynccontextmanager
    async def over(self) -> AsyncIterator[tuple[Uplink, MemoryOutbox, Victoria]]:
        """Broker, database and a worker are there, and the box is connected."""
        broker, database = Mosquitto(self.folder / "mosquitto"), Victoria(self.folder / "victoria")
        broker.start()
        database.start()
        worker = ingest_command(
            "--broker", f"127.0.0.1:{broker.port}", "--influx", database.url, "--bucket", "b",
            "--metrics-port", str(free_port()),
        )  # fmt: skip
        outbox, config = MemoryOutbox(), UplinkConfig(host="127.0.0.1", port=broker.port)

        async def none(command: bytes) -> bytes:
            return b""

        uplink = Uplink(config, Topics("songyang", SITE), self.store, outbox, dict, self._clock, none)
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(uplink.run())
                await until("the broker", lambda: uplink.state().connected)
                yield uplink, outbox, database
                await uplink.stop()
                await running
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
            broker.kill()
            database.kill()

    async def drains(self, uplink: Uplink, outbox: MemoryOutbox, most: float) -> Drained:
        """Until next to nothing is left, or for `most` seconds: each second a live one, and an event."""
        store, began, waited, told = self.store, time.monotonic(), [], []  # type: ignore[var-annotated]
        before = backlog = store.backlog(wire.DEST)
        while backlog >= 2 * POINTS and time.monotonic() - began < most:
            frames = [(store.append(lines, True), lines) for lines in self._second(int(time.time() * 1000))]
            for (boot, seq), lines in frames:
                uplink.live(Frame(boot, seq, seq, lines))
            outbox.bodies.append(b'{"seq":%d}' % (len(outbox.bodies) + 1))
            uplink.committed()
            mine, at = frames[-1][0], time.monotonic()
            while time.monotonic() - at < 1.0:
                await asyncio.sleep(0.02)
                if len(told) < len(outbox.bodies) == outbox.last:
                    told.append(time.monotonic() - at)
                missing = store._ledger.missing(wire.DEST)[mine[0]]
                if len(waited) < len(outbox.bodies) and not missing.within(mine[1], mine[1]):
                    waited.append(time.monotonic() - at)
            if len(outbox.bodies) % ROW == 0:
                await store.flush()
                backlog = store.backlog(wire.DEST)
        return Drained(before - backlog, time.monotonic() - began, len(outbox.bodies), sorted(waited), sorted(told))

    def _second(self, wall: int) -> list[bytes]:
        """One second of slowly wandering sensors as frames."""
        frames = []
        for start in range(0, POINTS, FRAME):
            readings = []
            for n in range(start, start + FRAME):
                self._values[n] += self._chance.choice((0.0, 0.0, 0.0, 0.1, -0.1))
                readings.append(Reading(POINT_IDS[n], round(self._values[n], 1), Quality.GOOD, Now(wall, 0)))
            frames.append(wire.frame_lines(HEADS, readings))
        self.made += POINTS
        return frames
