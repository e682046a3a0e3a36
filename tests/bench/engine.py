"""The engine alone, under virtual time: 500 points at 1 Hz through every rule kind, 10,000 points in one scan, 2,000 open alarms."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from pathlib import Path

from alerts.engine import Engine
from alerts.model import Policy, Rule, Scalar
from alerts.plant import Building, Person, Plant, Point, Store, Zone
from alerts.registry import RULES
from alerts.rules.cabinet import CASES
from alerts.rules.scene import HOURS, Usual
from drivers.reading import Now, Quality, Reading

START = Now(1_782_090_000_000, 1_000_000)
SECONDS = 60  # simulated, after the windows have filled
PARAMS: dict[str, dict[str, Scalar]] = {
    "threshold": {"high": 80.0, "return_at": 75.0},
    "state": {"equals": 99.0},
    "no_data": {},
    "rate": {"rise": 30.0, "return_at": 20.0, "window": 180_000, "samples": 8, "gap": 60_000},
    "deviation": {"set": 100.0, "share": 0.8, "return_share": 0.72, "above": 5.0},
    "stuck": {"after": 86_400_000, "span": 0.0},
    "chatter": {"times": 3, "within": 60_000},
    "timetable": {"equals": 98.0, "during": "closed"},
}


def school(count: int, kinds: tuple[str, ...]) -> Plant:
    """`count` points, ten a room, each judged by every kind of `kinds`, whatever it measures."""
    zones = {f"z{n}": Zone(f"z{n}", f"{n}号房间", "b", "laboratory") for n in range(-(-count // 10))}
    points = {f"d{n}/p": Point(f"d{n}/p", f"d{n}", "temperature", f"z{n // 10}", "温度", 30_000, "a") for n in range(count)}
    ids = tuple(points)
    rules = [Rule(k, k, "warning", ids, PARAMS[k], 0, 30_000, "quiet") for k in kinds if k in PARAMS]
    stores: dict[str, Store] = {}
    for n in range(0, count - 9, 10) if "k_of_n" in kinds else ():
        room = ids[n : n + 10]
        rules.append(Rule(f"k-{n}", "k_of_n", "warning", room[:1], {"k": 2, "high": 80.0}, 0, 0, "quiet", parts=room))
    for n in range(0, count - 9, 50) if "cabinet" in kinds else ():
        part = ids[n : n + 8]
        store = Store(f"s{n}", f"z{n // 10}", *part[:3], fan=part[3], camera=part[4], detector=part[5], identity=part[6:7])
        stores[store.id] = store
        rules += [
            Rule(f"{c}-{n}", "cabinet", "warning", part[:1], {"case": c, "store": store.id}, 0, 0, "quiet", parts=store.points)
            for c in CASES
        ]
    if "combination" in kinds:
        rules.append(Rule("both", "combination", "warning", ids, {"expr": "threshold and not state"}, 0, 0, "quiet"))
    return Plant(
        "bench", "x", "x", "Asia/Shanghai", {"b": Building("b", "楼", "teaching")}, zones, points,
        {"w": Person("w", "王", "duty")}, (), {}, tuple(rules), {"quiet": Policy("quiet", (), result_asked=False)}, stores=stores,
    )  # fmt: skip


def engine_of(plant: Plant) -> Engine:
    engine = Engine(plant, boot="bench", now=START, clock_ok=True)
    engine.restore((), now=START, saved=None, same_boot=True)
    engine._judge.learn({p: tuple(Usual(20.0, 20) for _ in range(HOURS)) for p in plant.points})
    return engine


def scan(plant: Plant, now: Now, value: float = 20.0) -> list[Reading]:
    """A living value of every point: it moves a little, so that no kind may take a short cut."""
    wobble = now.mono // 1000 % 7 / 10
    return [Reading(p, value + wobble + n % 3 / 10, Quality.GOOD, now) for n, p in enumerate(plant.points)]


def later(ms: int) -> Now:
    return Now(START.wall + ms, START.mono + ms)


def every_kind() -> tuple[float, int]:
    """(share of a core, alarms raised meanwhile) for 500 points at 1 Hz."""
    plant = school(500, tuple(RULES))
    engine = engine_of(plant)
    for second in range(1, 200):  # the windows fill
        engine.readings(scan(plant, later(second * 1000)), later(second * 1000), True)
    scans = [(later(s * 1000), scan(plant, later(s * 1000))) for s in range(200, 200 + SECONDS)]
    before = time.process_time()
    for now, readings in scans:
        engine.readings(readings, now, True)
        engine.tick(now, True)
    return (time.process_time() - before) / SECONDS, len(engine.alarms)


def one_scan() -> list[float]:
    """Milliseconds of CPU for 10,000 points in one call, five times."""
    plant = school(10_000, ("threshold", "no_data"))
    engine, spent = engine_of(plant), []
    for n in range(1, 7):
        readings, now = scan(plant, later(n * 1000)), later(n * 1000)
        before = time.process_time()
        engine.readings(readings, now, True)
        spent.append((time.process_time() - before) * 1000)
    return spent[1:]


def open_alarms() -> float:
    """Megabytes that 2,000 open alarms take beyond the same engine without them."""
    plant = school(2_000, ("threshold",))
    engine = engine_of(plant)
    engine.readings(scan(plant, later(1000)), later(1000), True)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    engine.readings(scan(plant, later(2000), 90.0), later(2000), True)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    if len(engine.alarms) != 2_000:
        raise SystemExit(f"{len(engine.alarms)} alarms are open, not 2,000")
    return taken / 1e6


def run(folder: Path) -> list[str]:
    share, alarms = every_kind()
    spent = one_scan()
    return [
        "| | measured | goal |",
        "|---|---|---|",
        f"| 500 points at 1 Hz through all {len(RULES)} rule kinds, share of a core | {share * 100:.1f} % | ≤ 5 % |",
        f"| 10,000 points in one scan, CPU ms, median (worst) | {statistics.median(spent):.0f} ({max(spent):.0f}) | ≤ 100 |",
        f"| 2,000 open alarms, MB beyond the same engine without them | {open_alarms():.1f} | ≤ 20 |",
        "",
        f"{alarms} alarms stood open while the 500 points were judged; {SECONDS} simulated seconds after 200 s of filling the windows.",
    ]


if __name__ == "__main__":
    print("\n".join(run(Path())))
