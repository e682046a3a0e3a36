"""The engine's inbox: fire overtakes, nothing of the fire lane is dropped, the slow lane keeps the latest Reading per point."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from alerts.inbound import BUTTON
from alerts.model import Command, Delivery
from alerts.plant import Plant
from drivers.quantities import QUANTITIES
from drivers.reading import Reading
from drivers.wake import Wake

GATHER = 0.02  # seconds after slow readings were taken in which further ones only gather: the lines of a school answer together
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
        self._something = Wake()
        self._taken = False  # slow readings, since `wait` was last called
        self._gathering = False
        self.overtaken = 0  # readings of the slow lane replaced by a newer one before the engine saw them

    def readings(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            if reading.point in self._fire_points:
                self._fire.append(reading)
            else:
                self.overtaken += reading.point in self._slow
                self._slow[reading.point] = reading
        if self._fire or not self._gathering:
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
        """Return when there is something to take, at the latest after `seconds`. Fire and whatever is no reading never gathers."""
        if self._taken and seconds > GATHER:
            self._gathering = True
            try:
                await self._something.wait(GATHER)
            finally:
                self._taken = self._gathering = False
            if self._waiting:
                return
            seconds -= GATHER
        await self._something.wait(max(0.0, seconds))

    def take_fire(self) -> list[Reading]:
        taken = list(self._fire)
        self._fire.clear()
        return taken

    def take_slow(self) -> list[Reading]:
        points = list(self._slow)[:MOST]
        self._taken |= bool(points)
        return [self._slow.pop(point) for point in points]

    def take_command(self) -> Command | None:
        return self._commands.popleft() if self._commands else None

    def take_delivery(self) -> Delivery | None:
        return self._deliveries.popleft() if self._deliveries else None

    def take_system(self) -> tuple[str, str, bool, str] | None:
        return self._news.popleft() if self._news else None

    def settle(self) -> None:
        """Forget the wake-up when everything has been taken."""
        if not self._waiting:
            self._something.clear()

    @property
    def _waiting(self) -> bool:
        return bool(self._fire or self._slow or self._commands or self._deliveries or self._news)

    @property
    def depth(self) -> int:
        return len(self._fire) + len(self._slow)
