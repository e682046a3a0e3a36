"""Start: from the exec of `run` to the first reading at the broker, with an empty data folder and with one to take over."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.bench import meter
from tests.bench.parts import ROOT, broker, field, free_port, terminate
from tests.bench.site import DEVICES, compile_site

TIMES = 5
TOPIC = "campus/+/+/+/readings"


def run(folder: Path) -> list[str]:
    tcp, mqtt = free_port(), free_port()
    command = compile_site(folder, tcp, mqtt)
    times = [bench_d23_from_the_start_to_the_first_reading(folder, command, tcp, mqtt) for _ in range(TIMES)]
    first, *rest = times
    return [
        "| empty data folder, s | the next starts, s |",
        "|---|---|",
        f"| {first:.2f} | {' '.join(f'{t:.2f}' for t in rest)} |",
    ]


def bench_d23_from_the_start_to_the_first_reading(folder: Path, command: list[str], tcp: int, mqtt: int) -> float:
    """Seconds from the exec to the first reading at the broker: D23 allows 10."""
    log = folder / "start.log"
    with (
        field(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30),
        broker(folder, mqtt),
        meter.subscriber(log, mqtt, TOPIC),
    ):
        time.sleep(1.0)  # what an earlier session left with the broker has come by then
        began = time.time()
        gateway = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        try:
            while time.time() - began < 30:
                for stamp, _, _ in meter.records(log):
                    if stamp >= began:
                        return stamp - began
                time.sleep(0.05)
        finally:
            terminate(gateway)
    return float("nan")
