"""Giving the one new device on a line another address: found alone, written, looked for at the new one. Each failure has its word.

Only for profiles that name the register with its source (`unit_at.write`), never for what R18 keeps hands off. Asks through a
drivers.asking.Asker; the one write goes through `Setter`. Source: people's ways of working §4.11.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from drivers.asking import Asker, Heard
from drivers.bus import Space
from drivers.plan import Read
from drivers.profile import Profile
from drivers.recognise import UnitAt
from drivers.survey import KNOCK

LATENCY = 300  # ms a device is given
LOOKS = 2  # times somebody is asked before one answer, or silence, is believed: two devices do not always collide
Pause = Callable[[float], Awaitable[None]]


class Setter(Asker, Protocol):
    """An Asker that can also write one register, for this alone."""

    async def set(self, unit: int, function: int, address: int, value: int, latency: int) -> Heard:
        """Never raises for what a device or a line does."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code`: done, or one of WORDS that says what happened and what to do."""

    code: str
    unit: int = 0

    @property
    def ok(self) -> bool:
        return self.code == "done"

    def words(self, old: int, new: int) -> tuple[str, str]:
        zh, en = WORDS[self.code]
        return zh.format(old=old, new=new), en.format(old=old, new=new)


WORDS: dict[str, tuple[str, str]] = {
    "done": ("已改为地址{new}，在设备上写：{new}", "It has address {new} now; write {new} on it"),
    "no-register": ("不知道这个型号的地址寄存器：用拨码或厂家软件改地址", "No known address register: use its switches"),
    "same": ("它已经是地址{new}，给一个别的地址", "It has {new} already: give another address"),
    "range": ("这个型号没有地址{new}", "This model cannot have address {new}"),
    "taken": ("地址{new}已有设备，请换一个", "Somebody has address {new} already; choose another"),
    "configured": ("地址{old}是已配置的设备，不改它；新设备出厂也是{old}的，先给原来那个换地址", "{old} is in use and stays"),
    "nobody": ("地址{old}没有应答：查电源、A/B 线、波特率", "Nobody answers at {old}: check power, A/B wires, speed"),
    "two": ("地址{old}有两个设备同时应答：只接一个，再试", "Two devices answer at {old}: connect only one, then try again"),
    "other": ("地址{old}的设备不是这个型号：看铭牌，换型号", "The device at {old} is another model: see its label"),
    "refused": ("设备拒绝改地址（可能要先解锁），没有改", "The device refuses another address (locked?); nothing was changed"),
    "ignored": ("设备应答了，但地址没有变，仍是{old}：用拨码或厂家软件改", "It still has {old}: use its switches"),
    "power": ("已写入：断电再上电后地址是{new}，再按一次核对", "Written: after power off and on it has {new}; then check again"),
    "lost": ("改了以后{old}和{new}都没有应答：断电再上电，再扫描全部地址", "Neither {old} nor {new} answers: power off and on, scan all"),
    "both": ("{old}和{new}都有应答：原来接了两个设备；拔掉一个再试", "Both {old} and {new} answer: two were connected; unplug one"),
    "new": ("找到一个新设备（地址{old}），可以给它地址{new}", "A new device answers at {old}; it can have {new}"),
    "moved": ("地址{new}有一个同型号的设备没有登记，可能上次改到一半：写上标签{new}",
              "One of this model has {new} and is not listed; write {new} on it"),
    "speed": ("地址{old}没有应答：出厂波特率和这条线路不同，换一条线路或空着的口",
              "Nobody answers at {old}: it comes with another speed than this line has; use another"),
    "full": ("这条线路的地址已用完，换一条线路", "This line has no free address; use another line"),
    "line": ("口打不开、断了或线路太忙，没有改：scan ports 看口", "Port gone, taken or too busy: see scan ports"),
}  # fmt: skip


async def look(line: Asker, profile: Profile, taken: Collection[int]) -> Verdict:
    """Is one new device there, as it was delivered? Only asks. `new` and `moved` carry the address for its label in `unit`.

    `taken` as for `readdress`. `moved`: nobody is new, but at the next free address answers one of this model.
    """
    at, old = profile.unit_at, profile.unit
    if at is None or not at.write:
        return Verdict("no-register")
    if old in taken:
        return Verdict("configured")
    there = await _there(line, old)
    if there in ("line", "two"):
        return Verdict(there)
    used = set(taken)
    while (new := free(used, old, at.highest)) and (found := await _there(line, new)) != "nobody":
        if found == "line":
            return Verdict("line")
        if there == "nobody" and await _own(line, at, new) == new:
            return Verdict("moved", new)
        used.add(new)
    if there == "nobody":
        return Verdict("nobody")
    told = await _own(line, at, old)
    if told != old:
        return Verdict("two" if told is None else "other")
    return Verdict("new", new) if new else Verdict("full")


async def readdress(line: Setter, profile: Profile, old: int, new: int, taken: Collection[int], pause: Pause) -> Verdict:
    """Move the one device at `old` to `new`. `taken`: addresses of the site file on this line; `pause` waits for seconds."""
    at = profile.unit_at
    if at is None or not at.write:
        return Verdict("no-register")
    if not 1 <= new <= at.highest:
        return Verdict("range")
    if new == old:
        return Verdict("same")
    if old in taken or new in taken:
        return Verdict("configured" if old in taken else "taken")
    if (found := await _there(line, new)) != "nobody":
        return Verdict("line" if found == "line" else "taken")
    if (found := await _there(line, old)) != "one":
        return Verdict(found)
    told = await _own(line, at, old)
    if told != old:
        return Verdict("two" if told is None else "other")
    written = await line.set(old, at.write, at.address, new << at.shift, LATENCY)
    if written.kind == "refused":
        return Verdict("refused")
    if written.kind in ("down", "busy"):
        return Verdict("line")
    await pause(SETTLE)
    return await judged(line, at, old, new)


def free(taken: Collection[int], old: int, highest: int = 247) -> int:
    """The next address for a new device: the lowest that nobody has and that new devices do not come with; 0 when all are gone."""
    return next((unit for unit in range(1, highest + 1) if unit != old and unit not in taken), 0)


SETTLE = 1.0  # s a device is given to take its new address


async def judged(line: Asker, at: UnitAt, old: int, new: int) -> Verdict:
    """Where is the device now? Also what is asked again after power off and on."""
    now, before = await _there(line, new), await _there(line, old)
    if "line" in (now, before):
        return Verdict("line")
    if now == "one":
        if before != "nobody":
            return Verdict("both", new)
        return Verdict("done" if await _own(line, at, new) == new else "other", new)
    if before == "one":
        return Verdict("power" if await _own(line, at, old) == new else "ignored", old)
    return Verdict("two" if "two" in (now, before) else "lost")


async def _there(line: Asker, unit: int) -> str:
    """one | two (never, or not always, a sound frame) | nobody | line."""
    kinds = []
    for _ in range(LOOKS):
        heard = await line.ask(unit, KNOCK, LATENCY)
        if heard.kind in ("down", "busy"):
            return "line"
        kinds.append("sound" if heard.kind in ("good", "refused") else heard.kind)
    if all(kind in ("silent", "wrong") for kind in kinds):  # wrong: another device's late answer
        return "nobody"
    return "two" if "garbled" in kinds else "one"


async def _own(line: Asker, at: UnitAt, unit: int) -> int | None:
    """The address that the device itself tells; 0 when it has no such register, None when nothing sound is heard."""
    space: Space = at.space
    for _ in range(LOOKS):
        heard = await line.ask(unit, Read(space, at.address, 1, ()), LATENCY)
        if heard.kind == "good":
            return (heard.words[0] & at.mask) >> at.shift
        if heard.kind == "refused":
            return 0
    return None
