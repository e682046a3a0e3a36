"""`scan rtu` of 32 units at one speed with one device present: seconds from its start to its end, process start included."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

UNITS, PRESENT, TIMES = 32, 17, 3
SCHOOL = {
    "lines": {"a": {"baud": 9600}},
    "devices": [{"id": "th", "line": "a", "unit": PRESENT, "model": "jxct-th"}],
}


def run(folder: Path) -> list[str]:
    """The rows of the table."""
    (folder / "school.json").write_text(json.dumps(SCHOOL))
    simulator = subprocess.Popen(
        [sys.executable, "-m", "drivers.simulator", "--dir", str(folder / "school"), "--school", str(folder / "school.json")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert simulator.stdout
        port = json.loads(simulator.stdout.readline())["a"]
        took = [_scan(folder, port) for _ in range(TIMES)]
    finally:
        simulator.kill()
        simulator.wait()
    return [
        "| Units | Present | Median s | Longest s |",
        "|---|---|---|---|",
        f"| {UNITS} | 1 | {statistics.median(took):.1f} | {max(took):.1f} |",
    ]


def _scan(folder: Path, port: str) -> float:
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "gateway.commands",
        "scan",
        "rtu",
        port,
        "--units",
        f"1-{UNITS}",
        "--json",
        "--data",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took = time.monotonic() - began
    (found,) = map(json.loads, done.stdout.splitlines())
    assert found["unit"] == PRESENT and "jxct-th" in found["profiles"], found
    return took
