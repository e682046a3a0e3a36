"""What can still be had from a journal in quarantine: the tables of the present and the end of its chain. Read only."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.store.database import PARTS, readonly

# The tables that say how things stand now; past events stay in the quarantined file.
CARRIED = (
    ("alarm", " WHERE open = 1"),
    ("mark", " WHERE open = 1"),
    ("opening", ""),
    ("notification", " WHERE state = 'queued'"),
    ("delivery", ""),
    ("output", ""),
    ("command", ""),
    ("meta", " WHERE key NOT LIKE 'chain.%'"),
)
_SEQ = re.compile(rb'"seq":(\d{1,15})[,}]')
_STEP = 1 << 20


def carry(old: Path, into: sqlite3.Connection) -> tuple[str, ...]:
    """Copy the rows that can be read into an open transaction; give the names of the tables that could not be read whole."""
    lost = []
    with closing(readonly(old)) as source:
        for table, where in CARRIED:
            try:
                known = into.execute(f"SELECT * FROM {table} LIMIT 0").description
                names = [column[0] for column in known]
                sql = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
                for row in source.execute(f"SELECT {', '.join(names)} FROM {table}{where}"):
                    into.execute(sql, row)
            except sqlite3.DatabaseError:
                lost.append(table)
    return tuple(lost)


def head(old: Path) -> tuple[int, str]:
    """The last number and hash (hex) of the old chain, or (the highest number seen in the raw bytes or 0, "")."""
    try:
        with closing(readonly(old)) as source:
            row = source.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
            if row is not None:
                return int(row[0]), bytes(row[1]).hex()
    except sqlite3.DatabaseError:
        pass  # the raw bytes are the second source, read below
    return max((_highest(old.with_name(old.name + part)) for part in PARTS), default=0), ""


def _highest(path: Path) -> int:
    """Bodies are stored as they are, so their numbers can be found in a file that SQLite no longer understands."""
    if not path.exists():
        return 0
    best, rest = 0, b""
    with path.open("rb") as file:
        while block := file.read(_STEP):
            best = max([best, *(int(found) for found in _SEQ.findall(rest + block))])
            rest = block[-32:]
    return best
