"""The machine's clocks: units, direction, and when the wall clock counts as right."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from drivers.reading import Now
from gateway import clock
from gateway.clock import SET_FILE, SystemClock, boot_id


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
    (tmp_path / SET_FILE).write_text("another-boot\n")
    assert SystemClock(tmp_path).state() == "unknown"
    (tmp_path / SET_FILE).write_bytes(b"\xff\xfe")
    assert not SystemClock(tmp_path).ok()
    assert SystemClock(tmp_path, assume_ok=True).ok()
    with pytest.raises(ValueError, match="data folder"):
        SystemClock().mark_set()


def test_the_kernels_answer_counts_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False])
    c, mono = SystemClock(), 5000
    monkeypatch.setattr(clock, "kernel_synced", lambda: next(answers))
    monkeypatch.setattr(c, "now", lambda: Now(0, mono))
    assert c.ok()
    mono += clock.OK_COUNTS - 1
    assert c.ok()
    mono += 1
    assert not c.ok()


def test_the_kernels_answer_is_read() -> None:
    assert clock.kernel_synced() in (True, False)
