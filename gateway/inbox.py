"""The engine's inbox: fire overtakes, nothing of the fire lane is dropped, the slow lane keeps the latest Reading per point."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable

from alerts.inbound import BUTTON
from alerts.model import Command, Delivery
from alerts.plant import Plant
from drivers.quantities import QUANTITIES
from drivers.reading import Reading

MOST = 500  # readings handed to the engine at a time, so that a fire waits for no more than one bite


def overtaking(plant: Plant) -> list[str]:
    """The points whose readings overtake and are all kept: fire, and the button that answers it (a press is short)."""
    return [p.id for p in plant.points.values() if QUANTITIES[p.quantity].fire or p.quantity == BUTTON]


class Inbox:
    """Bounded by the number of points: a fire point's readings are all kept, any other point's latest only."""

    def __init__(self, fire_points: Collection[str]) -> None:
        self._fire_points = frozenset(fire_points)
        self._fire: deque[Reading] = deque()
        self._slow: dict[str, Reading] = {}
        self._commands: deque[Command] = deque()
        self._deliveries: deque[Delivery] = deque()
        self._news: deque[tuple[str, str, bool, str]] = deque()
        self._something = asyncio.Event()
        self.overtaken = 0  # readings of the slow lane replaced by a newer one before the engine saw them

    def readings(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            if reading.point in self._fire_points:
                self._fire.append(reading)
            else:
                self.overtaken += reading.point in self._slow
                self._slow[reading.point] = reading
        self._something.set()

    def command(self, command: Command) -> None:
        self._commands.append(command)
        self._something.set()

    def delivery(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        self._something.set()

    def system(self, kind: str, subject: str, active: bool, why: str) -> None:
        """Something of the box itself went wrong or right again: kind and subject name it."""
        self._news.append((kind, subject, active, why))
        self._something.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is something to take, at the latest after `seconds`."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._something.wait()
        except TimeoutError:
            return

    def take_fire(self) -> list[Reading]:
        taken = list(self._fire)
        self._fire.clear()
        return taken

    def take_slow(self) -> list[Reading]:
        points = list(self._slow)[:MOST]
        return [self._slow.pop(point) for point in points]

    def take_command(self) -> Command | None:
        return self._commands.popleft() if self._commands else None

    def take_delivery(self) -> Delivery | None:
        return self._deliveries.popleft() if self._deliveries else None

    def take_system(self) -> tuple[str, str, bool, str] | None:
        return self._news.popleft() if self._news else None

    def settle(self) -> None:
        """Forget the wake-up when everything has been taken."""
        if not (self._fire or self._slow or self._commands or self._deliveries or self._news):
            self._something.clear()

    @property
    def depth(self) -> int:
        return len(self._fire) + len(self._slow)
