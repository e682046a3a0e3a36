"""8 of 32 devices dead on one 9600-baud line: what the living keep of their rate, how old a fire point gets; modpoll in the same run."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench import meter
from tests.bench.parts import ROOT, broker, free_port, terminate
from tests.bench.peers import modpoll_line
from tests.bench.serial import BAUD, Kind, compile_lines, port, simulated

WARM, SECONDS = 20.0, 40.0
UNITS, VALUES = 32, 6
FIRE = Kind("bench-fire", range(1, 17), VALUES, 1, fire=True)
OTHERS = Kind("bench-other", range(17, 33), VALUES, 5)
DEAD = (1, 2, 3, 4, 17, 18, 19, 20)
CHUNK = 8
TIMEOUT = 0.3  # s that each gives a device to answer
HEADS = (
    "| | dead | fire devices: reads a second each, worst of the living | others | oldest reading of a living fire device s |"
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the living devices. `worst`: kind -> reads a second of the device that was read least."""

    worst: Mapping[str, float]
    oldest: float


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table, and what the dead cost the living."""
    rows = [HEADS, "|---|---|---|---|---|"]
    for name, command, topic, parse in (
        ("run", lambda own, mqtt: compile_lines(own, 1, (FIRE, OTHERS), mqtt), "campus/#", meter.ours),
        (
            "modpoll",
            lambda own, mqtt: modpoll_line(own, port(own, 0), BAUD, UNITS, VALUES, TIMEOUT, mqtt),
            "modpoll/#",
            meter.modpoll,
        ),
    ):
        seen: list[Rates] = []
        for dead in ((), DEAD):
            own = folder / f"{name}-{len(dead)}"
            own.mkdir()
            mqtt = free_port()
            words = command(own, mqtt)
            if not words:
                rows.append(f"| {name} | could not be installed here | | | |")
                break
            seen.append(one := _once(own, words, dead, mqtt, topic, parse))
            rows.append(f"| {name} | {len(dead)} | {one.worst[FIRE.id]:.2f} | {one.worst[OTHERS.id]:.2f} | {one.oldest:.1f} |")
        if len(seen) == 2:
            kept = (f"{seen[1].worst[k.id] / seen[0].worst[k.id]:.0%}" if seen[0].worst[k.id] else "-" for k in (FIRE, OTHERS))
            rows.append(f"| {name} keeps | | {' | '.join(kept)} | |")
    return rows


def _once(folder: Path, command: Sequence[str], dead: Sequence[int], mqtt: int, topic: str, parse: meter.Parse) -> Rates:
    log = folder / "seen.log"
    with (
        simulated(folder, 1, UNITS, dead, CHUNK),
        broker(folder, mqtt),
        meter.subscriber(log, mqtt, topic),
        (folder / "err").open("wb") as err,
    ):
        gateway = subprocess.Popen(command, stdout=err, stderr=err, cwd=ROOT)
        try:
            time.sleep(WARM)
            start = time.time()
            time.sleep(SECONDS)
            end = time.time()
        finally:
            terminate(gateway)
    heard: dict[int, list[float]] = defaultdict(list)  # unit -> when its counter was told
    for stamp, where, payload in meter.records(log):
        if start <= stamp <= end:
            for device, channel, _ in parse(where, payload):
                if channel == "seq":
                    heard[int(device.rpartition("d")[2])].append(stamp)
    worst = {
        kind.id: min(len(heard[unit]) / (end - start) for unit in kind.units if unit not in dead) for kind in (FIRE, OTHERS)
    }
    return Rates(worst, max(_widest(heard[unit], start, end) for unit in FIRE.units if unit not in dead))


def _widest(times: Sequence[float], start: float, end: float) -> float:
    edges = [start, *times, end]
    return max(b - a for a, b in pairwise(edges))
