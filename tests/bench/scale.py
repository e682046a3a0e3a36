"""A thousand simulated boxes through one broker and several workers into one database: rate, lag, CPU and memory of each part."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.bench.parts import ROOT, binary, broker, free_port, terminate

POINTS, PERIOD, SECONDS = 200, 10.0, 60.0
SCALES = ((250, 1), (500, 1), (500, 3), (1000, 3))  # boxes, workers: what two cores carry beside the boxes' own work, and more


def run(folder: Path, scales: tuple[tuple[int, int], ...] = SCALES, seconds: float = SECONDS) -> list[str]:
    """One table row for each scale; CPU in % of one core over the window, memory at its end.

    `lag`: from a reading to its receipt at the box. The scale a machine carries is the last row whose p99 stays below 10 s.
    """
    rows = [
        "| workers | boxes | sent/s | confirmed, % | lag p50, s | lag p99, s | CPU workers | CPU broker | CPU database | CPU boxes "
        "| RSS a worker, MB | RSS broker | RSS database |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for boxes, workers in scales:
        own = folder / f"{boxes}-{workers}"
        own.mkdir()
        rows.append(_row(own, boxes, workers, seconds))
    return rows


def _row(folder: Path, boxes: int, workers: int, seconds: float) -> str:
    mqtt, http = free_port(), free_port()
    with ExitStack() as stack:
        house = stack.enter_context(broker(folder, mqtt))
        database = subprocess.Popen(
            [binary("victoria-metrics"), f"-httpListenAddr=127.0.0.1:{http}", f"-storageDataPath={folder / 'vm'}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(terminate, database)
        _answers(f"http://127.0.0.1:{http}/health")
        ports = [free_port() for _ in range(workers)]
        takers = [_worker(mqtt, http, port) for port in ports]
        for taker in takers:
            stack.callback(terminate, taker)
        for port in ports:
            _answers(f"http://127.0.0.1:{port}/healthz")
        command = [sys.executable, "-m", "tests.bench.boxes", *map(str, (mqtt, boxes, POINTS, PERIOD, seconds))]
        field = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        stack.callback(terminate, field)
        time.sleep(boxes / 200 + PERIOD)
        parts = {"workers": takers, "broker": [house], "database": [database]}
        before = {name: _cpu(group) for name, group in parts.items()}
        began = time.monotonic()
        time.sleep(seconds - PERIOD)
        window = time.monotonic() - began
        cpu = {name: 100 * (_cpu(group) - before[name]) / window for name, group in parts.items()}
        rss = {name: max(psutil.Process(p.pid).memory_info().rss for p in group) / 1e6 for name, group in parts.items()}
        out, _ = field.communicate()
        seen = json.loads(out)
    return (
        f"| {workers} | {boxes} | {seen['rate']} | {100 * seen['confirmed'] / max(1, seen['sent']):.2f} | {seen['p50']} | {seen['p99']} "
        f"| {cpu['workers']:.0f} % | {cpu['broker']:.0f} % | {cpu['database']:.0f} % | {100 * seen['cpu'] / seconds:.0f} % "
        f"| {rss['workers']:.0f} | {rss['broker']:.0f} | {rss['database']:.0f} |"
    )


def _worker(mqtt: int, http: int, port: int) -> subprocess.Popen[bytes]:
    options = ["--broker", f"127.0.0.1:{mqtt}", "--influx", f"http://127.0.0.1:{http}", "--bucket", "b", "--share", "bench"]
    command = [sys.executable, "-m", "gateway.commands", "ingest", *options, "--metrics-port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _cpu(group: list[subprocess.Popen[bytes]]) -> float:
    """Seconds of processor time."""
    times = [psutil.Process(process.pid).cpu_times() for process in group]
    return sum(t.user + t.system for t in times)


def _answers(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
