"""A network camera as a line of its own (`http-snapshot`): alive as the Reading `<bus>/link`, a picture for whoever asks.

The same face to `run` as the Poller's; nothing is written to it and no device hangs on it. Whatever is wrong with it is a Reading.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from drivers.bus import DeviceFault
from drivers.lending import Follower
from drivers.poller import Emit, Frames
from drivers.reading import Clock, Quality, Reading
from drivers.snapshot import TOO_LONG, Source, fetch

log = logging.getLogger(__name__)

BEAT = 10.0  # s between two looks whether pictures come
LONGEST = 8.0  # s one picture may take in all


class Camera:
    def __init__(
        self, bus_id: str, source: Source, emit: Emit, clock: Clock, *, beat: float = BEAT, longest: float = LONGEST
    ) -> None:
        self._id, self._source, self._emit, self._clock = bus_id, source, emit, clock
        self._beat, self._longest = beat, longest
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"camera-{bus_id}")
        self._turn = asyncio.Lock()
        self._up: bool | None = None
        self._why = ""
        self._polls = self._errors = 0

    async def run(self) -> None:
        """For ever: one picture each beat, only to know that they come. One that fails is asked for once more at once."""
        while True:
            for _ in range(2):
                try:
                    await self.picture()
                    self._say(True, "")
                    break
                except DeviceFault as fault:
                    why = fault.text
            else:
                self._say(False, why)
            await asyncio.sleep(self._beat)

    async def picture(self) -> bytes:
        """A whole JPEG as it is now. Raises DeviceFault. One at a time, each within `longest`."""
        async with self._turn:
            stop = Event()
            self._polls += 1
            try:
                async with asyncio.timeout(self._longest):
                    return await asyncio.get_running_loop().run_in_executor(self._thread, fetch, self._source, stop)
            except TimeoutError:
                self._errors += 1
                raise DeviceFault(TOO_LONG) from None
            except DeviceFault:
                self._errors += 1
                raise
            finally:
                stop.set()

    def want(self, output: str, on: bool) -> None:
        """Nothing can be switched on a camera: KeyError."""
        raise KeyError(output)

    @contextmanager
    def followed(self, follower: Follower) -> Iterator[None]:
        """A camera's bytes are nobody's to follow: nothing is told."""
        yield

    async def job(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """No device hangs on a camera: KeyError."""
        raise KeyError(device)

    async def once(self, device: str) -> tuple[Sequence[Reading], Frames]:
        """As `job`."""
        raise KeyError(device)

    def state(self) -> dict[str, object]:
        """For the screen. `why`: what is wrong, in words; "" when pictures come."""
        return {"up": self._up is not False, "load": 0.0, "errors": self._errors, "polls": self._polls, "why": self._why}

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _say(self, up: bool, why: str) -> None:
        if up is not self._up:
            log.warning("%s: %s", self._id, "pictures come" if up else why)
        self._up, self._why = up, why
        self._emit([Reading(f"{self._id}/link", float(up), Quality.GOOD, self._clock.now())])
