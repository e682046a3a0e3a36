"""The story of a disk that fills at random points (D7), for `make test` and `make soak`. Needs the right to mount a tmpfs."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from store_makers import FakeClock, at, outcome

from alerts.model import Severity
from gateway.store.journal import RESERVE_AGAIN, Journal
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.writer import JournalWriter

SIZE = "64m"  # both reserves, both databases, and a little
LONG = 60.0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "d7", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path, left: int) -> None:
    """Ballast until only `left` bytes are free."""
    with path.open("ab") as file:
        while (room := os.statvfs(path.parent)).f_bavail * room.f_frsize > left:
            try:
                file.write(b"x" * min(65536, max(4096, room.f_bavail * room.f_frsize - left)))
                file.flush()
            except OSError as error:
                assert error.errno == errno.ENOSPC
                return


async def fill_again_and_again(tmp_path: Path, times: int, seed: int) -> None:
    """A fire is committed on the full disk each time, frames stay numbered and ordered, and both recover when there is room."""
    chance, clock, dropped = Random(seed), FakeClock(), 0
    with small_disk(tmp_path / "disk") as disk:
        journal = JournalWriter(
            lambda: Journal(disk / "journal.db", "s", "boot-1", clock), boot="boot-1", mirror=tmp_path / "mirror"
        )
        seq = (await journal.start()).next_seq
        readings = ReadingsWriter(disk / "readings.db", tmp_path / "tail", machine="m", clock=clock, dests=["far"], flush=1e6)
        await readings.start()
        fires, number = 0, 0
        for _ in range(times):
            after = chance.randrange(12)
            for step in range(16):
                if step == after:
                    fill(disk / "ballast", chance.choice((0, 4096, 40_000, 200_000)))
                number += 1
                line = b"t,point=d/t value=%d,quality=0i %d000000\n" % (number, clock.now().wall)
                readings.append(line + chance.randbytes(2000).hex().encode() + b"\n", True)
                clock.mono += 1000
                if step % 4 == 3:
                    await readings.flush()
                if step % 5 == 4:
                    async with asyncio.timeout(LONG):
                        await journal.submit(outcome(seq, Severity.FIRE), at(clock.mono))
                    seq, fires = seq + 2, fires + 1
                    assert not journal.degraded, "the reserve is for this"
            readings.confirm("far", readings.boot, [(1, number - 20)] if number > 20 else [])
            (disk / "ballast").unlink()
            clock.mono += RESERVE_AGAIN  # the reserve is held again with the next commit
            await journal.submit(outcome(seq, Severity.FIRE), at(clock.mono))
            seq, fires = seq + 2, fires + 1
            for _ in range(2):
                await readings.flush()
            assert readings.failing == "", "it writes again by itself"
            assert readings.dropped >= dropped
            dropped = readings.dropped
        assert await readings.close(LONG)
        await journal.close()
        again = Journal(disk / "journal.db", "s", "boot-1", clock)
        assert len(again.load().alarms) == fires, "every fire is on the disk"
        again.close()
    print(
        f"\nfull {times} times: {fires} fires committed, {number} frames, {dropped} of them given up unconfirmed, each counted"
    )
