"""D27: fires while the storage is dead, from the change to the sounder's coil and to the message at the phone; and how it dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import alarm
from tests.bench.parts import binary

TIMES = 50
WAIT = 20.0  # s, against hanging
WAYS = {
    "EIO on every fdatasync": "fdatasync:error=EIO",
    "a writer that hangs in fdatasync": "fdatasync:delay_enter=600000000",  # microseconds: longer than any use of it
}


def bench_d27_a_fire_while_the_storage_is_dead(folder: Path) -> list[str]:
    """Rows of the benchmark's table: a school of its own for each way."""
    rows = ["| ms, p50 / p99 / worst | from the reading | from the change |", "|---|---|---|"]
    for n, (way, inject) in enumerate(WAYS.items()):
        own = folder / str(n)
        own.mkdir()
        with alarm.school(own) as guard, strange(guard.pid, inject):
            rows += alarm.rows(guard, TIMES, f", {way}")
    return rows


@contextmanager
def strange(pid: int, inject: str) -> Iterator[None]:
    """Every thread of the process meets this at its system calls, from the first line of the block until its end."""
    name = inject.partition(":")[0]
    tracer = subprocess.Popen(
        [binary("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={inject}", "-p", str(pid)]
    )
    try:
        end = time.monotonic() + WAIT
        while not _traced(pid):
            assert tracer.poll() is None and time.monotonic() < end, "strace does not hold every thread"
            time.sleep(0.02)
        yield
    finally:
        tracer.send_signal(signal.SIGTERM)
        tracer.wait(WAIT)


def _traced(pid: int) -> bool:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return all("TracerPid:\t0\n" not in (task / "status").read_text() for task in tasks)
