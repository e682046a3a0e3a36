"""What the stores hold of one alarm: its stretch of the chain, its messages, the frames around it. Reads only; writes no file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.store import chain
from gateway.store.database import readonly
from gateway.store.frame import unpack

AROUND = 30 * 60_000  # ms before the first breach and after the end that belong to an incident
LATE_ROW = 60_000  # ms by which a row of frames may be stored after its readings were made


class NoSuchAlarm(Exception):
    """The journal holds no alarm of this id or open 编号."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A whole piece of the chain: `before` (seq, hash) is what its first event is tied to; rows are (seq, body, hash)."""

    alarm: str
    start: int  # wall ms of the window
    end: int
    before: tuple[int, bytes]
    rows: tuple[tuple[int, bytes, bytes], ...]

    def events(self) -> Iterator[dict[str, object]]:
        for _, body, _ in self.rows:
            yield chain.fields(body) or {}


def stretch(journal: Path, alarm: str) -> Stretch:
    """The events from 30 min before the alarm's first breach to 30 min after its last change, without a hole.

    `alarm` is an id or the 编号 of an open one. Raises NoSuchAlarm, sqlite3.Error.
    """
    with closing(readonly(journal)) as db:
        alarm = _named(db, alarm)
        own = [(seq, chain.fields(body) or {}) for seq, body in _own(db, alarm)]
        if not own:
            raise NoSuchAlarm(alarm)
        start, end = _wall(own[0][1]) - AROUND, _wall(own[-1][1]) + AROUND
        first, last = own[0][0], own[-1][0]
        for seq, body in db.execute("SELECT seq, CAST(body AS BLOB) FROM event WHERE seq < ? ORDER BY seq DESC", (first,)):
            if _wall(chain.fields(body) or {}) < start:
                break
            first = seq
        for seq, body in db.execute("SELECT seq, CAST(body AS BLOB) FROM event WHERE seq > ? ORDER BY seq", (last,)):
            if _wall(chain.fields(body) or {}) > end:
                break
            last = seq
        sql = "SELECT seq, CAST(body AS BLOB), CAST(hash AS BLOB) FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq"
        rows = tuple((int(seq), bytes(body), bytes(hash)) for seq, body, hash in db.execute(sql, (first, last)))
        return Stretch(alarm, start, end, _before(db, first), rows)


def messages(journal: Path, found: Stretch) -> list[dict[str, object]]:
    """Every message of the stretch with its text, what became of it, and its salt, which proves the text's hash."""
    keys = {str(_args(event).get("key", "")) for event in found.events()} - {""}
    out: list[dict[str, object]] = []
    with closing(readonly(journal)) as db:
        for key in sorted(keys):
            sql = "SELECT attempt, person, state, body, salt FROM notification WHERE key = ? ORDER BY attempt"
            for attempt, person, state, body, salt in db.execute(sql, (key,)):
                note = json.loads(body)
                fates = db.execute("SELECT fate, provider_id, why FROM delivery WHERE key = ? ORDER BY n", (key,)).fetchall()
                out.append(
                    {
                        "key": key,
                        "alarm": note["alarm"],
                        "step": note["step"],
                        "person": person,
                        "channel": note["channel"],
                        "attempt": attempt,
                        "state": state,
                        "text": note["text"],
                        "salt": bytes(salt).hex() if salt else "",
                        "fates": " ".join(fate for fate, _, _ in fates),
                        "answers": " / ".join(f"{provider} {why}".strip() for _, provider, why in fates),
                    }
                )
    return out


def frames(readings: Path, start: int, end: int) -> Iterator[bytes]:
    """The stored frames (their ready lines, exact bytes) of rows that may hold readings of the window, oldest first.

    Rows that cannot be unpacked are passed over; the caller filters lines by their own time. Raises sqlite3.Error.
    """
    with closing(readonly(readings)) as db:
        sql = "SELECT frames FROM frame WHERE machine = '' AND wall BETWEEN ? AND ? ORDER BY id"
        for (row,) in db.execute(sql, (start, end + LATE_ROW)):
            try:
                yield from unpack(row)
            except ValueError:
                continue


def _own(db: sqlite3.Connection, alarm: str) -> Iterator[tuple[int, bytes]]:
    sql = "SELECT seq, CAST(body AS BLOB) FROM event WHERE json_extract(body, '$.alarm') = ? ORDER BY seq"
    return iter(db.execute(sql, (alarm,)).fetchall())


def _named(db: sqlite3.Connection, alarm: str) -> str:
    """The id for a 编号 of an open alarm; anything else is an id already."""
    if alarm.isascii() and alarm.isdigit():
        for id, snapshot in db.execute("SELECT id, snapshot FROM alarm WHERE open = 1"):
            if json.loads(snapshot).get("number") == int(alarm):
                return str(id)
    return alarm


def _before(db: sqlite3.Connection, first: int) -> tuple[int, bytes]:
    row = db.execute("SELECT seq, CAST(hash AS BLOB) FROM event WHERE seq < ? ORDER BY seq DESC LIMIT 1", (first,)).fetchone()
    if row is not None:
        return int(row[0]), bytes(row[1])
    kept = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('chain.seq', 'chain.head')"))
    return (int(kept["chain.seq"]), bytes(kept["chain.head"])) if kept else (first - 1, chain.GENESIS)


def _wall(event: dict[str, object]) -> int:
    wall = event.get("wall")
    return wall if isinstance(wall, int) else 0


def _args(event: dict[str, object]) -> dict[str, object]:
    args = event.get("args")
    return args if isinstance(args, dict) else {}
