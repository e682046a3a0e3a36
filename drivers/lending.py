"""A line lent to a person's work: its questions wait for gaps between the polls, and followers see every transaction.

Reads, and of what is written only a device's own address, on a person's wish.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from drivers.bus import Bus, Space
from drivers.profile import Limits
from drivers.reading import Now

PATIENCE = 1_000  # ms after which a lent question goes before ordinary polls; never before outputs and fire slots
GIVE_UP = 30.0  # seconds after which a lent question that found no gap is given back


class LineBusy(Exception):
    """The line had no gap long enough for a lent question: its fire slots and outputs come first. Nothing was asked."""

    def __init__(self) -> None:
        super().__init__("线路忙，火灾点位和输出优先，请稍后再试 the line is busy with its fire points and outputs: try again")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One transaction of a line as its followers see it. Raw frames as they were on the wire, the check sum included.

    `sent` is empty when the port or the connection could not be opened, or when bytes came unasked. `received` holds
    whatever came, right or wrong.
    """

    at: Now  # when it was over
    took: int  # ms
    unit: int
    sent: bytes
    received: bytes
    fault: str = ""  # why it failed, in words for a person; "" when it did not


Follower = Callable[[Exchange], None]


class Reader(Protocol):
    """What lent work may do with a line: ask. What is switched goes through the poller's `want`."""

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        """As drivers.bus.Bus.read."""
        ...


class Addresser(Reader, Protocol):
    """A Reader that may also write the register of a device's own address: for drivers.readdress alone."""

    async def set_address(self, unit: int, function: int, address: int, value: int, *, latency: int = 300) -> None:
        """As drivers.bus.Bus.write, of one register by function 6 or 16."""
        ...


@dataclass(slots=True)
class Question:
    """A lent question in the queue of its line. `worst`: ms that it may hold the line, its time-out and the drain after it."""

    unit: int
    ask: Callable[[Bus], Awaitable[tuple[int, ...]]]
    worst: int
    since: int
    answer: asyncio.Future[tuple[int, ...]]


class Desk:
    """Where lent questions wait. One job at a time; the poller takes them when the line has time.

    `known`: what the line's own devices can bear, by unit. They are given that time at least, however short the asker's is: an
    answer that comes after a shorter one would be taken for that to a poll of the same device.
    """

    def __init__(self, wake: Callable[[], None], now: Callable[[], int], known: Mapping[int, Limits]) -> None:
        self._wake, self._now, self._known = wake, now, known
        self._waiting: deque[Question] = deque()
        self.turn = asyncio.Lock()

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        """One question of the job that has the turn. Cancelled before it was asked, it is never asked.

        Raises as drivers.bus.Bus.read does, LineBusy when no gap was found, CancelledError when the poller has ended.
        """
        latency, gap = self._borne(unit, latency, gap)
        ask = partial(_read, unit=unit, space=space, address=address, count=count, latency=latency, gap=gap)
        return await self._put(unit, ask, 2 * latency + gap)

    async def set_address(self, unit: int, function: int, address: int, value: int, *, latency: int = 300) -> None:
        """As Addresser; raises as `read` does. Cancelled before it was written, it is never written."""
        latency, gap = self._borne(unit, latency, 0)
        write = partial(_write, unit=unit, function=function, address=address, value=value, latency=latency, gap=gap)
        await self._put(unit, write, 2 * latency + gap)

    def _borne(self, unit: int, latency: int, gap: int) -> tuple[int, int]:
        known = self._known.get(unit)
        return (max(latency, known.latency), max(gap, known.gap)) if known else (latency, gap)

    async def _put(self, unit: int, ask: Callable[[Bus], Awaitable[tuple[int, ...]]], worst: int) -> tuple[int, ...]:
        answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self._waiting.append(Question(unit, ask, worst, self._now(), answer))
        self._wake()
        try:
            async with asyncio.timeout(GIVE_UP):
                return await answer
        except TimeoutError:
            raise LineBusy from None

    def first(self) -> Question | None:
        """The question that has waited longest and is still wanted."""
        while self._waiting and self._waiting[0].answer.done():
            self._waiting.popleft()
        return self._waiting[0] if self._waiting else None

    def take(self) -> Question:
        return self._waiting.popleft()

    def close(self) -> None:
        """The line's task has ended: nobody will answer what waits."""
        while self._waiting:
            self._waiting.popleft().answer.cancel()


async def _read(bus: Bus, *, unit: int, space: Space, address: int, count: int, latency: int, gap: int) -> tuple[int, ...]:
    return await bus.read(unit, space, address, count, latency=latency, gap=gap)


async def _write(bus: Bus, *, unit: int, function: int, address: int, value: int, latency: int, gap: int) -> tuple[int, ...]:
    await bus.write(unit, function, address, (value,), latency=latency, gap=gap)
    return ()
