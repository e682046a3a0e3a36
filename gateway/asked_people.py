"""What is asked over the socket about people: who stands where, what the shift hands over, who would be called. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from alerts.engine import Engine
from alerts.kinds import KINDS
from alerts.plant import Plant
from drivers.reading import Clock
from gateway.asked import whole
from gateway.change.changer import Changer
from gateway.handover import handover_json, records_json, shifts_json
from gateway.jsonable import to_jsonable
from gateway.local import RequestError
from gateway.rota import rota_json
from gateway.site import Site
from gateway.store.database import StoreError
from gateway.who import LONGEST, Known, under, who_json

Json = dict[str, Any]
LOGS = 31 * 86_400_000  # ms of duty log in one answer


class PeopleQuestions:
    """The questions of this file by name, for the Box."""

    def __init__(self, site: Site, engine: Engine, clock: Clock) -> None:
        self._site, self._engine, self._clock = site, engine, clock

    def questions(self) -> dict[str, Callable[[Json], Awaitable[Any]]]:
        return {
            "roster": self._roster,
            "handover": self._handover,
            "who": self._who,
            "rota": self._rota,
            "shifts": self._shifts,
            "shift-logs": self._shift_logs,
        }

    async def _roster(self, request: Json) -> Json:
        return dict(to_jsonable(self._engine.desk.roster(self._clock.now(), self._clock.ok())))

    async def _shifts(self, request: Json) -> list[Json]:
        path = Path(self._site.data) / "journal.db"
        try:
            return await asyncio.to_thread(shifts_json, path, min(whole(request, "limit", 60), 500))
        except StoreError as error:
            raise RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}") from None

    async def _shift_logs(self, request: Json) -> list[Json]:
        now = self._clock.now()
        first = whole(request, "from", now.wall - LOGS)
        if first < now.wall - LOGS:
            raise RequestError("bad-request", "最多看31天的值班记录", "the duty log of at most 31 days")
        path = Path(self._site.data) / "journal.db"
        try:
            return await asyncio.to_thread(records_json, path, self._site.plant, now, first)
        except StoreError as error:
            raise RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}") from None

    async def _rota(self, request: Json) -> Json:
        marks = tuple(self._engine.desk.marks.values())
        return rota_json(self._site.plant, marks, self._clock.now().wall, whole(request, "days", 28))

    async def _handover(self, request: Json) -> Json:
        now, engine = self._clock.now(), self._engine
        alarms, marks = tuple(engine.alarms.values()), tuple(engine.marks.values())
        path = Path(self._site.data) / "journal.db"
        try:
            return await asyncio.to_thread(
                handover_json,
                path,
                self._site.plant,
                alarms,
                marks,
                engine.desk,
                now,
                self._clock.ok(),
                whole(request, "begun", 0),
            )
        except StoreError as error:
            raise RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}") from None

    async def _who(self, request: Json) -> Json:
        return await self._foreseen(request, self._site.plant)

    async def who_drafted(self, request: Json, changer: Changer) -> Json:
        """As if the draft `text` were in force: the answer of `who` with "ok", or what hinders the draft. Changes nothing."""
        made = await changer.drafted(request.get("text"), str(request.get("person", "")))
        if not isinstance(made, Site):
            return {"ok": False, "findings": list(made)}
        return {"ok": True, "findings": [], **await self._foreseen(request, made.plant)}

    async def _foreseen(self, request: Json, plant: Plant) -> Json:
        """As the living site would call, or as one with another plant. What is known is copied here, in the engine's own thread;

        the steps are walked in another.
        """
        now, engine = self._clock.now(), self._engine
        place, kind, at = str(request.get("place", "")), str(request.get("kind", "")), whole(request, "at", now.wall)
        if place and place not in plant.zones and place not in plant.buildings:
            raise RequestError("not-found", "没有这栋楼或这个区域", "no such building or zone")
        if kind and kind not in KINDS:
            raise RequestError("not-found", "没有这种报警", f"no such kind of alarm; there are: {' '.join(KINDS)}")
        if at > now.wall + LONGEST:
            raise RequestError("bad-request", "时间最多写到400天以后", "the time lies more than 400 days ahead")
        known = Known(
            self._site.plant,
            tuple(engine.alarms.values()),
            tuple(engine.marks.values()),
            tuple(engine.desk.marks.values()),
            engine.budget,
            now,
            self._clock.ok(),
        )
        if plant is not self._site.plant:
            known = under(plant, known)
        return await asyncio.to_thread(who_json, known, place, kind, max(at, now.wall))
