"""The vocabulary every layer shares: Reading, Quality, Now, Clock. Imports nothing of ours and does nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self


class Quality(enum.IntEnum):
    """How far a Reading can be trusted. The numbers are those of the InfluxDB field `quality`."""

    GOOD = 0
    UNCERTAIN = 1  # may breach a rule, never clear one
    STALE = 2  # nothing new for longer than the point's limit
    FAULT = 3  # the device said so, or did not answer


_WITHOUT = Quality.STALE  # from here on a reading has no value


@dataclass(frozen=True, slots=True)
class Now:
    """One instant on two clocks, in whole milliseconds.

    `wall` counts since 1970 UTC and goes into records; it may jump. `mono` counts since the machine's
    boot, goes on through suspend and restarts of the process, never jumps, and measures every duration.
    """

    wall: int
    mono: int


class _Fields(NamedTuple):
    point: str
    value: float | None
    quality: Quality
    at: Now
    fault: str
    said: str
    stamp: str


class Reading(_Fields):
    """One value of one point at one instant. A tuple: a thousand a second are made, and a frozen dataclass costs twice as much.

    `value` is in the unit of the point's quantity; bits are 0.0 or 1.0, enumerations the profile's code.
    It is None exactly when `quality` is STALE or FAULT; `fault` then says why, in words for a person (of an UNCERTAIN
    one it may say what is in doubt). `said`: the device's own words, for the record and for people. `stamp`: the device's own
    time as it wrote it; kept beside ours, never judged by (R29). ValueError for a value that does not fit its quality.
    """

    __slots__ = ()

    def __new__(
        cls, point: str, value: float | None, quality: Quality, at: Now, fault: str = "", said: str = "", stamp: str = ""
    ) -> Self:
        if (value is None) != (quality >= _WITHOUT):
            raise ValueError(f"{point}: value {value!r} does not fit quality {quality.name}")
        return tuple.__new__(cls, (point, value, quality, at, fault, said, stamp))


class Clock(Protocol):
    """Whoever needs the time is handed one of these. The real one is `gateway.clock`."""

    def now(self) -> Now: ...

    def ok(self) -> bool:
        """Is the wall clock known to be right (synchronised, or set by a person)?"""
        ...
