"""What the screen asks over the socket beside the snapshot: alarms of a period, one alarm's story, devices, refused lines. Reads only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from alerts.engine import Engine
from alerts.model import Alarm
from alerts.opening import Opening
from alerts.plant import Plant
from drivers.bus import Counts
from drivers.poller import Poller
from drivers.reading import Clock, Now, Quality, Reading
from gateway import leakage, spoken
from gateway.acceptance import acceptance_json
from gateway.bustask import BusTask
from gateway.jsonable import from_jsonable, to_jsonable
from gateway.local import RequestError
from gateway.site import Site
from gateway.store.database import StoreError, readonly
from gateway.store.readings_writer import ReadingsWriter
from gateway.storeview import opening_json
from gateway.stream.uplink import Uplink
from gateway.view import alarm_json, limits_json

Json = dict[str, Any]
T = TypeVar("T")
MOST_ALARMS = 2000
MOST_EVENTS = 2000
MOST_SHOWN = 500  # characters of a refused event


def alarms_json(path: Path, plant: Plant, now: Now, first: int, last: int, most: int) -> list[Json]:
    """ALARM of each alarm that was first raised at first <= wall < last, closed ones too, newest first. Raises StoreError.

    Due times mean nothing here: those of open alarms are in the snapshot.
    """
    with closing(readonly(path)) as db:
        rows = db.execute(
            "SELECT snapshot FROM alarm WHERE json_extract(snapshot, '$.first.wall') >= ? AND json_extract(snapshot, '$.first.wall') < ?"
            " ORDER BY json_extract(snapshot, '$.first.wall') DESC LIMIT ?",
            (first, last, min(most, MOST_ALARMS)),
        ).fetchall()
    alarms = [from_jsonable(Alarm, json.loads(text)) for (text,) in rows]
    return [alarm_json(plant, alarm, now) | {"result_due": None, "next_due": None} for alarm in alarms]


def story_json(path: Path, alarm: str) -> list[Json]:
    """Every EVENT of one alarm in order. Raises StoreError. Its id holds the number of its first event: nothing before it is read."""
    number = alarm.rpartition("-")[2]
    since = int(number) if number.isascii() and number.isdigit() else 0
    with closing(readonly(path)) as db:
        rows = db.execute(
            "SELECT CAST(body AS TEXT) FROM event WHERE seq >= ? AND json_extract(CAST(body AS TEXT), '$.alarm') = ?"
            " ORDER BY seq LIMIT ?",
            (since, alarm, MOST_EVENTS),
        )
        return [json.loads(body) for (body,) in rows]


def store_json(path: Path, plant: Plant, store: str, now: Now, most: int) -> Json:
    """The last openings of a store, newest first, its deviations of 31 days, and when its detector last gave an alarm, wall ms or None.

    Any alarm proves that a detector detects. Raises StoreError, KeyError for an unknown store.
    """
    about, month = plant.stores[store], now.wall - 31 * 86_400_000
    with closing(readonly(path)) as db:
        rows = db.execute(
            "SELECT snapshot FROM opening WHERE json_extract(snapshot, '$.store') = ? ORDER BY wall DESC LIMIT ?", (store, most)
        ).fetchall()
        (proved,) = db.execute(
            "SELECT max(json_extract(snapshot, '$.raised.wall')) FROM alarm WHERE json_extract(snapshot, '$.point') = ?",
            (about.detector,),
        ).fetchone()
    deviations = [a for a in alarms_json(path, plant, now, month, now.wall + 1, MOST_ALARMS) if a["zone"] == about.zone]
    return {
        "openings": [opening_json(from_jsonable(Opening, json.loads(text))) for (text,) in rows],
        "deviations": [a for a in deviations if a["lamp"] == "store"],
        "detector_alarm": proved if about.detector else None,
    }


def changes_json(path: Path, first: int) -> list[Json]:
    """What became of the configuration at wall ms `first` or later, newest first: {"at","who","step","setpoint","old","new"}.

    `step` is "setpoint" with its name and values, or the step of a change with "" and nulls; not what was refused. The lines that
    differ stay out: they hold people's numbers. Raises StoreError.
    """
    with closing(readonly(path)) as db:
        rows = db.execute(
            "SELECT json_extract(CAST(body AS TEXT), '$.wall'), json_extract(CAST(body AS TEXT), '$.args') FROM event"
            " WHERE json_extract(CAST(body AS TEXT), '$.kind') IN ('config', 'setpoint')"
            " AND json_extract(CAST(body AS TEXT), '$.wall') >= ? ORDER BY seq DESC LIMIT ?",
            (first, MOST_EVENTS),
        ).fetchall()
    told = [(wall, {"step": "setpoint", "setpoint": "", "old": None, "new": None} | json.loads(args)) for wall, args in rows]
    kept = ("step", "setpoint", "old", "new")
    return [
        {"at": wall, "who": args["by"]} | {key: args[key] for key in kept} for wall, args in told if args["step"] != "refused"
    ]


class Heard:
    """When each device gave its last good value, and its last fault, since `run` started."""

    def __init__(self) -> None:
        self._good: dict[str, int] = {}
        self._fault: dict[str, tuple[int, str]] = {}

    def take(self, readings: Sequence[Reading]) -> None:
        for r in readings:
            if r.quality is Quality.GOOD:
                self._good[r.point.partition("/")[0]] = r.at.wall
            elif r.fault:
                self._fault[r.point.partition("/")[0]] = (r.at.wall, r.fault)

    def devices_json(self, site: Site, lines: Mapping[str, BusTask], view: Mapping[str, Reading]) -> list[Json]:
        """DEVICE of docs/local-socket.md, in the order of the site file. Counters are since the start; null on lines that only listen."""
        counts = {id: line.stats().units for id, line in lines.items() if isinstance(line, Poller)}
        found = []
        for device in site.devices:
            points = [device.point(c.id) for c in device.profile.channels]
            bad = [view[p] for p in points if p in view and view[p].quality is not Quality.GOOD]
            at, fault = self._fault.get(device.id, (None, ""))
            zone = site.plant.points[points[0]].zone if points and points[0] in site.plant.points else ""
            found.append(
                {
                    "id": device.id,
                    "bus": device.bus,
                    "unit": device.unit,
                    "profile": device.profile.id,
                    "zone": zone,
                    "points": points,
                    "bad": len(bad) + sum(p not in view for p in points),
                    "last_good": self._good.get(device.id),
                    "fault": next((r.fault for r in bad if r.fault), ""),
                    "last_fault": fault,
                    "last_fault_at": at,
                    **_counted(counts.get(device.bus, {}).get(device.unit)),
                }
            )
        return found


def refused_json(seq: int, body: bytes, why: str) -> Json:
    """An event that the broker will not take, in the form of a refused line; `wall` is when it happened."""
    said = json.loads(body)
    return {"dest": "broker", "boot": "", "seq": seq, "line": body.decode()[:MOST_SHOWN], "why": why, "wall": said["wall"]}


def _counted(counts: Counts | None) -> Json:
    if counts is None:
        return {
            "questions": None,
            "good": None,
            "silent": None,
            "garbled": None,
            "wrong": None,
            "refused": None,
            "latency": None,
        }
    return {
        "questions": counts.questions,
        "good": counts.good,
        "silent": counts.silent,
        "garbled": counts.garbled,
        "wrong": counts.wrong,
        "refused": counts.refused,
        "latency": None if counts.latency_mean is None else round(counts.latency_mean, 1),
    }


class Asked:
    """The questions of this file by name, for the Box."""

    def __init__(
        self,
        site: Site,
        engine: Engine,
        lines: Mapping[str, BusTask],
        readings: ReadingsWriter,
        uplink: Uplink | None,
        clock: Clock,
    ) -> None:
        self.heard = Heard()
        self._site, self._engine, self._lines, self._clock = site, engine, lines, clock
        self._readings, self._uplink = readings, uplink

    def questions(self) -> dict[str, Callable[[Json], Awaitable[Any]]]:
        return {
            "alarms": self._alarms,
            "story": self._story,
            "devices": self._devices,
            "refused": self._refused,
            "store": self._store,
            "config-changes": self._changes,
            "resend": self._resend,
            "leakage": self._leakage,
            "acceptance": self._acceptance,
            "spoken": self._spoken,
        }

    async def _spoken(self, request: Json) -> Json:
        return await spoken.answer(Path(self._site.data), self._site.plant, request)

    async def _alarms(self, request: Json) -> list[Json]:
        now = self._clock.now()
        first, last, most = (whole(request, n, d) for n, d in (("from", 0), ("to", now.wall), ("limit", MOST_ALARMS)))
        return await self._journal(alarms_json, self._site.plant, now, first, last, most)

    async def _story(self, request: Json) -> list[Json]:
        return await self._journal(story_json, str(request.get("alarm", "")))

    async def _store(self, request: Json) -> Json:
        store = str(request.get("store", ""))
        if store not in self._site.plant.stores:
            raise RequestError("not-found", "没有这个危化品库", "no such store")
        most = min(whole(request, "limit", 20), 200)
        return await self._journal(store_json, self._site.plant, store, self._clock.now(), most)

    async def _changes(self, request: Json) -> list[Json]:
        return await self._journal(changes_json, whole(request, "from", 0))

    async def _devices(self, request: Json) -> list[Json]:
        return self.heard.devices_json(self._site, self._lines, self._engine.view)

    async def _refused(self, request: Json) -> object:
        """Events that the broker will not take, then lines that the database did not."""
        events = [refused_json(*one) for one in await self._uplink.refused_events()] if self._uplink else []
        try:
            return [*events, *to_jsonable(await self._readings.refusals(min(whole(request, "limit", 100), 1000)))]
        except StoreError as error:
            raise RequestError("history-down", f"读数库读不了：{error}", f"the readings cannot be read: {error}") from None

    async def _acceptance(self, request: Json) -> Json:
        engine, now = self._engine, self._clock.now()
        phones = {key: int(at or 0) for key, at in engine.desk.roster(now, self._clock.ok())["phones"].items()}
        return await self._journal(
            acceptance_json, self._site.plant, tuple(engine.marks.values()), dict(engine.view), phones, now
        )

    async def _leakage(self, request: Json) -> list[Json]:
        plant, now = self._site.plant, self._clock.now().wall
        try:
            week = [
                (p, await self._readings.query(p, now - leakage.DAYS * leakage.DAY, now, leakage.HOURS))
                for p in leakage.points(plant)
            ]
        except StoreError as error:
            raise RequestError("history-down", f"读数库读不了：{error}", f"the readings cannot be read: {error}") from None
        return leakage.leakage_json(plant, dict(week), limits_json(plant))

    async def _resend(self, request: Json) -> Json:
        """The frames of all refused lines go once more, and all refused events:

        {"again": lines, "gone": lines whose frame is kept no longer, "events": events}.
        """
        events = self._uplink.resend_events() if self._uplink else 0
        try:
            again, gone = await self._readings.resend()
        except StoreError as error:
            raise RequestError("history-down", f"读数库读不了：{error}", f"the readings cannot be read: {error}") from None
        return {"again": again, "gone": gone, "events": events}

    async def _journal(self, look: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.to_thread(look, Path(self._site.data) / "journal.db", *args)
        except StoreError as error:
            raise RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}") from None


def whole(request: Json, name: str, default: int) -> int:
    """A whole number from 0 up of a request. Raises RequestError."""
    value = request.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RequestError("bad-request", f"{name} 应为非负整数", f"{name} must be a whole number from 0 up")
    return value
