"""A new device on a living line is given its address: looked for, written down who asked, its one register written, found again.

What may be done and how it is judged is drivers/readdress.py; here are who may ask, whose addresses are taken, and the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from alerts.model import Scalar
from drivers.asking import Heard, outcome
from drivers.lending import Addresser
from drivers.plan import Read
from drivers.poller import Poller
from drivers.profile import Profile
from drivers.readdress import Verdict, judged, look, readdress
from gateway.bustask import BusTask
from gateway.change.trial import may
from gateway.config.ready import Ready
from gateway.lines import probe
from gateway.local import RequestError
from gateway.shipped import data_dir
from gateway.site import BusConfig, Site

Json = dict[str, Any]
Note = Callable[[str, dict[str, Scalar]], Awaitable[None]]
MOST = 247


class LentLine:
    """One line of `run` as a drivers.readdress.Setter: each question and the one write wait for gaps between the polls."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        return await probe(self._poller, unit, read, latency)

    async def set(self, unit: int, function: int, address: int, value: int, latency: int) -> Heard:
        async def write(line: Addresser) -> tuple[int, ...]:
            await line.set_address(unit, function, address, value, latency=latency)
            return ()

        return await outcome(self._poller.lend(write))


class Addressing:
    """The questions `address-look` and `address-judge` and the command `address` of docs/local-socket.md. One at a time."""

    def __init__(self, site: Site, tasks: Mapping[str, BusTask], note: Note, pause: Callable[[float], Awaitable[None]]) -> None:
        self._site, self._tasks, self._note, self._pause = site, tasks, note, pause
        self._turn = asyncio.Lock()

    def questions(self) -> Mapping[str, Callable[[Json], Awaitable[Json]]]:
        return {"address-look": self._look, "address-judge": self._judge}

    async def _look(self, request: Json) -> Json:
        """Is one new device there, and which address may it have? Writes nothing."""
        bus, line, profile = await self._about(request)
        async with self._turn:
            verdict = await look(line, profile, self._taken(bus.id, request))
        if verdict.code == "nobody" and bus.port and bus.baud != profile.baud:
            verdict = Verdict("speed")
        return _told(verdict, profile.unit, verdict.unit)

    async def _judge(self, request: Json) -> Json:
        """Where is the device now, after somebody switched it off and on?"""
        _, line, profile = await self._about(request)
        new = _unit(request, "new")
        if profile.unit_at is None:
            return _told(Verdict("no-register"), profile.unit, new)
        async with self._turn:
            verdict = await judged(line, profile.unit_at, profile.unit, new)
        return _told(verdict, profile.unit, new)

    async def do(self, person: str, args: Json) -> Json:
        """address {bus, profile, new, taken}: the one new device gets address `new`. Who asked is journaled before the write."""
        listed = self._site.plant.people.get(person)
        if not may(listed.role if listed else str(args.get("role", ""))):
            await self._note("address", {"step": "refused", "by": person, "code": "refused.role"})
            zh, en = "只有施工或管理员可以改地址", "only an installer or the administrator may give addresses"
            return _answer(False, "refused.role", zh, en)
        bus, line, profile = await self._about(args)
        new = _unit(args, "new")
        about: dict[str, Scalar] = {"by": person, "bus": bus.id, "profile": profile.id, "old": profile.unit, "new": new}
        async with self._turn:
            await self._note("address", {"step": "asked", **about})
            verdict = await readdress(line, profile, profile.unit, new, self._taken(bus.id, args), self._pause)
            await self._note("address", {"step": verdict.code, **about})
        zh, en = verdict.words(profile.unit, new)
        return _answer(verdict.ok, f"address.{verdict.code}", zh, en)

    async def _about(self, request: Json) -> tuple[BusConfig, LentLine, Profile]:
        bus = next((b for b in self._site.buses if b.id == request.get("bus")), None)
        task = self._tasks.get(bus.id) if bus else None
        if bus is None or not isinstance(task, Poller):
            raise RequestError(
                "not-modbus", "这条线路还没有生效，或不是 Modbus 线路", "this line is not in use yet, or no Modbus line"
            )
        name = str(request.get("profile", ""))
        profile = await asyncio.to_thread(partial(_profile, self._site, name))
        if profile is None:
            raise RequestError(
                "not-found",
                f"不认识型号 {name}：自己写的型号先随一个设备采用，再用它改地址",
                f"no model {name}: one of your own is known here once a device of it is in use",
            )
        return bus, LentLine(task), profile

    def _taken(self, bus: str, request: Json) -> set[int]:
        """The addresses of the living site on this line, and those the asker names: of the draft, and given just now."""
        named = [int(part) for part in str(request.get("taken", "")).split() if part.isascii() and part.isdigit()]
        return {d.unit for d in self._site.devices if d.bus == bus} | set(named)


def _profile(site: Site, name: str) -> Profile | None:
    """A shipped model, read as JSON, or one in use here. Reads a file."""
    used = next((d.profile for d in site.devices if d.profile.id == name), None)
    path = data_dir() / "profiles" / f"{name}.yaml"
    if used is not None or path.name.removesuffix(".yaml") != name:
        return used
    return Ready(data_dir()).profile(path)


def _unit(request: Json, key: str) -> int:
    value = request.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
        raise RequestError("bad-request", f"{key} 应为 1 到 {MOST} 的地址", f"{key} must be an address from 1 to {MOST}")
    return value


def _told(verdict: Verdict, old: int, new: int) -> Json:
    zh, en = verdict.words(old, new)
    return {"code": verdict.code, "old": old, "unit": verdict.unit, "text": {"zh": zh, "en": en}}


def _answer(ok: bool, code: str, zh: str, en: str) -> Json:
    return {"ok": ok, "code": code, "text": {"zh": zh, "en": en}, "seq": 0}
