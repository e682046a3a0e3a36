"""Two boxes with one identity: seen by boot ids that take turns, or by a broker that hands one session back and forth. Pure."""

from __future__ import annotations

from collections import deque

TURNS = 4  # times a boot comes back after another: a restart gives none, the repeats after a killed worker at most two
WITHIN = 300_000  # ms
TOLD = 900_000  # ms that it is told after it was seen last
_BOOTS = 8  # remembered of each box


class Turns:
    """Live frames of one box as one consumer sees them."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}  # boot -> its highest live number
        self._current = ""
        self._turns: deque[int] = deque(maxlen=TURNS)
        self._pair: tuple[str, str] | None = None
        self._until = 0

    def saw(self, boot: str, seq: int, now: int) -> tuple[str, str] | None:
        """A live frame came; give the two boots that live at once, None while there is one."""
        known = self._last.get(boot, -1)
        if known >= 0 and seq > known and boot != self._current:
            self._turns.append(now)
            if len(self._turns) == TURNS and now - self._turns[0] <= WITHIN:
                self._pair, self._until = (self._current, boot), now + TOLD
        if boot != self._current and seq >= known:
            self._current = boot
        self._last.pop(boot, None)
        self._last[boot] = max(seq, known)
        while len(self._last) > _BOOTS:
            del self._last[next(iter(self._last))]
        return self._pair if now < self._until else None


class Takeovers:
    """Connections that the broker gave to another client of the same name, as the box itself sees them.

    One may be our own half-open connection of before; two within five minutes are somebody else.
    """

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=2)
        self._until = 0

    def taken(self, now: int) -> None:
        self._at.append(now)
        if len(self._at) == 2 and now - self._at[0] <= WITHIN:
            self._until = now + TOLD

    def told(self, now: int) -> None:
        """The far side has seen two."""
        self._until = now + TOLD

    def standing(self, now: int) -> bool:
        return now < self._until
