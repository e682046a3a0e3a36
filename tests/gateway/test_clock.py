"""The machine's clocks: units, direction, and when the wall clock counts as right."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from drivers.reading import Now
from gateway import clock, runtime
from gateway.change.start import Loaded
from gateway.clock import SET_FILE, SystemClock, boot_id
from gateway.commands import main

SITE = """campus: 1
site: {id: no3, district: songyang, name: 登封市第三中学, short: 三中}
buses: [{id: lab, type: modbus-tcp, host: 127.0.0.1}]
buildings: [{id: dorm, name: 宿舍, use: dormitory}]
zones: [{id: room, name: 宿舍301, building: dorm, kind: classroom}]
devices:
  - {id: io, profile: waveshare-io8, bus: lab, unit: 1, zone: room, period: 1s, channels: {di-1: {quantity: smoke, name: 烟感}}}
people: [{id: wang, name: 王老师, phone: "+8613800000001", role: duty, channels: [screen]}]
channels: [{id: screen, type: console}]
"""


def test_now_is_milliseconds_on_both_clocks() -> None:
    before = time.time()
    now = SystemClock().now()
    assert abs(now.wall / 1000 - before) < 60
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert abs(now.mono / 1000 - uptime) < 60
    assert SystemClock().now().mono >= now.mono
    assert SystemClock().boot == boot_id() != ""


def test_a_synchronised_kernel_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock, "kernel_synced", lambda: True)
    assert SystemClock(tmp_path).state() == "synced" and SystemClock(tmp_path).ok()


def test_a_persons_word_counts_for_this_boot_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock, "kernel_synced", lambda: False)
    c = SystemClock(tmp_path)
    assert c.state() == "unknown" and not c.ok()
    c.mark_set()
    assert c.state() == "set" and c.ok() and SystemClock(tmp_path).ok()
    _, offset = (tmp_path / SET_FILE).read_text().split()
    (tmp_path / SET_FILE).write_text(f"another-boot {offset}\n")
    assert SystemClock(tmp_path).state() == "unknown"
    for cut in (b"\xff\xfe", b"", boot_id().encode()):
        (tmp_path / SET_FILE).write_bytes(cut)
        assert not SystemClock(tmp_path).ok()
    assert SystemClock(tmp_path, assume_ok=True).ok()
    with pytest.raises(ValueError, match="data folder"):
        SystemClock().mark_set()


def test_d6_a_clock_that_was_right_stays_so_without_its_time_server_until_it_is_stepped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Linux says "not synchronised" nine hours after the last answer: readings would go nowhere for as long as the Internet is away."""
    synced, stepped = True, 0
    monkeypatch.setattr(clock, "kernel_synced", lambda: synced)
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: Now(real(self).wall + stepped, real(self).mono))
    c, bare = SystemClock(tmp_path), SystemClock()  # the second has no disk that takes its word
    assert c.state() == bare.state() == "synced"
    c.look()
    synced = False
    assert c.state() == bare.state() == "set" and SystemClock(tmp_path).state() == "set", "after a restart of `run`, too"
    for stepped in (14 * 365 * 86_400_000, -56 * 365 * 86_400_000, clock.HELD + 1000):  # noqa: B007
        assert c.state() == "unknown" and SystemClock(tmp_path).state() == "unknown"
    stepped = clock.HELD - 1000
    assert c.state() == "set"
    stepped = 3_600_000
    SystemClock(tmp_path).mark_set()  # a person has set it and says so beside the living process
    assert c.state() == "unknown"
    c.look()
    assert c.state() == "set"


def test_the_command_shows_the_time_and_takes_a_persons_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clock, "kernel_synced", lambda: False)
    assert main(["clock", "--data", str(tmp_path)]) == 1 and "--right" in capsys.readouterr().out
    assert main(["clock", "--data", str(tmp_path), "--right"]) == 0
    assert time.strftime("%Y-%m-%d") in capsys.readouterr().out
    assert main(["clock", "--data", str(tmp_path)]) == 0 and "校过" in capsys.readouterr().out
    assert main(["clock", "--data", str(tmp_path / "none"), "--right"]) == 1 and "记不下" in capsys.readouterr().err


def test_the_kernels_answer_counts_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False])
    c, wall, mono = SystemClock(), 0, 5000
    monkeypatch.setattr(clock, "kernel_synced", lambda: next(answers))
    monkeypatch.setattr(c, "now", lambda: Now(wall, mono))
    assert c.ok()
    wall, mono = wall + 3_600_000, mono + clock.OK_COUNTS - 1
    assert c.ok()
    mono += 1
    assert not c.ok()


def test_the_kernels_answer_is_read() -> None:
    assert clock.kernel_synced() in (True, False)


def test_the_daemon_keeps_the_word_in_its_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else what `clock --right` writes is read by nobody, and a school without a time server has no history."""
    site, made, data, clocks = tmp_path / "site.yaml", tmp_path / "site.json", tmp_path / "data", list[SystemClock]()
    site.write_text(SITE, encoding="utf-8")
    data.mkdir()
    assert main(["check", str(site), "-o", str(made), "--data", str(data)]) == 0

    async def box(loaded: Loaded, compiled: Path, given: SystemClock, boot: str, **more: object) -> runtime.Ended:
        clocks.append(given)
        return runtime.Ended.ASKED

    monkeypatch.setattr(runtime, "run", box)
    monkeypatch.setattr(clock, "kernel_synced", lambda: False)
    assert main(["run", str(made)]) == 0 and not clocks[0].ok()
    assert main(["clock", "--data", str(data), "--right"]) == 0
    clocks[0].look()
    assert clocks[0].state() == "set"
