"""Once an hour: events older than the journal keeps are dropped, some at a time, so that a fire waits for none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.reading import Clock
from gateway.store.journal import Journal
from gateway.store.writer import JournalWriter

EVERY = 3600.0  # s
KEPT_DAYS = 400  # R23: a year and a month; the newest 10,000 events stay however old they are (R28)
PAUSE = 0.5  # s between two drops


async def run(journal: JournalWriter, clock: Clock, timezone: str, sent: Callable[[], int | None]) -> None:
    """For ever. `sent`: the last event that the broker has confirmed, None where there is no uplink.

    A box that does not know the time drops nothing.
    """
    while True:
        await asyncio.sleep(EVERY)
        if clock.ok():
            await drop(journal, oldest(clock.now().wall, timezone), sent())


async def drop(journal: JournalWriter, before: int, sent: int | None) -> None:
    """Drop whole days before wall ms `before`, a little at a time. Raises JournalError: tried again in an hour."""

    def some(opened: Journal) -> int:
        return opened.retain(before, sent=sent)

    dropped = await journal.call(some)
    while dropped:
        await asyncio.sleep(PAUSE)
        dropped = await journal.call(some)


def oldest(wall: int, timezone: str) -> int:
    """The midnight at the school's place before which events may go, in wall ms."""
    zone = ZoneInfo(timezone)
    day = datetime.fromtimestamp(wall / 1000, zone).date() - timedelta(days=KEPT_DAYS)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
