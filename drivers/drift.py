"""How far a panel's own clock is from ours, from what it writes beside its events (R29). Pure: the time is handed in; sets no clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from drivers.reading import Now, Quality, Reading

HOUR = 3600.0
_STAMP = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d) )?(\d\d):(\d\d)(?::(\d\d))?")


def drift(stamp: str, wall: int, zone: tzinfo) -> float | None:
    """Seconds the panel's clock is ahead of ours (negative: behind), at least; 0 where its own coarseness can explain it.

    "2026-11-02 02:14", with or without seconds, is local time in `zone`; "02:14:00" without a date is judged within the half
    hour either side, because its document names no time zone. None for what is no time.
    """
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    year, month, day, hour, minute, second = found.groups()
    try:
        if year:
            told = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
        else:
            told = datetime.fromtimestamp(wall / 1000, zone).replace(
                hour=int(hour), minute=int(minute), second=int(second or 0), microsecond=0
            )
    except ValueError:
        return None
    ahead = (told - datetime.fromtimestamp(0, zone)) / timedelta(seconds=1) - wall / 1000
    if not year:
        ahead = (ahead + HOUR / 2) % HOUR - HOUR / 2
    coarse = 1.0 if second else 60.0
    return ahead if ahead > 0 else min(0.0, ahead + coarse)


class PanelClock:
    """The point `<line>/panel-clock`: nothing before the panel has told a time; then what it told last, again and again."""

    def __init__(self, line: str, zone: tzinfo) -> None:
        self._point, self._zone = f"{line}/panel-clock", zone
        self._last: tuple[float, str] | None = None

    def heard(self, stamp: str, now: Now, clock_ok: bool) -> list[Reading]:
        """While our own clock is not to be trusted nothing is judged by it."""
        ahead = drift(stamp, now.wall, self._zone) if stamp and clock_ok else None
        if ahead is None:
            return []
        self._last = (ahead, stamp)
        return self.all(now)

    def all(self, now: Now) -> list[Reading]:
        if self._last is None:
            return []
        ahead, stamp = self._last
        return [Reading(self._point, round(ahead, 1), Quality.GOOD, now, stamp=stamp)]
