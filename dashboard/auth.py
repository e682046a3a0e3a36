"""Who may log in and who is logged in: users, sessions and the login throttle in dashboard.db. No HTTP here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from dashboard.database import opener

SESSION_S = 12 * 3600
FREE_FAILURES = 5  # wrong passwords before each further try has to wait
LOCK_FAILURES = 100  # wrong passwords before only `user passwd` opens the account again
LONGEST_DELAY_S = 300
THROTTLE_ROWS = 10_000  # names remembered; a guesser of names cannot fill the disk
MIN_PASSWORD = 10
COST = (2**14, 8, 1)  # scrypt n, r, p: about 16 MB and 50 ms; stored with each hash, so it may be raised later

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (person TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  token TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES users ON DELETE CASCADE, csrf TEXT NOT NULL, expires INT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS acted (token TEXT PRIMARY KEY REFERENCES sessions ON DELETE CASCADE, at INT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS throttle (person TEXT PRIMARY KEY, failures INT NOT NULL, until INT NOT NULL) STRICT;
CREATE VIEW IF NOT EXISTS locked_accounts AS SELECT person FROM throttle JOIN users USING (person) WHERE failures >= {locks};
""".replace("{locks}", str(LOCK_FAILURES))  # the view is read by gateway.store.logins: a locked account is a fault of the box


class BadUser(ValueError):
    """A user that cannot be made or found; the text says why, Chinese first."""


@dataclass(frozen=True, slots=True)
class Session:
    """`role` is that of dashboard.db; the site's own list of people goes before it."""

    person: str
    role: str
    csrf: str
    expires: int  # wall seconds
    acted: int = 0  # wall seconds of the last press, or of the last proof of who it is


@dataclass(frozen=True, slots=True)
class Login:
    """What became of a login. `token` goes into the cookie; `wait` is in seconds; `locked` until the password is set anew."""

    token: str = ""
    wait: int = 0
    locked: bool = False
    locks: bool = False  # this very failure has locked it


def new_password() -> str:
    return secrets.token_urlsafe(12)


def hash_password(password: str) -> str:
    n, r, p = COST
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32)
    return f"scrypt${n}${r}${p}${salt.hex()}${key.hex()}"


def check_password(password: str, stored: str) -> bool:
    _, n, r, p, salt, key = stored.split("$")
    made = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32)
    return hmac.compare_digest(made.hex(), key)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Users:
    """dashboard.db. `now` is always wall time in whole seconds, handed in."""

    def __init__(self, path: Path) -> None:
        self._db = opener(path, _SCHEMA)
        self._acted: dict[str, int] = {}  # digest of a session's token -> when it acted, as long as the file does not say so
        self._nobody = hash_password(new_password())  # checked when the name is unknown, so that both answers take as long

    def list(self) -> list[tuple[str, str]]:
        """(person, role) in order of person."""
        with self._db() as db:
            return db.execute("SELECT person, role FROM users ORDER BY person").fetchall()

    def add(self, person: str, password: str, role: str) -> None:
        """Raises BadUser for a name that is taken, empty or too long, and for a short password."""
        if not 0 < len(person) <= 64 or person != person.strip() or not person.isprintable():
            raise BadUser("用户名无效 · the name is empty, too long, or has blanks around it")
        _check_length(password)
        try:
            with self._db() as db:
                db.execute("INSERT INTO users VALUES (?, ?, ?)", (person, role, hash_password(password)))
        except sqlite3.IntegrityError as error:
            raise BadUser(f"用户已存在 · {person} is there already") from error

    def set_password(self, person: str, password: str) -> None:
        """Also opens a locked account and ends every session of the person."""
        _check_length(password)
        with self._db() as db:
            changed = db.execute("UPDATE users SET hash = ? WHERE person = ?", (hash_password(password), person)).rowcount
            if not changed:
                raise BadUser(f"没有这个用户 · no user {person}")
            db.execute("DELETE FROM sessions WHERE person = ?", (person,))
            db.execute("DELETE FROM throttle WHERE person = ?", (person,))

    def remove(self, person: str) -> None:
        """Ends every session of the person too."""
        with self._db() as db:
            if not db.execute("DELETE FROM users WHERE person = ?", (person,)).rowcount:
                raise BadUser(f"没有这个用户 · no user {person}")

    def login(self, person: str, password: str, now: int) -> Login:
        """A new session, or how long to wait. Slow on purpose: call it in a thread."""
        found = self.prove(person, password, now)
        if not found.token:
            return found
        token = secrets.token_urlsafe(32)
        with self._db() as db:
            db.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
            values = (_digest(token), person, secrets.token_urlsafe(32), now + SESSION_S)
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", values)
            db.execute("INSERT INTO acted VALUES (?, ?)", (_digest(token), now))
        return Login(token=token)

    def prove(self, person: str, password: str, now: int) -> Login:
        """`token` is "yes" for the right password; else how long to wait, or locked. Slow on purpose: call it in a thread."""
        wait, locked = self._throttled(person, now)
        if locked or wait:
            return Login(wait=wait, locked=locked)
        with self._db() as db:
            row = db.execute("SELECT hash FROM users WHERE person = ?", (person,)).fetchone()
        good = check_password(password, row[0] if row else self._nobody)
        if row is None or not good:
            return Login(locks=self._failed(person, now) == LOCK_FAILURES)
        with self._db() as db:  # what has nothing to write needs no disk: a dead one keeps nobody from a result
            if db.execute("SELECT 1 FROM throttle WHERE person = ?", (person,)).fetchone():
                db.execute("DELETE FROM throttle WHERE person = ?", (person,))
        return Login(token="yes")

    def acts(self, token: str, now: int) -> None:
        """The person of this session has pressed something, or has just been proven. Known at once; `remember` writes it."""
        self._acted[_digest(token)] = now

    def remember(self) -> None:
        """Writes down who has acted, for a restart: no press waits for a disk. Raises sqlite3.Error; nothing is forgotten then."""
        acted = tuple(self._acted.items())
        with self._db() as db:
            db.executemany(
                "INSERT INTO acted SELECT token, ? FROM sessions WHERE token = ? ON CONFLICT DO UPDATE SET at = excluded.at",
                [(at, digest) for digest, at in acted],
            )
        for digest, at in acted:
            if self._acted.get(digest) == at:
                del self._acted[digest]

    def session(self, token: str, now: int) -> Session | None:
        with self._db() as db:
            row = db.execute(
                "SELECT person, role, csrf, expires, COALESCE(at, 0) FROM sessions JOIN users USING (person)"
                " LEFT JOIN acted USING (token) WHERE token = ? AND expires > ?",
                (_digest(token), now),
            ).fetchone()
        if row is None:
            return None
        person, role, csrf, expires, acted = row
        return Session(person, role, csrf, expires, max(acted, self._acted.get(_digest(token), 0)))

    def logout(self, token: str) -> None:
        with self._db() as db:
            db.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))

    def known(self, person: str) -> bool:
        """May this person log in? What is no user may be a password, typed into the wrong field: it is written down nowhere."""
        with self._db() as db:
            return db.execute("SELECT 1 FROM users WHERE person = ?", (person,)).fetchone() is not None

    def _counted(self, person: str) -> str:
        """Under which name failures are counted."""
        return person if self.known(person) else _digest(person)

    def _throttled(self, person: str, now: int) -> tuple[int, bool]:
        counted = self._counted(person)
        with self._db() as db:
            row = db.execute("SELECT failures, until FROM throttle WHERE person = ?", (counted,)).fetchone()
        if row is None:
            return 0, False
        # A wall clock set back must not lock anybody out for longer than the longest delay.
        return min(max(0, row[1] - now), LONGEST_DELAY_S), row[0] >= LOCK_FAILURES

    def _failed(self, person: str, now: int) -> int:
        """Counts one more; gives how many there are."""
        counted = self._counted(person)
        with self._db() as db:
            failures = db.execute(
                "INSERT INTO throttle VALUES (?, 1, 0) ON CONFLICT DO UPDATE SET failures = failures + 1 RETURNING failures",
                (counted,),
            ).fetchone()[0]
            over = failures - FREE_FAILURES
            delay = min(2**over, LONGEST_DELAY_S) if 0 <= over < 16 else LONGEST_DELAY_S if over > 0 else 0
            db.execute("UPDATE throttle SET until = ? WHERE person = ?", (now + delay, counted))
            db.execute(
                "DELETE FROM throttle WHERE person NOT IN (SELECT person FROM users) AND person NOT IN"
                " (SELECT person FROM throttle ORDER BY until DESC LIMIT ?)",
                (THROTTLE_ROWS,),
            )
        return int(failures)


def _check_length(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise BadUser(f"密码至少 {MIN_PASSWORD} 个字符 · a password has at least {MIN_PASSWORD} characters")
