"""Copies of the databases: made while their writer lives, proven sound, and a restored journal that goes on. Opens no other file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alerts.model import Event
from drivers.reading import Now
from gateway.store import chain
from gateway.store.database import StoreError, readonly

LARGE = ("readings.db", "fleet.db")  # gigabytes; the second at a bureau
DATABASES = ("journal.db", "dashboard.db", *LARGE)
GAP = 1_000_000  # numbers left free after a restore: the lost box may have sent that many events since its last backup
PAGES = 2000  # copied at a time, so that the writer waits for none of it


def copy(source: Path, to: Path) -> None:
    """The database as it is at one moment, as one file without a WAL. Raises StoreError.

    Its writer goes on meanwhile: seen without a transaction, each of its commits would begin the copy anew, for ever.
    """
    with closing(readonly(source)) as found, closing(sqlite3.connect(to, isolation_level=None)) as made:
        found.execute("BEGIN")
        found.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it stands still
        found.backup(made, pages=PAGES)
        made.execute("PRAGMA journal_mode=DELETE")


def sound(path: Path) -> str:
    """ "" or what is wrong with a database file."""
    try:
        with closing(readonly(path)) as db:
            found = db.execute("PRAGMA quick_check(1)").fetchone()
    except StoreError as error:
        return str(error)
    return "" if found == ("ok",) else str(found)


def about(journal: Path) -> tuple[str, int]:
    """(site, number of the last event) of a journal. Raises StoreError, or ValueError when it is none."""
    with closing(readonly(journal)) as db:
        kept = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('site', 'chain.seq')"))
        last = db.execute("SELECT max(seq) FROM event").fetchone()[0]
    return str(kept.get("site", "")), int(last or kept.get("chain.seq", 0))


def go_on(journal: Path, boot: str, now: Now, clock_ok: bool, made: int) -> int:
    """Let a restored journal go on: an event `restored` that the chain holds, GAP numbers later. Gives its number.

    Between the backup (`made`, wall ms) and the loss the box has used numbers that this copy does not know; they are never
    used twice. Raises StoreError.
    """
    with closing(sqlite3.connect(journal, isolation_level=None)) as db:
        row = db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        if row is None:
            return 0
        last, head = int(row[0]), bytes(row[1])
        event = Event(last + GAP, "", "restored", "", "", "", "restored", {"last": last, "made": made}, now, clock_ok)
        content = chain.body(event, boot, {})
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)", (event.seq, content, chain.link(head, content)))
        db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('next_seq', ?)", (event.seq + 1,))
        db.execute("COMMIT")
        return event.seq
