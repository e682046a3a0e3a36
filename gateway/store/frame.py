"""A frame of readings: the ready lines of one read, or of the reads a..b. A value and its packing, no file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_COUNT = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Frame:
    """The ready lines of the frames `a`..`b` of one run: one live frame (a == b) or (part of) one stored row.

    `boot` is the id of the process run that numbered them (8 hex digits, new at every start), so (boot, seq) is unique
    without a counter that would have to survive a power cut.
    """

    boot: str
    a: int
    b: int
    lines: bytes


def pack(frames: Sequence[bytes]) -> bytes:
    """The frames of one row, compressed together; their bounds are kept so that a part can be taken out again."""
    sizes = struct.pack(f"<{len(frames)}I", *map(len, frames))
    return zlib.compress(_COUNT.pack(len(frames)) + sizes + b"".join(frames), 6)


def unpack(row: bytes) -> list[bytes]:
    """The frames of a row. Raises ValueError when it is none."""
    try:
        data = zlib.decompress(row)
        (count,) = _COUNT.unpack_from(data)
        sizes = struct.unpack_from(f"<{count}I", data, _COUNT.size)
    except (zlib.error, struct.error) as fault:
        raise ValueError(f"a row of frames cannot be read: {fault}") from fault
    at, frames = _COUNT.size * (count + 1), []
    for size in sizes:
        frames.append(data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError(f"a row of frames has {len(data)} bytes, not {at}")
    return frames
