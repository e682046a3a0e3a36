"""Rows of frames that wait for their clock: when they stop waiting, and which time they are given (design §7)."""

from __future__ import annotations

from drivers.reading import Now
from gateway.store.readings import Readings

DAY = 86_400_000  # ms that frames wait for the clock
EARLIEST = 946_684_800_000  # 2000-01-01, wall ms: no database is told of an earlier reading


class Dating:
    """Belongs to the thread of readings.db; `work` runs inside its transaction, some rows at a time."""

    def __init__(self, machine: str) -> None:
        """`machine`: the present boot of the machine."""
        self._machine = machine
        self._guesses: dict[str, int] = {}  # a boot whose clock was never known -> the offset of all its rows

    def work(self, db: Readings, now: Now, known: bool) -> None:
        """`known`: is the wall clock of the present boot to be trusted now?"""
        if known:
            db.date(self._machine, now.wall - now.mono)
        if (oldest := db.waiting()) is None:
            return
        machine, written, last, before = oldest
        if machine == self._machine:
            if now.wall - DAY >= EARLIEST:
                db.date(machine, now.wall - now.mono, before=now.mono - DAY, uncertain=True)
        elif machine in self._guesses or overdue(written, now.wall):
            started = now.wall - now.mono if known else None
            offset = self._guesses.get(machine, guessed(written, last, before, started))
            if offset is not None:
                self._guesses[machine] = offset
                db.date(machine, offset, uncertain=True)


def overdue(written: int, wall: int) -> bool:
    """Has a row of another boot waited a day? `written`: its wall time when it was stored, by a clock that was not known.

    A time that cannot be right (in the future, or long ago) makes further waiting useless.
    """
    return not 0 <= wall - written < DAY


def guessed(written: int, last: int, before: int, started: int | None) -> int | None:
    """wall - monotonic of another boot, ms: what its own clock said, but after the row `before` it and before the present boot

    `started` (None while the present clock is not known either). `last`: the monotonic stamp of what was written at `written`.
    None when no time after the year 2000 can be said: those go on waiting.
    """
    end = max(written, before)
    if started is not None and not EARLIEST <= end <= started:
        end = started
    return end - last if end >= EARLIEST else None
