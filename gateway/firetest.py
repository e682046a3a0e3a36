"""R33: a simulated fire from end to end twice a month, at the site's time: marked, told to the school's people only, recorded.

What it proves is written as one event `fire-test`; one that was missed, refused, or reached nobody is a fault until the next one
passes. Days: the first day of school from the 1st and from the 15th of each month on. Source: GB 50440, at least two a month.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta

from alerts import calendar
from alerts.model import Alarm, Command, Mark, Reply, Scalar
from alerts.plant import Plant
from drivers.reading import Clock
from gateway.site import FireTest

LOOK = 30.0  # s between two looks at the clock: it may be set meanwhile
PATIENCE = 600.0  # s in which a message must have been taken by its channel
LATE = 4 * 3_600_000  # ms after its time that it is still made up for
HALVES = (1, 15)  # days of the month from which on one is due
NOTE, FAULT = "fire-test", "simulated-fire"
LIFE = 30_000  # ms a local command lives


# of one alarm, by the journal: how many people were told, of how many a channel has taken a message, and how soon (ms)
Told = Callable[[str], Awaitable[tuple[int, int, int | None]]]


def due(plant: Plant, wall: int, minute: int) -> int:
    """Wall ms of the latest simulated fire that should have been by now."""
    today = calendar.local(plant, wall).date()
    back = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    found = [
        at for month in (back, today) for day in _days(plant, month) if (at := calendar.wall_of(plant, day, minute)) <= wall
    ]
    before = (back - timedelta(days=1)).replace(day=1)
    return max(found, default=calendar.wall_of(plant, before, minute))


def _days(plant: Plant, month: date) -> list[date]:
    """A half of the month without school has none."""
    out = []
    for start, end in zip(HALVES, (HALVES[1], 32), strict=True):
        days = (month.replace(day=1) + timedelta(days=n) for n in range(start - 1, end - 1))
        day = next((d for d in days if d.month == month.month and _fit(plant, d)), None)
        out += [day] if day else []
    return out


def _fit(plant: Plant, day: date) -> bool:
    return calendar.school_day(plant.calendar, day) and not calendar.examination(plant.calendar, day)


class FireTester:
    """`ask` puts a Command, `told` looks into the journal, `keep` remembers the time of the last one, `note` writes its event."""

    def __init__(
        self, plan: FireTest, plant: Plant, clock: Clock, kept: Mapping[str, str], *,
        ask: Callable[[Command], Awaitable[Reply]],
        told: Told,
        alarms: Callable[[], Mapping[str, Alarm]],
        marks: Callable[[], Mapping[str, Mark]],
        note: Callable[[str, dict[str, Scalar]], Awaitable[None]],
        keep: Callable[[str, str], None],
        fault: Callable[[str, bool, str], None],
        patience: float = PATIENCE, look: float = LOOK,
    ) -> None:  # fmt: skip
        self._plan, self._plant, self._clock = plan, plant, clock
        self._ask, self._told, self._alarms, self._marks = ask, told, alarms, marks
        self._note, self._keep, self._fault = note, keep, fault
        self._patience, self._look = patience, look
        self._last = int(kept.get(NOTE, "0"))  # wall ms of the last one that was due and dealt with

    async def run(self) -> None:
        """For ever. The first start misses nothing: what was due before it was nobody's."""
        while True:
            if self._clock.ok():
                await self.step()
            await asyncio.sleep(self._look)

    async def step(self) -> None:
        """What is due now: a test, or the word that one was missed."""
        now = self._clock.now().wall
        at = due(self._plant, now, self._plan.at)
        if self._last == 0 or self._last > now:
            self._done(at)
        if at <= self._last:
            return
        self._done(at)
        if now - at > LATE:
            await self._result(at, "", 0, 0, None, "错过了，当时报警盒没有运行 missed: the box did not run then")
        else:
            await self._test(at)

    async def _test(self, at: int) -> None:
        command = f"fire-test:{at}"
        expires = self._clock.now().wall + LIFE
        args: dict[str, Scalar] = {"points": self._plan.point}
        reply = await self._ask(Command(command, "rehearse", self._plan.person, "local", expires, args=args))
        if not reply.ok:
            await self._result(at, "", 0, 0, None, f"{reply.text[0]} {reply.text[1]}")
            return
        alarm, (people, taken, soon) = "", (0, 0, None)  # type: str, tuple[int, int, int | None]
        try:
            async with asyncio.timeout(self._patience):
                while not taken or taken < people:
                    await asyncio.sleep(min(1.0, self._look))
                    alarm = alarm or self._simulated()
                    people, taken, soon = await self._told(alarm) if alarm else (0, 0, None)
        except TimeoutError:
            pass  # what has arrived by now is the result
        await self._end(at)
        why = "" if taken else "没有一条消息送出 not one message was taken by its channel"
        await self._result(at, alarm, people, taken, soon, why)

    def _simulated(self) -> str:
        found = (a for a in self._alarms().values() if a.point == self._plan.point and a.mode == "rehearsal")
        return next((a.id for a in found), "")

    async def _end(self, at: int) -> None:
        for mark in [m for m in self._marks().values() if m.kind == "rehearsal" and self._plan.point in m.points]:
            expires = self._clock.now().wall + LIFE
            await self._ask(Command(f"fire-test-end:{at}", "end", self._plan.person, "local", expires, mark.id))

    async def _result(self, at: int, alarm: str, people: int, taken: int, soon: int | None, why: str) -> None:
        args: dict[str, Scalar] = {"due": at, "test_alarm": alarm, "point": self._plan.point, "people": people, "taken": taken}
        await self._note("fire-test", args | {"first_ms": soon, "passed": not why, "why": why})
        self._fault(FAULT, bool(why), f"模拟火警 simulated fire: {why}" if why else "")

    def _done(self, at: int) -> None:
        self._last = at
        self._keep(NOTE, str(at))
