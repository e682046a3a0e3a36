"""50 devices × 20 values at 1 s end to end: readings/s, read → MQTT latency, CPU and memory of `run`, and modpoll's in the same run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import meter
from tests.bench.parts import ROOT, broker, free_port, percentile, terminate, usage
from tests.bench.parts import field as field_simulator
from tests.bench.peers import modpoll_command
from tests.bench.site import DEVICES, compile_site

WARM, SECONDS = 8.0, 20.0
ROUNDS = 3


@dataclass
class Figures:
    name: str
    readings_s: float
    p50: float
    p99: float
    cpu: float
    rss: float
    lost: int
    bytes_reading: float

    def row(self) -> str:
        return (
            f"| {self.name} | {self.readings_s:.0f} | {self.p50} | {self.p99} | {self.cpu:.1f} | {self.rss:.1f} | "
            f"{self.lost} | {self.bytes_reading:.1f} |"
        )


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table: `run` and modpoll by turns."""
    rows = [
        "| | readings/s | read → MQTT p50 ms | p99 ms | CPU % | RSS MB | lost | bytes a reading |",
        "|---|---|---|---|---|---|---|---|",
    ]
    tcp, mqtt = free_port(), free_port()
    peer = modpoll_command(folder, tcp, mqtt)
    for number in range(1, ROUNDS + 1):
        own = folder / f"round{number}"
        own.mkdir()
        rows.append(_once(own, f"run, {number}", compile_site(own, tcp, mqtt), tcp, mqtt, "campus/#", meter.ours).row())
        if peer:
            rows.append(_once(own, f"modpoll, {number}", peer, tcp, mqtt, "modpoll/#", meter.modpoll).row())
    return rows if peer else [*rows, "| modpoll | could not be installed here | | | | | | |"]


def _once(folder: Path, name: str, command: Sequence[str], tcp: int, mqtt: int, topic: str, parse: meter.Parse) -> Figures:
    """CPU and memory are those of the one process: neither gateway has children."""
    log = folder / f"{name}.log"
    with (
        field_simulator(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30),
        broker(folder, mqtt),
        meter.subscriber(log, mqtt, topic),
        (folder / f"{name}.err").open("wb") as err,
    ):
        gateway = subprocess.Popen(command, stdout=err, stderr=err, cwd=ROOT)
        try:
            time.sleep(WARM)
            start, (cpu0, _) = time.time(), usage(gateway.pid)
            time.sleep(SECONDS)
            end, (cpu1, rss) = time.time(), usage(gateway.pid)
        finally:
            terminate(gateway)
    seen = meter.measure(log, parse, start, end)
    span = end - start
    return Figures(
        name, seen.readings / span, percentile(seen.latency, 0.5), percentile(seen.latency, 0.99),
        (cpu1 - cpu0) / span * 100, rss, seen.lost, seen.bytes / max(1, seen.readings),
    )  # fmt: skip
