"""One change of the configuration at a time, as the living box carries it out: propose, confirm, give back, time out."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from alerts.engine import Engine
from alerts.model import Scalar
from drivers.reading import Clock, Quality
from gateway.change import trial as rules
from gateway.change.files import CannotChange, Checked, ConfigFiles, difference
from gateway.change.trial import Standing, Trial, fire_class, standing
from gateway.local import RequestError
from gateway.site import Site, site_from_json

log = logging.getLogger(__name__)

LONGEST = 400_000  # characters of a site file
TOLD = 1_500  # characters of the difference that the journal keeps in one event; the history keeps the whole
LOOK_S = 1.0
AFTER_S = 0.5  # the answer goes out before the process that gives it ends

Json = dict[str, Any]
Words = tuple[str, str, str]  # code, zh, en

ROLE: Words = (
    "refused.role",
    "只有施工或管理员可以改配置",
    "only an installer or the administrator may change the configuration",
)
ON_TRIAL: Words = (
    "refused.trial",
    "已有一份新配置在试用：先确认或退回",
    "a new configuration is on trial: confirm it or give it back first",
)
NO_TRIAL: Words = ("refused.no-trial", "没有在试用的配置", "no configuration is on trial")
OTHER: Words = ("refused.other-person", "要由提出修改的人确认", "whoever proposed the change has to confirm it")
SAME: Words = ("refused.same", "和现在的配置一样", "this is the configuration as it is")
MISTAKES: Words = ("refused.mistakes", "配置里有错误，没有采用", "the configuration has mistakes and was not taken")
TAKEN: Words = (
    "config.taken",
    "已采用，网关正在重启；5 分钟内确认，否则自动退回",
    "taken, the gateway restarts; confirm within 5 minutes or it returns by itself",
)
KEPT: Words = ("config.confirmed", "已确认，新配置生效", "confirmed, the new configuration stays")
GIVEN_BACK: Words = (
    "config.returned",
    "已退回原来的配置，网关正在重启",
    "the former configuration returns, the gateway restarts",
)


class Changer:
    """`note` writes an event of the journal, `restart` ends this process for a fresh one. All in the event loop."""

    def __init__(
        self,
        site: Site,
        compiled: Path,
        engine: Engine,
        clock: Clock,
        note: Callable[[str, dict[str, Scalar]], Awaitable[None]],
        restart: Callable[[], None],
    ) -> None:
        self._site, self._engine, self._clock = site, engine, clock
        self._note, self._restart = note, restart
        self.files = ConfigFiles(compiled, Path(site.source), Path(site.data))
        self._trial: Trial | None = None
        self._returned: Json | None = None  # what this start came back from
        self._until = 0  # mono ms
        self._busy = asyncio.Lock()
        self._ending = False

    async def run(self) -> None:
        """Tells of a return, keeps the last good site, and gives back a trial whose time is over, never in a fire."""
        await self._open()
        while True:
            await asyncio.sleep(LOOK_S)
            trial = self._trial
            if trial and self._clock.now().mono >= self._until and not fire_class(self._engine.alarms.values()):
                async with self._busy:  # somebody may be confirming it this very moment
                    if self._trial is trial:
                        await self._give_back(trial, "time")

    async def _open(self) -> None:
        if told := await asyncio.to_thread(self.files.returned):
            self._returned = told
            await self._note("config", {"step": "returned", **told})
        self._trial = await asyncio.to_thread(self.files.trial)
        if self._trial is None:
            try:
                await asyncio.to_thread(self.files.hold)
            except OSError as error:  # nothing is lost now: only a later broken file would find no good one
                log.error("the last good configuration cannot be kept: %s", error)
        else:
            self._until = self._clock.now().mono + rules.LASTS

    # questions

    def state(self) -> Json | None:
        """SNAPSHOT.config: the trial as the screen shows it, or None."""
        if (trial := self._trial) is None:
            return None
        now, stands = self._clock.now(), self._standing(trial)
        return {
            "by": trial.by,
            "name": trial.name,
            "at": trial.at,
            "until": now.wall + max(0, self._until - now.mono),
            "need": stands.need,
            "good": stands.good,
            "missing": list(stands.missing[:20]),
        }

    async def source(self) -> Json:
        """The site file as it is, its history, the trial, and as "returned" what this start came back from (files.back)."""
        text = await self._readable()
        history = await asyncio.to_thread(self.files.history)
        return {
            "file": str(self.files.source),
            "text": text,
            "history": history,
            "trial": self.state(),
            "returned": self._returned,
        }

    async def version(self, n: int) -> Json:
        """One kept version and how it differs from the file as it is."""
        text = await asyncio.to_thread(self.files.version, n)
        if text is None:
            raise RequestError("not-found", "没有这个版本", "no such version")
        return {"n": n, "text": text, "diff": difference(text, await self._readable(), self.files.source.name)}

    async def checked(self, given: object, by: str) -> Json:
        """What `check` says of the text, and how it differs from the file as it is. Changes nothing."""
        text, old = _short(given), await self._readable()
        made = await self._made(text, by)
        return {
            "ok": bool(made.compiled),
            "findings": list(made.findings),
            "diff": difference(old, text, self.files.source.name),
        }

    async def drafted(self, given: object, by: str) -> Site | tuple[Json, ...]:
        """The site that the text would make, or what hinders it. Changes nothing."""
        made = await self._made(_short(given), by)
        return await asyncio.to_thread(site_from_json, made.compiled) if made.compiled else made.findings

    async def _made(self, text: str, by: str) -> Checked:
        try:
            return await self.files.check(text, by)
        except CannotChange as error:
            raise RequestError(error.code, error.zh, error.en) from None

    async def _readable(self) -> str:
        try:
            return await asyncio.to_thread(self.files.text)
        except CannotChange as error:
            raise RequestError(error.code, error.zh, error.en) from None

    # what a person asks

    async def do(self, verb: str, person: str, args: Json) -> Json:
        """config-propose {text} | config-confirm | config-return. `args.role` counts for whoever the site does not list."""
        listed = self._site.plant.people.get(person)
        role, name = (listed.role, listed.name) if listed else (str(args.get("role", "")), person)
        if not rules.may(role):
            return await self._refused(verb, person, ROLE)
        if self._busy.locked() or self._ending:
            return _said(False, ("refused.busy", "正在处理另一个修改，请稍候", "another change is being worked on, wait"))
        async with self._busy:
            match verb:
                case "config-propose":
                    return await self._propose(person, name, args)
                case "config-confirm":
                    return await self._confirm(person)
                case "config-return":
                    return await self._return(person)
        raise RequestError("bad-request", "没有这个命令", "one of config-propose config-confirm config-return")

    async def _propose(self, person: str, name: str, args: Json) -> Json:
        text = _short(args.get("text"))
        if self._trial:
            return await self._refused("config-propose", person, ON_TRIAL)
        if fires := fire_class(self._engine.alarms.values()):
            return await self._refused("config-propose", person, _in_a_fire(fires))
        try:
            old = await asyncio.to_thread(self.files.text)
            if text == old:
                return _said(False, SAME)
            made = await self.files.check(text, person)
            if not made.compiled:
                return (await self._refused("config-propose", person, MISTAKES)) | {"findings": list(made.findings)}
            if fires := fire_class(self._engine.alarms.values()):  # it broke out while we checked
                return await self._refused("config-propose", person, _in_a_fire(fires))
            now = self._clock.now()
            compiled = await asyncio.to_thread(self.files.compiled.read_text, "utf-8")
            trial = Trial(
                uuid.uuid4().hex, person, name, now.wall, "applying", 0, self._good(), old, compiled, text, made.compiled
            )  # fmt: skip
            changed = difference(old, text, self.files.source.name)
            await self._note("config", {"step": "proposed", "by": person, "diff": "\n".join(changed)[:TOLD]})
            await asyncio.to_thread(self.files.begin, trial)
        except CannotChange as error:
            return await self._refused("config-propose", person, (error.code, error.zh, error.en))
        except OSError as error:
            return await self._refused("config-propose", person, _unwritable(error))
        self._soon()
        return _said(True, TAKEN) | {"findings": list(made.findings)}

    async def _confirm(self, person: str) -> Json:
        trial = self._trial
        if trial is None:
            return await self._refused("config-confirm", person, NO_TRIAL)
        if person != trial.by:
            return await self._refused("config-confirm", person, OTHER)
        stands = self._standing(trial)
        if not stands.enough:
            return await self._refused("config-confirm", person, _too_few(stands))
        await self._note("config", {"step": "confirmed", "by": person, "good": stands.good, "need": stands.need})
        try:
            await asyncio.to_thread(self.files.keep, trial)
        except OSError as error:  # it stays on trial, and may be confirmed again while its time lasts
            return await self._refused("config-confirm", person, _unwritable(error))
        self._trial = None
        return _said(True, KEPT)

    async def _return(self, person: str) -> Json:
        trial = self._trial
        if trial is None:
            return await self._refused("config-return", person, NO_TRIAL)
        if fires := fire_class(self._engine.alarms.values()):
            return await self._refused("config-return", person, _in_a_fire(fires))
        await self._give_back(trial, f"asked by {person}")
        return _said(True, GIVEN_BACK)

    async def _give_back(self, trial: Trial, why: str) -> None:
        try:
            await asyncio.to_thread(self.files.back, trial, why)
        except OSError as error:  # the disk takes nothing now: tried again at the next look
            log.error("the former configuration cannot be written back: %s", error)
            return
        self._trial = None
        self._soon()

    def _soon(self) -> None:
        """This process answers once more and ends; until then nobody puts a change on top, or confirms what has not run."""
        self._ending = True
        asyncio.get_running_loop().call_later(AFTER_S, self._restart)

    async def _refused(self, verb: str, person: str, words: Words) -> Json:
        await self._note("config", {"step": "refused", "verb": verb, "by": person, "code": words[0]})
        return _said(False, words)

    def _good(self) -> tuple[str, ...]:
        return tuple(p for p, r in self._engine.view.items() if r.quality is Quality.GOOD)

    def _standing(self, trial: Trial) -> Standing:
        return standing(trial.good, self._site.plant.points.keys(), self._good())


def _said(ok: bool, words: Words) -> Json:
    code, zh, en = words
    return {"ok": ok, "code": code, "text": {"zh": zh, "en": en}, "seq": 0}


def _unwritable(error: OSError) -> Words:
    return "config.unwritable", f"写不了：{error.strerror}", f"cannot be written: {error.strerror}"


def _in_a_fire(numbers: list[str]) -> Words:
    which = " ".join(numbers)
    return (
        "refused.alarm",
        f"有火警或气体报警未结束（编号 {which}），现在不能改配置",
        f"a fire or gas alarm is open (number {which}): the configuration cannot be changed now",
    )


def _too_few(stands: Standing) -> Words:
    which = " ".join(stands.missing[:5])
    return (
        "refused.points",
        f"原来有 {stands.need} 个测点正常，现在只有 {stands.good} 个：{which}。修好再确认，或退回原配置",
        f"{stands.need} points were good, now {stands.good}: {which}. Mend them and confirm, or give the change back",
    )


def _short(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise RequestError("bad-request", "没有配置内容", "the text of a site file is missing")
    if len(text) > LONGEST:
        raise RequestError("bad-request", f"配置超过 {LONGEST} 字", f"a site file has at most {LONGEST} characters")
    return text
