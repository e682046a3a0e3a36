"""How large a message may be: what the line, the broker and the database bear, learned from receipts. Pure: handed the time."""

from __future__ import annotations

LEAST = 16 << 10  # bytes: larger than any frame, smaller than what any broker refuses (see Intake)
MOST = 512 << 10
START = 128 << 10
QUICK = 500  # ms from a message to its receipt that allow a larger one
SLOW = 2_000  # ms that ask for a smaller one: what lives must not wait for what is old
REMEMBERED = 3_600_000  # ms that a size counts as too large


class Pace:
    """The size of one piece of the backlog, so that live frames are never older than a few seconds behind it."""

    def __init__(self) -> None:
        self._size = START
        self._ceiling, self._until = MOST, 0

    def size(self, now: int, broker: int = 0) -> int:
        """Bytes of lines that may go in one message. `broker`: what it said it takes, 0 for nothing said."""
        if now >= self._until:
            self._ceiling = MOST
        return max(LEAST, min(self._size, self._ceiling, broker or MOST))

    def received(self, took: int) -> None:
        """A receipt for a piece came after `took` ms."""
        if took < QUICK:
            self._size = min(MOST, self._size * 2)
        elif took > SLOW:
            self._size = max(LEAST, self._size // 2)

    def failed(self, size: int, now: int) -> None:
        """A message of so many bytes met with a broken connection, a refusal, or no receipt in its time."""
        if size > LEAST:
            self._ceiling, self._until = max(LEAST, size // 2), now + REMEMBERED
            self._size = min(self._size, self._ceiling)
