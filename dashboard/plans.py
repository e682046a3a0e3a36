"""Floor plans and where on them things are, in dashboard.db: a backup carries them, and moving a marker restarts nothing. No HTTP here.

A marker's `of` is a point (`device/channel`) or a device, which stands for all of its points. Its place is 0..1 of the drawing's
width and height, or the middle of a shape of an SVG (`element`); with both, the shape goes first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from dashboard.database import opener
from dashboard.drawings import Drawing

MOST_PLANS = 200
MOST_MARKERS = 500  # of one plan

_SCHEMA = """
CREATE TABLE IF NOT EXISTS plans (
  id INTEGER PRIMARY KEY, building TEXT NOT NULL, floor TEXT NOT NULL, kind TEXT NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
  sha256 TEXT NOT NULL, ids TEXT NOT NULL, body BLOB NOT NULL, by TEXT NOT NULL, since INT NOT NULL, turn INT NOT NULL,
  UNIQUE (building, floor)
) STRICT;
CREATE TABLE IF NOT EXISTS markers (
  plan INT NOT NULL REFERENCES plans (id) ON DELETE CASCADE, of TEXT NOT NULL, x REAL, y REAL, element TEXT NOT NULL,
  PRIMARY KEY (plan, of), CHECK (x IS NOT NULL OR element <> '')
) STRICT;
"""


class NoRoom(Exception):
    """More plans or markers than a box keeps."""


class Changed(Exception):
    """Somebody else has changed or removed the plan since it was read."""


@dataclass(frozen=True, slots=True)
class Marker:
    of: str
    x: float | None
    y: float | None
    element: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`building` is an id of the site, "" for the whole campus; `turn` grows with every change; `since` is wall seconds."""

    id: int
    building: str
    floor: str
    kind: str
    width: float
    height: float
    sha256: str
    ids: tuple[str, ...]
    by: str
    since: int
    turn: int
    markers: tuple[Marker, ...]


class Plans:
    def __init__(self, path: Path) -> None:
        self._db = opener(path, _SCHEMA)

    def list(self) -> list[Plan]:
        """Without their pictures, buildings together, floors in the order in which they came."""
        with self._db() as db:
            marks: dict[int, list[Marker]] = {}
            for plan, *rest in db.execute("SELECT plan, of, x, y, element FROM markers ORDER BY rowid"):
                marks.setdefault(plan, []).append(Marker(*rest))
            rows = db.execute(
                "SELECT id, building, floor, kind, width, height, sha256, ids, by, since, turn FROM plans ORDER BY building, id"
            ).fetchall()
        return [
            Plan(*row[:7], tuple(row[7].split("\n")) if row[7] else (), *row[8:], tuple(marks.get(row[0], ()))) for row in rows
        ]

    def picture(self, sha256: str) -> tuple[str, bytes] | None:
        """(media type, content), or None when no plan has it."""
        with self._db() as db:
            row = db.execute("SELECT kind, body FROM plans WHERE sha256 = ?", (sha256,)).fetchone()
        return (row[0], row[1]) if row else None

    def put(self, building: str, floor: str, drawing: Drawing, by: str, now: int, known: Collection[str]) -> Plan:
        """A new plan, or a new drawing for one that is there: its markers stay. Shapes named as something `known` become its
        markers. Markers of shapes that are gone, and that had no place of their own, leave. Raises NoRoom."""
        sha, ids = hashlib.sha256(drawing.body).hexdigest(), [id for id in dict.fromkeys(drawing.ids) if "\n" not in id]
        with self._db() as db:
            there = db.execute("SELECT id FROM plans WHERE building = ? AND floor = ?", (building, floor)).fetchone()
            if there is None and db.execute("SELECT count(*) FROM plans").fetchone()[0] >= MOST_PLANS:
                raise NoRoom
            db.execute(
                "INSERT INTO plans (building, floor, kind, width, height, sha256, ids, body, by, since, turn) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (building, floor) DO UPDATE SET kind = excluded.kind, "
                "width = excluded.width, height = excluded.height, sha256 = excluded.sha256, ids = excluded.ids, "
                "body = excluded.body, by = excluded.by, since = excluded.since, turn = turn + 1",
                (building, floor, drawing.kind, drawing.width, drawing.height, sha, "\n".join(ids), drawing.body, by, now),
            )
            id = db.execute("SELECT id FROM plans WHERE building = ? AND floor = ?", (building, floor)).fetchone()[0]
            for of, x, element in db.execute("SELECT of, x, element FROM markers WHERE plan = ?", (id,)).fetchall():
                if element and element not in ids:
                    clause = "DELETE FROM markers" if x is None else "UPDATE markers SET element = ''"
                    db.execute(f"{clause} WHERE plan = ? AND of = ?", (id, of))
            bound = [(id, one, one) for one in ids if one in known][:MOST_MARKERS]
            db.executemany("INSERT OR IGNORE INTO markers (plan, of, element) VALUES (?, ?, ?)", bound)
        return next(plan for plan in self.list() if plan.id == id)

    def mark(self, id: int, turn: int, markers: Iterable[Marker]) -> Plan:
        """All markers of a plan, in place of those it had. Raises Changed when it is no longer as it was in `turn`, NoRoom."""
        rows = [(id, m.of, m.x, m.y, m.element) for m in markers]
        if len(rows) > MOST_MARKERS:
            raise NoRoom
        with self._db() as db:
            if db.execute("UPDATE plans SET turn = turn + 1 WHERE id = ? AND turn = ?", (id, turn)).rowcount == 0:
                raise Changed
            db.execute("DELETE FROM markers WHERE plan = ?", (id,))
            db.executemany("INSERT INTO markers VALUES (?, ?, ?, ?, ?)", rows)
        return next(plan for plan in self.list() if plan.id == id)

    def remove(self, id: int, turn: int) -> None:
        """Raises Changed."""
        with self._db() as db:
            if db.execute("DELETE FROM plans WHERE id = ? AND turn = ?", (id, turn)).rowcount == 0:
                raise Changed
