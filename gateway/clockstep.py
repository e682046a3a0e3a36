"""The event `clock.step`: the wall clock was moved. What was written before it with `clock_ok` false is so many ms off. Sets no clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from alerts.model import Scalar
from drivers.reading import Clock, Now

EVERY = 1.0  # s
LEAST = 1_000  # ms; a time service that slews moves both clocks


async def watch(clock: Clock, saved: Now | None, note: Callable[[dict[str, Scalar]], Awaitable[None]]) -> None:
    """For ever. `saved`: the time of the last commit in this boot, None when there was none: a step while nothing ran counts too."""
    before = _offset(saved or clock.now())
    while True:
        if abs((offset := _offset(clock.now())) - before) >= LEAST:
            await note({"by": offset - before})
        before = offset
        await asyncio.sleep(EVERY)


def _offset(at: Now) -> int:
    return at.wall - at.mono
