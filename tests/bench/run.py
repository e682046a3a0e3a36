"""`make bench`: runs every benchmark, or those that are named, and puts each table into its place in docs/benchmarks.md."""

from __future__ import annotations

import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import (
    alarm,
    backlog,
    chart,
    commits,
    dead,
    engine,
    framers,
    gateway,
    history,
    many,
    outage,
    rtu,
    scale,
    scan,
    start,
    storage,
    tcp,
    viewers,
)
from tests.bench.page import placed
from tests.bench.parts import ROOT

TARGET = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark. `work` gives the rows of its table, in a folder of its own."""

    title: str
    goal: str
    work: Callable[[Path], list[str]]


SECTIONS = {
    "rtu": Section(
        "RTU line, 9600 baud 8N1",
        "Goal: at least 0.97 of the line's limit with 0 violations of the 3.5-character gap; 0 lost against a device that enforces "
        "the gap; CPU a transaction (bytes delivered one by one) at most the peer's. "
        f"A client above 1.0 does not wait the gap. {rtu.SECONDS:.0f} s a cell, n = 1.",
        rtu.run,
    ),
    "dead": Section(
        f"{len(dead.DEAD)} of {dead.UNITS} devices dead on one 9600-baud line",
        "Goals: the living keep at least 90 % of their rate, no reading of a living fire device is older than 2 s. End to end, as a "
        f"subscriber of the broker sees it; {len(dead.FIRE.units)} fire devices at {dead.FIRE.period} s, {len(dead.OTHERS.units)} "
        f"others at {dead.OTHERS.period} s (modpoll has one rate: all at 1 s), {dead.VALUES} registers each, time-out "
        f"{dead.TIMEOUT:g} s. Windows of {dead.SECONDS:.0f} s, n = 1.",
        dead.run,
    ),
    "scan": Section(
        "`scan rtu`, 9600 baud 8N1",
        f"Goal: {scan.UNITS} units at one speed within 10 s with one device present. The whole command, n = {scan.TIMES}.",
        scan.run,
    ),
    "tcp": Section(
        f"Modbus TCP, {tcp.CONNECTIONS} connections",
        "Goal: at least 1.5 × the transactions per CPU second of pymodbus's async client. "
        f"Medians of {tcp.TURNS} windows of {tcp.SECONDS:.0f} s, by turns.",
        tcp.run,
    ),
    "gateway": Section(
        "50 devices × 20 values at 1 s",
        f"Modbus TCP field, mosquitto, QoS 1, windows of {gateway.SECONDS:.0f} s by turns. Goals: 1,000 readings/s; p50 ≤ 10 ms, "
        "p99 ≤ 60 ms; CPU ≤ 2 × modpoll; RSS of `run` ≤ 1.2 × modpoll. `run` also judges, keeps every reading on disk and keeps history. "
        f"Memory is read {gateway.WARM + gateway.SECONDS:.0f} s after the start: the open ten-minute chunks of history "
        "then still grow, by 9 bytes a reading.",
        gateway.run,
    ),
    "many": Section(
        f"1,000 points over {many.LINES} serial lines at 1 s",
        f"Goals: at most 10 % of a core; memory flat with {many.DEAD:.0%} of the devices dead. 9600 baud. Memory over "
        f"{many.SECONDS:.0f} s after {many.WARM:.0f} s: the open ten-minute chunks of history then still grow, by 9 bytes a reading.",
        many.run,
    ),
    "framers": Section(
        "Framers of serial lines",
        "Goal: at least 10 MB/s each on the line as it is: panels say everything three times or again and again, and a frame seen "
        "before is not worked out anew. Every frame different is what a line never carries; a line at 9600 baud carries 0.001 MB/s. "
        "CPU time of one core; the ratio is to `bytes.find` over the same stream.",
        framers.run,
    ),
    "engine": Section(
        "Engine",
        "The rules alone, under virtual time; CPU time of one process, so that other work on the machine counts less.",
        engine.run,
    ),
    "alarm": Section(
        "Alarm",
        f"{alarm.TIMES} fires, one after the other at any phase of the poll (1 s, Modbus TCP), under the load above. Goals from the "
        "reading: p50 ≤ 100 ms, p99 ≤ 250 ms; from the change: ≤ 2 s to the sounder, ≤ 5 s to the phone.",
        alarm.bench_d1_from_the_reading,
    ),
    "history": Section(
        f"History of {history.POINTS} points",
        f"Goals: at most 0.2 GB written a day and 1 GB a year; {history.DAYS} days of a point in 200 ms. A sample of each point every "
        f"{history.PERIOD / 1000:g} s, {history.HOURS} hours of them, in a file that holds {history.DAYS_BEFORE} days already; a flush "
        f"every {history.FLUSH / 1000:g} s. Bytes as /proc/self/io counts them.",
        history.run,
    ),
    "storage": Section(
        "Alarm while the storage is dead",
        f"Goals (D27), from the change: at most 2 s to the sounder, 5 s to the phone. {storage.TIMES} fires a way under the load of "
        "the alarm's table; what the disk does is done to the system calls of the living `run` by strace, which slows all of them. "
        "The third way, a start on a disk gone read-only, is a test: tests/system/test_dead_storage.py.",
        storage.bench_d27_a_fire_while_the_storage_is_dead,
    ),
    "commits": Section(
        "The journal's commit",
        f"Goal: p99 ≤ 10 ms. One outcome in one transaction, on the disk when it returns; {commits.TIMES} of each kind, and the disk "
        "alone beside them.",
        commits.run,
    ),
    "viewers": Section(
        f"{viewers.VIEWERS} viewers of the page at once",
        f"Goals: the alarm's latency unchanged; the page's process at most 50 % of a core and 120 MB at {viewers.GOAL} changes/s. "
        f"{viewers.TIMES} fires with nobody looking, then {viewers.TIMES} with {viewers.VIEWERS} open streams on the one page process, "
        f"at {viewers.GOAL} and at {viewers.ALL} changes/s.",
        viewers.run,
    ),
    "chart": Section(
        "Charts of the page",
        f"Goal: at most 50 ms. A day at one sample a second, with limits, quality and marks, drawn {chart.TIMES} times in chromium.",
        chart.run,
    ),
    "scale": Section(
        f"Many boxes × {scale.POINTS} points every {scale.PERIOD:.0f} s through one broker",
        "Goal: 1,000 boxes, 20,000 readings/s, all confirmed, lag p99 below 5 s. Real MQTT sessions of one process, mosquitto, "
        "`ingest --share`, VictoriaMetrics, all on this machine; lag is from the reading to its receipt at the box. docs/scale.md says "
        f"what follows from it. {scale.SECONDS:.0f} s a row, n = 1.",
        scale.run,
    ),
    "start": Section("Start", "From the exec of `run` to the first reading at the broker. Goal: within 5 s here.", start.run),
    "outage": Section(
        "Broker outage with kill -9 of `run` in it", "Goal: 0 readings lost, silence after it at most 5 s.", outage.run
    ),
    "backlog": Section(
        f"{backlog.HOURS} hours without a broker",
        "Goals of 72 hours: at most 4 GB on the disk, drained in at most 6 h beside live data that are at most 5 s old, events within 1 s. "
        f"Made as fast as it goes, {backlog.RATE} readings a second; one broker, worker and database on the same two cores; of the drain "
        f"{backlog.DRAIN:.0f} s are measured.",
        backlog.run,
    ),
}


def main(sections: list[str]) -> int:
    """0, or 1 when one of them failed; the others' tables are in their places then too."""
    if unknown := set(sections) - set(SECTIONS):
        raise SystemExit(f"no section {' '.join(sorted(unknown))}; there are: {' '.join(SECTIONS)}")
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # the peer logs every byte of an answer it lost
    failed = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in sections or SECTIONS:
            section, own = SECTIONS[name], Path(folder) / name
            own.mkdir()
            where = _where()
            try:
                rows = section.work(own)
            except Exception:  # noqa: BLE001 - printed, and told at the end: an hour's other tables do not go for the sake of one
                traceback.print_exc()
                failed.append(name)
                continue
            block = "\n".join([f"## {section.title}\n", f"{section.goal}\n", f"{where}\n", *rows])
            print(block + "\n", flush=True)
            TARGET.write_text(placed(TARGET.read_text(encoding="utf-8"), name, block), encoding="utf-8")
    if failed:
        print(f"failed: {' '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _where() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT)
    model = next((x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x), "?")
    return (
        f"Measured {time.strftime('%Y-%m-%d')} · commit {commit.stdout.strip()} · {os.cpu_count()} cores, {model} · "
        f"Python {platform.python_version()} · load before: {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
