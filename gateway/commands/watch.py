"""`watch [DEVICE…]`: a live table of points. On a terminal it repaints; on a pipe it writes a line for every change."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from gateway.commands._client import Failed, complain, living, refused
from gateway.commands._usage import seconds, whole

Points = dict[str, dict[str, Any]]


def add_parser(sub: Any) -> None:
    from gateway.commands._lines import add_site

    p = sub.add_parser("watch", help="live table of points 实时数据")
    add_site(p)
    p.add_argument("device", nargs="*", help="only these devices")
    p.add_argument(
        "--every",
        type=seconds(0.1, 3600),
        default=2.0,
        metavar="S",
        help="without `run`: seconds between two rounds (default 2)",
    )
    many = "end after N updates; 0 goes on until Ctrl-C (default)"
    p.add_argument("--times", type=whole(0, 1_000_000), default=0, metavar="N", help=many)


def run(args: argparse.Namespace) -> int:
    """0: all shown points are good at the end. 1: some are not. 130: Ctrl-C."""
    try:
        return asyncio.run(_watch(args))
    except Failed as error:
        return complain(error)


async def _watch(args: argparse.Namespace) -> int:
    updates = _living(args) if living(args.data) else _alone(args)
    screen, same = sys.stdout.isatty(), _mbpoll(args) if args.device else []
    if not screen:
        print("\n".join(same), end="\n" if same else "", file=sys.stderr)
    shown: Points = {}
    count = 0
    async for points in updates:
        fresh = {id: p for id, p in points.items() if shown.get(id) != p}
        shown |= points
        if screen:
            print("\033[H\033[2J" + "\n".join(row(id, p) for id, p in sorted(shown.items())))
            print("\n".join([*same, "Ctrl-C 结束 ends"]), flush=True)
        else:
            for id, p in sorted(fresh.items()):
                print(row(id, p), flush=True)
        count += 1
        if count == args.times:
            break
    return 0 if shown and all(p["quality"] == "good" for p in shown.values()) else 1


def row(id: str, point: dict[str, Any]) -> str:
    """One point: its value, or why there is none. Unknown is never shown as normal."""
    mark = {"good": " ", "uncertain": "?"}.get(point["quality"], "✗")
    if point["value"] is None:
        value = f"无数据 {point['fault']}" if point["quality"] == "stale" else f"故障 {point['fault']}"
    else:
        value = (point.get("texts") or {}).get(f"{point['value']:g}") or f"{point['value']:g} {point['unit']}".rstrip()
    return f"{mark} {id:<34} {point.get('name', ''):<10} {value}"


async def _living(args: argparse.Namespace) -> AsyncIterator[Points]:
    """What the running `run` tells, as it tells it; no questions of our own."""
    from gateway.commands._lines import device_of, site_of
    from gateway.local import LocalClient, RunDown

    def mine(points: Points) -> Points:
        return {id: p for id, p in points.items() if not args.device or id.partition("/")[0] in args.device}

    known: Points = {}
    try:
        async for update in LocalClient(args.data / "run.sock").follow():
            told = update.data.get("points") or {}
            if update.kind == "snapshot" and (unknown := set(args.device) - {id.partition("/")[0] for id in told}):
                device_of(site_of(args), unknown.pop())  # says why it has no points: unknown, or only written
            for id, point in mine(told).items():
                known[id] = {**known.get(id, {}), **point}
            if changed := {id: known[id] for id in mine(told)}:
                yield changed
    except RunDown as error:
        raise refused(args.data / "run.sock", error) from None


async def _alone(args: argparse.Namespace) -> AsyncIterator[Points]:
    """Round after round, each line by itself, every device once a round."""
    from drivers.poller import Poller
    from drivers.registry import BUSES, open_bus
    from gateway.clock import SystemClock
    from gateway.commands._lines import device_of, site_of
    from gateway.readone import read_json

    site = site_of(args)
    for id in args.device:
        device_of(site, id)  # it exists, and there is something to read of it
    asked = {bus.id for bus in site.buses if bus.type in BUSES}  # the others speak by themselves: only `run` listens to them
    named = set(args.device) or {d.id for d in site.devices if d.profile.channels}
    wanted = [d for d in site.devices if d.bus in asked and d.id in named]
    if not wanted:
        raise Failed("这些设备只在 run 运行时能看 · these devices can be watched only while `run` lives")
    pollers = {}
    for bus in site.buses:
        if mine := [d for d in wanted if d.bus == bus.id]:
            line = open_bus(bus.type, bus.settings, bus.host, bus.tcp_port)
            pollers[bus.id] = Poller(bus.id, line, mine, lambda readings: None, SystemClock())
    names = {d.point(c.id): c.name for d in wanted for c in d.profile.channels}
    try:
        while True:
            for device in wanted:
                readings, frames = await pollers[device.bus].once(device.id)
                told = read_json(site, device, readings, frames)["readings"]
                yield {r["point"]: {**r, "name": names.get(r["point"], "")} for r in told}
            await asyncio.sleep(args.every)
    finally:
        for poller in pollers.values():
            await poller.close()


def _mbpoll(args: argparse.Namespace) -> list[str]:
    """What to ask the named devices with, for a second opinion. Of those that speak by themselves there is nothing to ask."""
    from drivers.plan import plan
    from drivers.registry import BUSES
    from gateway.commands._lines import site_of
    from gateway.mbpoll import mbpoll

    site = site_of(args)
    buses = {bus.id: bus for bus in site.buses if bus.type in BUSES}
    asked = [d for d in site.devices if d.id in args.device and d.bus in buses]
    return [mbpoll(buses[d.bus], d.unit, read) for d in asked for read in plan(d.profile)]
