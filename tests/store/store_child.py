"""A child process for the kill tests: commits or logs as fast as asked and tells on stdout what is done. No test in here.

Usage: store_child.py journal|readings|flushes FOLDER COUNT
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, os.getcwd())
sys.path.insert(0, str(Path(__file__).parent))

from store_makers import at, outcome

from alerts.model import Severity
from drivers.reading import Now
from gateway.store.journal import Journal
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.writer import JournalWriter


class SystemClock:
    def now(self) -> Now:
        return Now(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)

    def ok(self) -> bool:
        return True


def tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


async def journal(folder: Path, count: int) -> None:
    def open_() -> Journal:
        return Journal(folder / "journal.db", "s", "boot-1", SystemClock(), reserve=1 << 16)

    writer = JournalWriter(open_, boot="boot-1", mirror=folder / "mirror")
    first = (await writer.start()).next_seq
    tell("ready")
    for seq in range(first, first + 2 * count, 2):
        await writer.submit(outcome(seq, Severity.FIRE), at(seq))
        tell(f"committed {seq}")
    await writer.close()


async def readings(folder: Path, count: int) -> None:
    writer = ReadingsWriter(
        folder / "readings.db", folder / "tail", machine="m", clock=SystemClock(), dests=["far"], flush=0.02, reserve=1 << 16
    )
    await writer.start()
    tell("ready")
    for number in range(1, count + 1):
        boot, seq = writer.append(b"t,point=d/t value=%di,quality=0i %d000000\n" % (number, number), True)
        tell(f"logged {boot} {seq}")
        await asyncio.sleep(0)
    await writer.close()


async def flushes(folder: Path, count: int) -> None:
    writer = ReadingsWriter(folder / "readings.db", folder / "tail", machine="m", clock=SystemClock(), flush=1000.0)
    await writer.start()
    for number in range(count):
        for _ in range(20):
            writer.append(b"t,point=d/t value=%di,quality=0i 1000000\n" % number, True)
        await writer.flush()
        tell(f"flushed {number}")
    os._exit(0)  # closing would checkpoint and sync once more


if __name__ == "__main__":
    asyncio.run(
        {"journal": journal, "readings": readings, "flushes": flushes}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    )
