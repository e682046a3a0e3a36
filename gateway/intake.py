"""Where the Readings of one read go: the engine's inbox first, then the stream and the page. Never blocks, never judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from alerts.plant import Plant
from drivers.reading import Clock, Reading
from gateway.inbox import Inbox
from gateway.stream.frames import Frame
from gateway.stream.wire import frame_lines


class Log(Protocol):
    """The log of readings: takes the ready lines of one read and numbers them."""

    def append(self, lines: bytes, *, clock_ok: bool, mono: int) -> tuple[str, int]: ...

    def remember(self, readings: Sequence[Reading]) -> None:
        """For the charts."""
        ...


class Intake:
    """Handed to every poller as its `emit`; runs in the event loop."""

    def __init__(
        self,
        plant: Plant,
        district: str,
        inbox: Inbox,
        log: Log,
        live: Callable[[Frame], None],
        show: Callable[[Sequence[Reading]], None],
        clock: Clock,
    ) -> None:
        self._plant = plant
        self._district = district
        self._inbox = inbox
        self._log = log
        self._live = live
        self._show = show
        self._clock = clock

    def __call__(self, readings: Sequence[Reading]) -> None:
        self._inbox.readings(readings)
        lines = frame_lines(self._plant.site, self._district, self._plant, readings)
        if lines:
            boot, seq = self._log.append(lines, clock_ok=self._clock.ok(), mono=self._clock.now().mono)
            self._live(Frame(boot, seq, seq, lines))
        self._log.remember(readings)
        self._show(readings)
