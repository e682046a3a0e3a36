"""readings.db: rows of frames, confirmed ranges per destination, refused lines, retention. One thread; no queue here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from gateway.store.database import connect
from gateway.store.frame import Frame, pack, unpack
from gateway.store.lines import Sample, last_stamp, samples, shifted
from gateway.store.ranges import RangeSet
from gateway.store.tail import Logged

MIGRATIONS = tuple((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("readings.sql", "readings-2.sql"))
REFUSED_KEPT = 1_000
DATED = 200  # rows that get their time in one flush: each is unpacked and packed again
OLDEST = 50  # rows looked at for their age in one flush
NEWEST = 500  # rows that may hold the last twenty minutes: one a flush, a few more at each start
# the rows that hold frame ?2 of run ?1 or later ones: a run has tens of thousands, the one of ?2 is the last that begins before it
FROM = "b >= ?2 AND a >= ifnull((SELECT max(a) FROM frame WHERE boot = ?1 AND a <= ?2), 0)"
SIZE = "size"  # the tally of `Readings.size`


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
    """The file. Methods that write run inside `transaction`. All raise sqlite3.Error.

    It grows to some GB, which a card needs minutes to read: opening it, and each flush, must not read all of it. `size` (bytes of
    compressed frames) is kept in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = connect(path, MIGRATIONS, examined=False)
        self.db.execute("PRAGMA secure_delete=OFF")  # no person's words: overwriting rows that go would wear a card by a third
        self.damaged: set[int] = set()
        known = self.db.execute("SELECT count FROM tally WHERE name = ?", (SIZE,)).fetchone()
        self.size = int((known or self.db.execute("SELECT coalesce(sum(length(frames)), 0) FROM frame").fetchone())[0])

    def close(self) -> None:
        self.db.close()

    def transaction(self, work: Callable[[], None]) -> None:
        """Everything `work` writes, with one sync of the disk, or nothing."""
        size = self.size
        self.db.execute("BEGIN IMMEDIATE")
        try:
            work()
            if self.size != size:
                self.put_tally(SIZE, self.size)
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

    def new(self, frames: Iterable[Logged]) -> list[Logged]:
        """Those not stored yet: after a crash between the commit and the unlink of its tail files they come again."""
        new: list[Logged] = []
        for boot, group in groupby(frames, key=lambda frame: frame.boot):
            run = list(group)
            stored = self.overlap(boot, min(frame.seq for frame in run), max(frame.seq for frame in run))
            new += [frame for frame in run if frame.seq not in stored]
        return new

    def stored(self) -> dict[str, RangeSet]:
        """The numbers of all stored frames by run, oldest run first."""
        found: dict[str, RangeSet] = {}
        first: dict[str, int] = {}
        for boot, a, b, number in self.db.execute("SELECT boot, a, b, id FROM frame INDEXED BY frame_range"):
            found.setdefault(boot, RangeSet()).add(a, b)
            first[boot] = min(number, first.get(boot, number))
        return {boot: found[boot] for boot in sorted(found, key=first.__getitem__)}

    def overlap(self, boot: str, a: int, b: int) -> RangeSet:
        """Which numbers of a..b of this run are stored. Looks at the newest rows only."""
        found = RangeSet()
        for x, y in self.db.execute("SELECT a, b FROM frame WHERE boot = ? AND a <= ? ORDER BY a DESC", (boot, b)):
            if y < a:
                break
            found.add(x, y)
        return found

    def oldest(self, wanted: Mapping[str, RangeSet], limit: int, most: int) -> list[Frame]:
        """`fetch` over several runs, in their order."""
        found: list[Frame] = []
        for boot, numbers in wanted.items():
            if numbers and len(found) < limit:
                found += self.fetch(boot, numbers, limit - len(found), most)
        return found

    def fetch(self, boot: str, wanted: RangeSet, limit: int, most: int) -> list[Frame]:
        """At most `limit` pieces holding wanted numbers of one run whose stamps are wall time, oldest first.

        A piece is (part of) one row, at most `most` bytes of lines or one frame.
        """
        found: list[Frame] = []
        for first, last in wanted:
            cursor = self.db.execute(
                f"SELECT id, a, b, frames FROM frame WHERE boot = ?1 AND {FROM} AND machine = '' AND a <= ?3 ORDER BY a",
                (boot, first, last),
            )
            for number, a, b, row in cursor:
                frames = self._unpacked(number, row)
                if len(frames) != b - a + 1:
                    self.damaged.add(number)
                    continue
                for x, y in wanted.within(max(a, first), min(b, last)):
                    found += _pieces(boot, x, frames[x - a : y - a + 1], most)
                if len(found) >= limit:
                    return found[:limit]
        return found

    def date(self, machine: str, offset: int, *, before: int | None = None, uncertain: bool = False) -> int:
        """Give rows that wait for the clock of boot `machine` their wall time, the oldest first, some at a time.

        `before`: only those whose last stamp (monotonic ms) is not after it. `uncertain`: the time is a guess, the quality
        says so. Gives how many rows there were.
        """
        sql = "SELECT id, frames FROM frame WHERE machine = ? ORDER BY id LIMIT ?"
        done = 0
        for number, row in self.db.execute(sql, (machine, DATED)).fetchall():
            frames = self._unpacked(number, row)
            last = last_stamp(frames[-1]) if frames else 0
            if before is not None and last > before:
                break
            dated = pack([shifted(lines, offset, uncertain) for lines in frames])
            self.size += len(dated) - len(row)
            self.db.execute("UPDATE frame SET machine = '', wall = ?, frames = ? WHERE id = ?", (last + offset, dated, number))
            done += 1
        return done

    def waits(self) -> bool:
        """Does anything wait for a clock?"""
        return self.db.execute("SELECT 1 FROM frame WHERE machine != '' LIMIT 1").fetchone() is not None

    def waiting(self) -> tuple[str, int, int, int] | None:
        """Of the oldest row that waits for its clock: machine, wall time when it was stored, its last stamp, and the wall

        time of the dated row before it (0 for none). None when nothing waits.
        """
        sql = "SELECT id, machine, wall, frames FROM frame WHERE machine != '' ORDER BY id LIMIT 1"
        row = self.db.execute(sql).fetchone()
        if row is None:
            return None
        number, machine, wall, packed = row
        frames = self._unpacked(number, packed)
        sql = "SELECT wall FROM frame WHERE machine = '' AND id < ? ORDER BY id DESC LIMIT 1"
        before = self.db.execute(sql, (number,)).fetchone()
        return machine, wall, last_stamp(frames[-1]) if frames else 0, before[0] if before else 0

    def recent(self, span: int, wall: int) -> Iterator[Sample]:
        """The samples of the rows stored in the last `span` ms before `wall`, now, and among the NEWEST; oldest first.

        To a clock that starts in 1970 every row is new.
        """
        sql = (
            "SELECT id, frames FROM frame WHERE id > (SELECT max(id) FROM frame) - ? AND wall >= ? AND machine = '' ORDER BY id"
        )
        for number, row in self.db.execute(sql, (NEWEST, wall - span)):
            yield from samples(b"".join(self._unpacked(number, row)))

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

    def find(self, refused: Refused) -> int | None:
        """The frame that holds a refused line: its number; None when it is not kept any more."""
        sql = f"SELECT id, a, b, frames FROM frame WHERE boot = ?1 AND {FROM} ORDER BY a LIMIT 4"
        line = refused.line.encode()
        for number, a, _, row in self.db.execute(sql, (refused.boot, refused.seq)):
            for seq, lines in enumerate(self._unpacked(number, row), start=a):
                if seq >= refused.seq and any(one.startswith(line) for one in lines.splitlines()):
                    return seq
        return None

    def forget_refused(self) -> None:
        self.db.execute("DELETE FROM refused")

    def tally(self, name: str) -> int:
        """A count over the life of the box; 0 for one never put."""
        row = self.db.execute("SELECT count FROM tally WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def put_tally(self, name: str, count: int) -> None:
        self.db.execute("INSERT OR REPLACE INTO tally (name, count) VALUES (?, ?)", (name, count))

    def aged(self, before: int, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> list[int]:
        """Of the oldest rows those that were stored before wall ms `before` and that every destination has."""
        sql = "SELECT id, boot, a, b, wall FROM frame ORDER BY id LIMIT ?"
        rows = self.db.execute(sql, (OLDEST,)).fetchall()
        return [id for id, boot, a, b, wall in rows if wall < before and not missing(boot, a, b, confirmed)]

    def drop(self, rows: Iterable[int]) -> list[Dropped]:
        """Delete rows that nobody lacks."""
        gone = []
        for number in rows:
            for boot, a, b, size in self.db.execute("SELECT boot, a, b, length(frames) FROM frame WHERE id = ?", (number,)):
                gone.append(Dropped(boot, a, b, 0))
                self.size -= size
            self.db.execute("DELETE FROM frame WHERE id = ?", (number,))
        return gone

    def shrink(self, quota: int, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> list[Dropped]:
        """Delete rows until `size` is at most `quota`: those that every destination has first, oldest first.

        A log at its quota does this with every flush, so it looks at no more rows than it must.
        """
        gone: dict[int, Dropped] = {}
        for lacked in (False, True):
            for number, boot, a, b, size in self.db.execute("SELECT id, boot, a, b, length(frames) FROM frame ORDER BY id"):
                if self.size <= quota:
                    break
                row = Dropped(boot, a, b, missing(boot, a, b, confirmed))
                if bool(row.unconfirmed) is lacked:
                    gone[number] = row
                    self.size -= size
        self.db.executemany("DELETE FROM frame WHERE id = ?", [(number,) for number in gone])
        return list(gone.values())

    def drop_damaged(self, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> list[Dropped]:
        """Delete the rows that could not be unpacked since the last call, so that nothing waits for them for ever."""
        gone = []
        for number in self.damaged:
            for boot, a, b, size in self.db.execute("SELECT boot, a, b, length(frames) FROM frame WHERE id = ?", (number,)):
                gone.append(Dropped(boot, a, b, missing(boot, a, b, confirmed)))
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


def _pieces(boot: str, first: int, frames: Sequence[bytes], most: int) -> list[Frame]:
    """Consecutive frames as pieces of at most `most` bytes, one frame at least."""
    found, start, size = [], 0, 0
    for at, lines in enumerate(frames):
        if at > start and size + len(lines) > most:
            found.append(Frame(boot, first + start, first + at - 1, b"".join(frames[start:at])))
            start, size = at, 0
        size += len(lines)
    return [*found, Frame(boot, first + start, first + len(frames) - 1, b"".join(frames[start:]))]


def missing(boot: str, a: int, b: int, confirmed: Mapping[str, Mapping[str, RangeSet]]) -> int:
    """How many of the frames the worst-off destination lacks; none when there is no destination."""
    own = RangeSet([(a, b)])
    return max((own.minus(ranges.get(boot, RangeSet())).size() for ranges in confirmed.values()), default=0)
