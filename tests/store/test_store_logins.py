"""What `run` reads of the page's locked accounts and PINs, from a file that the page's own keepers have written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dashboard import auth, desks
from dashboard.auth import Users
from dashboard.desks import Desks
from gateway.store.logins import locked


def set_failures(path: Path, table: str, failures: int) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE {table} SET failures = ?, until = 0", (failures,))


def test_d25_a_locked_account_and_a_locked_pin_are_counted_until_they_are_set_anew(tmp_path: Path) -> None:
    assert locked(tmp_path) == 0, "no page here"
    path = tmp_path / "dashboard.db"
    users, pins = Users(path), Desks(path)
    users.add("wang", "a long password", "duty")
    pins.set_pin("wang", "8317")
    users.login("wang", "wrong", 1)
    users.login("nobody", "wrong", 1)
    set_failures(path, "throttle", auth.LOCK_FAILURES - 1)
    set_failures(path, "pins", desks.LOCK_FAILURES - 1)
    assert locked(tmp_path) == 0
    users.login("wang", "wrong", 2)
    users.login("nobody", "wrong", 2)
    assert locked(tmp_path) == 1, "of a name that nobody has nothing is locked"
    pins.check_pin("wang", "0000", 2)
    assert locked(tmp_path) == 2
    users.set_password("wang", "another long password")
    pins.set_pin("wang", "8318")
    assert locked(tmp_path) == 0


def test_a_page_of_an_older_release_tells_nothing_and_a_broken_file_is_no_zero(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE users (person TEXT)")
    assert locked(tmp_path) == 0
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ValueError):
        locked(tmp_path)
