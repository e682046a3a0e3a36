"""Codes for who has no account: a wall screen, a program, an inspector for a day. In dashboard.db, by hash; shown once. No HTTP here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from dashboard.database import opener

DAY_S = 86_400
KINDS = ("screen", "program", "inspector")
ROLES = ("viewer", "bureau")  # a code may look; what is pressed needs a person
MOST_DAYS = 800
MOST_OF = {"inspector": 1}  # days, where fewer
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that a person mistakes for another
GROUPS, EACH = 4, 5  # 100 bits

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
  made INT NOT NULL, expires INT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Token:
    """`made` and `expires` are wall seconds."""

    id: int
    kind: str
    name: str
    role: str
    made: int
    expires: int


class Tokens:
    """`now` is wall time in whole seconds, handed in."""

    def __init__(self, path: Path) -> None:
        self._db = opener(path, _SCHEMA)

    def add(self, kind: str, name: str, role: str, now: int, days: int) -> str:
        """A new code, the only time it is known. Raises ValueError for what no code may be."""
        if kind not in KINDS or role not in ROLES or not 1 <= days <= MOST_OF.get(kind, MOST_DAYS):
            raise ValueError(f"kind {KINDS}, role {ROLES}, 1 to {MOST_DAYS} days, an inspector's for one")
        if not 0 < len(name) <= 40 or not name.isprintable():
            raise ValueError("a name of 1 to 40 characters")
        code = "-".join("".join(secrets.choice(LETTERS) for _ in range(EACH)) for _ in range(GROUPS))
        with self._db() as db:
            db.execute("DELETE FROM tokens WHERE expires <= ?", (now,))
            values = (_digest(code), kind, name, role, now, now + days * DAY_S)
            db.execute("INSERT INTO tokens (digest, kind, name, role, made, expires) VALUES (?, ?, ?, ?, ?, ?)", values)
        return code

    def find(self, code: str, now: int) -> Token | None:
        if not code:
            return None
        with self._db() as db:
            row = db.execute(
                "SELECT id, kind, name, role, made, expires FROM tokens WHERE digest = ? AND expires > ?", (_digest(code), now)
            ).fetchone()
        return Token(*row) if row else None

    def list(self, now: int) -> list[Token]:
        with self._db() as db:
            rows = db.execute(
                "SELECT id, kind, name, role, made, expires FROM tokens WHERE expires > ? ORDER BY id", (now,)
            ).fetchall()
        return [Token(*row) for row in rows]

    def remove(self, id: int) -> Token | None:
        """The code that is no more, or None when there was none."""
        with self._db() as db:
            row = db.execute("SELECT id, kind, name, role, made, expires FROM tokens WHERE id = ?", (id,)).fetchone()
            db.execute("DELETE FROM tokens WHERE id = ?", (id,))
        return Token(*row) if row else None


def _digest(code: str) -> str:
    """However it was typed: without its dashes, in small letters."""
    return hashlib.sha256(code.upper().replace("-", "").replace(" ", "").encode()).hexdigest()
