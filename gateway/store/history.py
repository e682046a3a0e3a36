"""The history for charts: samples packed into ten-minute chunks, their minutes folded into hours; query. One thread, one connection."""

from __future__ import annotations

import math
import sqlite3
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from gateway.store.lines import Sample

SLOT = 600_000  # ms in a raw chunk
HOUR = 3_600_000
SLOTS = HOUR // SLOT
MINUTE = 60_000
RAW_KEPT = 48 * HOUR
MINUTES_KEPT = 400 * 24 * HOUR
FOLDING = 8  # hours of points folded in one flush: with 5 s between them, 5,000 points are done within the next hour
FOLDED = "folded"  # the tally of the last hour of a point that is folded, as `moment_of` numbers it
GOING = 2  # old chunks of a point that go when one comes: a clock years ahead for an hour must not empty the history
RAW_SPAN = 2 * HOUR  # longest query answered from raw samples
GAP = 300_000  # a hole longer than this (and than a bucket) shows as null
NONE = 255  # quality of a minute nobody has heard of
_RAW = struct.Struct("<IfB")  # ms within the slot, value, quality
_MINUTE = struct.Struct("<fffB")
_COLUMNS = b"\x01"  # no zlib stream begins so
_EMPTY = _MINUTE.pack(math.nan, math.nan, math.nan, NONE) * 60

# one minute or one sample: wall, min, mean, max (NaN: no value), worst quality
Piece = tuple[int, float, float, float, int]


@dataclass(frozen=True, slots=True)
class Series:
    """Lists of equal length for the socket's `history`: bucket starts in wall ms; None where nothing is known."""

    t: list[int]
    min: list[float | None]
    mean: list[float | None]
    max: list[float | None]
    quality: list[int | None]


class History:
    """Chunks in the tables point, raw and minute of an open readings.db. `put` and `fold` run inside the owner's transaction.

    An hour of minutes is a page of its own on the card, so it is written once, when the hour is over; until then its minutes are read
    from the raw chunks. Hours are folded in turns, point after point (tally `folded`); a chunk that comes after its turn is folded
    at once.
    """

    _db: sqlite3.Connection
    _turn: int

    def __init__(self) -> None:
        """Takes samples at once; everything else needs `attach` first."""
        self._open: dict[tuple[str, int], bytearray] = {}
        self._ids: dict[str, int] = {}

    def attach(self, db: sqlite3.Connection) -> None:
        """Work on this connection from now on (the file was opened, or opened again); the open chunks stay."""
        self._db = db
        self._ids = {name: number for number, name in db.execute("SELECT id, name FROM point")}
        known = db.execute("SELECT count FROM tally WHERE name = ?", (FOLDED,)).fetchone()
        self._turn = known[0] if known else 0

    def add(self, samples: Iterable[Sample]) -> None:
        """Take samples into their open chunks, in memory."""
        chunks, pack = self._open, _RAW.pack
        for point, wall, value, quality in samples:
            slot, offset = divmod(wall, SLOT)
            if (chunk := chunks.get((point, slot))) is None:
                chunk = chunks[point, slot] = bytearray()
            chunk += pack(offset, _float32(value), quality)

    def recover(self, samples: Iterable[Sample]) -> None:
        """Take again samples that may be in stored chunks already: those are left out."""
        stored: dict[tuple[str, int], bool] = {}

        def known(key: tuple[str, int]) -> bool:
            if key not in stored:
                stored[key] = key[0] in self._ids and bool(self._raw(self._ids[key[0]], key[1]))
            return stored[key]

        self.add(one for one in samples if not known((one.point, one.wall // SLOT)))

    def due(self, wall: int) -> list[tuple[str, int]]:
        """The open chunks whose ten minutes are over."""
        return [key for key in self._open if (key[1] + 1) * SLOT <= wall]

    def put(self, keys: Collection[tuple[str, int]], wall: int) -> None:
        """Store these chunks, and drop raw ones that are folded and older than is kept."""
        self._turn = min(self._turn, moment_of(0, wall // HOUR))  # after a clock that was ahead the present has its turn again
        for key in keys:
            point, slot = key
            number = self._id(point)
            samples = _sorted(self._raw(number, slot) + bytes(self._open[key]))
            self._db.execute(
                "INSERT OR REPLACE INTO raw (id, samples) VALUES (?, ?)", (moment_of(number, slot), _packed(samples))
            )
            if moment_of(number, slot // SLOTS) <= self._turn:
                self._fold(number, slot // SLOTS, wall)
        old = min(max(0, wall - RAW_KEPT) // SLOT, unit_of(self._turn) * SLOTS)
        self._let_go("raw", 0, moment_of(0, old), GOING * len(keys))

    def fold(self, wall: int, most: int = FOLDING) -> None:
        """Fold up to `most` hours of points that are over, and drop minutes that are older than is kept."""
        before = self._turn
        for _ in range(most):
            if (turn := self._next(wall)) is None:
                break
            self._fold(point_of(turn), unit_of(turn), wall)
            self._turn = turn
        if self._turn != before:
            self._db.execute("INSERT OR REPLACE INTO tally (name, count) VALUES (?, ?)", (FOLDED, self._turn))

    def forget(self, keys: Iterable[tuple[str, int]]) -> None:
        """The chunks are on the disk: let the memory go."""
        for key in keys:
            del self._open[key]

    def bound(self, most: int) -> int:
        """Give up the oldest open chunks beyond `most` bytes (the disk takes none); give how many."""
        gone = 0
        size = sum(map(len, self._open.values()))
        for key in sorted(self._open, key=lambda key: key[1]):
            if size <= most:
                break
            size -= len(self._open.pop(key))
            gone += 1
        return gone

    def query(self, point: str, first: int, last: int, most: int, wall: int) -> Series:
        """What is known of first <= t < last in at most `most` buckets (a null after a hole comes on top).

        Up to two hours within the last 48 come from the raw samples, everything else from minutes.
        """
        raw = last - first <= RAW_SPAN and first >= wall - RAW_KEPT
        pieces = self._samples(point, first, last) if raw else self._minute_pieces(point, first, last)
        width = max(1 if raw else MINUTE, -(-(last - first) // max(1, most)))
        return series((one for one in pieces if first <= one[0] < last), first, width)

    def _samples(self, point: str, first: int, last: int) -> Iterator[Piece]:
        slots = range(first // SLOT, -(-last // SLOT))
        number = self._ids.get(point)
        for slot in slots:
            stored = self._raw(number, slot) if number is not None else b""
            yield from _pieces(_sorted(stored + bytes(self._open.get((point, slot), b""))), slot)

    def _minute_pieces(self, point: str, first: int, last: int) -> Iterator[Piece]:
        found: dict[int, Piece] = {}
        number = self._ids.get(point)
        if number is not None:
            bounds = (row_of(number, first // HOUR), row_of(number, -(-last // HOUR)))
            for row, packed in self._db.execute("SELECT id, minutes FROM minute WHERE id >= ? AND id < ? ORDER BY id", bounds):
                start = (row - row_of(number, 0)) * HOUR
                minutes = _MINUTE.iter_unpack(_hour(packed))
                for at, (low, mean, high, quality) in enumerate(minutes):
                    if quality != NONE:
                        found[start + at * MINUTE] = (start + at * MINUTE, low, mean, high, quality)
            for slot in range(max(first // SLOT, unit_of(self._turn) * SLOTS), -(-last // SLOT)):
                found.update((one[0], one) for one in _by_minute(_pieces(self._raw(number, slot), slot)))
        for (name, slot), chunk in self._open.items():
            if name == point:
                found.update((one[0], one) for one in _by_minute(_pieces(_sorted(bytes(chunk)), slot)))
        return (found[start] for start in sorted(found))

    def _next(self, wall: int) -> int | None:
        """The next turn that has raw chunks, if its hour is over."""
        turn, now = self._turn, wall // HOUR
        while unit_of(turn) < now:
            slots = _slots(unit_of(turn))
            firsts = (self._stored(moment_of(point_of(turn) + 1, slot), moment_of(0, slot + 1)) for slot in slots)
            if points := [point_of(one) for one in firsts if one is not None]:
                return moment_of(min(points), unit_of(turn))
            later = self._stored(moment_of(0, slots.stop), moment_of(0, now * SLOTS))
            if later is None:
                break
            turn = moment_of(0, unit_of(later) // SLOTS)
        return None

    def _stored(self, first: int, end: int) -> int | None:
        """The first raw chunk of first <= id < end."""
        row = self._db.execute("SELECT id FROM raw WHERE id >= ? AND id < ? ORDER BY id LIMIT 1", (first, end)).fetchone()
        return int(row[0]) if row else None

    def _fold(self, number: int, hour: int, wall: int) -> None:
        minutes = bytearray(self._minutes(number, hour))
        for slot in _slots(hour):
            for start, low, mean, high, quality in _by_minute(_pieces(self._raw(number, slot), slot)):
                _MINUTE.pack_into(minutes, (start % HOUR // MINUTE) * _MINUTE.size, low, mean, high, quality)
        row = (row_of(number, hour), zlib.compress(minutes, 6))
        self._db.execute("INSERT OR REPLACE INTO minute (id, minutes) VALUES (?, ?)", row)
        self._let_go("minute", row_of(number, 0), row_of(number, max(0, wall - MINUTES_KEPT) // HOUR), GOING)

    def _id(self, point: str) -> int:
        if point not in self._ids:
            self._db.execute("INSERT OR IGNORE INTO point (name) VALUES (?)", (point,))
            self._ids[point] = self._db.execute("SELECT id FROM point WHERE name = ?", (point,)).fetchone()[0]
        return self._ids[point]

    def _let_go(self, table: str, first: int, end: int, most: int) -> None:
        old = f"SELECT id FROM {table} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        self._db.execute(f"DELETE FROM {table} WHERE id IN ({old})", (first, end, most))

    def _raw(self, number: int, slot: int) -> bytes:
        row = self._db.execute("SELECT samples FROM raw WHERE id = ?", (moment_of(number, slot),)).fetchone()
        return _unpacked(row[0]) if row else b""

    def _minutes(self, number: int, hour: int) -> bytes:
        row = self._db.execute("SELECT minutes FROM minute WHERE id = ?", (row_of(number, hour),)).fetchone()
        return _hour(row[0]) if row else _EMPTY


def row_of(point: int, unit: int) -> int:
    """Of a minute chunk: the hours of a point lie together, since a chart reads months of them."""
    return (point << 32) + unit


def moment_of(point: int, unit: int) -> int:
    """Of a raw chunk (`unit`: its ten minutes) or a turn (`unit`: its hour): those of one moment lie together, since they are written
    together, and a card is written in pages."""
    return (unit << 20) + point


def unit_of(moment: int) -> int:
    return moment >> 20


def point_of(moment: int) -> int:
    return moment & (1 << 20) - 1


def _packed(samples: bytes) -> bytes:
    """The bytes of each place side by side: they compress to half of what samples one after the other do."""
    return _COLUMNS + zlib.compress(b"".join(samples[place :: _RAW.size] for place in range(_RAW.size)), 6)


def _unpacked(row: bytes) -> bytes:
    """The samples; none of a damaged chunk. A chunk of older versions holds them one after the other."""
    try:
        if not row.startswith(_COLUMNS):
            return zlib.decompress(row)
        columns = zlib.decompress(row[len(_COLUMNS) :])
    except zlib.error:
        return b""
    samples, each = bytearray(len(columns)), len(columns) // _RAW.size
    for place in range(_RAW.size):
        samples[place :: _RAW.size] = columns[place * each : (place + 1) * each]
    return bytes(samples)


def _hour(row: bytes) -> bytes:
    """60 minutes; nothing known of a damaged row."""
    try:
        return zlib.decompress(row)
    except zlib.error:
        return _EMPTY


def _slots(hour: int) -> range:
    """The ten minutes of an hour."""
    return range(hour * SLOTS, (hour + 1) * SLOTS)


def _float32(value: float) -> float:
    """The value, or an infinity where a 4-byte float cannot hold it."""
    return value if not abs(value) > 3.4e38 else math.copysign(math.inf, value)


def _sorted(samples: bytes) -> bytes:
    """Samples in the order of time, each instant once (a recovered one may come twice)."""
    size = _RAW.size
    each: list[bytes] = list({samples[at : at + size] for at in range(0, len(samples), size)})
    each.sort(key=_offset)
    return b"".join(each)


def _offset(sample: bytes) -> int:
    return int.from_bytes(sample[:4], "little")


def _pieces(samples: bytes, slot: int) -> Iterator[Piece]:
    for offset, value, quality in _RAW.iter_unpack(samples):
        yield slot * SLOT + offset, value, value, value, quality


def _by_minute(pieces: Iterable[Piece]) -> list[Piece]:
    return [_merged(start * MINUTE, group) for start, group in _grouped(pieces, 0, MINUTE)]


def _grouped(pieces: Iterable[Piece], origin: int, width: int) -> Iterator[tuple[int, list[Piece]]]:
    """Pieces in the order of time by number of bucket."""
    number, group = None, list[Piece]()
    for one in pieces:
        bucket = (one[0] - origin) // width
        if bucket != number:
            if number is not None:
                yield number, group
            number, group = bucket, []
        group.append(one)
    if number is not None:
        yield number, group


def _merged(start: int, group: list[Piece]) -> Piece:
    known = [one for one in group if one[2] == one[2]]
    worst = max(one[4] for one in group)
    if not known:
        return start, math.nan, math.nan, math.nan, worst
    mean = sum(one[2] for one in known) / len(known)
    return start, min(one[1] for one in known), mean, max(one[3] for one in known), worst


def series(pieces: Iterable[Piece], first: int, width: int) -> Series:
    """Pieces in the order of time as buckets of `width` ms from `first`, with a null after each hole."""
    found = Series([], [], [], [], [])
    for number, group in _grouped(pieces, first, width):
        start, low, mean, high, quality = _merged(first + number * width, group)
        if found.t and start - found.t[-1] > max(GAP, width):
            _push(found, found.t[-1] + width, math.nan, math.nan, math.nan, None)
        _push(found, start, low, mean, high, quality)
    return found


def _push(found: Series, start: int, low: float, mean: float, high: float, quality: int | None) -> None:
    found.t.append(start)
    found.quality.append(quality)
    for column, value in ((found.min, low), (found.mean, mean), (found.max, high)):
        column.append(value if math.isfinite(value) else None)
