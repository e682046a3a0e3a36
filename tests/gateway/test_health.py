"""The box as a device: the machine's numbers from made trees and the real /proc, and the Readings they become."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from alerts.channels.modem import Radio
from alerts.model import Rule
from alerts.plant import Plant
from drivers.bus import BusStats, Counts
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Quality, Reading
from gateway import health
from gateway.boxpoints import BOX_POINTS, BUS_POINTS, MODEM_POINTS, UPLINK_POINTS, points, present
from gateway.health import Health, Vitals, Wear, rates
from gateway.machine import GET_THROTTLED, RESERVES, Machine


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.mono = 0

    def now(self) -> Now:
        return Now(1_700_000_000_000 + self.mono, self.mono)

    def ok(self) -> bool:
        return True


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """What a Raspberry Pi shows, as far as it is read."""
    root = tmp_path / "root"
    write(
        root,
        "proc/meminfo",
        "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\nHugePages_Total:       0\n",
    )
    write(root, "proc/stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 100 0 100 700 100 0 0 0 0 0\n")
    write(root, "proc/self/statm", "99999 10240 1 1 0 1 0\n")
    write(root, "proc/self/status", "Name:\trun\nThreads:\t7\n")
    write(root, "proc/self/fd/0", "")
    write(root, "proc/self/fd/1", "")
    write(root, "sys/class/thermal/thermal_zone0/temp", "51234\n")
    write(root, "sys/class/thermal/thermal_zone1/temp", "48000\n")
    write(root, GET_THROTTLED, "50005\n")
    return root


def test_what_a_pi_tells(pi: Path, tmp_path: Path) -> None:
    for name in RESERVES:
        write(tmp_path, name, "")
    write(tmp_path, "journal.db-wal", "x" * (1 << 20))
    machine = Machine(tmp_path, pi)
    assert machine.told() == {p.channel for p in BOX_POINTS if p.told}
    assert machine.free_memory() == 25
    assert machine.hottest() == 51.234
    assert machine.threads() == 7
    assert machine.open_files() == 2
    assert machine.wal() == 1
    assert machine.reserve() == 1
    readers = machine.readers()
    assert (readers["supply"](), readers["throttled"]()) == (1, 1)  # 0x50005: under-voltage and throttled now, and before
    write(pi, GET_THROTTLED, "50000\n")
    assert (readers["supply"](), readers["throttled"]()) == (0, 0)  # only before


def test_the_processor_is_judged_between_two_looks(pi: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path, pi)
    assert machine.busy() == pytest.approx(20)  # since boot: 800 of 1000 ticks idle or waiting
    write(pi, "proc/stat", "cpu  190 0 100 710 100 0 0 0 0 0\n")
    assert machine.busy() == pytest.approx(90)  # 100 ticks more, 10 of them idle
    assert machine.busy() == 0  # no tick between


def test_what_a_machine_does_not_tell_has_no_point(tmp_path: Path) -> None:
    machine = Machine(tmp_path, tmp_path / "nothing")
    assert machine.told() == {"disk", "reserve", "wal"}
    assert [machine.free_memory(), machine.busy(), machine.hottest(), machine.resident(), machine.open_files()] == [None] * 5


def test_this_machine_tells_its_own(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert {"disk", "memory", "cpu", "rss", "files", "threads"} <= machine.told()
    assert 0 <= (machine.free_space() or -1) <= 100 and 0 < (machine.free_memory() or -1) < 100
    assert 5 < (machine.resident() or 0) < 2000 and (machine.open_files() or 0) >= 3 and (machine.threads() or 0) >= 1


def test_every_point_has_a_quantity_and_a_name_that_fits() -> None:
    for point in (*BOX_POINTS, *UPLINK_POINTS, *BUS_POINTS, *MODEM_POINTS):
        assert point.quantity in QUANTITIES and 0 < len(point.name) <= 8, point


def stats(**counts: int) -> BusStats:
    return BusStats(Counts(**counts))


def test_rates_of_a_line() -> None:
    earlier = (0, Wear(1_000, stats(questions=100, good=100)))
    later = (60_000, Wear(31_000, stats(questions=200, good=170, garbled=6, wrong=4, silent=20)))
    assert rates(earlier, later) == {"load": 50, "errors": 10, "silent": 20}
    assert rates(later, later) == {"load": 0, "errors": 0, "silent": 0}


class Emitted:
    """What the box said, by point; `wait` gives the next measurement."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[dict[str, Reading]] = asyncio.Queue()

    def __call__(self, readings: Sequence[Reading]) -> None:
        self._queue.put_nowait({r.point: r for r in readings})

    async def wait(self) -> dict[str, Reading]:
        return await asyncio.wait_for(self._queue.get(), 10)


async def test_r29_and_backlog_and_faults_as_readings(pi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY", 0.0)
    clock, told, backlog = Ticking(), Emitted(), [health.UNDER_WAY]
    counts = [40, 7]
    vitals = Vitals({"a": lambda: Wear(0, stats())}, lambda: "unknown", lambda: -31.5, lambda: backlog[0],
                    refused=lambda: counts[0], twin=lambda: True, dropped=lambda: counts[1], locked=lambda: 2.0)  # fmt: skip
    known = {p.id for p in points({"a": "modbus-rtu", "panel": "gst-crt"}, uplink=True)} - {"box/cpu"}
    running = asyncio.create_task(Health(Machine(tmp_path, pi), vitals, known, told, clock).run())
    try:
        first = await told.wait()
        assert first["box/clock"].value == 0 and first["box/clock-offset"].value == -31.5
        assert first["box/backlog-age"].value == 0 and first["box/temperature"].value == 51.234
        assert (first["box/dropped"].value, first["box/refused"].value, first["box/twin"].value) == (0, 0, 1)
        assert first["box/logins"].value == 2
        assert "box/cpu" not in first and "a/load" not in first  # a rate needs two looks
        write(pi, "proc/meminfo", "MemTotal: none\n")
        (pi / GET_THROTTLED).unlink()
        counts[:] = [43, 9]
        backlog[0], clock.mono = health.UNDER_WAY + 1, 90_000
        await told.wait()  # may have begun before
        later = await told.wait()
        assert later["box/memory"].quality is Quality.FAULT and "读不到" in later["box/memory"].fault
        assert later["box/supply"].quality is Quality.FAULT and "不再提供" in later["box/supply"].fault
        assert later["box/backlog-age"].value == 90
        assert (later["box/dropped"].value, later["box/refused"].value) == (2, 3), "what was before the start is past"
        assert {later[f"a/{c}"].value for c in ("load", "errors", "silent")} == {0}
    finally:
        running.cancel()


@pytest.mark.parametrize(
    ("radio", "signal", "network"),
    [
        (Radio(0, -71, True), -71, 1),
        (Radio(0, -109, False), -109, 0),
        (Radio(0, None, True), None, 1),
        (Radio(-health.RADIO_OLD, -71, True), None, None),
        (None, None, None),
    ],
)
def test_a_modem_tells_its_signal_and_network_and_what_is_not_known_is_a_fault(
    radio: Radio | None, signal: float | None, network: float | None
) -> None:
    a, b = health.of_radio("sms", radio, Now(0, 0))
    assert (a.point, a.value, b.point, b.value) == ("box/sms-signal", signal, "box/sms-network", network)
    assert all((r.quality is Quality.GOOD) == (r.value is not None) and bool(r.fault) == (r.value is None) for r in (a, b))


def test_each_modem_has_its_points() -> None:
    one = {p.id: p.name for p in points({}, uplink=False, modems=["sms"])}
    assert (one["box/sms-signal"], one["box/sms-network"]) == ("短信信号", "短信入网")
    two = {p.id: p.name for p in points({}, uplink=False, modems=["sms", "sms-2"])}
    assert two["box/sms-2-signal"] == "短信信号 sms-2" and not [
        id for id in {p.id for p in points({}, uplink=False)} if "sms" in id
    ]


def test_d7_a_count_is_told_for_an_hour() -> None:
    hour = health.LastHour()
    assert [hour.of(n) for n in (5, 5, 8)] == [0, 0, 3]
    assert [hour.of(8) for _ in range(health.AN_HOUR)][-3:] == [3, 3, 0]


def test_points_not_told_leave_the_plant_with_their_rules() -> None:
    all_ = {p.id: p for p in points({"a": "modbus-rtu", "panel": "gst-crt"}, uplink=True)}
    rules = (
        Rule("disk-low", "threshold", "supervisory", ("box/disk",), {"low": 10}, 0, 0, "supervisory"),
        Rule("chip-hot", "threshold", "fault", ("box/temperature",), {"high": 80}, 0, 0, "fault"),
        Rule("any", "no_data", "comm", tuple(all_), {}, 0, 0, "comm"),
    )
    plant = Plant("s", "学校", "校", "Asia/Shanghai", {}, {}, all_, {}, (), {}, rules, {})
    kept = present(plant, {"disk"})
    assert "box/disk" in kept.points and "box/temperature" not in kept.points and "box/clock" in kept.points
    assert "a/load" in kept.points and "box/backlog" not in kept.points
    assert all(point in kept.points for rule in kept.rules for point in rule.points)
    assert {r.id for r in kept.rules} == {"disk-low", "any"}
    assert present(kept, {"disk"}) is kept
