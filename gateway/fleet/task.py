"""The bureau's `fleet` task: hears every box over MQTT, writes first, then tells the rules, the engine and the screen. Thin I/O.

What follows from what is heard stands in `state`, `asked` and the engine. A message is acknowledged to the broker only once it is
stored; so nothing is lost when this process or its disk fails, and what comes twice is known by (site, seq).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from alerts.channels import secrets as secret_files
from alerts.model import Alarm, Command, Reply, Scalar
from alerts.plant import Plant
from alerts.replies import text
from drivers.reading import Clock, Reading
from gateway.asked import whole
from gateway.fleet import asked as asking
from gateway.fleet import gaps, heard
from gateway.fleet.asked import Asked
from gateway.fleet.state import CALLS, Call, Known, order, rung
from gateway.jsonable import from_jsonable, to_jsonable
from gateway.local import RequestError
from gateway.site import School, Township, UplinkConfig
from gateway.store import chain
from gateway.store.database import StoreError, is_broken
from gateway.store.fleet import FleetStore
from gateway.stream.client import LinkOptions
from gateway.stream.command import LIFE, keys_of, parse_reply, seal
from gateway.stream.link import Link, Message
from gateway.stream.wire import ROOT, Topics, WireError, parse_json, parse_topic

log = logging.getLogger(__name__)

LEAVES = ("events", "status", "alarm/+", "devices/+", "reply")
SESSION = 7 * 24 * 3600  # s that the broker keeps what comes while this process is away
MOST = 500  # messages stored in one transaction
TICK = 1.0  # s
ASK_AGAIN = 10_000  # ms between two askings for the same school's missing events
KEPT = 31 * 24 * 3_600_000  # ms that what was asked is shown
Json = dict[str, Any]
T = TypeVar("T")
System = Callable[[str, str, bool, Mapping[str, Scalar]], Awaitable[None]]  # kind, point, active, evidence


class Fleet:
    """`emit` takes Readings, `system` judges the bureau's own alarms, `note` journals, `show` pushes changed rows to followers."""

    def __init__(
        self, config: UplinkConfig, plant: Plant, schools: Sequence[School], townships: Sequence[Township],
        data: Path, clock: Clock, *, emit: Callable[[Sequence[Reading]], None], system: System,
        note: Callable[[str, dict[str, Scalar]], Awaitable[None]], show: Callable[[Json], None],
    ) -> None:  # fmt: skip
        self._plant, self._clock, self._data, self._townships = plant, clock, data, townships
        self._emit, self._system, self._note, self._show = emit, system, note, show
        self._schools = {s.id: s for s in schools}
        start = clock.now().mono
        self._known = {s.id: Known(s.id, s.short, s.phone, since=start) for s in schools}
        self._asked: dict[str, Asked] = {}
        self._called: dict[str, Call] = {}  # the bureau's own alarms about schools that stand, by their point
        self._asked_for: dict[str, int] = {}  # school -> mono of the last asking for what is missing
        self._whole = set[str]()  # schools that have been told that all their events are here
        self._rows: dict[str, Json] = {}
        self._alarms: dict[tuple[str, str], Json | None] = {}  # heard and not yet stored, like the next
        self._statuses: dict[str, tuple[int, Json]] = {}
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._disk = ThreadPoolExecutor(1, "fleet-store")
        self._store: FleetStore | None = None
        self._doubtful = False  # a page of it was found broken
        options = LinkOptions(
            host=config.host, port=config.port, client_id=config.client_id or f"campus-{plant.site}", tls_ca=config.tls_ca,
            tls_cert=config.tls_cert, tls_key=config.tls_key, user=config.user, password_file=config.password_file,
            expiry=SESSION, manual_ack=True, receive=MOST,
        )  # fmt: skip
        self._link = Link(options, [f"{ROOT}/+/+/{leaf}" for leaf in LEAVES], self._inbox.put_nowait)

    @property
    def connected(self) -> bool:
        return self._link.up

    async def run(self) -> None:
        await self._open()
        async with asyncio.TaskGroup() as group:
            for job in (self._link.run, self._hear, self._beat):
                group.create_task(job())

    async def close(self) -> None:
        self._link.stop()
        if self._store is not None:
            await self._on_disk(self._store.close)
        self._disk.shutdown(wait=False)

    async def _open(self) -> None:
        """What an earlier run knew: chains, open alarms, what was asked. Statuses are shown as old, never as alive."""
        if self._store is not None:
            return
        self._store = store = await self._on_disk(partial(FleetStore, self._data / "fleet.db", examined=self._doubtful))
        self._doubtful = False
        if store.quarantined:
            await self._anew(store.quarantined)
        for site, chained in (await self._on_disk(store.chains)).items():
            if site in self._known:
                self._known[site].seq, self._known[site].broken = chained.seq, chained.broken
        for (site, id), alarm in (await self._on_disk(store.alarms)).items():
            if site in self._known:
                with suppress(WireError):  # stored by an older release, which looked less closely
                    self._known[site].show(id, alarm)
        for site, (wall, said) in (await self._on_disk(store.statuses)).items():
            if site in self._known:
                with suppress(WireError):
                    self._known[site].said, self._known[site].said_wall = heard.status(said), wall
        since = self._clock.now().wall - KEPT
        for id, found in (await self._on_disk(partial(store.all_asked, since))).items():
            self._asked[id] = from_jsonable(Asked, found)

    async def _anew(self, why: str) -> None:
        """The store was unreadable and has been put aside: told once; it stays listed until somebody has seen it."""
        log.error("fleet.db was put aside: %s", why)
        await self._note("fleet.anew", {"why": why})
        point, evidence = (
            f"{self._plant.site}/fleet-db",
            {"school": self._plant.short, "place": "学校事件库损坏，已另存", "why": why},
        )
        for active in (True, False):
            await self._system("fault", point, active, evidence)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Raises StoreError; one that is broken in itself is opened anew when this task starts again."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, work)
        except StoreError as fault:
            if is_broken(fault):
                self._store, self._doubtful = None, True
            raise

    # what is heard

    async def _hear(self) -> None:
        """Everything that waits in one go. A store that does not take it ends the task: the broker keeps what is not acknowledged."""
        while True:
            batch = [await self._inbox.get()]
            while not self._inbox.empty() and len(batch) < MOST:
                batch.append(self._inbox.get_nowait())
            known = [(site, leaf, m) for m in batch for site, leaf in [self._whose(m.topic)] if site]
            if events := [(site, *found) for site, leaf, m in known if leaf == "events" and (found := _numbered(m.payload))]:
                await self._events(events)
            for site, leaf, message in known:  # after the events: a status says what should have come before it
                try:
                    if leaf == "status":
                        await self._status(site, message)
                    elif leaf == "reply":
                        await self._reply(site, message.payload)
                    elif leaf.startswith("devices/"):
                        self._known[site].listed(leaf.removeprefix("devices/"), parse_json(message.payload))
                    elif leaf != "events":
                        await self._alarm(site, leaf.removeprefix("alarm/"), message.payload)
                except WireError as error:
                    log.warning("%s: ignored: %s", message.topic, error)
            alarms, self._alarms, statuses, self._statuses = self._alarms, {}, self._statuses, {}
            if alarms or statuses:  # in one go: after a power cut a thousand boxes come at once
                await self._on_disk(partial(self._opened().keep, alarms, statuses))
            for message in batch:
                self._link.ack(message)
            if any(leaf != "status" for _, leaf, _ in known):  # that a box lives is heard 33 times a second
                await self._look()

    def _whose(self, topic: str) -> tuple[str, str]:
        """The school and the leaf; ("", "") for a box that this bureau does not list under that township."""
        try:
            of, leaf = parse_topic(topic)
        except WireError:
            return "", ""
        school = self._schools.get(of.site)
        return (of.site, leaf) if school is not None and school.district == of.district else ("", "")

    async def _events(self, events: list[tuple[str, int, bytes]]) -> None:
        store = self._opened()
        _, differing = await self._on_disk(partial(store.add, events))
        for site, seq in differing:
            log.error("event %d of %s came twice with different words", seq, site)
        for site, chained in (await self._on_disk(store.chains)).items():
            if site in self._known:
                self._known[site].seq = chained.seq
                await self._broken(site, chained.broken)
        # Those that are stored already as well: what follows from them may not be, when this process died in between.
        for site, _, body in sorted(e for e in events if e[:2] not in differing):
            event = chain.fields(body) or {}
            if closed := self._known[site].event(event):
                self._alarms[site, closed] = None
            for known in list(self._asked.values()):
                if known.site == site:
                    await self._now(asking.told(known, event))

    async def _status(self, site: str, message: Message) -> None:
        said, school, now = parse_json(message.payload), self._known[site], self._clock.now()
        if message.retain and said.get("online") is True:
            return  # the broker's memory of yesterday proves nothing
        readings = school.status(said, now)
        if said.get("online") is not True:
            return
        self._emit(readings)
        self._statuses[site] = now.wall, said
        seq, head = said.get("seq"), heard.head(said)
        if isinstance(seq, int) and seq > 0 and head is not None:
            chained = await self._on_disk(partial(self._opened().head, site, seq, head))
            school.seq = chained.seq
            await self._broken(site, chained.broken)
            if seq > school.seq:
                await self._ask_for(site, seq)
            elif site not in self._whole:  # said once, to a box that may believe otherwise
                self._whole.add(site)
                self._link.publish(self._topics(site).of("receipt"), gaps.whole(self._plant.site, seq))
        self._emit(school.arrived(now))
        if school.differs(now):
            self._link.publish(self._topics(site).of("receipt"), gaps.pictured(self._plant.site, site, school.alarms))

    async def _ask_for(self, site: str, upto: int) -> None:
        """Say what is here, so that the box sends what lies between; not while the events of a moment ago may still be on their way."""
        now = self._clock.now().mono
        if now - self._asked_for.get(site, now - ASK_AGAIN) < ASK_AGAIN:
            return
        missing = await self._on_disk(partial(self._opened().missing, site, upto))
        if missing:
            self._asked_for[site] = now
            self._whole.discard(site)
            self._link.publish(self._topics(site).of("receipt"), gaps.lacking(self._plant.site, missing))
            log.info("%s: events are asked for again: %s", site, missing[:3])

    async def _broken(self, site: str, why: str) -> None:
        """A chain that does not prove is a fault of its own, told once."""
        school = self._known[site]
        if why and not school.broken:
            await self._note("fleet.chain", {"school": site, "why": why})
        if why != school.broken or why:
            school.broken = why
            evidence = {"school": school.short, "place": "日志校验不符", "why": why}
            await self._system("fault", f"{site}/chain", bool(why), evidence)

    async def _alarm(self, site: str, id: str, payload: bytes) -> None:
        alarm = parse_json(payload) if payload else None
        school = self._known[site]
        school.show(id, alarm)
        self._alarms[site, id] = school.alarms.get(id)

    async def _reply(self, site: str, payload: bytes) -> None:
        answer = parse_reply(payload)
        known = self._asked.get(answer.id)
        if known is not None and known.site == site:
            await self._now(asking.replied(known, answer))

    async def _now(self, new: Asked) -> None:
        """What was asked as it now stands; stored before it is shown."""
        old = self._asked.get(new.id)
        if new == old:
            return
        await self._on_disk(partial(self._opened().asked, new.id, new.site, new.wall, to_jsonable(new)))
        self._asked[new.id] = new
        self._rows.pop(new.site, None)

    # what follows

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self._clock.now()
            for school in self._known.values():
                if readings := school.tick(now):
                    self._emit(readings)
            for known in list(self._asked.values()):
                await self._now(asking.overdue(known, now.wall))
            await self._look()

    async def _look(self) -> None:
        """Rings what a school's policy rings the bureau for, ends what is over, shows what has changed."""
        self._called, changes = rung(self._called, self._known.values())
        for call, active in changes:
            await self._system(call.kind, call.point, active, call.evidence)
        rows = self.rows()
        if changed := {id: row for id, row in rows.items() if self._rows.get(id) != row}:
            self._rows |= changed
            self._show(changed)

    def standing(self, alarms: Iterable[Alarm]) -> None:
        """The bureau's own alarms about schools that an earlier run left open: they go on, and end here when they are over."""
        self._called |= {a.point: Call(a.kind, a.point, a.evidence) for a in alarms if a.kind in CALLS}

    # for the local socket

    def rows(self) -> dict[str, Json]:
        """Every school as the list shows it; `rank` is its place in the order."""
        now, found = self._clock.now(), {}
        for rank, row in enumerate(order(k.row(now) for k in self._known.values())):
            school = self._schools[row["id"]]
            waiting = [a for a in self._asked.values() if a.site == school.id and a.verb == "order" and not asking.signed(a)]
            head = {"name": school.name, "short": school.short, "township": school.district, "at": school.at}
            found[school.id] = {**head, **row, "rank": rank, "orders": len(waiting)}
        return found

    def fleet(self) -> Json:
        """The list as it stands: {"townships", "schools", "stream"}, parts of the snapshot."""
        return {"townships": to_jsonable(self._townships), "schools": self.rows(), "stream": self.stream()}

    def stream(self) -> Json:
        """The connection to the broker, in the form of a box's own uplink."""
        none = {"backlog": self._inbox.qsize(), "refused": 0, "last_receipt": None}
        return {"enabled": True, "connected": self._link.up, "problem": self._link.problem, **none}

    def questions(self) -> dict[str, Callable[[Json], Awaitable[Json]]]:
        """What the local socket may ask of a bureau: `fleet`, and `fleet-site` with `site` and `limit`."""

        async def fleet(request: Json) -> Json:
            return self.fleet()

        async def site(request: Json) -> Json:
            found = await self.site(str(request.get("site", "")), min(whole(request, "limit", 100), 500))
            if found is None:
                raise RequestError("not-found", "名单里没有这所学校", "no such school on the list")
            return found

        return {"fleet": fleet, "fleet-site": site}

    async def site(self, id: str, limit: int = 100) -> Json | None:
        """One school drilled into: its row, open alarms, newest events, what was asked; None for one that is not listed."""
        if id not in self._known or self._store is None:
            return None
        try:
            events = await self._on_disk(partial(self._store.events, id, limit))
        except StoreError as error:
            log.warning("fleet.db cannot be read: %s", error)
            events = []
        mine = sorted((a for a in self._asked.values() if a.site == id), key=lambda a: -a.wall)
        return {
            "school": {**self.rows()[id], "phone": self._schools[id].phone, "keyed": bool(self._schools[id].command_key)},
            "alarms": sorted(
                self._known[id].alarms.values(), key=lambda a: (-int(a.get("severity", 0)), int(a.get("first", 0)))
            ),
            "status": self._known[id].said,
            "devices": self._known[id].devices(),
            "events": events,
            "asked": [to_jsonable(a) for a in mine[:50]],
        }

    async def ask(self, id: str, command: Command) -> Reply:
        """A person of the bureau asks something of a school: journaled, stored, then sent. The Reply only says that it is on its way."""
        reply = await self._ask(id, command)
        if not reply.ok:
            await self._note("fleet.refused", {**asking.pressed(id, command), "code": reply.code})
        return reply

    async def _ask(self, id: str, command: Command) -> Reply:
        school = self._schools.get(id)
        code = asking.refusal(command, self._plant.people.get(command.person), school)
        if school is None or code or not self._link.up:
            return _no(command, code or "refused.fleet-down")
        try:
            key = keys_of(await asyncio.to_thread(secret_files.content, school.command_key))[0]
        except (OSError, ValueError) as error:
            log.error("%s: the command key cannot be used: %s", id, secret_files.why(error))
            return _no(command, "refused.no-school-key")
        wall, nonce = self._clock.now().wall, secrets.token_hex(16)
        # The school's clock may be wrong: it judges the expiry by its own time, which its status tells.
        expires = wall + int(self._known[id].offset * 1000) + LIFE
        sent = replace(command, id=nonce, expires=expires)
        asked = Asked(nonce, id, command.verb, command.person, wall, command.alarm, dict(command.args))
        await self._note("fleet.asked", {**asking.pressed(id, command), "asked": nonce})
        await self._now(asked)
        self._link.publish(self._topics(id).of("command"), seal(self._topics(id).of("command"), sent, key))
        return Reply(command.id, True, "asked", text("asked"))

    def _topics(self, site: str) -> Topics:
        return Topics(self._schools[site].district, site)

    def _opened(self) -> FleetStore:
        assert self._store is not None, "run opens it before anything is heard"
        return self._store


def _numbered(payload: bytes) -> tuple[int, bytes] | None:
    """The number of an event and its bytes; None for what is none, which is said and dropped."""
    try:
        seq = parse_json(payload).get("seq")
    except WireError as error:
        log.warning("not an event: %s", error)
        return None
    if isinstance(seq, int) and 0 < seq < 1 << 62:
        return seq, payload
    log.warning("an event without a number")
    return None


def _no(command: Command, code: str) -> Reply:
    return Reply(command.id, False, code, text(code))
