"""kill -9 of a real process, at named points and at random: what it said is done is there, once. And the order of syncs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from store_makers import FakeClock

from gateway.store import audit
from gateway.store.journal import Journal
from gateway.store.readings_writer import ReadingsWriter

CHILD = Path(__file__).with_name("store_child.py")
LONG = 60.0


def child(job: str, folder: Path, count: int, die_at: str = "", before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, str(CHILD), job, str(folder), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "CAMPUS_DIE_AT": die_at})


def said(process: subprocess.Popen[bytes], kill_after: int | None = None) -> list[list[str]]:
    """What the child told until it ended; killed after that many words, whatever it is doing then."""
    assert process.stdout is not None
    words = []
    for raw in process.stdout:
        words.append(raw.decode().split())
        if len(words) == kill_after:
            process.kill()
    process.wait(LONG)
    return words


def check_journal(folder: Path, clock: FakeClock, told: set[int]) -> None:
    journal = Journal(folder / "journal.db", "s", "boot-1", clock, reserve=1 << 16)
    restored = journal.load()
    stored = {seq for seq, _ in audit.events(journal.path, 0, 10**6)}
    assert told <= stored
    assert {f"s-{seq}" for seq in told} <= {one.id for one in restored.alarms}
    assert {f"k{seq}" for seq in told} <= {one.key for one in restored.unsent}
    assert stored == set(range(1, restored.next_seq))
    assert len(stored) == 2 * len(restored.alarms) == 2 * len(restored.unsent)
    assert audit.verify(journal.path) == []
    journal.close()


@pytest.mark.parametrize("point", ["journal.commit.before:3", "journal.commit.after:3"])
def test_journal_dies_at_a_commit_point(tmp_path: Path, clock: FakeClock, point: str) -> None:
    process = child("journal", tmp_path, 50, point)
    words = said(process)
    assert process.returncode == -signal.SIGKILL
    told = {int(one[1]) for one in words if one[0] == "committed"}
    assert told == {1, 3}
    check_journal(tmp_path, clock, told)
    alarms = {1, 3} if "before" in point else {1, 3, 5}
    journal = Journal(tmp_path / "journal.db", "s", "boot-1", clock, reserve=1 << 16)
    assert {one.id for one in journal.load().alarms} == {f"s-{seq}" for seq in alarms}
    journal.close()


def test_journal_loses_nothing_over_random_kills(tmp_path: Path, clock: FakeClock) -> None:
    chance, told = Random(7), set[int]()
    for _ in range(10):
        words = said(child("journal", tmp_path, 100_000), kill_after=chance.randint(2, 60))
        told |= {int(one[1]) for one in words if one[0] == "committed"}
    assert len(told) > 10
    check_journal(tmp_path, clock, told)


async def stored_frames(folder: Path, clock: FakeClock) -> list[tuple[str, int, bytes]]:
    writer = ReadingsWriter(
        folder / "readings.db", folder / "tail", machine="m", clock=clock, dests=["far"], flush=1000.0, reserve=1 << 16
    )
    await writer.start()
    found = []
    for frame in await writer.unconfirmed("far", 10**6):
        lines = frame.lines.splitlines()
        assert len(lines) == frame.b - frame.a + 1
        found += [(frame.boot, seq, line) for seq, line in zip(range(frame.a, frame.b + 1), lines, strict=True)]
    await writer.close(LONG)
    return found


@pytest.mark.parametrize("point", ["readings.flush.before:2", "readings.flush.after:2", "readings.append.after:5"])
async def test_readings_die_at_a_point(tmp_path: Path, clock: FakeClock, point: str) -> None:
    process = child("readings", tmp_path, 100_000, point)
    words = said(process)
    assert process.returncode == -signal.SIGKILL
    await check_readings(tmp_path, clock, words)


async def check_readings(folder: Path, clock: FakeClock, words: list[list[str]]) -> None:
    told = {(one[1], int(one[2])) for one in words if one[0] == "logged"}
    assert told
    found = await stored_frames(folder, clock)
    assert told <= {(boot, seq) for boot, seq, _ in found}
    assert len(found) == len({(boot, seq) for boot, seq, _ in found})
    assert all(b"value=%di," % seq in line for _, seq, line in found)


async def test_d2_readings_lose_and_double_nothing_over_random_kills(tmp_path: Path, clock: FakeClock) -> None:
    chance, words = Random(11), list[list[str]]()
    for _ in range(10):
        words += said(child("readings", tmp_path, 100_000), kill_after=chance.randint(2, 400))
    await check_readings(tmp_path, clock, words)


def traced(job: str, folder: Path, count: int) -> list[str]:
    """The syncs and the words of a child in the order of the system calls: "sync" or what it told."""
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    log = folder / "trace"
    before = ("strace", "-f", "-e", "trace=fdatasync,fsync,write", "-e", "signal=none", "-o", str(log))
    process = child(job, folder, count, before=before)
    said(process)
    assert process.returncode == 0
    seen = []
    for line in log.read_text(errors="replace").splitlines():
        if re.search(r"\bf(?:data)?sync\(\d+\)\s+= 0|<\.\.\. f(?:data)?sync resumed>.*= 0", line):
            seen.append("sync")
        elif found := re.search(r'write\(1, "((?:committed|flushed|ready)[^\\"]*)', line):
            seen.append(found[1])
    return seen


def test_d5_a_sync_comes_before_every_committed(tmp_path: Path) -> None:
    seen = traced("journal", tmp_path, 8)
    marks = [at for at, what in enumerate(seen) if what.startswith("committed")]
    assert len(marks) == 8
    assert all(seen[at - 1] == "sync" for at in marks)


def test_a_disk_that_refuses_to_sync_delays_and_loses_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """EIO from three fdatasync calls in a row: those outcomes are committed late, each once, and the process lives."""
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    inject = ("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=6..8")
    process = child("journal", tmp_path, 6, before=("strace", "-f", "-o", str(tmp_path / "trace"), *inject))
    told = {int(one[1]) for one in said(process) if one[0] == "committed"}
    assert (process.returncode, told) == (0, {1, 3, 5, 7, 9, 11})
    check_journal(tmp_path, clock, told)
    late = [json.loads(body).get("late", False) for _, body in audit.events(tmp_path / "journal.db", 0, 99)]
    assert True in late
    assert False in late
    assert not (tmp_path / "mirror").exists()


def test_d22_one_sync_per_flush(tmp_path: Path) -> None:
    seen = traced("flushes", tmp_path, 8)
    marks = [at for at, what in enumerate(seen) if what.startswith("flushed")]
    assert [b - a - 1 for a, b in pairwise(marks)] == [1] * 7
