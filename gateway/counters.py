"""The counters of each Modbus line over the last half day to day, and their form on the socket. Two marks a line; no judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drivers.bus import BusStats, Counts
from drivers.reading import Now
from drivers.tally import between
from gateway.jsonable import from_jsonable, to_jsonable

HALF_DAY = 43_200_000  # ms
Json = dict[str, Any]


class Counters:
    """`lines`: bus -> its counters as they stand. Until half a day has passed the window begins at the start of `run`."""

    def __init__(self, lines: Mapping[str, Callable[[], BusStats]], now: Now) -> None:
        self._lines = lines
        self._marks = {bus: (now, BusStats(), now, BusStats()) for bus in lines}  # the older mark, the newer

    def look(self, now: Now) -> None:
        """Call it now and then: moves a window on whose newer mark is half a day old."""
        for bus, (_, _, since, stats) in self._marks.items():
            if now.mono - since.mono >= HALF_DAY:
                self._marks[bus] = (since, stats, now, self._lines[bus]())

    def of(self, bus: str, now: Now) -> Json:
        """`data` of the question `counters` of docs/local-socket.md. KeyError for a line that has none."""
        since, earlier, *_ = self._marks[bus]
        told: Json = to_jsonable(between(earlier, self._lines[bus]()))
        return {"ms": now.mono - since.mono, **told}


def stats_from(data: Json) -> tuple[float, BusStats]:
    """(hours, counters) from what `of` gives; ValueError or KeyError for anything else."""
    units = {int(unit): from_jsonable(Counts, counts) for unit, counts in data["units"].items()}
    total = from_jsonable(Counts, data["total"])
    return data["ms"] / 3_600_000, BusStats(total, units, data["reopenings"], data["waits"], data["noise"])
