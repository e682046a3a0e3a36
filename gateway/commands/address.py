"""`address`: gives the one new device on a line its own address, checks it, and says what to write on it. Writes one register, once."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.framing import FRAMINGS
from gateway.commands._client import Failed, add_data, complain, living
from gateway.commands._usage import whole

if TYPE_CHECKING:
    from drivers.readdress import Verdict
    from gateway.site import BusConfig

POWER = 120.0  # s somebody is given to switch the device off and on
LOOK = 2.0
RESTARTING = ("power", "lost")  # silent for a moment while somebody switches it off and on


def add_parser(sub: Any) -> None:
    from drivers.profile import BAUDS

    p = sub.add_parser("address", help="a new device alone on its line is given the next free address 改地址")
    p.add_argument("port", help="serial port, best its by-path name (scan ports)")
    p.add_argument("profile", help="型号 profile of the new device; its address register must be known")
    p.add_argument(
        "--from", dest="old", type=whole(1, 255), default=0, metavar="N", help="its address now (default: as it is delivered)"
    )
    p.add_argument(
        "--to", dest="new", type=whole(1, 255), default=0, metavar="N", help="its new address (default: the next free one)"
    )
    p.add_argument("--taken", default="", metavar="LIST", help="addresses that others have, beside those of the site file")
    p.add_argument("--baud", type=int, choices=BAUDS, default=0, help="speed (default: as it is delivered)")
    p.add_argument("--framing", default="8N1", choices=FRAMINGS, help="data, parity, stop (default 8N1)")
    p.add_argument("--site", type=Path, help="compiled site whose addresses are taken (default DATA/site.compiled.json)")
    add_data(p)


def run(args: argparse.Namespace) -> int:
    """0: done and checked. 1: not done, with what to do."""
    try:
        return asyncio.run(_given(args))
    except Failed as error:
        return complain(error)


async def _given(args: argparse.Namespace) -> int:
    from drivers.readdress import free, judged, readdress
    from gateway.commands._lines import modbus_profiles
    from gateway.lines import OwnLine
    from gateway.site import BusConfig

    profile = (await asyncio.to_thread(modbus_profiles)).get(args.profile)
    if profile is None:
        raise Failed(f"没有型号 {args.profile}，见 docs/devices.md · no profile {args.profile}, see docs/devices.md")
    bus = BusConfig("address", "modbus-rtu", port=args.port, baud=args.baud or profile.baud, framing=args.framing)
    taken = await asyncio.to_thread(_taken, args, bus)
    old = args.old or profile.unit
    highest = profile.unit_at.highest if profile.unit_at else 0
    new = args.new or free(taken, old, highest)
    line = OwnLine(bus)
    try:
        verdict = await readdress(line, profile, old, new, taken, asyncio.sleep)
        while verdict.code == "taken" and not args.new:  # somebody has it whom the site file does not know yet
            taken.add(new)
            new = free(taken, old, highest)
            verdict = await readdress(line, profile, old, new, taken, asyncio.sleep)
        if verdict.code in RESTARTING and profile.unit_at is not None:
            _say(verdict, old, new)
            for _ in range(int(POWER / LOOK)):
                await asyncio.sleep(LOOK)
                verdict = await judged(line, profile.unit_at, old, new)
                if verdict.code not in RESTARTING:
                    break
        _say(verdict, old, new)
    finally:
        await line.close()
    if verdict.ok:
        print(f"\n      【 {new} 】\n")
    return 0 if verdict.ok else 1


def _say(verdict: Verdict, old: int, new: int) -> None:
    zh, en = verdict.words(old, new)
    print(f"{zh}\n{en}", file=sys.stdout if verdict.ok else sys.stderr)


def _taken(args: argparse.Namespace, wanted: BusConfig) -> set[int]:
    """The addresses that the site file gives to devices of this port, and those named. Raises Failed when `run` has the port."""
    from gateway.commands._lines import same_place, site_of
    from gateway.commands.scan import units_of

    try:
        named = set(units_of(args.taken)) if args.taken else set()
    except argparse.ArgumentTypeError as error:
        raise Failed(str(error)) from None
    path = args.site or args.data / "site.compiled.json"
    if not living(args.data) and not os.path.exists(path):
        return named
    site = site_of(args)
    for bus in site.buses:
        if same_place(bus, wanted):
            if living(args.data):
                raise Failed(
                    f"{wanted.port} 正由 run 使用：先停下它（systemctl stop campus-gateway），或把新设备接到空着的口上改\n"
                    f"`run` uses this port: stop it first, or give the address on a port that is free"
                )
            named |= {d.unit for d in site.devices if d.bus == bus.id}
    return named
