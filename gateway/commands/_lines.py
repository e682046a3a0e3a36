"""What the installer's commands share: the site, and a line of it — through a living `run`, or opened by ourselves."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from drivers.profile import Device, Profile
from drivers.registry import BUSES
from gateway.commands._client import Failed, add_data, ask, living
from gateway.commands.check import compiled_name
from gateway.lines import LivingLine, OwnLine, ToolLine
from gateway.site import BusConfig, Site, site_from_json


def add_site(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--site", type=Path, help="compiled site, when no `run` lives (default DATA/site.compiled.json)")


def site_of(args: argparse.Namespace) -> Site:
    """The living `run`'s site, else the compiled file. Raises Failed."""
    if living(args.data):
        return site_from_json(json.dumps(ask(args.data, {"ask": "config"})["data"]))
    path = args.site or args.data / "site.compiled.json"
    try:
        return site_from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        target = compiled_name(path)
        raise Failed(
            f"{path}: 读不了：{error}。先编译：campus-gateway check site.yaml -o {target}\n"
            f"{path} cannot be used. Compile it: campus-gateway check site.yaml -o {target}"
        ) from None


def device_of(site: Site, id: str) -> tuple[Device, BusConfig]:
    """A device that can be read, and its line. Raises Failed, naming those there are, and for one that is only written."""
    device = next((d for d in site.devices if d.id == id), None)
    if device is None:
        known = " ".join(d.id for d in site.devices)
        raise Failed(f"没有设备 {id}；有：{known}\nno device {id}; there are: {known}")
    if not device.profile.channels:
        raise Failed(
            f"{id}（{device.profile.id}）只能写，没有可读的；试它：campus-gateway outputs test {id}/…\n"
            f"{id} ({device.profile.id}) is only written, nothing can be read of it; try it: campus-gateway outputs test {id}/…"
        )
    return device, next(b for b in site.buses if b.id == device.bus)


def line_of(data: Path, bus: BusConfig) -> ToolLine:
    """The line of the living `run` with this id, else our own. Raises Failed for one that only tells and cannot be asked."""
    if bus.type not in BUSES:
        raise Failed(
            f"{bus.id} 是 {bus.type} 线路，不能按 Modbus 提问；看现状：campus-gateway read 设备\n"
            f"{bus.id} is a {bus.type} line, which no Modbus question fits; see how it stands: campus-gateway read DEVICE"
        )
    if living(data):
        return LivingLine(bus.id, lambda request: dict(ask(data, request, timeout=60)["data"]))
    return OwnLine(bus)


def borrowed(data: Path, wanted: BusConfig) -> tuple[BusConfig, ToolLine]:
    """The line for a scan: the living `run`'s where it has this port or host, with its settings, else our own. Raises Failed."""
    if living(data):
        site = site_from_json(json.dumps(ask(data, {"ask": "config"})["data"]))
        for bus in site.buses:
            if same_place(bus, wanted):
                if bus.type == "modbus-rtu" and (bus.baud, bus.framing) != (wanted.baud, wanted.framing):
                    raise Failed(
                        f"{wanted.port} 正由 run 以 {bus.baud} {bus.framing} 使用；换别的参数要先停下它：systemctl stop campus-gateway\n"
                        f"`run` uses this port with {bus.baud} {bus.framing}; other settings need it stopped first"
                    )
                return bus, LivingLine(bus.id, lambda request: dict(ask(data, request, timeout=60)["data"]))
    return wanted, OwnLine(wanted)


def same_place(bus: BusConfig, wanted: BusConfig) -> bool:
    """Do the two mean the same port, or the same host?"""
    if wanted.port:
        return bool(bus.port) and os.path.realpath(bus.port) == os.path.realpath(wanted.port)
    return (bus.host, bus.tcp_port) == (wanted.host, wanted.tcp_port)


def modbus_profiles(beside: Path | None = None) -> dict[str, Profile]:
    """The shipped profiles and those of a folder `profiles` that can be asked for by Modbus. Raises Failed for a broken one."""
    from gateway.config.findings import render
    from gateway.config.library import data_dir, only_profiles

    if beside is not None and not beside.is_dir():
        raise Failed(f"{beside}: 没有这个型号文件夹 · no such folder of profiles")
    shelf = only_profiles(data_dir(), beside)
    if bad := [f for f in shelf.findings if not f.warning]:
        raise Failed("\n".join(map(render, bad)))
    return {
        id: p
        for id, p in shelf.profiles.items()
        if all(c.space in ("coil", "discrete", "input", "holding") for c in p.channels)
    }
