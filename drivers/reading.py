"""The vocabulary every layer shares: Reading, Quality, Now, Clock. Imports nothing of ours and does nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol


class Quality(enum.IntEnum):
    """How far a Reading can be trusted. The numbers are those of the InfluxDB field `quality`."""

    GOOD = 0
    UNCERTAIN = 1  # may breach a rule, never clear one
    STALE = 2  # nothing new for longer than the point's limit
    FAULT = 3  # the device said so, or did not answer


@dataclass(frozen=True, slots=True)
class Now:
    """One instant on two clocks, in whole milliseconds.

    `wall` counts since 1970 UTC and goes into records; it may jump. `mono` counts since the machine's
    boot, goes on through suspend and restarts of the process, never jumps, and measures every duration.
    """

    wall: int
    mono: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point at one instant.

    `value` is in the unit of the point's quantity; bits are 0.0 or 1.0, enumerations the profile's code.
    It is None exactly when `quality` is STALE or FAULT; `fault` then says why, in words for a person (of an UNCERTAIN
    one it may say what is in doubt).
    """

    point: str
    value: float | None
    quality: Quality
    at: Now
    fault: str = ""
    said: str = ""  # the device's own words, for the record and for people
    stamp: str = ""  # the device's own time as it wrote it; kept beside ours, never judged by (R29)

    def __post_init__(self) -> None:
        if (self.value is None) != (self.quality >= Quality.STALE):
            raise ValueError(f"{self.point}: value {self.value!r} does not fit quality {self.quality.name}")


class Clock(Protocol):
    """Whoever needs the time is handed one of these. The real one is `gateway.clock`."""

    def now(self) -> Now: ...

    def ok(self) -> bool:
        """Is the wall clock known to be right (synchronised, or set by a person)?"""
        ...
