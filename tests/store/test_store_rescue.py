"""A readings.db that breaks: on a full disk, with its history, again and again, and when the disk gives a page no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import pytest
from full_disk import fill, small_disk
from store_makers import WALL, FakeClock
from test_store_readings import LONG, Make, all_lines, break_leaves, line

from drivers.reading import Quality, Reading
from gateway.store.database import is_lost, quarantine
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.rescue import forget

MINUTE = 60_000


def noise(number: int, size: int = 3000) -> bytes:
    return b"temperature value=%s\n" % Random(number).randbytes(size).hex().encode()


@pytest.mark.parametrize("left", [0, 300_000])
async def test_d7_d17_a_file_that_breaks_on_a_full_disk_is_replaced_all_the_same(
    tmp_path: Path, clock: FakeClock, left: int
) -> None:
    """The space held back and the broken file itself make room; what could not be carried over is counted, never silent."""
    with small_disk(tmp_path / "disk") as disk:
        path, told = disk / "readings.db", list[str]()
        writer = ReadingsWriter(path, tmp_path / "tail", machine="m", clock=clock, dests=["far"], flush=1e6, reserve=8 << 20,
                                tell=lambda code, count, why: told.append(code))  # fmt: skip
        await writer.start()
        for n in range(1, 61):
            writer.append(noise(n, 150_000), True)
            await writer.flush()
        break_leaves(path, "frame", {20, 21, 40})
        fill(disk / "ballast", left)
        for n in range(61, 66):
            writer.append(line(n), True)
            await writer.unconfirmed("far", 99)
            await writer.flush()
        for _ in range(2):
            await writer.flush()
        assert writer.failing == "" and "readings.quarantine" in told
        kept = await writer.unconfirmed("far", 99)
        numbers = {n for frame in kept for n in range(frame.a, frame.b + 1)}
        assert len(numbers) + writer.dropped == 65 and numbers >= set(range(61, 66)), "the newest are there"
        assert writer.dropped <= 12, "what was readable and had room was carried over"
        assert await writer.close(LONG)


async def test_the_history_is_carried_over_whole_when_only_frames_broke(make: Make, tmp_path: Path, clock: FakeClock) -> None:
    writer, path = await make(), tmp_path / "data" / "readings.db"
    for n in range(180):  # three hours, a value a minute, and rows that fill pages of their own
        clock.mono += MINUTE
        writer.add([Reading("d/point", n + 0.5, Quality.GOOD, clock.now())])
        writer.append(noise(n), True)
        if n % 3 == 2:
            await writer.flush()
    span = ("d/point", WALL, clock.now().wall + 1, 60)
    before = await writer.query(*span)
    assert len(before.t) >= 55 and max(v for v in before.max if v is not None) == 179.5
    break_leaves(path, "frame", {20, 40})
    await writer.unconfirmed("far", 99)
    await writer.flush()
    assert path.with_name("readings.db.quarantine-1").exists() and writer.dropped > 0
    assert await writer.query(*span) == before


async def test_d17_a_file_that_breaks_again_and_again_leaves_the_newest_two(make: Make, tmp_path: Path) -> None:
    writer, path, last = await make(), tmp_path / "data" / "readings.db", 0
    for time in range(1, 6):
        for _ in range(12):
            last += 1
            writer.append(noise(last), True)
            await writer.flush()
        break_leaves(path, "frame", {last // 2})
        await writer.unconfirmed("far", 99)
        await writer.flush()
        assert path.with_name(f"readings.db.quarantine-{time}").exists(), "the one just put aside is never the one to go"
    left = {one.name for one in path.parent.glob("readings.db.quarantine-?")}
    assert left == {"readings.db.quarantine-4", "readings.db.quarantine-5"}


def test_a_broken_file_has_a_number_above_all_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    for number in range(1, 5):
        path.write_bytes(b"%d" % number)
        assert quarantine(path).name == f"x.db.quarantine-{number}"
        forget(path, 1)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"4"]


@pytest.mark.parametrize(
    ("code", "lost"),
    [
        (sqlite3.SQLITE_CORRUPT, True), (sqlite3.SQLITE_IOERR_READ, True), (sqlite3.SQLITE_IOERR_SHORT_READ, True),
        (sqlite3.SQLITE_IOERR_FSYNC, False), (sqlite3.SQLITE_IOERR_WRITE, False), (sqlite3.SQLITE_FULL, False),
    ],
)  # fmt: skip
def test_what_the_disk_gives_back_no_more_is_told_from_what_it_does_not_take(code: int, lost: bool) -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = code
    assert is_lost(fault) is lost


async def test_d17_a_page_that_the_disk_gives_no_more_is_put_aside_like_a_broken_one(
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """EIO on read, as a card gives it for a worn sector: asked again it says the same, so waiting would be for ever."""
    writer = await make()
    for n in (1, 2, 3):
        writer.append(line(n), True)
        await writer.flush()
    bad = sqlite3.OperationalError("disk I/O error")
    bad.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ

    def unreadable(*_: object) -> None:
        raise bad

    with monkeypatch.context() as patch:
        patch.setattr("gateway.store.readings.Readings.fetch", unreadable)
        assert await writer.unconfirmed("far", 9) == []
    await writer.flush()
    assert writer.failing == "" and (tmp_path / "data" / "readings.db.quarantine-1").exists()
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(1), line(2), line(3)]
