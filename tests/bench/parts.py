"""What every benchmark shares: the compiled field simulator, free ports, a quiet broker, usage of a process tree, percentiles."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".bench"  # what takes long to make: the peer's environment
PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"


def binary(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if not found:
        raise SystemExit(f"{name} is missing: sudo apt-get install {name}")
    return found


def fieldsim(folder: Path) -> Path:
    """The C simulator, built into `folder`."""
    target = folder / "fieldsim"
    if not target.exists():
        subprocess.run(["gcc", "-O2", "-Wall", "-o", target, HERE / "fieldsim.c"], check=True)
    return target


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def field(folder: Path, *args: object) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A running field simulator and the file of its counters, one JSON line a second."""
    counters = folder / f"field-{time.monotonic_ns()}.jsonl"
    with counters.open("w") as out:
        process = subprocess.Popen([str(fieldsim(folder)), *map(str, args)], stdout=out, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    if "ready" not in process.stderr.readline():
        raise SystemExit("the field simulator did not start")
    try:
        yield process, counters
    finally:
        process.terminate()
        process.wait()


def last(counters: Path) -> dict[str, Any]:
    """The last counters of a field that has ended or still runs."""
    rows = [json.loads(line) for line in counters.read_text().splitlines() if line.startswith("{")]
    return dict(rows[-1])


@contextmanager
def broker(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = start_broker(folder, port)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def start_broker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """mosquitto on loopback as docs/mqtt.md sets it up, with a persistent queue without limit; returns when it listens."""
    store = folder / "mosquitto"
    store.mkdir(exist_ok=True)
    conf = folder / "mosquitto.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {store}/\n"
        f"autosave_interval 300\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n{user}"
    )
    process = subprocess.Popen([binary("mosquitto"), "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    raise SystemExit("the broker did not start")


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and see that it does."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def usage(pid: int) -> tuple[float, float]:
    """(CPU seconds, resident MB) of one process with all its threads."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    return times.user + times.system, process.memory_info().rss / 1e6


def percentile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 2) if ordered else float("nan")
