"""How dashboard.db is opened: readable by its owner only, one connection per use. No tables of its own: each keeper brings its schema."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

DiskError = sqlite3.Error  # what every keeper raises where the file can be read or written no more


def opener(path: Path, schema: str) -> Callable[[], AbstractContextManager[sqlite3.Connection]]:
    """Makes the file and the tables of `schema` where they are missing; gives what opens it for one transaction.

    One connection per use: safe from every thread, and the command line may write meanwhile.
    """
    if not path.exists():  # one that is there is opened on a dead disk too
        path.touch(mode=0o600)

    @contextlib.contextmanager
    def opened() -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(path, timeout=10)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            with db:
                yield db
        finally:
            db.close()

    with opened() as db:
        db.executescript(schema)
    return opened
