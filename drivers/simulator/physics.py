"""What moves by itself between two glances: even courses of a value, and gas in a room. Pure; time is an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass

FADE = 15.0  # seconds in which a running fan takes 63 % of the gas out, once the valve is shut
GONE = 0.5  # %LEL: below this the room counts as clear and the leak as mended


@dataclass(frozen=True, slots=True)
class Course:
    """From `start` at `since` evenly to `to` within `over` seconds."""

    start: float
    since: float
    to: float
    over: float

    def at(self, second: float) -> float:
        part = 1.0 if self.over <= 0 else min(1.0, max(0.0, (second - self.since) / self.over))
        return self.start + (self.to - self.start) * part

    def over_at(self, second: float) -> bool:
        return second >= self.since + self.over


@dataclass(slots=True)
class Gas:
    """The gas of one room. It rises along its leak while the valve is open and falls only with valve shut and fan running."""

    level: float = 0.0
    leak: Course | None = None
    _last: float = 0.0

    @property
    def active(self) -> bool:
        return self.leak is not None or self.level > 0

    def begin(self, to: float, over: float, second: float) -> None:
        self.leak = Course(self.level, second, to, over)

    def move(self, second: float, valve_shut: bool, fan_runs: bool) -> None:
        passed, self._last = second - self._last, second
        if not valve_shut:
            self.level = self.leak.at(second) if self.leak else self.level
            return
        if fan_runs:
            self.level *= math.exp(-passed / FADE)
        if self.leak is not None:  # opened again before it is mended, it leaks on from what is left
            self.leak = Course(self.level, second, self.leak.to, self.leak.over)
        if self.level < GONE:
            self.level, self.leak = 0.0, None
