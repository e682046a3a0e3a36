"""readings.db: rows of frames, confirmed ranges per destination, refused lines, retention. One thread; no queue here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from gateway.store.database import connect
from gateway.store.frame import Frame, pack, unpack
from gateway.store.lines import shifted
from gateway.store.ranges import RangeSet
from gateway.store.tail import Logged

MIGRATIONS = ((Path(__file__).parent / "readings.sql").read_text(encoding="utf-8"),)
REFUSED_KEPT = 1_000


class RefusedLine(Protocol):
    """What a receipt says of a line that will never be stored."""

    @property
    def seq(self) -> int: ...
    @property
    def line(self) -> str: ...
    @property
    def why(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """One line that a destination will never store. `wall`: when the box learnt of it."""

    dest: str
    boot: str
    seq: int
    line: str
    why: str
    wall: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row given up to keep within the quota: its frames, and how many of them somebody still had not confirmed."""

    boot: str
    a: int
    b: int
    unconfirmed: int


class Readings:
    """The file. Methods that write run inside `transaction`. All raise sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = connect(path, MIGRATIONS)
        self.damaged: set[int] = set()
        self.size = int(self.db.execute("SELECT coalesce(sum(length(frames)), 0) FROM frame").fetchone()[0])

    def close(self) -> None:
        self.db.close()

    def transaction(self, work: Callable[[], None]) -> None:
        """Everything `work` writes, with one sync of the disk, or nothing."""
        size = self.size
        self.db.execute("BEGIN IMMEDIATE")
        try:
            work()
            self.db.execute("COMMIT")
        except BaseException:
            self.size = size
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def put(self, frames: Iterable[Logged], wall: int) -> None:
        """Store frames as few rows: one for each run of consecutive numbers with the same kind of stamp."""
        numbered = enumerate(frames)
        for (boot, machine, _), group in groupby(numbered, key=lambda one: (one[1].boot, one[1].machine, one[1].seq - one[0])):
            run = [frame for _, frame in group]
            row = pack([frame.lines for frame in run])
            self.size += len(row)
            self.db.execute(
                "INSERT INTO frame (boot, a, b, machine, wall, frames) VALUES (?, ?, ?, ?, ?, ?)",
                (boot, run[0].seq, run[-1].seq, machine, wall, row),
            )

    def stored(self) -> dict[str, RangeSet]:
        """The numbers of all stored frames by run, oldest run first."""
        found: dict[str, RangeSet] = {}
        for boot, a, b in self.db.execute("SELECT boot, a, b FROM frame ORDER BY id"):
            found.setdefault(boot, RangeSet()).add(a, b)
        return found

    def overlap(self, boot: str, a: int, b: int) -> RangeSet:
        """Which numbers of a..b of this run are stored. Looks at the newest rows only."""
        found = RangeSet()
        for x, y in self.db.execute("SELECT a, b FROM frame WHERE boot = ? AND a <= ? ORDER BY a DESC", (boot, b)):
            if y < a:
                break
            found.add(x, y)
        return found

    def fetch(self, boot: str, wanted: RangeSet, limit: int) -> list[Frame]:
        """At most `limit` frames holding wanted numbers of one run whose stamps are wall time, oldest first."""
        found: list[Frame] = []
        for first, last in wanted:
            cursor = self.db.execute(
                "SELECT id, a, b, frames FROM frame WHERE boot = ? AND machine = '' AND b >= ? AND a <= ? ORDER BY a",
                (boot, first, last),
            )
            for number, a, b, row in cursor:
                frames = self._unpacked(number, row)
                if len(frames) != b - a + 1:
                    continue
                for x, y in wanted.within(max(a, first), min(b, last)):
                    found.append(Frame(boot, x, y, b"".join(frames[x - a : y - a + 1])))
                if len(found) >= limit:
                    return found[:limit]
        return found

    def date(self, machine: str, offset: int) -> int:
        """Give the rows that wait for the clock of boot `machine` their wall time. Gives how many there were."""
        waiting = self.db.execute("SELECT id, frames FROM frame WHERE machine = ?", (machine,)).fetchall()
        for number, row in waiting:
            dated = pack([shifted(lines, offset) for lines in self._unpacked(number, row)])
            self.size += len(dated) - len(row)
            self.db.execute("UPDATE frame SET machine = '', frames = ? WHERE id = ?", (dated, number))
        return len(waiting)

    def since(self, wall: int) -> Iterable[bytes]:
        """The lines of the rows stored at or after `wall`, oldest first (for the history's open chunks)."""
        sql = "SELECT id, frames FROM frame WHERE wall >= ? AND machine = '' ORDER BY id"
        for number, row in self.db.execute(sql, (wall,)):
            yield b"".join(self._unpacked(number, row))

    def confirmed(self) -> dict[str, dict[str, RangeSet]]:
        """dest -> run -> confirmed numbers, as last written."""
        found: dict[str, dict[str, RangeSet]] = {}
        for dest, boot, ranges in self.db.execute("SELECT dest, boot, ranges FROM confirmed"):
            found.setdefault(dest, {})[boot] = RangeSet((a, b) for a, b in json.loads(ranges))
        return found

    def put_confirmed(self, dirty: Mapping[tuple[str, str], Sequence[tuple[int, int]]]) -> None:
        self.db.executemany(
            "INSERT OR REPLACE INTO confirmed (dest, boot, ranges) VALUES (?, ?, ?)",
            [(dest, boot, json.dumps(ranges)) for (dest, boot), ranges in dirty.items()],
        )

    def put_refused(self, lines: Sequence[Refused]) -> None:
        self.db.executemany(
            "INSERT INTO refused (dest, boot, seq, line, why, wall) VALUES (?, ?, ?, ?, ?, ?)",
            [(one.dest, one.boot, one.seq, one.line, one.why, one.wall) for one in lines],
        )
        self.db.execute("DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?", (REFUSED_KEPT,))

    def refused(self, limit: int) -> list[Refused]:
        """The latest refused lines, newest first."""
        sql = "SELECT dest, boot, seq, line, why, wall FROM refused ORDER BY id DESC LIMIT ?"
        return [Refused(*row) for row in self.db.execute(sql, (limit,))]

    def shrink(self, quota: int, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> list[Dropped]:
        """Delete rows until `size` is at most `quota`: those that every destination has first, oldest first."""
        rows = (
            self.db.execute("SELECT id, boot, a, b, length(frames) FROM frame ORDER BY id").fetchall()
            if self.size > quota
            else []
        )
        missing = {row[0]: _missing(row[1], row[2], row[3], confirmed) for row in rows}
        gone = []
        for number, boot, a, b, size in sorted(rows, key=lambda row: (missing[row[0]] > 0, row[0])):
            if self.size <= quota:
                break
            self.db.execute("DELETE FROM frame WHERE id = ?", (number,))
            self.size -= size
            gone.append(Dropped(boot, a, b, missing[number]))
        return gone

    def drop_damaged(self) -> list[Dropped]:
        """Delete the rows that could not be unpacked since the last call, so that nothing waits for them for ever."""
        gone = []
        for number in self.damaged:
            for boot, a, b, size in self.db.execute("SELECT boot, a, b, length(frames) FROM frame WHERE id = ?", (number,)):
                gone.append(Dropped(boot, a, b, b - a + 1))
                self.size -= size
        self.db.executemany("DELETE FROM frame WHERE id = ?", [(number,) for number in self.damaged])
        self.damaged.clear()
        return gone

    def _unpacked(self, number: int, row: bytes) -> list[bytes]:
        try:
            return unpack(row)
        except ValueError:
            self.damaged.add(number)
            return []

    def forget(self, boots: Iterable[str]) -> None:
        """Drop the confirmed ranges of runs that have no frames left."""
        self.db.executemany("DELETE FROM confirmed WHERE boot = ?", [(boot,) for boot in boots])


def _missing(boot: str, a: int, b: int, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> int:
    """How many of the frames the worst-off destination lacks; all of them when there is no destination."""
    own = RangeSet([(a, b)])
    lacking = [own.minus(ranges.get(boot, RangeSet())).size() for ranges in confirmed.values()]
    return max(lacking, default=own.size())
