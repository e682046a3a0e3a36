"""Where the Readings of one read go: the engine's inbox first, then the stream and the page. Never blocks, never judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.plant import Plant
from drivers.reading import Clock, Now, Reading
from gateway.inbox import Inbox
from gateway.store.frame import Frame
from gateway.store.readings_writer import ReadingsWriter
from gateway.stream.wire import frame_lines, line_heads

LARGEST = 80  # readings of a frame: about 12 kB, so that any broker takes it whole


class Intake:
    """Handed to every poller as its `emit`; runs in the event loop.

    While the wall clock is unknown the lines carry monotonic stamps, go to the log only and wait there (design §7).
    """

    def __init__(
        self,
        plant: Plant,
        district: str,
        inbox: Inbox,
        log: ReadingsWriter,
        live: Callable[[Frame], None],
        show: Callable[[Sequence[Reading]], None],
        clock: Clock,
    ) -> None:
        self._heads = line_heads(plant.site, district, plant.points.values())
        self._inbox = inbox
        self._log = log
        self._live = live
        self._show = show
        self._clock = clock

    def __call__(self, readings: Sequence[Reading]) -> None:
        self._inbox.readings(readings)
        ok = self._clock.ok()
        stamped = readings if ok else [r._replace(at=Now(r.at.mono, r.at.mono)) for r in readings]
        for start in range(0, len(stamped), LARGEST):
            lines = frame_lines(self._heads, stamped[start : start + LARGEST])
            boot, seq = self._log.append(lines, ok)
            if ok:
                self._live(Frame(boot, seq, seq, lines))
        if ok:
            self._log.add(readings)
        self._show(readings)
