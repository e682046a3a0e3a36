"""Live frames that wait a moment for room on the line: merged where they follow each other, given up to the store when old. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gateway.store import frame as store
from gateway.stream.frames import Frame

PATIENCE = 3_000  # ms: what waits longer is no longer live, and the store has it


class Fresh:
    """In the order in which they were made."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Frame]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Frame]:
        return (frame for _, frame in self._waiting)

    def put(self, frame: Frame, now: int) -> None:
        self._waiting.append((now, frame))

    def clear(self) -> None:
        self._waiting.clear()

    def drop_old(self, now: int) -> None:
        while self._waiting and now - self._waiting[0][0] > PATIENCE:
            self._waiting.popleft()

    def take(self, most: int) -> Frame | None:
        """The oldest, with those that follow it by number while the lines are at most `most` bytes."""
        if not self._waiting:
            return None
        parts = [self._waiting.popleft()[1]]
        first = parts[0]
        size = len(first.lines)
        while self._waiting:
            next_ = self._waiting[0][1]
            size += len(next_.lines)
            if next_.boot != first.boot or next_.a != parts[-1].b + 1 or size > most:
                break
            parts.append(self._waiting.popleft()[1])
        return store.Frame(first.boot, first.a, parts[-1].b, b"".join(part.lines for part in parts))
