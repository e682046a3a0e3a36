"""1,040 points over 8 serial lines at 1 s: what `run` costs, and whether its memory stays flat while 30 % of the devices are dead."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.parts import ROOT, broker, free_port, terminate, usage
from tests.bench.serial import Kind, compile_lines, simulated

LINES, UNITS, VALUES = 8, 10, 13
WARM, SECONDS, EVERY = 30.0, 150.0, 2.0
DEAD = (8, 9, 10)  # of each line
CHUNK = 8


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table."""
    rows = [
        "| devices dead | CPU % of a core | RSS MB at the start | at the end | slope MB a minute |",
        "|---|---|---|---|---|",
    ]
    for dead in ((), DEAD):
        own = folder / f"dead{len(dead)}"
        own.mkdir()
        cpu, memory = _once(own, dead)
        slope = 60 * _slope(memory)
        rows.append(f"| {len(dead) / UNITS:.0%} | {cpu:.1f} | {memory[0][1]:.1f} | {memory[-1][1]:.1f} | {slope:+.2f} |")
    return rows


def _once(folder: Path, dead: Sequence[int]) -> tuple[float, list[tuple[float, float]]]:
    """CPU in percent, and (s, MB) of the one process."""
    mqtt = free_port()
    command = compile_lines(folder, LINES, [Kind("bench-many", range(1, UNITS + 1), VALUES, 1)], mqtt)
    with simulated(folder, LINES, UNITS, dead, CHUNK), broker(folder, mqtt), (folder / "err").open("wb") as err:
        gateway = subprocess.Popen(command, stdout=err, stderr=err, cwd=ROOT)
        try:
            time.sleep(WARM)
            start, (cpu, rss) = time.monotonic(), usage(gateway.pid)
            memory = [(0.0, rss)]
            while memory[-1][0] < SECONDS:
                time.sleep(EVERY)
                now, rss = usage(gateway.pid)
                memory.append((time.monotonic() - start, rss))
        finally:
            terminate(gateway)
    return (now - cpu) / memory[-1][0] * 100, memory


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line that fits best."""
    x, y = (sum(p[n] for p in points) / len(points) for n in (0, 1))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)
