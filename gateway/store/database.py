"""Opening a SQLite file safely: pragmas, additive migrations, quarantine of a broken one. No table is known here."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

WAL_LIMIT = 4 * 1024 * 1024
BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
UNREADABLE = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS})
PARTS = ("", "-wal", "-shm")


StoreError = sqlite3.Error  # what a reader of the stores' files may meet; the rest of the gateway knows no sqlite3


class Shut(sqlite3.OperationalError):
    """A file is not open, since it or its disk fails, which has been told."""


def code_of(fault: BaseException) -> int:
    """SQLite's primary error code, 0 when it has none."""
    return int(getattr(fault, "sqlite_errorcode", 0)) & 0xFF


def is_broken(fault: BaseException) -> bool:
    """Is the file itself damaged (and not the disk, the folder or the rights)?"""
    return code_of(fault) in BROKEN


def is_lost(fault: BaseException) -> bool:
    """Is a page gone: damaged, or one that the disk gives back no more (a worn sector: asked again it says the same)?"""
    return is_broken(fault) or getattr(fault, "sqlite_errorcode", 0) in UNREADABLE


def is_full(fault: BaseException) -> bool:
    """Has the disk no room: for the file, its WAL, or the index of the WAL that opening it makes?"""
    return code_of(fault) == sqlite3.SQLITE_FULL or getattr(fault, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE


def connect(path: Path, migrations: Sequence[str], *, pages: int = 500, examined: bool = True) -> sqlite3.Connection:
    """Open for the one writer: WAL, synchronous=FULL, checkpoint every `pages` pages, and migrated.

    `migrations[i]` brings user_version i to i+1 and only adds; a file of a newer release opens unchanged. `examined`: read whole
    first, so that what is broken is found now; a large file on a card takes minutes to be read, and is used as it is.
    Raises sqlite3.Error.
    """
    fresh = not path.exists()
    db = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA journal_size_limit={WAL_LIMIT}")
        db.execute(f"PRAGMA wal_autocheckpoint={pages}")
        db.execute("PRAGMA cache_size=-1024")
        db.execute("PRAGMA secure_delete=ON")  # erased is erased
        found = db.execute("PRAGMA quick_check(1)").fetchone() if examined else ("ok",)
        if found is None or found[0] != "ok":
            fault = sqlite3.DatabaseError(f"quick_check: {found}")
            fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise fault
        version = db.execute("PRAGMA user_version").fetchone()[0]
        for number, script in enumerate(migrations[version:], start=version + 1):
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")
        if fresh:
            sync_folder(path.parent)
    except BaseException:
        db.close()
        raise
    return db


def readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for looking while the writer lives. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2.0, isolation_level=None)


def set_aside(path: Path) -> list[tuple[int, Path]]:
    """The broken files of this name, (number, path), the oldest first: a number is not given twice while a later one is there."""
    found = [(one.name.rpartition("-")[2], one) for one in path.parent.glob(f"{path.name}.quarantine-*")]
    return sorted((int(number), one) for number, one in found if number.isdecimal())


def quarantine(path: Path) -> Path:
    """Move a broken database with its WAL aside as <name>.quarantine-N and return where it is now. Raises OSError."""
    target = path.with_name(f"{path.name}.quarantine-{max((n for n, _ in set_aside(path)), default=0) + 1}")
    for part in PARTS:
        source = path.with_name(path.name + part)
        if source.exists():
            source.rename(target.with_name(target.name + part))
    sync_folder(path.parent)
    return target


def sync_folder(folder: Path) -> None:
    """Renames in this folder are on the disk when it returns. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
