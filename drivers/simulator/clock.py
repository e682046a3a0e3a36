"""The simulated campus's own clock: it is a world apart and must not ask the gateway's."""

from __future__ import annotations

import time


def wall() -> int:
    """Milliseconds since 1970 UTC: the stamp of every line of the log."""
    return time.time_ns() // 1_000_000


def mono() -> float:
    """Seconds that never jump: line timing and the course of the world."""
    return time.monotonic()


def sleep_until(when: float) -> None:
    """Block until `mono()` is at least `when`."""
    left = when - time.monotonic()
    if left > 0:
        time.sleep(left)
