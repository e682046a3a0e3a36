"""1,000 points over 8 serial lines at 1 s: what `run` costs, and whether its memory stays flat while 30 % of the devices are dead.

A read costs the same whatever it brings, so the same points are counted in few and in many devices.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.parts import ROOT, broker, free_port, terminate, usage
from tests.bench.serial import Kind, compile_lines, simulated

LINES = 8
SHAPES = ((6, 21), (10, 13))  # devices a line, values each
WARM, SECONDS, EVERY = 30.0, 150.0, 2.0
DEAD = 0.3  # of the devices of each line
CHUNK = 8


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table."""
    rows = [
        "| devices × values a line | points | devices dead | CPU % of a core | RSS MB at the start | at the end | slope MB a minute |",
        "|---|---|---|---|---|---|---|",
    ]
    for (units, values), share in itertools.product(SHAPES, (0.0, DEAD)):
        dead = range(units - round(share * units) + 1, units + 1)
        own = folder / f"{units}x{values}-dead{len(dead)}"
        own.mkdir()
        cpu, memory = _once(own, units, values, dead)
        rows.append(
            f"| {units} × {values} | {LINES * units * values:,} | {len(dead) / units:.0%} | {cpu:.1f} | "
            f"{memory[0][1]:.1f} | {memory[-1][1]:.1f} | {60 * _slope(memory):+.2f} |"
        )
    return rows


def _once(folder: Path, units: int, values: int, dead: Sequence[int]) -> tuple[float, list[tuple[float, float]]]:
    """CPU in percent, and (s, MB) of the one process."""
    mqtt = free_port()
    command = compile_lines(folder, LINES, [Kind("bench-many", range(1, units + 1), values, 1)], mqtt)
    with simulated(folder, LINES, units, dead, CHUNK), broker(folder, mqtt), (folder / "err").open("wb") as err:
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
