"""How the one task that serves a queue sleeps: until somebody says that there is something, or until its own time comes. No queue here.

An asyncio.Event under asyncio.timeout does the same at three times the cost: its time-out is a cancellation that travels through
the loop twice. A line of sensors and the engine sleep so a hundred times a second.
"""

from __future__ import annotations

import asyncio


class Wake:
    """One task waits, in the loop in which everybody calls."""

    def __init__(self) -> None:
        self._said = False
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        """There is something: `wait` returns, now or when it is next called, until `clear`."""
        self._said = True
        self._end()

    def clear(self) -> None:
        self._said = False

    async def wait(self, seconds: float) -> None:
        """Return when `set` was called, at the latest after `seconds`."""
        if self._said:
            return
        loop = asyncio.get_running_loop()
        waiting = self._waiting = loop.create_future()
        timer = loop.call_later(seconds, self._end)
        try:
            await waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _end(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
