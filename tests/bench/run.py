"""`make bench`: runs every benchmark and writes docs/benchmarks.md with machine, date, commit and the peers' figures of the same run."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench import gateway, rtu

TARGET = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    model = next((x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x), "?")
    parts = [
        "# Benchmarks\n",
        "Written by `make bench`. Ratios within one run count; absolute figures move with the machine. No Raspberry Pi was measured.\n",
        f"{time.strftime('%Y-%m-%d')} · commit {commit} · {os.cpu_count()} cores, {model} · Python {platform.python_version()} · "
        f"load at start {os.getloadavg()[0]:.2f}\n",
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for title, words, work in SECTIONS:
            print(title, flush=True)
            rows = work(folder)
            print("\n".join(rows), flush=True)
            parts += [f"\n## {title}\n", words + "\n", *rows, ""]
    TARGET.write_text("\n".join(parts), encoding="utf-8")


SECTIONS = (
    ("RTU line, 9600 baud 8N1", "Goal: at least 0.97 of the line's limit with 0 violations of the 3.5-character gap; 0 lost against a "
     "device that enforces the gap. A client above 1.0 does not wait the gap. 6 s a cell, n = 1.", rtu.run),
    ("50 devices × 20 values at 1 s", "Modbus TCP field, mosquitto, QoS 1, 20 s window, n = 1. Goals: 1,000 readings/s; p50 ≤ 10 ms, "
     "p99 ≤ 60 ms; CPU ≤ 2 × modpoll; RSS of `run` ≤ 1.2 × modpoll. `run` also judges, journals and keeps history.", gateway.run),
    ("Start", "Goal: first scan within 5 s here.", lambda f: ["| | |", "|---|---|", *gateway.start_time(f)]),
    ("Broker outage", "Goal: 0 lost, silence after it at most 5 s.", lambda f: ["| | | | |", "|---|---|---|---|", *gateway.outage(f)]),
)  # fmt: skip

if __name__ == "__main__":
    main()
