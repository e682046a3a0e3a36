"""What is asked over the socket about the lines themselves: a device read now, one question to a unit, the counters. Never writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from drivers.lending import LineBusy
from drivers.plan import is_fire
from drivers.poller import Poller
from drivers.reading import Clock
from gateway.asked import whole
from gateway.bustask import BusTask
from gateway.counters import Counters
from gateway.lines import FIRE_LATENCY, MOST_LATENCY, heard_json, probe, read_of
from gateway.local import RequestError
from gateway.readone import read_json
from gateway.site import Site

Json = dict[str, Any]


class LineQuestions:
    """The questions `read`, `probe` and `counters` of docs/local-socket.md. Each may raise RequestError."""

    def __init__(self, site: Site, tasks: Mapping[str, BusTask], clock: Clock) -> None:
        self._site, self._tasks, self._clock = site, tasks, clock
        self._counters = Counters({id: t.stats for id, t in tasks.items() if isinstance(t, Poller)}, clock.now())

    def questions(self) -> Mapping[str, Callable[[Json], Awaitable[Json]]]:
        return {"read": self._read, "probe": self._probe, "counters": self._count}

    def look(self) -> None:
        """Now and then, so that the counters' window moves on."""
        self._counters.look(self._clock.now())

    async def _count(self, request: Json) -> Json:
        return self._counters.of(self._modbus(request)[0], self._clock.now())

    async def _read(self, request: Json) -> Json:
        device = next((d for d in self._site.devices if d.id == request.get("device")), None)
        if device is None:
            known = " ".join(d.id for d in self._site.devices)
            raise RequestError("not-found", f"没有这个设备；有：{known}", f"no such device; there are: {known}")
        try:
            readings, frames = await self._tasks[device.bus].job(device.id)
        except LineBusy:
            raise RequestError(
                "line-busy", "线路正忙（火灾点位和输出优先），请稍后再试", "the line is busy; try again"
            ) from None
        return read_json(self._site, device, readings, frames)

    async def _probe(self, request: Json) -> Json:
        """One question to any unit of a line, with that line's own settings: other ones are for when no `run` has the port."""
        bus, poller = self._modbus(request)
        try:
            unit, read = read_of(request)
        except ValueError as error:
            raise RequestError("bad-request", f"问题不对：{error}", f"not a question: {error}") from None
        fire = any(is_fire(d) for d in self._site.devices if d.bus == bus)
        longest = FIRE_LATENCY if fire else MOST_LATENCY
        latency = max(10, min(whole(request, "latency", FIRE_LATENCY), longest))
        return heard_json(await probe(poller, unit, read, latency))

    def _modbus(self, request: Json) -> tuple[str, Poller]:
        """The line a question is about, which must be one that is asked."""
        bus = str(request.get("bus"))
        if bus not in self._tasks:
            known = " ".join(self._tasks)
            raise RequestError("not-found", f"没有这条线路；有：{known}", f"no such line; there are: {known}")
        task = self._tasks[bus]
        if not isinstance(task, Poller):
            raise RequestError(
                "not-modbus", f"{bus} 不是 Modbus 线路，只能看，不能问", f"{bus} is no Modbus line: it cannot be asked"
            )
        return bus, task
