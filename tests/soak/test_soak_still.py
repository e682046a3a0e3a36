"""D21, D22: half an hour of a school where nothing happens, 200 points read a second: nothing grows, the disk is written little and
synced seldom. `make soak` only; the slope is printed with its error, since half an hour says nothing of a megabyte a day.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from school import School

COUNTERS = 24  # devices of eight points beside the demo's own: at least 200 points a second
WARM, WATCHED, EVERY = 60, 1740, 5  # s: half an hour
DAY = 86_400
MOST_DAY = 2e9  # bytes written a day
ROOM = 1.5  # MB that the memory's height may differ between the second ten minutes and the third


def looked(pid: int) -> tuple[float, int, int, int]:
    """(RSS in MB, descriptors, threads, bytes written) of the process now."""
    proc = Path(f"/proc/{pid}")
    status = proc.joinpath("status").read_text()
    rss, threads = (int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
    written = int(re.search(r"^write_bytes: (\d+)", proc.joinpath("io").read_text(), re.M)[1])  # type: ignore[index]
    return rss / 1024, len(list(proc.joinpath("fd").iterdir())), threads, written


def slope(values: list[float]) -> tuple[float, float]:
    """(rise a second, its standard error) of values EVERY seconds apart, by least squares."""
    n, mean = len(values), sum(values) / len(values)
    times = [EVERY * (i - (n - 1) / 2) for i in range(n)]
    square = sum(t * t for t in times)
    rise = sum(t * v for t, v in zip(times, values, strict=True)) / square
    rest = sum((v - mean - rise * t) ** 2 for t, v in zip(times, values, strict=True)) / max(1, n - 2)
    return rise, (rest / square) ** 0.5


@pytest.mark.soak
def test_d21_d22_a_quiet_school_grows_nothing_and_spares_the_disk(tmp_path: Path) -> None:
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    school = School(tmp_path / "school", speed=1)
    try:
        school.start_world(stream=True, database="influxdb", counters=COUNTERS)
        school.campus.start_ingest()
        trace = tmp_path / "syncs"
        # seen by a filter in the kernel: every other call goes on without waiting for strace, or a busy machine looks like dead lines
        names = "trace=fdatasync,fsync,sync_file_range"
        before = ("strace", "-D", "-f", "--seccomp-bpf", "-q", "-y", "-ttt", "-e", names, "-e", "signal=none", "-o", str(trace))
        pid = school.start_run(before=before).pid
        time.sleep(WARM)
        began, since, seen = time.monotonic(), time.time(), [looked(pid)]
        reads = len(school.reads())
        while time.monotonic() - began < WATCHED:
            time.sleep(EVERY)
            seen.append(looked(pid))
        span = time.monotonic() - began
        points = 8 * (len(school.reads()) - reads) / span  # every counting device gives eight of them at once
        alarms = [e for e in school.events("raised") if e["wall"] > school.lives[-1] + WARM * 1000]
    finally:
        school.close()
    found = re.findall(r"^\d+ +(\d+\.\d+) \w*sync\w*\(\d+<([^>]*)>", trace.read_text(), re.M)
    found = [(at, name) for at, name in found if since <= float(at) <= since + span]
    syncs, files = [float(at) for at, _ in found], Counter(Path(name).name for _, name in found)
    memory = [one[0] for one in seen]
    rise, error = slope(memory[len(memory) // 3 :])
    a_day = (seen[-1][3] - seen[0][3]) / span * DAY
    closest = min((b - a for a, b in pairwise(syncs)), default=span)
    print(
        f"\n{span:.0f} s, {points:.0f} points/s: RSS {memory[0]:.1f} to {memory[-1]:.1f} MB, slope {rise * DAY:+.1f} ± "
        f"{error * DAY:.1f} MB/day; descriptors {seen[0][1]} to {seen[-1][1]}, threads {seen[0][2]} to {seen[-1][2]}; "
        f"{len(syncs)} syncs, one in {span / max(1, len(syncs)):.1f} s, closest {closest:.2f} s, of {dict(files)}; "
        f"{a_day / 1e9:.2f} GB a day written; MB every five minutes {[round(m, 1) for m in memory[:: 300 // EVERY]]}"
    )
    assert not alarms, alarms
    assert points >= 200
    assert {one[1:3] for one in seen[1:]} <= {seen[1][1:3]} or max(one[1] for one in seen) <= seen[1][1] + 2
    # In the first third the open ten-minute chunks of history fill; from then on every ten minutes are alike.
    third = len(memory) // 3
    assert max(memory[2 * third :]) - max(memory[third : 2 * third]) < ROOM
    assert len(syncs) <= span / 5 + 1
    assert a_day <= MOST_DAY
