"""The history of 200 points: bytes written a day, size of a year, and the time of a chart of a month."""

from __future__ import annotations

import math
import time
from pathlib import Path

from gateway.store.history import FOLDING, HOUR, MINUTE, History
from gateway.store.lines import Sample
from gateway.store.readings import Readings
from tests.bench.parts import percentile

POINTS, PERIOD, HOURS = 200, 1000, 6  # points, ms between their samples, hours of them
DAYS = 30
DAYS_BEFORE = 3
FLUSH = 5300  # ms between flushes: the product's
START = 1_790_000_000_000 // HOUR * HOUR


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table. Half are contacts, the others temperatures and currents; clocks and samples are made."""
    log, history = Readings(folder / "readings.db"), History()
    history.attach(log.db)
    for hour in range(
        START - DAYS_BEFORE * 24 * HOUR, START, HOUR
    ):  # as in a file that has lived: a point's hours fill its own pages
        _minutes(log, history, hour, POINTS)
    before, spent, worst = _written(), 0.0, 0.0
    for flush in range(START, START + HOURS * HOUR, FLUSH):
        for at in range(flush, flush + FLUSH, PERIOD):
            history.add(Sample(f"p{n}", at, _value(n, at), 0) for n in range(POINTS))
        busy, began = time.process_time(), time.perf_counter()
        _flush(log, history, flush, FOLDING)
        spent += time.process_time() - busy
        worst = max(worst, time.perf_counter() - began)
    day = (_written() - before) * 24 / HOURS
    minutes = log.db.execute("SELECT sum(length(minutes)), count(*) FROM minute").fetchone()
    log.close()
    return [
        "| | |",
        "|---|---|",
        f"| written a day | {day / 1e9:.2f} GB |",
        f"| minutes of a year | {minutes[0] / minutes[1] * POINTS * 24 * 365 / 1e9:.2f} GB |",
        f"| CPU of storing and folding | {100 * spent / (HOURS * 3600):.2f} % of a core |",
        f"| longest flush | {worst * 1000:.0f} ms |",
        f"| a chart of {DAYS} days, median of 20 points | {_month(folder):.0f} ms |",
    ]


def _minutes(log: Readings, history: History, hour: int, points: int) -> None:
    """An hour with a sample a minute, stored and folded."""
    history.add(Sample(f"p{n}", at, _value(n, at), 0) for n in range(points) for at in range(hour, hour + HOUR, MINUTE))
    _flush(log, history, hour + HOUR, points)


def _flush(log: Readings, history: History, wall: int, most: int) -> None:
    due = history.due(wall)

    def work() -> None:
        history.put(due, wall)
        history.fold(wall, most)

    log.transaction(work)
    history.forget(due)


def _value(n: int, at: int) -> float:
    if n % 2:
        return 0.0
    noise = (at // PERIOD * 7919 + n * 104729) % 13
    if n % 5:
        return round(21 + 3 * math.sin(at / 9e6 + n) + noise / 40, 1)
    return round(4 + n / 100 + noise / 20, 2)


def _month(folder: Path) -> float:
    """Milliseconds of a query in a file of its own with a month of 20 points."""
    log, history = Readings(folder / "month.db"), History()
    history.attach(log.db)
    end = START + DAYS * 24 * HOUR
    for hour in range(START, end, HOUR):
        _minutes(log, history, hour, 20)
    times = []
    for n in range(20):
        began = time.perf_counter()
        found = history.query(f"p{n}", START, end, 720, end)
        times.append(1000 * (time.perf_counter() - began))
        assert len(found.t) == 720
    log.close()
    return percentile(times, 0.5)


def _written() -> int:
    """Bytes this process has sent to the disk."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])
