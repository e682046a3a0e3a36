"""D17: the box's storage fails four ways beneath the stream, one after the other; judged from the simulator's ledger and the database.

Errors are given to the system calls of the living process (strace), as a card gives them that died or went read-only by itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kills import nothing_lost
from school import School

from tests.bench.storage import strange

WAYS = {
    "EIO on every write": "pwrite64:error=EIO",
    "the card gone read-only": "pwrite64:error=EROFS",
}


def test_d17_a_storage_that_fails_loses_no_reading(school: School) -> None:
    school.start_world(stream=True, database="influxdb", counters=4)
    school.campus.start_ingest()
    run = school.start_run()
    for way, inject in WAYS.items():
        before = len(school.reads())
        with strange(run.pid, inject):
            school.until(f"{way}: the box says that readings are not stored", lambda: said(school))
            school.until("it goes on reading", lambda n=before: len(school.reads()) > n + 30)
        school.until(f"after {way}: stored again", lambda: stored_again(school))
        assert run.poll() is None, way
    school.until(
        "all confirmed but the newest", lambda: (school.snapshot() or {"stream": {"backlog": 99}})["stream"]["backlog"] < 20
    )
    lose_all_but_the_first_page(school.data / "readings.db")
    school.until("put aside while it lives", lambda: list(school.data.glob("readings.db.quarantine-1")))
    school.until("told", lambda: [e for e in school.events() if e["alarm"] and "malformed" in str(e["args"])])
    school.until("stored again", lambda: stored_again(school))
    assert run.poll() is None
    school.kill_run()
    lose_all_but_the_first_page(school.data / "readings.db")
    school.start_run()
    school.until("put aside at the start", lambda: list(school.data.glob("readings.db.quarantine-2")))
    assert "uplink crashed" not in (school.dir / "run.log").read_text(errors="replace"), "it waits for the store, connected"
    _, flying = nothing_lost(school)
    assert len(flying) <= 3 * len(school.lives)


def lose_all_but_the_first_page(path: Path) -> None:
    """As a card may. Until a checkpoint the file may be one page, everything else in its WAL: so the WAL is folded in first."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    data = bytearray(path.read_bytes())
    assert len(data) > 4096
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)


def said(school: School) -> bool:
    log = (school.dir / "run.log").read_text(errors="replace")
    return log.rfind("readings.failing") > log.rfind("readings.writing")


def stored_again(school: School) -> bool:
    log = (school.dir / "run.log").read_text(errors="replace")
    return log.rfind("readings.writing") > log.rfind("readings.failing")
