"""The log of readings on real files: nothing lost or doubled over restarts, one transaction a flush, receipts, retention."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from store_makers import WALL, FakeClock

from gateway.store import readings as readings_module
from gateway.store import readings_writer as writer_module
from gateway.store.frame import Frame, pack, unpack
from gateway.store.lines import shifted
from gateway.store.ranges import RangeSet
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.rescue import forget
from gateway.store.tail import Tail, tail_folder

LONG = 20.0
Make = Callable[..., "ReadingsWriter"]


def line(number: int, wall: int = WALL) -> bytes:
    return b"temperature,device=d,point=d/temperature value=%d.5,quality=0i %d\n" % (number, wall * 1_000_000)


class Refusal:
    seq, line, why = 1, "a broken line", "no such field"


def all_lines(frames: list[Frame]) -> list[bytes]:
    return b"".join(frame.lines for frame in frames).splitlines(keepends=True)


def rows(tmp_path: Path, sql: str = "SELECT boot, a, b FROM frame ORDER BY id") -> list[tuple[object, ...]]:
    db = sqlite3.connect(tmp_path / "data" / "readings.db")
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


async def test_a_flush_makes_one_row_and_empties_the_tail(make: Make, tmp_path: Path) -> None:
    writer = await make()
    numbers = [writer.append(line(n), True) for n in range(1, 6)]
    assert numbers == [(writer.boot, n) for n in range(1, 6)]
    assert writer.backlog("far") == 5
    assert await writer.unconfirmed("far", 9) == []
    await writer.flush()
    assert rows(tmp_path) == [(writer.boot, 1, 5)]
    assert list((tmp_path / "tail").iterdir()) == []
    assert await writer.unconfirmed("far", 9) == [Frame(writer.boot, 1, 5, b"".join(line(n) for n in range(1, 6)))]


async def test_only_what_is_not_confirmed_comes_back(make: Make) -> None:
    writer = await make()
    for n in range(1, 11):
        writer.append(line(n), True)
        if n == 5:
            await writer.flush()
    await writer.flush()
    writer.confirm("far", writer.boot, [(2, 3), (6, 6), (99, 200)])
    writer.confirm("far", "never-heard", [(1, 5)])
    assert writer.backlog("far") == 7
    found = await writer.unconfirmed("far", 99)
    assert [(frame.a, frame.b) for frame in found] == [(1, 1), (4, 5), (7, 10)]
    assert all_lines(found) == [line(n) for n in (1, 4, 5, 7, 8, 9, 10)]
    assert [(frame.a, frame.b) for frame in await writer.unconfirmed("far", 2)] == [(1, 1), (4, 5)]
    assert sum(frame.b - frame.a + 1 for frame in await writer.unconfirmed("another", 99)) == 10


async def test_confirmations_and_refusals_ride_on_the_flush_and_last(make: Make) -> None:
    writer = await make()
    for n in range(1, 5):
        writer.append(line(n), True)
    await writer.flush()
    writer.confirm("far", writer.boot, [(1, 3)])
    writer.refused("far", writer.boot, Refusal())
    await writer.close(LONG)
    again = await make()
    assert again.boot != writer.boot
    assert again.backlog("far") == 1
    [refused] = await again.refusals(9)
    assert (refused.boot, refused.line, refused.why) == (writer.boot, "a broken line", "no such field")


async def test_d2_a_tail_left_behind_is_stored_once(make: Make, tmp_path: Path) -> None:
    writer = await make()
    for n in range(1, 4):
        writer.append(line(n), True)
    left = {path.name: path.read_bytes() for path in (tmp_path / "tail").iterdir()}
    await writer.flush()
    await writer.close(LONG)
    for name, data in left.items():
        (tmp_path / "tail" / name).write_bytes(data)
    (tmp_path / "tail" / "feedbeef.m1.00000001.tail").write_bytes(b"")
    again = await make()
    assert all_lines(await again.unconfirmed("far", 99)) == [line(n) for n in range(1, 4)]
    assert rows(tmp_path) == [(writer.boot, 1, 3)]


@pytest.mark.parametrize(("at", "change"), [(-1, b""), (-30, b""), (-3, b"9"), (-70, b"\xff"), (-90, b"\xff")])
async def test_a_torn_record_ends_its_file_and_nothing_else(make: Make, tmp_path: Path, at: int, change: bytes) -> None:
    writer = await make()
    for n in range(1, 4):
        writer.append(line(n), True)
    [path] = (tmp_path / "tail").iterdir()
    whole = path.read_bytes()
    torn = whole[:at] + change + whole[len(whole) + at + 1 :] if change else whole[:at]
    (tmp_path / "tail" / "feedbeef.m1.00000007.tail").write_bytes(torn)
    path.unlink()
    again = await make()
    assert all_lines(await again.unconfirmed("far", 99)) == [line(1), line(2)]
    path.touch()


async def test_frames_wait_for_the_clock_and_get_their_time(make: Make, clock: FakeClock) -> None:
    clock.good = False
    writer = await make()
    writer.append(line(1, 70), False)
    writer.append(line(2, WALL), True)
    await writer.flush()
    writer.append(line(3, 90), False)
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(2)]
    clock.good = True
    await writer.flush()
    assert sorted(all_lines(await writer.unconfirmed("far", 9))) == [line(1, WALL + 70), line(2), line(3, WALL + 90)]


async def test_stamps_of_another_boot_are_not_guessed_within_a_day(make: Make, clock: FakeClock) -> None:
    writer = await make()
    clock.good = False
    writer.append(line(1, 70), False)
    await writer.close(LONG)
    again = await make("m2")
    clock.good = True
    again.append(line(2, 95), False)
    await again.flush()
    assert all_lines(await again.unconfirmed("far", 9)) == [line(2, WALL + 95)]
    assert again.backlog("far") == 2


async def test_retention_drops_confirmed_rows_first_and_counts_the_others(make: Make, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    writer = await make(quota=2500, tell=lambda code, count, why: told.append((code, count)))
    noise = [Random(n).randbytes(400) for n in range(30)]
    for n in range(4):
        writer.append(noise[n], True)
        await writer.flush()
    writer.confirm("far", writer.boot, [(3, 3)])
    seen = []
    for n in range(4, 9):
        writer.append(noise[n], True)
        await writer.flush()
        seen.append([row[1] for row in rows(tmp_path)])
    first = next(kept for kept in seen if len(kept) < kept[-1])
    assert 3 not in first
    assert 1 in first
    assert writer.dropped > 0
    assert writer.dropped == sum(count for code, count in told if code == "readings.dropped")
    assert writer.backlog("far") == len(seen[-1])
    assert seen[-1] == list(range(10 - len(seen[-1]), 10))


async def test_d22_a_log_at_its_quota_costs_one_sync_a_flush_and_three_bytes_for_each(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box that is some weeks old gives up a row with every flush, for years."""
    row, commits, real = 33_000, list[int](), readings_module.Readings.transaction

    def transaction(self: readings_module.Readings, work: Callable[[], None]) -> None:
        commits.append(1)
        real(self, work)

    writer = await make(quota=40 * row)

    async def flushes(many: int) -> None:
        for n in range(many):
            _, seq = writer.append(Random(n).randbytes(row), True)
            writer.confirm("far", writer.boot, [(seq, seq)])
            await writer.flush()

    await flushes(60)
    monkeypatch.setattr(readings_module.Readings, "transaction", transaction)
    before = bytes_written()
    await flushes(100)
    assert len(commits) == 100 and len(rows(tmp_path)) <= 40 and writer.dropped == 0
    assert bytes_written() - before - 100 * row < 3 * 100 * row, "without the tail, which is tmpfs in a box"


def bytes_written() -> int:
    """By this process, to whatever file."""
    return int(Path("/proc/self/io").read_text().split()[3])


async def test_a_dead_disk_keeps_frames_in_the_tail_and_callers_free(make: Make, tmp_path: Path) -> None:
    told: list[str] = []
    data, away = tmp_path / "data", tmp_path / "away"
    data.rename(away)
    writer = await make(tell=lambda code, count, why: told.append(code))
    for n in range(1, 4):
        writer.append(line(n), True)
        await writer.flush()
    assert writer.failing
    assert told == ["readings.failing"]
    assert await asyncio.wait_for(writer.unconfirmed("far", 9), LONG) == [], "the uplink lives on, with nothing to send"
    away.rename(data)
    await writer.flush()
    assert writer.failing == ""
    assert told == ["readings.failing", "readings.writing"]
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(1), line(2), line(3)]
    assert writer.backlog("far") == 3


async def test_a_file_that_opens_late_is_told_as_written_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of some GB on a slow card: the start does not wait for it, and the fault that it told of ends."""
    told: list[str] = []
    real, may = readings_module.Readings.stored, threading.Event()

    def stored(self: readings_module.Readings) -> dict[str, RangeSet]:
        assert may.wait(LONG)
        return real(self)

    monkeypatch.setattr(readings_module.Readings, "stored", stored)
    monkeypatch.setattr(writer_module, "OPENING", 0.01)
    writer = await make(tell=lambda code, count, why: told.append(code))
    assert writer.failing
    may.set()
    await writer.flush()
    assert not writer.failing and told == ["readings.failing", "readings.writing"]


async def test_d11_opening_a_large_log_reads_little_of_it(
    make: Make, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some days it has 4 GB, which a card needs minutes for; and to a clock that starts in 1970 every row of it is new."""
    path = tmp_path / "data" / "readings.db"
    full = readings_module.Readings(path)
    row = pack([Random(1).randbytes(40_000)])
    full.transaction(lambda: put_rows(full, [(n, row) for n in range(300)]))
    full.close()
    monkeypatch.setattr(readings_module, "NEWEST", 20)
    clock.mono = -WALL
    before = bytes_read()
    writer = await make()
    await writer.query("d/point", 0, 1, 1)  # answered after what a start does
    read, whole = bytes_read() - before, path.stat().st_size
    assert 20 * len(row) < read < whole / 5, "the newest rows, for the chart; not the others"
    assert writer.backlog("far") == 300
    again = readings_module.Readings(path)
    assert again.size == 300 * len(row)
    again.close()


def put_rows(db: readings_module.Readings, rows: Sequence[tuple[int, bytes]]) -> None:
    db.db.executemany("INSERT INTO frame (boot, a, b, machine, wall, frames) VALUES ('b', ?, ?, '', 1, ?)",
                      [(n, n, row) for n, row in rows])  # fmt: skip
    db.size += sum(len(row) for _, row in rows)


def bytes_read() -> int:
    """By this process, from whatever file."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_a_log_at_its_quota_gives_up_a_row_without_looking_at_all(tmp_path: Path) -> None:
    """It does so with every flush; nobody's row goes while one that everybody has is there, however late it stands."""
    db = readings_module.Readings(tmp_path / "r.db")
    db.transaction(lambda: put_rows(db, [(n, b"12345678") for n in range(20_000)]))
    steps: list[int] = []
    db.db.set_progress_handler(lambda: steps.append(1), 100)  # type: ignore[arg-type, return-value]
    gone = db.shrink(db.size - 8, {"far": {"b": RangeSet([(0, 19_990)])}})
    assert [row.a for row in gone] == [0] and len(steps) < 20
    steps.clear()
    assert db.fetch("b", RangeSet([(19_995, 19_999)]), 1, 9) == [] and len(db.damaged) == 5 and len(steps) < 20
    few = {"far": {"b": RangeSet([(5, 5), (19_000, 19_000)])}}
    assert [(row.a, row.unconfirmed) for row in db.shrink(db.size - 24, few)] == [(5, 0), (19_000, 0), (1, 1)]
    db.close()


async def test_a_frame_that_comes_while_the_file_is_opened_is_known(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").rename(tmp_path / "away")
    writer = await make()
    (tmp_path / "away").rename(tmp_path / "data")
    real = readings_module.Readings.stored

    def stored(self: readings_module.Readings) -> dict[str, RangeSet]:
        writer.append(line(1), True)
        return real(self)

    monkeypatch.setattr(readings_module.Readings, "stored", stored)
    await writer.flush()
    assert writer.backlog("far") == 1
    await writer.flush()
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(1)]


async def test_the_tail_is_bounded_while_the_disk_is_dead(make: Make, tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "away")
    writer = await make(tail_most=400)
    for n in range(1, 9):
        writer.append(line(n), True)
        await writer.flush()
    assert 0 < writer.dropped < 8
    assert writer.backlog("far") == 8 - writer.dropped
    (tmp_path / "away").rename(tmp_path / "data")
    await writer.flush()
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(n) for n in range(writer.dropped + 1, 9)]


async def test_d7_what_the_database_has_is_not_counted_lost_when_a_dead_disk_keeps_no_copy(make: Make, tmp_path: Path) -> None:
    """Live frames arrive while the disk takes nothing: the tail lets them go, and nobody is told of a loss."""
    (tmp_path / "data").rename(tmp_path / "away")
    writer = await make(tail_most=400)
    for n in range(1, 9):
        writer.append(line(n), True)
        writer.confirm("far", writer.boot, [(n, n)] if n != 2 else [])
        await writer.flush()
    assert (writer.dropped, writer.backlog("far")) == (1, 0), "the second alone, which nobody has"


async def test_a_broken_file_is_put_aside(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "data" / "readings.db"
    path.write_bytes(b"rubbish" * 1000)
    told: list[str] = []
    writer = await make(tell=lambda code, count, why: told.append(code))
    writer.append(line(1), True)
    await writer.flush()
    assert told == ["readings.quarantine", "readings.writing"]
    assert path.with_name("readings.db.quarantine-1").exists()
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(1)]


async def test_d17_a_page_found_broken_while_it_lives_is_put_aside_at_once(make: Make, tmp_path: Path) -> None:
    """Nobody waits for the next flush or start: what can be read goes on in a new file, what cannot is counted, people are told."""
    path = tmp_path / "data" / "readings.db"
    told: list[str] = []
    writer = await make(tell=lambda code, count, why: told.append(code))
    chance = Random(7)
    for _ in range(60):  # rows that fill pages of their own: nothing of them can be compressed
        noise = b"temperature value=%s\n" % chance.randbytes(3000).hex().encode()
        writer.append(noise, True)
        await writer.flush()
    writer.confirm("far", writer.boot, [(1, 10)])
    await writer.flush()
    break_leaves(path, "frame", {20, 21, 40})
    writer.append(line(61), True)
    assert await writer.unconfirmed("far", 99) == [], "told as failing; asked again"
    await writer.flush()
    assert told[0] == "readings.failing" and told[-2:] == ["readings.dropped", "readings.writing"]
    assert told.count("readings.quarantine") == 1 and path.with_name("readings.db.quarantine-1").exists()
    kept = {frame.a for frame in await writer.unconfirmed("far", 99)}
    assert len(kept) + writer.dropped == 51 and kept >= {*range(11, 16), *range(30, 36), *range(50, 62)}
    assert 3 <= writer.dropped <= 9 and writer.backlog("far") == len(kept)
    assert not path.with_name("readings.db.rescue").exists()


@pytest.mark.parametrize("whole", [True, False])
async def test_d17_a_power_cut_while_a_broken_file_is_replaced(make: Make, tmp_path: Path, whole: bool) -> None:
    """Before the new file is whole the broken one is still there; after, the new one takes its place at the next start."""
    writer = await make()
    writer.append(line(1), True)
    await writer.close(LONG)
    path = tmp_path / "data" / "readings.db"
    rescue = path.with_name("readings.db.rescue")
    if whole:
        path.rename(rescue)
    else:
        rescue.write_bytes(b"a part of it")
    again = await make()
    assert all_lines(await again.unconfirmed("far", 9)) == [line(1)]
    assert not rescue.exists()


def test_of_broken_files_the_newest_two_are_kept(tmp_path: Path) -> None:
    for n in (2, 9, 10, 11):
        (tmp_path / f"readings.db.quarantine-{n}").touch()
        (tmp_path / f"readings.db.quarantine-{n}-wal").touch()
    assert forget(tmp_path / "readings.db", 2)
    left = {f"readings.db.quarantine-{n}{part}" for n in (10, 11) for part in ("", "-wal")}
    assert {one.name for one in tmp_path.iterdir()} == left


def break_leaves(path: Path, table: str, ids: set[int]) -> None:
    """Overwrite the leaf pages of a table that hold the rows of these ids, as a card may, beneath a file that is open."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    data = bytearray(path.read_bytes())

    def varint(at: int) -> tuple[int, int]:
        value = 0
        for n in range(8):
            value = value << 7 | data[at + n] & 0x7F
            if data[at + n] < 0x80:
                return value, at + n + 1
        return value << 8 | data[at + 8], at + 9

    def leaves(page: int) -> None:
        start = (page - 1) * size
        cells = int.from_bytes(data[start + 3 : start + 5], "big")
        head = 12 if data[start] == 5 else 8
        at = [int.from_bytes(data[start + head + 2 * n : start + head + 2 * n + 2], "big") + start for n in range(cells)]
        if data[start] == 5:  # an interior page: its children (the file format's chapter 1.6)
            for child in [*at, start + 8]:
                leaves(int.from_bytes(data[child : child + 4], "big"))
        elif ids & {varint(varint(cell)[1])[0] for cell in at}:
            data[start : start + size] = b"\xa5" * size

    leaves(root)
    path.write_bytes(data)


@pytest.mark.parametrize("frames", [b"\0" * 9, pack([line(1), line(1)])], ids=["no row", "another's number of frames"])
async def test_a_damaged_row_is_dropped_and_counted(make: Make, tmp_path: Path, frames: bytes) -> None:
    writer = await make()
    for n in (1, 2):
        writer.append(line(n), True)
        await writer.flush()
    db = sqlite3.connect(tmp_path / "data" / "readings.db")
    db.execute("UPDATE frame SET frames = ? WHERE a = 1", (frames,))
    db.commit()
    db.close()
    assert all_lines(await writer.unconfirmed("far", 9)) == [line(2)]
    await writer.flush()
    assert (writer.dropped, writer.backlog("far")) == (1, 1)


async def test_d7_a_full_disk_gives_up_old_rows_and_recovers(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that may not grow: SQLITE_FULL as on a full disk; the old rows make room."""
    real = readings_module.connect

    def small(*args: object, **kw: object) -> sqlite3.Connection:
        db = real(*args, **kw)  # type: ignore[arg-type]
        db.execute("PRAGMA max_page_count=40")
        return db

    monkeypatch.setattr(readings_module, "connect", small)
    writer = await make()
    for n in range(1, 41):
        writer.append(Random(n).randbytes(6000), True)
        await writer.flush()
    await writer.flush()
    assert writer.failing == ""
    assert writer.dropped > 0
    assert rows(tmp_path)[-1][2] == 40


def test_the_tail_lies_on_tmpfs_in_a_folder_of_its_own(tmp_path: Path) -> None:
    one, other = tail_folder(tmp_path / "a", tmp_path), tail_folder(tmp_path / "b", tmp_path)
    assert one != other
    assert one.parent == tmp_path
    assert tail_folder(tmp_path / "a", tmp_path / "no tmpfs") == tmp_path / "a" / "tail"
    Tail(one, "b", "m")
    assert one.stat().st_mode & 0o777 == 0o700
    assert tail_folder(tmp_path / "a", tmp_path) == one, "our own folder of an earlier run"
    other.symlink_to(tmp_path)
    assert tail_folder(tmp_path / "b", tmp_path) == tmp_path / "b" / "tail", "a name that somebody else has taken"


@pytest.mark.parametrize("kind", ["link", "open to others"])
def test_a_tail_folder_laid_by_somebody_else_is_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "tail"
    (tmp_path / "other").mkdir()
    if kind == "link":
        folder.symlink_to(tmp_path / "other")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(PermissionError):
        Tail(folder, "b", "m")


def test_rows_keep_their_frames_apart() -> None:
    frames = [b"", b"a\n", b"bb\nc\n"]
    assert unpack(pack(frames)) == frames
    for rubbish in (b"", b"x", pack(frames)[:-2]):
        with pytest.raises(ValueError, match="row of frames"):
            unpack(rubbish)


def test_shifting_moves_every_stamp() -> None:
    assert shifted(line(1, 5) + line(2, 6), -2) == line(1, 3) + line(2, 4)
    assert shifted(b"", 5) == b""
