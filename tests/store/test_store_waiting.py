"""Frames without a clock (the 24 h rule), retention by age, counts that last, refused lines sent once more, pieces of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from store_makers import WALL, FakeClock

from drivers.reading import Now
from gateway.store.dating import DAY, EARLIEST, guessed, overdue
from gateway.store.readings import Refused
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.retention import KEPT

LONG = 60.0
Make = Callable[..., "ReadingsWriter"]


def line(number: int, ms: int = WALL, quality: int = 0) -> bytes:
    return b"temperature,device=d,point=d/t value=%d.5,quality=%di %d\n" % (number, quality, ms * 1_000_000)


class Settable(FakeClock):
    """Wall and boot clock apart from each other."""

    wall = WALL

    def now(self) -> Now:
        return Now(self.wall + self.mono, self.mono)


@pytest.fixture
def clock() -> Settable:
    return Settable()


@pytest.fixture
async def make(tmp_path: Path, clock: Settable) -> AsyncIterator[Make]:
    made: list[ReadingsWriter] = []

    async def make_(machine: str = "m1", **more: object) -> ReadingsWriter:
        options = {"dests": ["far"], "flush": 1000.0, "reserve": 1 << 16, **more}
        writer = ReadingsWriter(tmp_path / "r.db", tmp_path / "tail", machine=machine, clock=clock, **options)  # type: ignore[arg-type]
        await writer.start()
        made.append(writer)
        return writer

    yield make_
    for writer in made:
        await writer.close(LONG)


def stored(tmp_path: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(tmp_path / "r.db")) as db:
        return db.execute("SELECT a, b FROM frame ORDER BY id").fetchall()


async def lines(writer: ReadingsWriter) -> list[bytes]:
    return b"".join(f.lines for f in await writer.unconfirmed("far", 999)).splitlines(keepends=True)


async def test_d11_after_a_day_without_a_clock_frames_go_as_uncertain(make: Make, clock: Settable) -> None:
    clock.good = False
    writer = await make()
    writer.append(line(1, 500), False)
    writer.append(line(2, 600, quality=3), False)
    await writer.flush()
    clock.mono = DAY + 599
    writer.append(line(3, clock.mono), False)
    await writer.flush()
    assert await lines(writer) == [], "the row holds something younger than a day"
    clock.mono += 1
    await writer.flush()
    assert await lines(writer) == [line(1, WALL + 500, 1), line(2, WALL + 600, 3)]
    clock.good = True
    clock.wall += 7
    await writer.flush()
    assert await lines(writer) == [line(1, WALL + 500, 1), line(2, WALL + 600, 3), line(3, WALL + 7 + DAY + 599)]


async def test_d11_a_boot_that_never_knew_its_clock_is_dated_behind_what_came_before(make: Make, clock: Settable) -> None:
    """The boot before was in 1970; it lies between the last dated row and the present start, and says that it is a guess."""
    first = await make("m0")
    first.append(line(0), True)
    await first.close(LONG)
    clock.good, clock.wall = False, 0
    clock.mono = 90_000
    second = await make("m1")
    second.append(line(1, 70_000), False)
    await second.close(LONG)
    clock.good, clock.wall, clock.mono = True, WALL + 3_600_000, 5_000
    third = await make("m2")
    third.append(line(2, 1), True)
    await third.flush()
    assert await lines(third) == [line(0), line(1, WALL + 1_000, 1), line(2, 1)]
    assert third.backlog("far") == 3


@pytest.mark.parametrize(
    ("written", "last", "before", "started", "end"),
    [
        (WALL, 9, 0, None, WALL),  # its own clock, when nothing else is known
        (WALL, 9, WALL + 5, None, WALL + 5),  # not before what came before it
        (WALL + 8, 9, WALL + 5, WALL + 20, WALL + 8),
        (WALL + 30, 9, WALL + 5, WALL + 20, WALL + 20),  # not after the present start: 2040, corrected
        (70_000, 9, 0, WALL, WALL),  # 1970 and nothing before: as late as it can be
        (70_000, 9, 0, None, None),  # 1970 now too: nobody knows
    ],
)
def test_the_likeliest_time(written: int, last: int, before: int, started: int | None, end: int | None) -> None:
    assert guessed(written, last, before, started) == (None if end is None else end - last)


def test_overdue() -> None:
    assert not overdue(WALL, WALL + DAY - 1)
    assert overdue(WALL, WALL + DAY)
    assert overdue(WALL + 1, WALL), "stored in the future: waiting makes nothing better"
    assert overdue(EARLIEST - 1, WALL)


async def test_d7_old_rows_go_when_everybody_has_them_and_only_then(make: Make, clock: Settable, tmp_path: Path) -> None:
    told: list[str] = []
    writer = await make(tell=lambda code, count, why: told.append(code))
    for n in range(1, 5):
        writer.append(line(n), True)
        await writer.flush()
    writer.confirm("far", writer.boot, [(1, 1), (3, 3)])
    clock.mono += KEPT
    clock.good = False
    await writer.flush()
    clock.good = True
    assert len(stored(tmp_path)) == 4, "a box that does not know the time drops nothing"
    clock.mono += 1
    await writer.flush()
    assert stored(tmp_path) == [(2, 2), (4, 4)]
    assert (writer.backlog("far"), writer.dropped, told) == (2, 0, [])


async def test_without_a_destination_nothing_is_missed(make: Make) -> None:
    told: list[str] = []
    writer = await make(dests=[], quota=1, tell=lambda code, count, why: told.append(code))
    writer.append(line(1), True)
    await writer.flush()
    assert (writer.dropped, told) == (0, [])


async def test_d7_what_was_given_up_is_counted_for_life(make: Make) -> None:
    writer = await make(quota=1)
    for n in range(1, 4):
        writer.append(line(n), True)
        await writer.flush()
    assert writer.dropped == 3
    await writer.close(LONG)
    again = await make()
    assert again.dropped == 3


async def test_a_refused_line_goes_once_more_and_unchanged(make: Make) -> None:
    writer = await make()
    for n in range(1, 6):
        writer.append(line(n) + line(10 + n), True)
    await writer.flush()
    writer.confirm("far", writer.boot, [(1, 5)])
    for text, boot in ((line(13), writer.boot), (line(13), "gone-boot"), (b"never kept", writer.boot)):
        writer.refused("far", boot, Refused("far", boot, 2, text.decode().rstrip(), "400", 0))
    await writer.flush()
    assert len(await writer.refusals(9)) == 3
    assert await writer.resend() == (1, 2)
    assert await lines(writer) == [line(3), line(13)]
    assert await writer.refusals(9) == []
    writer.confirm("far", writer.boot, [(3, 3)])
    assert writer.backlog("far") == 0


async def test_rows_come_in_pieces_and_without_what_is_under_way(make: Make) -> None:
    writer = await make()
    for n in range(1, 11):
        writer.append(line(n), True)
    await writer.flush()
    size = len(line(1))
    assert [(f.a, f.b) for f in await writer.unconfirmed("far", 9, most=3 * size + 2)] == [(1, 3), (4, 6), (7, 9), (10, 10)]
    assert [(f.a, f.b) for f in await writer.unconfirmed("far", 2, most=1)] == [(1, 1), (2, 2)]
    away = [(writer.boot, 1, 2), (writer.boot, 6, 6), ("other", 1, 9)]
    assert [(f.a, f.b) for f in await writer.unconfirmed("far", 9, besides=away)] == [(3, 5), (7, 10)]
    assert await lines(writer) == [line(n) for n in range(1, 11)]
