"""What framers of text share: sentences that one regular expression finds whole, and the bytes that may begin the next. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from drivers.framers.telegram import Memory, Telegram


class Sentences:
    """The memory of one line. `start` begins every sentence, `longest` is the most bytes one has.

    `read` gives the meaning of what `pattern` found, None when it is no sentence after all (a wrong check sum).
    """

    def __init__(
        self, pattern: re.Pattern[bytes], start: bytes, longest: int, read: Callable[[bytes], Telegram | None]
    ) -> None:
        self._find, self._start, self._longest = pattern.finditer, start, longest
        self._meaning = Memory(read)
        self._rest = b""

    def feed(self, data: bytes) -> list[Telegram]:
        """The sentences now whole, in order."""
        data = self._rest + data
        found, end, meaning = [], 0, self._meaning
        for match in self._find(data):
            if telegram := meaning[match[0]]:
                found.append(telegram)
            end = match.end()
        at = data.rfind(self._start, max(end, len(data) - self._longest))
        if at < 0 and data[-1:] == self._start[:1]:  # a start code of two bytes, cut in the middle
            at = len(data) - 1
        self._rest = data[at:] if at >= 0 else b""
        return found
