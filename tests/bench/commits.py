"""The journal alone: how long one outcome takes until it is on this disk. `Journal.commit` of a real engine's outcomes, by kind."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from alerts.engine import Engine
from alerts.model import Event, Outcome, Policy, Rule, Step
from alerts.plant import Building, Person, Plant, Point, Shift, Zone
from drivers.reading import Now, Quality, Reading
from gateway.clock import SystemClock
from gateway.store.journal import Journal

TIMES = 500  # of each kind
WARM = 20  # commits before they count: the files grow to their size
START = Now(1_782_090_000_000, 1_000_000)
PEOPLE = tuple(Person(f"p{n}", "王建国", "duty", "+8613800138000", ("phone",)) for n in range(6))


def fires() -> list[Outcome]:
    """The outcomes of fires, each the first of its school: the alarm, its event, a message with its text to each of PEOPLE."""
    point = Point("d/smoke", "d", "smoke", "z", "烟感", 30_000, "a")
    told = Policy("fire", (Step(id="first", when="unacked", after=0, to=("duty",), message="fire.first"),))
    plant = Plant(
        "bench", "x", "x", "Asia/Shanghai", {"b": Building("b", "楼", "teaching")}, {"z": Zone("z", "二层东走廊", "b", "corridor")},
        {point.id: point}, {p.id: p for p in PEOPLE}, tuple(Shift("duty", p.id, 0, 0) for p in PEOPLE), {},
        (Rule("smoke", "state", "fire", (point.id,), {"equals": 1.0}, 0, 0, "fire"),), {"fire": told}, channels={"phone": "console"},
    )  # fmt: skip
    outcomes, seq = [], 1
    for _ in range(TIMES + WARM):
        engine = Engine(plant, boot="bench", next_seq=seq, now=START, clock_ok=True)
        outcomes.append(engine.readings([Reading(point.id, 1.0, Quality.GOOD, START)], START, True))
        seq = engine.seq
    return outcomes


def events() -> list[Outcome]:
    """One event and nothing else."""
    return [
        Outcome((Event(n, "", "note", "", "", "p1", "", {"text": "已开窗"}, START, True),)) for n in range(1, TIMES + WARM + 1)
    ]


def took(path: Path, outcomes: list[Outcome]) -> tuple[list[float], float]:
    """ms of each commit, the first WARM left out, and the CPU ms of a commit."""
    journal, times = Journal(path, "bench", "bench", SystemClock()), []
    cpu = time.thread_time()
    for outcome in outcomes:
        began = time.perf_counter()
        journal.commit(outcome, START)
        times.append((time.perf_counter() - began) * 1000)
    cpu = (time.thread_time() - cpu) * 1000 / len(outcomes)
    journal.close()
    return times[WARM:], cpu


def syncs(path: Path) -> tuple[list[float], float]:
    """ms and CPU ms of one write of a page and its fdatasync: what the disk itself asks."""
    times = []
    cpu = time.thread_time()
    with path.open("wb", buffering=0) as file:
        for _ in range(TIMES):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return times, (time.thread_time() - cpu) * 1000 / TIMES


def run(folder: Path) -> list[str]:
    """The rows of the table; `folder` is on the disk to be measured."""
    made = fires()
    kinds = {"a fire": made, "one event": events()}
    told = statistics.mean(len(o.notifications) for o in made)
    rows = [f"{told:.0f} messages and {statistics.mean(len(o.events) for o in made):.0f} events a fire.\n"]
    rows += ["| one transaction of | p50 ms | p99 ms | longest ms | CPU ms |", "|---|---|---|---|---|"]
    found = {name: took(folder / f"{n}.db", outcomes) for n, (name, outcomes) in enumerate(kinds.items())}
    for name, (times, cpu) in (found | {"the disk: 4 KiB and fdatasync": syncs(folder / "page")}).items():
        p99 = statistics.quantiles(times, n=100)[98]
        rows.append(f"| {name} | {statistics.median(times):.2f} | {p99:.2f} | {max(times):.1f} | {cpu:.2f} |")
    return rows
