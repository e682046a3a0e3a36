"""Registered desks and the PINs of the people who answer there, in dashboard.db. No HTTP here; sessions of people are auth.py's.

A guard-room screen is a desk: never logged out, one touch in the name of whoever has taken over the shift; what weighs more asks
that person's PIN of 4 to 6 digits. A PIN counts at a desk only. Source: people's buttons and replies, §2.3.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from dashboard.auth import BadUser, Login, check_password, hash_password
from dashboard.database import opener

FREE_FAILURES = 5  # wrong PINs before each further try has to wait
LOCK_FAILURES = 30  # wrong PINs before only a new PIN opens it again
LONGEST_DELAY_S = 300
WEAK = ("1234", "12345", "123456", "4321", "54321", "654321")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS desks (
  token TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, csrf TEXT NOT NULL, by TEXT NOT NULL, since INT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pins (person TEXT PRIMARY KEY, hash TEXT NOT NULL, failures INT NOT NULL, until INT NOT NULL) STRICT;
CREATE VIEW IF NOT EXISTS locked_pins AS SELECT person FROM pins WHERE failures >= {locks};
""".replace("{locks}", str(LOCK_FAILURES))  # the view is read by gateway.store.logins: a locked PIN is a fault of the box


@dataclass(frozen=True, slots=True)
class Desk:
    name: str
    csrf: str
    by: str  # who registered it
    since: int  # wall seconds


class Desks:
    """`now` is always wall time in whole seconds, handed in."""

    def __init__(self, path: Path) -> None:
        self._db = opener(path, _SCHEMA)

    def register(self, name: str, by: str, now: int) -> str:
        """The new desk's token, for its cookie, the only time it is known. Raises BadUser for a name that is taken or no name."""
        if not 0 < len(name) <= 20 or name != name.strip() or not name.isprintable():
            raise BadUser("值班台要有名字，最多20个字 · a desk needs a name of at most 20 characters")
        token = secrets.token_urlsafe(32)
        try:
            with self._db() as db:
                db.execute(
                    "INSERT INTO desks VALUES (?, ?, ?, ?, ?)", (_digest(token), name, secrets.token_urlsafe(32), by, now)
                )
        except sqlite3.IntegrityError as error:
            raise BadUser(f"已有值班台“{name}” · there is a desk {name} already") from error
        return token

    def find(self, token: str) -> Desk | None:
        if not token:
            return None
        with self._db() as db:
            row = db.execute("SELECT name, csrf, by, since FROM desks WHERE token = ?", (_digest(token),)).fetchone()
        return Desk(*row) if row else None

    def list(self) -> list[Desk]:
        with self._db() as db:
            return [Desk(*row) for row in db.execute("SELECT name, '', by, since FROM desks ORDER BY name")]

    def remove(self, name: str) -> None:
        """The screen is a stranger from now on. Raises BadUser."""
        with self._db() as db:
            if not db.execute("DELETE FROM desks WHERE name = ?", (name,)).rowcount:
                raise BadUser(f"没有值班台“{name}” · no desk {name}")

    def set_pin(self, person: str, pin: str) -> None:
        """Raises BadUser as `proper_pin`."""
        proper_pin(pin)
        with self._db() as db:
            db.execute("INSERT OR REPLACE INTO pins VALUES (?, ?, 0, 0)", (person, hash_password(pin)))

    def has_pin(self, person: str) -> bool:
        with self._db() as db:
            return db.execute("SELECT 1 FROM pins WHERE person = ?", (person,)).fetchone() is not None

    def check_pin(self, person: str, pin: str, now: int) -> Login:
        """`token` is "yes" for the right PIN; else how long to wait, or locked. Slow on purpose: call it in a thread."""
        with self._db() as db:
            row = db.execute("SELECT hash, failures, until FROM pins WHERE person = ?", (person,)).fetchone()
        if row is None:
            return Login()
        stored, failures, until = row
        wait = min(max(0, until - now), LONGEST_DELAY_S)
        if wait or failures >= LOCK_FAILURES:
            return Login(wait=wait, locked=failures >= LOCK_FAILURES)
        good = check_password(pin, stored)
        if good and not failures:  # nothing to write: a dead disk keeps nobody from a result
            return Login(token="yes")
        failures = 0 if good else failures + 1
        delay = min(2 ** max(0, failures - FREE_FAILURES), LONGEST_DELAY_S) if failures >= FREE_FAILURES else 0
        with self._db() as db:
            db.execute("UPDATE pins SET failures = ?, until = ? WHERE person = ?", (failures, now + delay, person))
        return Login(token="yes" if good else "")


def proper_pin(pin: str) -> None:
    """Raises BadUser for what is no PIN, and for one that anybody would try first."""
    if not re.fullmatch(r"[0-9]{4,6}", pin):
        raise BadUser("PIN 是4至6位数字 · a PIN has 4 to 6 digits")
    if len(set(pin)) == 1 or pin in WEAK:
        raise BadUser("这个 PIN 太容易猜 · this PIN is too easy to guess")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
