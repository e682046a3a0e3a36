"""The running box as the world and the local socket see it: acts on Outcomes, answers questions, takes Commands."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from alerts.engine import Engine
from alerts.model import Alarm, Command, Mark, Notification
from alerts.opening import Opening
from alerts.plant import Plant
from drivers.reading import Clock, Quality, Reading
from gateway import asked, devicelist, figures, incident, marks_view, selftest, view
from gateway.addressing import Addressing
from gateway.asked import whole
from gateway.asked_lines import LineQuestions
from gateway.asked_people import PeopleQuestions
from gateway.bustask import BusTask
from gateway.change.changer import Changer
from gateway.decide import Decider
from gateway.fleet.task import Fleet
from gateway.history import Histories
from gateway.jsonable import to_jsonable
from gateway.learning import Learning
from gateway.local import LocalServer, RequestError
from gateway.outbox import snapshot
from gateway.pictures import Pictures
from gateway.proving import Proving
from gateway.site import Site
from gateway.speak import Speaker
from gateway.store import audit
from gateway.store.crashpoint import crashpoint
from gateway.store.database import StoreError
from gateway.store.readings_writer import ReadingsWriter
from gateway.store.writer import JournalWriter
from gateway.storeview import stores_json
from gateway.stream.uplink import Uplink
from gateway.tell import Teller
from gateway.version import VERSION

Json = dict[str, Any]
T = TypeVar("T")
SECRET = ("secret_file", "password_file", "token_file", "tls_key", "command_key", "url")


class Box:
    """Actions of the Decider and Handler of the LocalServer. Built by `runtime`, which sets those below that have no value."""

    server: LocalServer
    decider: Decider
    changer: Changer
    lines: LineQuestions
    addressing: Addressing
    speaker: Speaker | None = None
    fleet: Fleet | None = None  # of a bureau
    learning: Learning
    pictures: Pictures

    def __init__(
        self,
        site: Site,
        engine: Engine,
        pollers: Mapping[str, BusTask],
        tellers: Mapping[str, Teller],
        journal: JournalWriter,
        readings: ReadingsWriter,
        uplink: Uplink | None,
        clock: Clock,
        boot: str,
    ) -> None:
        self.site, self.engine, self.clock, self.boot = site, engine, clock, boot
        self._pollers, self._tellers = pollers, tellers
        self._journal, self._readings, self._uplink = journal, readings, uplink
        self._about, self._shows = view.about_json(site.plant), view.shows(site.plant)
        self._histories = Histories(site.plant.site, site.database, readings, self._about)
        self._modes: dict[str, Json] = {}
        self._screen = asked.Asked(site, engine, pollers, readings, uplink, clock)
        self._people = PeopleQuestions(site, engine, clock)
        self._proving = Proving(Path(site.data) / "journal.db", lambda: (engine.seq - 1, self.decider.head.hex()), clock)
        self._bus_of = {device.id: device.bus for device in site.devices}

    # Actions: what the Decider asks for once an Outcome stands

    def switch(self, outputs: Mapping[str, bool]) -> None:
        for output, on in outputs.items():
            self._pollers[self._bus_of[output.partition("/")[0]]].want(output, on)
        self.server.push({"outputs": self._outputs()}, urgent=True)

    def tell(self, notifications: Sequence[Notification]) -> None:
        crashpoint("box.tell.before")
        for notification in notifications:
            self._tellers[notification.channel].send(notification)

    def show(self, alarms: Sequence[Alarm]) -> None:
        now = self.clock.now()
        shown = {a.id: view.alarm_json(self.plant, a, now) for a in alarms}
        delta: Json = {"alarms": shown}
        if any(m.kind == "flood" for m in self.engine.marks.values()):
            delta["watch"] = self._watch()
        self.server.push(delta, urgent=True)
        self.pictures.shown(alarms)
        if self.speaker:
            self.speaker.show(alarms)
        if self._uplink:
            for id, alarm in shown.items():
                self._uplink.alarm(id, snapshot(alarm))

    def marked(self, changed: Sequence[Mark]) -> None:
        """Marks and the modes of the points whose mode has changed by them."""
        if self.speaker:
            self.speaker.marked(changed)
        before, self._modes = self._modes, marks_view.modes_json(self.plant, self.engine.marks.values())
        points = {p: self._mode(p) for p in before.keys() | self._modes.keys() if before.get(p) != self._modes.get(p)}
        rows = {m.id: marks_view.mark_json(m, self.plant) for m in changed if marks_view.listed(m)}
        self.server.push({"marks": rows, "points": points, "watch": self._watch()}, urgent=True)

    def opened(self, openings: Sequence[Opening]) -> None:
        self.pictures.opened(openings)

    def publish(self) -> None:
        if self._uplink:
            self._uplink.committed()

    # for the pollers and the health task

    def readings(self, readings: Sequence[Reading]) -> None:
        self._screen.heard.take(readings)
        if not self.server.followed:
            return
        points = {r.point: self._about[r.point] | view.reading_json(r) for r in readings if r.point in self._about}
        delta: Json = {"points": points}
        if any(r.point in self._shows for r in readings):
            delta["outputs"] = self._outputs()
        self.server.push(delta, urgent=False)

    def status(self) -> Json:
        """The facts of the topic `status`."""
        return {
            "version": VERSION,
            "boot": self.boot,
            "clock_ok": self.clock.ok(),
            "backlog": self._stream()["backlog"],
            "wall": self.clock.now().wall,
            "seq": self.decider.head_seq,
            "head": self.decider.head.hex(),
            "open": len(self.engine.alarms),
            "degraded": self._journal.degraded,
            **self._watched(),
        }

    def devices(self) -> list[Json]:
        """The facts of the topics `devices/<n>`."""
        view = self.engine.view
        return devicelist.facts(self._screen.heard.devices_json(self.site, self._pollers, view), self.plant, view)

    def _watched(self) -> Json:
        """How much is being watched: points in all, those out of service, those of which nothing good is known or that are out."""
        view, off = self.engine.view, {p for p, m in self._modes.items() if m["mode"] in ("out-of-service", "unverified")}
        good = {r.point for r in view.values() if r.quality is Quality.GOOD}
        return {"points": len(self.plant.points), "out": len(off), "unseen": len(self.plant.points.keys() - (good - off))}

    def pulse(self) -> None:
        """Once a second: the parts of the snapshot that nobody announces."""
        self.lines.look()
        if not self.server.followed:
            return
        self.server.push({"stores": self._stores(), "post": self._post(), "config": self.changer.state()}, urgent=False)
        self.server.push({"stream": self._stream(), "journal": self._journal_json(), "lines": self._lines()}, urgent=False)

    # Handler of the LocalServer

    @property
    def plant(self) -> Plant:
        return self.site.plant

    def now_ms(self) -> int:
        return self.clock.now().wall

    def snapshot(self) -> Json:
        now, plant = self.clock.now(), self.plant
        head = {"id": plant.site, "name": plant.name, "short": plant.short, "district": self.site.district}
        return {
            "v": 1,
            "site": {**head, "timezone": plant.timezone},
            "version": VERSION,
            "boot": self.boot,
            "now": now.wall,
            "clock_ok": self.clock.ok(),
            "speed": plant.speed,
            **view.place_json(plant),
            "points": {
                id: about | view.reading_json(self.engine.view.get(id)) | self._mode(id) for id, about in self._about.items()
            },
            "marks": {m.id: marks_view.mark_json(m, plant) for m in self.engine.marks.values()},
            "watch": self._watch(),
            "alarms": {a.id: view.alarm_json(plant, a, now) for a in self.engine.alarms.values()},
            "outputs": self._outputs(),
            "stores": self._stores(),
            "post": self._post(),
            "stream": self._stream(),
            "config": self.changer.state(),
            "journal": self._journal_json(),
            "lines": self._lines(),
            **(self.fleet.fleet() if self.fleet else {}),
        }

    async def ask(self, what: str, request: Json) -> object:
        questions: dict[str, Callable[[Json], Any]] = {
            "history": self._histories.answer,
            "events": self._ask_events,
            "verify": self._proving.verify,
            "proof": self._proving.look,
            "incident": self._ask_incident,
            "config": self._ask_config,
            "config-source": lambda _: self.changer.source(),
            "config-version": lambda r: self.changer.version(whole(r, "n", 0)),
            "config-who": lambda r: self._people.who_drafted(r, self.changer),
            "config-check": lambda r: self.changer.checked(r.get("text"), str(r.get("person", ""))),
            "health": self._ask_health,
            **self.lines.questions(),
            **self.addressing.questions(),
            "kpi": self._ask_kpi,
            "drills": self._ask_drills,
            "drill": self._ask_drill,
            "channels": self._ask_channels,
            "picture": self.pictures.answer,
            **self._screen.questions(),
            **self._people.questions(),
            **(self.fleet.questions() if self.fleet else {}),
        }
        if what not in questions:
            raise RequestError("bad-request", "没有这个问题", f"ask one of: snapshot {' '.join(questions)}")
        return await questions[what](request)

    async def do(self, command: Json, uid: int) -> Json:
        given = _command(command)
        if given.verb.startswith("config-"):
            return await self.changer.do(given.verb, given.person, dict(given.args))
        if given.verb == "address":
            return await self.addressing.do(given.person, dict(given.args))
        if given.verb in (
            "access",
            "plan",
        ):  # what the page's own server does: it keeps the door and the plans, the journal its book
            await self.decider.settle(
                self.engine.noted(given.verb, {"by": given.person, **given.args}, self.clock.now(), self.clock.ok())
            )
            return {
                "ok": True,
                "code": f"{given.verb}.noted",
                "text": {"zh": "已记录", "en": "Recorded"},
                "seq": self.engine.seq - 1,
            }
        school = str(command.get("site") or "")
        reply = await (self.fleet.ask(school, given) if self.fleet and school else self.decider.ask(given))
        text = {"zh": reply.text[0], "en": reply.text[1]}
        return {"ok": reply.ok, "code": reply.code, "text": text, "seq": reply.seq}

    # questions

    async def _ask_events(self, request: Json) -> list[Json]:
        since, limit = whole(request, "since", 0), min(whole(request, "limit", 500), 1000)
        return [json.loads(body) for _, body in await self._audit(audit.events, since, limit)]

    async def _ask_kpi(self, request: Json) -> Json:
        days = min(max(whole(request, "days", 30), 1), 400)
        return await self._audit(figures.kpi_json, self.plant, tuple(self.engine.alarms.values()), self.clock.now(), days)

    async def _ask_channels(self, request: Json) -> Json:
        name = request.get("channel", "all")
        if name != "all" and name not in self._tellers:
            known = " ".join(self._tellers)
            raise RequestError("not-found", f"没有这个通道；有：{known}", f"no such channel; there are: {known}")
        return dict(await selftest.probes({n: t for n, t in self._tellers.items() if name in ("all", n)}))

    async def _ask_drills(self, request: Json) -> Json:
        return figures.drills_json(self.plant, self.engine.marks, self.clock.now())

    async def _ask_drill(self, request: Json) -> Json:
        found = await self._audit(figures.drill_json, self.plant, str(request.get("drill", "")))
        if found is None:
            raise RequestError("not-found", "没有这次演练", "no such drill")
        return found

    async def _ask_incident(self, request: Json) -> Json:
        """Writes <data>/exports/<alarm>.zip; only the newest of each alarm is kept."""
        folder, alarm = Path(self.site.data) / "exports", str(request.get("alarm", ""))
        part = folder / f"{uuid.uuid4().hex}.zip"
        await self._readings.flush()
        try:
            await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
            found = await asyncio.to_thread(incident.write, Path(self.site.data), self.site, alarm, part)
            done = await asyncio.to_thread(part.replace, folder / f"{found.alarm}.zip")
        except incident.NoSuchAlarm:
            raise RequestError("not-found", "日志里没有这条报警", "the journal knows no such alarm") from None
        except (OSError, StoreError) as error:
            raise RequestError("export-failed", f"写不了：{error}", f"the incident cannot be written: {error}") from None
        return {"alarm": found.alarm, "file": str(done), "events": len(found.rows)}

    async def _audit(self, look: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.to_thread(look, Path(self.site.data) / "journal.db", *args)
        except StoreError as error:
            raise RequestError("journal-down", f"日志读不了：{error}", f"the journal cannot be read: {error}") from None

    async def _ask_config(self, request: Json) -> Json:
        return dict(_without_secrets(to_jsonable(self.site)))

    async def _ask_health(self, request: Json) -> Json:
        tasks = {f"channel:{name}": {"waiting": teller.waiting} for name, teller in self._tellers.items()}
        tasks["engine"] = {"beat": self.decider.beat}
        about = {"journal": self._journal_json(), "uplink": self._stream(), "buses": self._lines(), "tasks": tasks}
        return {**about, "baseline": self.learning.state(), "mains": view.mains_json(self.plant.points, self.engine.view)}

    # parts of the snapshot

    def _mode(self, point: str) -> Json:
        return self._modes.get(point, {"mode": "", "mark": ""})

    def _watch(self) -> Json:
        return marks_view.watch_json(self.plant, self.engine.marks, self._modes, self.engine.alarms)

    def _outputs(self) -> Json:
        return view.outputs_json(self.plant, self.engine.outputs, self.engine.view)

    def _stores(self) -> Json:
        return stores_json(self.plant, self.engine.stores, self.engine.view, self.clock.now())

    def _post(self) -> Json:
        return marks_view.post_json(self.engine.desk, self.clock.now(), self.clock.ok())

    def _stream(self) -> Json:
        if self.fleet:
            return self.fleet.stream()
        if self._uplink is None:
            return {
                "enabled": False,
                "connected": False,
                "backlog": 0,
                "refused": 0,
                "last_receipt": None,
                "problem": "",
                "twin": False,
                "events_refused": 0,
                "why": "",
            }
        return {"enabled": True, **to_jsonable(self._uplink.state())}

    def _journal_json(self) -> Json:
        down = self._journal.degraded
        return {
            "ok": not down,
            "degraded": down,
            "seq": self.engine.seq - 1,
            "pending": self._journal.pending,
            "head": self.decider.head.hex(),
        }

    def _lines(self) -> Json:
        return {id: poller.state() for id, poller in self._pollers.items()}


def _command(given: Json) -> Command:
    """A Command from its JSON; the engine decides whether it may. Raises RequestError for a wrong shape."""
    try:
        args = given.get("args") or {}
        if not isinstance(args, dict):
            raise TypeError("args")
        return Command(
            id=_text(given["id"]),
            verb=_text(given["verb"]),
            person=_text(given["person"]),
            proof="local",  # whoever may use the socket is local, whatever it claims
            expires=int(given["expires"]),
            alarm=str(given.get("alarm", "")),
            args={str(k): v for k, v in args.items() if isinstance(v, str | int | float | bool) or v is None},
            seen=str(given.get("seen", ""))[:200],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RequestError("bad-request", "命令格式不对", f"not a command: {error}") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 100:
        raise ValueError("id, verb and person are short texts")
    return value


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: ("…" if k in SECRET and v else _without_secrets(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
