"""The child that learns what points usually show: `python -m gateway.baseline`, one JSON request on its standard input.

The only file beside the simulator that knows numpy. It reads the history, writes one small file and ends; `run` starts it, and
alarms need nothing of it. Robust on purpose: a week of fault current or a dead week must not become usual.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from alerts.rules.scene import HOURS, Usual
from drivers.reading import Quality
from gateway import usual
from gateway.store.history import HOUR
from gateway.store.hours import hours

WINDOW = 56 * 24 * HOUR  # ms: eight weeks, so that the days without school are more than a fortnight too
DAYS = 14  # of the same kind and hour, before anything is called usual
MINUTES = 30  # GOOD ones an hour needs to count
NICE = 15
MEMORY = 1 << 30  # bytes of address space; numpy maps more than it touches
NORMAL = 1.4826  # sigma of a normal distribution from its median absolute deviation
_MINUTE = np.dtype([("low", "<f4"), ("mean", "<f4"), ("high", "<f4"), ("quality", "u1")])
Hourly = tuple[str, int, float]  # local day, local hour, value


def table(found: Iterable[Hourly], other: frozenset[str]) -> list[Usual | None]:
    """Per hour of a school day, then of another day (`other`: their dates): median, sigma by MAD, days, all hours used.

    A kind of day with fewer than DAYS of an hour takes both kinds together; with fewer than DAYS of those: None.
    """
    each: dict[int, list[float]] = {}
    for day, hour, value in found:
        each.setdefault(hour + (HOURS // 2 if day in other else 0), []).append(value)
    used = sum(map(len, each.values()))
    out: list[Usual | None] = []
    for n in range(HOURS):
        own = each.get(n, [])
        if len(own) < DAYS:
            own = own + each.get((n + HOURS // 2) % HOURS, [])
        out.append(_usual(own, used) if len(own) >= DAYS else None)
    return out


def hourly(chunks: Iterable[tuple[int, bytes]], zone: ZoneInfo) -> Iterable[Hourly]:
    """The median of the GOOD minutes of each hour that has enough of them."""
    for wall, packed in chunks:
        minutes = np.frombuffer(packed, dtype=_MINUTE)
        values = minutes["mean"][(minutes["quality"] == Quality.GOOD) & np.isfinite(minutes["mean"])]
        if len(values) >= MINUTES:
            at = datetime.fromtimestamp(wall / 1000, UTC).astimezone(zone)
            yield at.date().isoformat(), at.hour, float(np.median(values))


def learn(asked: dict[str, Any]) -> None:
    """`asked`: data, timezone, wall (ms now), points, other (ISO dates without school). Raises StoreError, OSError."""
    data, wall, zone = Path(asked["data"]), int(asked["wall"]), ZoneInfo(asked["timezone"])
    other = frozenset(asked["other"])
    points = {p: table(hourly(hours(data / "readings.db", p, wall - WINDOW, wall), zone), other) for p in asked["points"]}
    usual.write(data / usual.FILE, wall, points)


def _usual(values: Sequence[float], used: int) -> Usual:
    middle = float(np.median(values))
    sigma = NORMAL * float(np.median(np.abs(np.asarray(values) - middle)))
    return Usual(round(middle, 2), len(values), round(sigma, 2), used)


def main() -> None:
    with contextlib.suppress(PermissionError):  # the service's unit forbids setpriority(2): learning goes on without it
        os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    learn(json.load(sys.stdin))


if __name__ == "__main__":
    main()
