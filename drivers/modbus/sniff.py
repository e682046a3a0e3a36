"""Sound Modbus RTU frames among raw bytes, wherever they begin. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.modbus.frames import crc

_SHORTEST = 5  # an exception
_FIXED = {5: 8, 6: 8, 15: 8, 16: 8}  # length of the answer to a write


def rtu_frames(data: bytes) -> Iterator[bytes]:
    """Each frame whose check sum holds, the check sum included: answers of functions 1-6, 15, 16, exceptions, and questions.

    Bytes that belong to none are passed over. A frame is never found inside another.
    """
    at = 0
    while at + _SHORTEST <= len(data):
        length = next((n for n in _lengths(data[at:]) if n <= len(data) - at and sound(data[at : at + n])), 0)
        if length:
            yield data[at : at + length]
        at += length or 1


def sound(frame: bytes) -> bool:
    """Does its CRC-16 hold?"""
    return len(frame) >= 4 and crc(frame[:-2]) == frame[-2:]


def _lengths(data: bytes) -> tuple[int, ...]:
    """The lengths a frame that begins so could have: as an answer first, as a question then."""
    function = data[1]
    if function & 0x80:
        return (_SHORTEST,)
    if function in (1, 2, 3, 4):
        return 5 + data[2], 8
    return (_FIXED[function],) if function in _FIXED else ()
