"""A new readings.db from a broken one: every row that can still be read is carried over. No live connection may go in here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from gateway.store.database import PARTS, connect, is_full, is_lost, quarantine, readonly, set_aside, sync_folder
from gateway.store.history import FOLDED, HOUR, MINUTES_KEPT, RAW_KEPT, SLOT, moment_of, row_of
from gateway.store.readings import SIZE

BATCH = 200  # rows in a transaction,
BYTES = 500_000  # or so many bytes: on a disk that gets full only the last transaction is not carried
ASIDE = 2  # broken files kept; what could be read of the older ones was carried over
_LAST = (1 << 63) - 1
_WHOLE = ("confirmed", "refused", "tally", "point")  # small tables, read in one go or as far as it goes


def finish(path: Path) -> None:
    """End what a power cut interrupted: a rescue that was whole takes the file's place, a part of one goes."""
    new = _new(path)
    if new.exists() and not path.exists():
        new.rename(path)
        sync_folder(path.parent)
    _remove(new)


def replace(path: Path, migrations: Sequence[str], wall: int, partial: bool) -> Path:
    """Put the broken file aside, a new one with all that can be read of it in its place. Gives where the broken one is.

    At every instant one of the two files is whole: a process that dies meanwhile does it once more. On a disk that gets full
    nothing is changed, for there may be room to make; with `partial`, when there is none, the oldest rows are all that is carried.
    `wall`: now, for the history's oldest chunks. Raises sqlite3.Error, OSError.
    """
    new = _new(path)
    _remove(new)
    try:
        with closing(connect(new, migrations)) as into:
            into.execute("PRAGMA journal_mode=DELETE")  # a WAL that a full disk does not take back is no part of the file
            try:
                _carry(path, into, wall)
            except sqlite3.Error as fault:
                if not (partial and is_full(fault)):
                    raise
                if into.in_transaction:
                    into.execute("ROLLBACK")
    except BaseException:
        _remove(new)
        raise
    kept = quarantine(path)
    new.rename(path)
    sync_folder(path.parent)
    forget(path, ASIDE)
    return kept


def forget(path: Path, but: int) -> bool:
    """Delete the oldest broken files of this name, all `but` so many. True when there was one to delete."""
    aside = set_aside(path)
    old = aside[: len(aside) - but]
    for _, one in old:
        _remove(one)
    return bool(old)


def _carry(path: Path, into: sqlite3.Connection, wall: int) -> None:
    with closing(readonly(path)) as source:
        for table in _WHOLE:
            _store(into, table, _as_far_as_it_goes(source, f"SELECT * FROM {table}"))
        # the size is that of the broken file; the hours of two days are folded again, so raw chunks make good what their rows lost
        into.execute("DELETE FROM tally WHERE name IN (?, ?)", (SIZE, FOLDED))
        _store(into, "frame", rows(source, "frame", 1, _LAST))
        for (point,) in into.execute("SELECT id FROM point").fetchall():
            first = row_of(point, max(0, wall - MINUTES_KEPT) // HOUR)
            _store(into, "minute", rows(source, "minute", first, row_of(point + 1, 0) - 1))
        _store(into, "raw", rows(source, "raw", moment_of(0, max(0, wall - RAW_KEPT) // SLOT), _LAST))


def rows(source: sqlite3.Connection, table: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The rows first <= id <= last that can be read, ascending; a stretch that cannot is stepped over."""
    sql = f"SELECT * FROM {table} WHERE id >= ? AND id <= ? ORDER BY id"
    at: int | None = first
    while at is not None:
        try:
            for row in source.execute(sql, (at, last)):
                yield row
                at = max(at, row[0] + 1)
            return
        except sqlite3.DatabaseError as fault:
            _step_over(fault)
            at = _beyond(at, last, lambda id: _readable(source, sql, id, last))


def _beyond(bad: int, last: int, readable: Callable[[int], bool]) -> int | None:
    """The first id after `bad` from which on a row can be read again; None when there is none up to `last`."""
    step = 1
    while not readable(min(bad + step, last)):
        if bad + step >= last:
            return None
        step *= 2
    low, high = bad + step // 2, min(bad + step, last)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if readable(middle) else (middle, high)
    return high


def _readable(source: sqlite3.Connection, sql: str, id: int, last: int) -> bool:
    try:
        source.execute(sql, (id, last)).fetchone()
    except sqlite3.DatabaseError as fault:
        _step_over(fault)
        return False
    return True


def _step_over(fault: sqlite3.DatabaseError) -> None:
    """Only a page that is gone is stepped over; a disk that has no room or no file now says nothing about the rows."""
    if not is_lost(fault):
        raise fault


def _as_far_as_it_goes(source: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from source.execute(sql)
    except sqlite3.DatabaseError as fault:
        _step_over(fault)  # what lies behind the broken page is lost, and said to be: the caller tells how much is missing


def _store(into: sqlite3.Connection, table: str, found: Iterator[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(into.execute(f"SELECT * FROM {table} LIMIT 0").description))
    while some := _batch(found):
        into.execute("BEGIN IMMEDIATE")
        into.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", some)
        into.execute("COMMIT")


def _batch(found: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    some, size = [], 0
    for row in islice(found, BATCH):
        some.append(row)
        size += sum(len(value) for value in row if isinstance(value, bytes))
        if size >= BYTES:
            break
    return some


def _new(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescue")


def _remove(path: Path) -> None:
    for part in PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)
