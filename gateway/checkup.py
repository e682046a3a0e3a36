"""The doctor's round: the box itself, then every device of a line a few times. Gives rows and symptoms; words are in `symptoms`."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.asking import Asker, Heard
from drivers.bus import Counts
from drivers.modbus.sniff import rtu_frames
from drivers.plan import Read, plan
from drivers.port import forbidden
from drivers.profile import Device
from gateway.diagnose import Complaint, symptom
from gateway.mbpoll import mbpoll
from gateway.ports import SerialPort
from gateway.site import BusConfig, Site

LITTLE = 200 * 1024**2  # bytes of free disk below which the history is in danger
PATIENT = 1500  # ms for a device that did not answer in its time: is it slow, or dead?
DEAD = 2  # silences in a row after which a device is not asked any more
CLOCK = {
    "synced": "与时间服务器同步 synchronised",
    "set": "校过，现在没在对时 was set right, is not synchronised now",
    "unknown": "",
}
MAINS = {
    "present": ("有电", "present"),
    "lost": ("停电，靠 UPS 供电：电池用完前恢复供电，或有人值守", "lost, on battery: restore it before the battery is empty"),
    "unknown": ("不知道：UPS 没有应答，查它的串口线和电源", "not known: the UPS does not answer; look at its cable and supply"),
}


class LineGone(Exception):
    """A line's port cannot be opened or its host not be reached: nobody was asked. The text says why, with the cure."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. state: ok | warn | bad."""

    state: str
    about: str
    zh: str
    en: str
    mbpoll: str = ""  # asks the device the same, for a second opinion


def data_row(data: Path) -> Row:
    """Is the data folder there, ours, and is there room?"""
    about = f"数据目录 {data}"
    try:
        there = data.is_dir()
    except PermissionError:
        return Row(
            "bad", about, "看不到：用运行 run 的用户，在命令前加 sudo -u campus", "cannot be seen: put sudo -u campus in front"
        )
    if not there:
        return Row(
            "bad", about, "不存在：sudo mkdir -p，并归运行程序的用户所有", "is missing: make it, owned by the user of `run`"
        )
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        owner = _owner(data)
        return Row(
            "bad",
            about,
            f"没有写权限，它归 {owner}：在命令前加 sudo -u {owner}；run 用别的用户，就 chown 给那个用户",
            f"cannot be written, it is {owner}'s: put sudo -u {owner} in front; if `run` is another user, give it to that one",
        )
    free = shutil.disk_usage(data).free
    room = f"{free / 1024**3:.1f} GB"
    if free < LITTLE:
        return Row("bad", about, f"只剩 {room}：清理磁盘", f"{room} left: free the disk")
    return Row("ok", about, f"可写，剩 {room}", f"writable, {room} free")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user without a name
        return f"#{path.stat().st_uid}"


def clock_row(state: str) -> Row:
    if state == "unknown":
        return Row(
            "warn",
            "时钟 clock",
            "未校准：连上时间服务器，或看准时间后 campus-gateway clock --right；报警照常，记录的时间不可信",
            "not known to be right: NTP, or set it and say so with clock --right; alarms work",
        )
    return Row("ok", "时钟 clock", *CLOCK[state].split(" ", 1))


def mains_row(state: str) -> Row:
    """`state` as `ask health` tells it."""
    return Row({"present": "ok", "lost": "bad", "unknown": "warn"}[state], "市电 mains", *MAINS[state])


def site_row(site: Site) -> Row:
    warned = f"，{len(site.warnings)} 条提醒（campus-gateway check 可见）" if site.warnings else ""
    return Row(
        "warn" if site.warnings else "ok", "配置 configuration", f"{len(site.devices)} 个设备，{len(site.buses)} 条线路{warned}",
        f"{len(site.devices)} devices, {len(site.buses)} lines, {len(site.warnings)} warnings",
    )  # fmt: skip


def port_row(bus: BusConfig, ports: Sequence[SerialPort], run_lives: bool) -> Row:
    """Of a serial line: is its port there, may we, who has it?"""
    about = f"串口 {bus.id} {bus.port}"
    if not os.path.exists(bus.port):
        return Row("bad", about, "没有这个口：适配器没插好，或换了插口（scan ports 看现有的）", "no such port: see scan ports")
    if not os.access(bus.port, os.R_OK | os.W_OK):
        return Row("bad", about, *forbidden())
    real = os.path.realpath(bus.port)
    holder = next((p.holder for p in ports if os.path.realpath(p.path) == real), "")
    if holder and not run_lives:
        return Row("bad", about, f"被 {holder} 占用：先停掉它", f"in use by {holder}: stop it")
    if "/by-path/" not in bus.port:
        return Row(
            "warn",
            about,
            "不是 by-path 名，换插口、重启后可能变成别的线",
            "no by-path name: may become another line after a restart",
        )
    return Row("ok", about, "可用", "usable")


def panel_row(bus: BusConfig, up: bool, run_lives: bool) -> Row:
    """Of a line that speaks by itself (a panel, a lock board): only the living `run` can tell."""
    about = f"线路 {bus.id} {bus.type}"
    if not run_lives:
        return Row("warn", about, "只听不问，run 运行时才知道", "is listened to, not asked: only a living `run` can tell")
    if not up:
        return Row(
            "bad",
            about,
            "收不到报文：查主机是否设成输出、A/B 或收发线、波特率",
            "nothing comes: the panel's output, wires, baud",
        )
    return Row("ok", about, "在收报文", "frames come")


def complaint_row(bus: BusConfig, each: Complaint, state: str, device: Device | None = None) -> Row:
    """A complaint, with how often it was seen unless always; of a `device` with the mbpoll line that asks it."""
    about = f"线路 {bus.id}" + (f" · {each.about}" if each.about else "")
    often = "" if each.share >= 1 else f"{each.share * 100:.3g}%"
    again = mbpoll(bus, device.unit, plan(device.profile)[0]) if device else ""
    return Row(state, about, each.zh + (often and f"（{often}）"), each.en + (often and f" ({often})"), again)


def counted_row(bus: BusConfig, hours: float, total: Counts) -> Row:
    """The line's counters in figures."""
    asked = max(1, total.questions)
    bad = total.garbled + total.wrong
    return Row(
        "ok", f"线路 {bus.id} · 统计",
        f"{hours:.1f} 小时 {total.questions} 问：应答 {(total.good + total.refused) / asked:.1%}，"
        f"无应答 {total.silent / asked:.1%}，误码 {bad / asked:.1%}",
        f"{total.questions} questions in {hours:.1f} h: {total.silent / asked:.1%} unanswered, {bad / asked:.1%} garbled",
    )  # fmt: skip


async def examine(line: Asker, devices: Sequence[Device], times: int) -> dict[str, Counter[str]]:
    """Each device in turn, `times` rounds, so that what comes and goes is seen. Device id -> what its questions showed.

    Raises LineGone when the first question finds it so.
    """
    seen: dict[str, Counter[str]] = {d.id: Counter() for d in devices}
    previous: tuple[str, str, Heard] | None = None  # device, what it showed, what was heard
    for turn in range(times):
        for device in devices:
            if turn and seen[device.id]["silent"] >= min(DEAD, turn):
                continue
            read = plan(device.profile)[turn % len(plan(device.profile))]
            given = PATIENT if seen[device.id]["late"] else device.profile.limits.latency
            heard = await line.ask(device.unit, read, given)
            if heard.kind == "down" and previous is None:
                raise LineGone(heard.text)
            if previous and _says_again(previous[2], heard):
                seen[previous[0]][previous[1]] -= 1
                seen[previous[0]]["duplicated"] += 1
                heard = await line.ask(device.unit, read, given)
            shown = symptom(device.unit, heard)
            if shown == "silent" and not turn:
                shown = await _patiently(line, device, read)
            elif seen[device.id]["late"] and heard.kind in ("good", "refused"):
                shown = "late"
            previous = (device.id, shown, heard)
            seen[device.id][shown] += 1
    return {id: +counts for id, counts in seen.items()}


async def _patiently(line: Asker, device: Device, read: Read) -> str:
    """What a device that was silent shows when it is asked once more: late | drops (it can, and did not) | as `symptom`.

    What comes late is let come first, or it would pass for the answer to the second question.
    """
    usual = device.profile.limits.latency
    await asyncio.sleep(max(0, PATIENT - 2 * usual) / 1000)  # the line has listened for twice the usual already
    again = await line.ask(device.unit, read, max(PATIENT, usual))
    if any(frame[0] == device.unit for frame in rtu_frames(again.before)):
        return "late"
    if again.kind in ("good", "refused"):
        return "late" if again.took > 2 * usual else "drops"
    return symptom(device.unit, again)


def _says_again(before: Heard, heard: Heard) -> bool:
    """Did the device asked before say its answer once more, ahead of this one's or in its place?

    It may have begun with the answer itself, between the questions, or after this one; what counts is all that came since.
    """
    if before.kind != "good":
        return False
    if heard.before and heard.before in before.received:
        return True
    if heard.kind not in ("wrong", "garbled"):
        return False
    for frame in rtu_frames(before.received):
        rest = before.received.partition(frame)[2]
        if frame not in rest and frame in rest + heard.before + heard.received:
            return True
    return False
