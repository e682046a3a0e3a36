"""The history against a plain list of samples; what it costs; recovery of open chunks after kill -9."""

from __future__ import annotations

import math
import sqlite3
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_makers import FakeClock

from drivers.reading import Now, Quality, Reading
from gateway.store.database import connect
from gateway.store.history import HOUR, MINUTE, SLOT, History, point_of, row_of
from gateway.store.lines import Sample, samples
from gateway.store.readings import MIGRATIONS, Readings
from gateway.store.readings_writer import ReadingsWriter

BASE = 500_000 * HOUR


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return connect(tmp_path / "h.db", MIGRATIONS)


def store(history: History, wall: int) -> None:
    due = history.due(wall)
    history.put(due, wall)
    history.fold(wall)
    history.forget(due)


SAMPLES = st.lists(
    st.tuples(st.integers(0, 3 * HOUR - 1), st.none() | st.integers(-1000, 1000).map(float), st.integers(0, 3)), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(SAMPLES, st.integers(0, 18), st.lists(st.integers(0, 2), max_size=4))
def test_minutes_and_raw_agree_with_the_samples(
    given_: list[tuple[int, float | None, int]], stored: int, folded: list[int]
) -> None:
    """Whatever part of it is stored and folded, and in how many lives."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript("".join(MIGRATIONS))
    history = History()
    history.attach(db)
    taken = {at: (value, quality) for at, value, quality in given_}
    for at, (value, quality) in taken.items():
        history.add([Sample("p", BASE + at, math.nan if value is None else value, quality)])
    due = history.due(BASE + stored * SLOT)
    for most in [*folded, 8]:
        history.put(due[:most], BASE + stored * SLOT)
        history.forget(due[:most])
        del due[:most]
        history.fold(BASE + stored * SLOT, most)
        history.attach(db)
    for most, width in ((180, MINUTE), (3, HOUR)):
        found = history.query("p", BASE, BASE + 3 * HOUR, most, BASE + 3 * HOUR)
        by_start = {
            t: (a, b, q) for t, a, b, q in zip(found.t, found.min, found.max, found.quality, strict=True) if q is not None
        }
        expected = {}
        for start in {at // width * width for at in taken}:
            inside = [taken[at] for at in taken if start <= at < start + width]
            known = [value for value, _ in inside if value is not None]
            expected[BASE + start] = (min(known, default=None), max(known, default=None), max(q for _, q in inside))
        assert by_start == expected
    raw = history.query("p", BASE, BASE + HOUR, 10**9, BASE + HOUR)
    assert [t - BASE for t, q in zip(raw.t, raw.quality, strict=True) if q is not None] == sorted(
        at for at in taken if at < HOUR
    )
    db.close()


def test_a_hole_is_null_and_an_unknown_point_is_empty(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)
    history.add([Sample("p", BASE, 1.0, 0), Sample("p", BASE + 20 * MINUTE, 2.0, 0)])
    found = history.query("p", BASE, BASE + HOUR, 60, BASE + HOUR)
    assert found.mean == [1.0, None, 2.0]
    assert found.quality == [0, None, 0]
    assert history.query("never", BASE, BASE + 99 * HOUR, 60, BASE).t == []


def test_late_samples_join_their_stored_chunk(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)
    history.add([Sample("p", BASE + 1000, 1.0, 0)])
    store(history, BASE + SLOT)
    history.add([Sample("p", BASE + 2000, 3.0, 1)])
    store(history, BASE + SLOT)
    found = history.query("p", BASE, BASE + 3 * HOUR, 180, BASE + HOUR)
    assert (found.min, found.mean, found.max, found.quality) == ([1.0], [2.0], [3.0], [1])


def test_raw_is_kept_two_days_and_minutes_a_year(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)
    for hours in (0, 49, 24 * 399, 24 * 403, 24 * 403 + 1):
        history.add([Sample("p", BASE + hours * HOUR, float(hours), 0)])
        store(history, BASE + hours * HOUR + SLOT)
    assert db.execute("SELECT count(*) FROM raw").fetchone()[0] == 3
    found = history.query("p", BASE, BASE + 24 * 404 * HOUR, 10**6, BASE + 24 * 404 * HOUR)
    assert [value for value in found.mean if value is not None] == [24.0 * 399, 24.0 * 403, 24.0 * 403 + 1]


def test_d22_chunks_of_one_moment_are_written_side_by_side(tmp_path: Path) -> None:
    """All points store their ten minutes at once, and let old ones go; the page that a point's hour costs is written once an hour."""
    log = Readings(tmp_path / "r.db")
    log.db.execute("PRAGMA synchronous=OFF")
    log.db.execute("PRAGMA wal_autocheckpoint=0")
    history, points, wal = History(), 20, tmp_path / "r.db-wal"
    history.attach(log.db)

    def slots(first: int, last: int) -> None:
        for n in range(first, last):
            for point in range(points):
                history.add(Sample(f"d{point}/t", BASE + n * SLOT + s * 20_000, float(s * n % 17), 0) for s in range(30))
            log.transaction(lambda n=n: store(history, BASE + (n + 1) * SLOT))  # type: ignore[misc]

    slots(0, 294)
    before = wal.stat().st_size
    slots(294, 324)
    assert (wal.stat().st_size - before) / 4096 / 30 < points, "its part of the moment's, and a sixth of the pages of its hour"
    log.close()


def test_d11_a_clock_that_is_years_ahead_for_a_moment_leaves_the_history_there(db: sqlite3.Connection) -> None:
    """Somebody types 2040: what was kept for a year must not be gone when the mistake is seen; nor the next chunk after a restart."""
    history = History()
    history.attach(db)
    for hour in range(40):
        history.add([Sample("p", BASE + hour * HOUR, float(hour), 0)])
        store(history, BASE + (hour + 1) * HOUR)
    ahead = BASE + 14 * 365 * 24 * HOUR
    history.add([Sample("p", BASE + 40 * HOUR, 40.0, 0), Sample("p", ahead, 99.0, 0)])
    store(history, ahead + SLOT)
    found = history.query("p", BASE, BASE + 41 * HOUR, 100, BASE + 41 * HOUR)
    assert len([value for value in found.mean if value is not None]) >= 37
    again = History()
    again.attach(db)
    again.recover([Sample("p", BASE + 41 * HOUR, 41.0, 0)])
    assert again.query("p", BASE + 41 * HOUR, BASE + 42 * HOUR, 9, BASE + 42 * HOUR).mean == [41.0]


def test_an_hour_is_folded_once_when_it_is_over_also_after_a_clock_that_was_ahead(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)

    def folded() -> int:
        return int(db.execute("SELECT count(*) FROM minute").fetchone()[0])

    def ten_minutes(wall: int) -> None:
        history.add([Sample("p", wall, 1.0, 0)])
        store(history, wall + SLOT)

    ten_minutes(BASE + 90 * 24 * HOUR)
    store(history, BASE + 90 * 24 * HOUR + HOUR)
    assert folded() == 1
    for slot in range(5):
        ten_minutes(BASE + slot * SLOT)
    assert folded() == 1, "the present hour is not over, though it lies before the one that was"
    ten_minutes(BASE + 5 * SLOT)
    assert folded() == 2
    ten_minutes(BASE + HOUR)
    store(history, BASE + 2 * HOUR)
    history.add([Sample("p", BASE + SLOT + 1000, 7.0, 0)])
    store(history, BASE + 2 * HOUR + SLOT)
    assert (folded(), history.query("p", BASE, BASE + 3 * HOUR, 3, BASE + 3 * HOUR).max) == (3, [7.0, 1.0]), (
        "a chunk that comes late"
    )


def test_a_damaged_chunk_stops_nothing_and_one_of_an_older_version_is_read(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)
    for point in "abc":
        history.add(Sample(point, BASE + slot * SLOT + 1000, 5.0, 0) for slot in range(6))
    for slot in range(1, 7):
        due = history.due(BASE + slot * SLOT)
        history.put(due, BASE + slot * SLOT)
        history.forget(due)
    first, second, third = (id for (id,) in db.execute("SELECT id FROM raw ORDER BY id LIMIT 3"))
    kept = db.execute("SELECT samples FROM raw WHERE id = ?", (first,)).fetchone()[0]
    older = zlib.compress(struct.pack("<IfB", 2000, 6.0, 0))
    for id, row in ((first, kept[:-9] + b"\0" * 9), (second, older)):
        db.execute("UPDATE raw SET samples = ? WHERE id = ?", (row, id))
    db.execute("INSERT INTO minute (id, minutes) VALUES (?, ?)", (row_of(point_of(third), BASE // HOUR), b"x" * 40))
    history.fold(BASE + HOUR)
    means = [[m for m in history.query(p, BASE, BASE + 3 * HOUR, 180, BASE + HOUR).mean if m is not None] for p in "abc"]
    assert means == [[5.0] * 5, [6.0] + [5.0] * 5, [5.0] * 6]


def test_size_of_a_day_of_a_point(db: sqlite3.Connection) -> None:
    """1 GB a year for 200 points is 13.7 kB a day and point; raw chunks live for two days only."""
    history = History()
    history.attach(db)
    for second in range(0, 24 * 3600, 5):
        value = round(21 + 3 * math.sin(second / 9000) + ((second * 7919) % 13) / 40, 1)
        history.add([Sample("p", BASE + second * 1000, value, 0)])
        if second % 600 == 0:
            store(history, BASE + second * 1000)
    assert db.execute("SELECT sum(length(minutes)) FROM minute").fetchone()[0] < 13_700


@pytest.mark.parametrize("flushed", [True, False])
async def test_open_chunks_come_back_after_a_kill(tmp_path: Path, clock: FakeClock, flushed: bool) -> None:
    """The chunk of the last ten minutes is rebuilt from the frames: rows and tail."""
    wall = clock.now().wall
    line = b"temperature,site=s,point=d/temperature value=21.5,quality=0i %d\n" % (wall * 1_000_000)
    first = ReadingsWriter(tmp_path / "r.db", tmp_path / "tail", machine="m", clock=clock, flush=1000.0, reserve=1 << 16)
    await first.start()
    first.append(line, True)
    first.add([Reading("d/temperature", 21.5, Quality.GOOD, Now(wall, 1))])
    if flushed:
        await first.flush()
    again = ReadingsWriter(tmp_path / "r.db", tmp_path / "tail", machine="m", clock=clock, flush=1000.0, reserve=1 << 16)
    await again.start()
    again.add([Reading("d/temperature", None, Quality.STALE, Now(wall + 2000, 1))])
    found = await again.query("d/temperature", wall - 1000, wall + 5000, 6)
    assert (found.mean, found.quality) == ([21.5, None], [0, 2])
    for writer in (first, again):
        await writer.close(20.0)


@given(st.binary(max_size=200))
def test_foreign_lines_are_passed_over(rubbish: bytes) -> None:
    list(samples(rubbish))


def test_d21_open_chunks_are_bounded(db: sqlite3.Connection) -> None:
    history = History()
    history.attach(db)
    for slot in range(10):
        history.add([Sample("p", BASE + slot * SLOT, 1.0, 0)])
    assert history.bound(45) == 5
    assert history.query("p", BASE, BASE + HOUR, 60, BASE + HOUR).t == [BASE + 5 * SLOT]
