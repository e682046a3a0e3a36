"""Is the value of a point falling? Keeps a minute of GOOD values of the points asked about. Judges nothing else.

For gas level 1 (people's table of §3): duty is called at 3 min if the gas is not falling. After a restart nothing is known,
and what is not known to fall does not fall.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from drivers.reading import Now, Quality, Reading

SPAN = 60_000  # ms over which a value must have come down
SHARE = 0.1  # by this part of what it was
FRESH = 30_000  # ms that the latest value may be old


class Trend:
    def __init__(self, points: Iterable[str]) -> None:
        self._seen: dict[str, deque[tuple[int, float]]] = {p: deque() for p in points}

    def heard(self, readings: Iterable[Reading], now: Now) -> None:
        """One that is not GOOD ends what was known: a sensor that fails is not falling. Of other points nothing is kept."""
        for reading in readings:
            seen = self._seen.get(reading.point)
            if seen is None:
                continue
            if reading.quality is not Quality.GOOD or reading.value is None:
                seen.clear()
                continue
            seen.append((now.mono, reading.value))
            while len(seen) > 2 and seen[1][0] <= now.mono - SPAN:
                seen.popleft()

    def falling(self, now: Now) -> frozenset[str]:
        """Points whose latest GOOD value is a tenth below that of a minute ago, with no higher one in between."""
        return frozenset(p for p, seen in self._seen.items() if _falls(seen, now.mono))


def _falls(seen: deque[tuple[int, float]], mono: int) -> bool:
    if len(seen) < 2 or mono - seen[-1][0] > FRESH or seen[-1][0] - seen[0][0] < SPAN:
        return False
    first, last = seen[0][1], seen[-1][1]
    return last <= first * (1 - SHARE) and last <= min(v for _, v in seen)
