"""The little the store must know of line protocol: where a line's point, value, quality and time stand. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

WORST = 254  # the highest quality a sample can have; ours end at 3
NS = 1_000_000  # nanoseconds in the millisecond that all times are whole multiples of

_GOOD, _UNCERTAIN = b"quality=0i", b"quality=1i"


class Sample(NamedTuple):
    """One value of one point for the history. `value` is NaN when there was none; `wall` in ms. A tuple: one a reading is made."""

    point: str
    wall: int
    value: float
    quality: int


def shifted(lines: bytes, offset: int, uncertain: bool = False) -> bytes:
    """The lines with `offset` ms added to every time stamp; with `uncertain` what was good is quality UNCERTAIN then."""
    moved = []
    for line in lines.splitlines():
        head, _, stamp = line.rpartition(b" ")
        if uncertain and head.endswith(_GOOD):
            head = head.removesuffix(_GOOD) + _UNCERTAIN
        moved.append(head + b" %d" % (int(stamp) + offset * NS))
    return b"\n".join(moved) + b"\n" if moved else b""


def last_stamp(lines: bytes) -> int:
    """The time stamp of the last line, ms; 0 when there is none."""
    stamp = lines.rstrip(b"\n").rpartition(b" ")[2]
    return int(stamp) // NS if stamp.isdigit() else 0


def samples(lines: bytes) -> Iterator[Sample]:
    """The samples in lines that our own wire made (tag `point`, fields `value` and `quality`). Others are passed over."""
    for line in lines.splitlines():
        tags, _, rest = line.partition(b",point=")
        point, _, rest = rest.partition(b" ")
        fields, _, stamp = rest.rpartition(b" ")
        if not tags or not point or not stamp.isdigit():
            continue
        named = dict(field.partition(b"=")[::2] for field in fields.split(b","))
        try:
            value = float(named.get(b"value", b"nan"))
            quality = min(int(named.get(b"quality", b"0i").rstrip(b"i")), WORST)
        except ValueError:
            continue
        yield Sample(point.partition(b",")[0].decode("utf-8", "replace"), int(stamp) // NS, value, quality)
