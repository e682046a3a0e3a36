"""The broker is away for 20 s and `run` is killed -9 in the middle of it: sequence numbers lost, silence after the return."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.bench import meter
from tests.bench.parts import ROOT, field, free_port, start_broker, terminate
from tests.bench.site import DEVICES, compile_site
from tests.bench.start import TOPIC

WARM, AWAY, AFTER = 8.0, 20.0, 25.0  # s


def run(folder: Path) -> list[str]:
    """`lost` counts from 3 s before the outage to 25 s after it. What died unanswered with the process was never read."""
    tcp, mqtt = free_port(), free_port()
    command = compile_site(folder, tcp, mqtt)
    log = folder / "outage.log"

    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)

    with field(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30):
        house = start_broker(folder, mqtt)
        with meter.subscriber(log, mqtt, TOPIC):
            gateway = launch()
            time.sleep(WARM)
            terminate(house)
            time.sleep(AWAY / 2)
            gateway.kill()
            gateway.wait()
            gateway = launch()
            time.sleep(AWAY / 2)
            house, back = start_broker(folder, mqtt), time.time()
            time.sleep(AFTER)
            end = time.time()
            terminate(gateway)
        terminate(house)
    seen = meter.measure(log, meter.ours, 0.0, end)
    silence = min((t for t in seen.times if t > back), default=float("nan")) - back
    return [
        "| broker away, s | lost | of | sent twice | silence after its return, s |",
        "|---|---|---|---|---|",
        f"| {AWAY:.0f} | {seen.lost} | {seen.expected} | {seen.twice} | {silence:.1f} |",
    ]
