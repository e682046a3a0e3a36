"""`scan ports|rtu|tcp`: which serial ports there are; which units answer on a line and what they are. Only ever reads."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.framing import FRAMINGS
from gateway.commands._client import Failed, add_data, complain

if TYPE_CHECKING:
    from drivers.profile import Profile
    from gateway.found import Place
    from gateway.site import BusConfig

BAR = 24
NOBODY = (
    "没有设备应答：查电源、A/B 线、波特率、校验位（--framing）、地址范围；慢设备加 --patient\n"
    "nobody answered: check power, A/B wires, baud, parity (--framing), addresses; slow devices need --patient"
)


def add_parser(sub: Any) -> None:
    p = sub.add_parser("scan", help="find serial ports and devices 找串口、找设备")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    ports = verbs.add_parser("ports", help="serial ports, adapters, who holds them 串口列表")
    ports.add_argument("--json", action="store_true", help="as JSON")
    rtu = verbs.add_parser("rtu", help="who answers on an RS-485 line 扫描 485 线路")
    rtu.add_argument("port", help="serial port, best its by-path name (scan ports)")
    rtu.add_argument("--baud", type=_bauds, default=[9600], metavar="N[,N]", help="speeds to try (default 9600)")
    rtu.add_argument("--framing", default="8N1", choices=FRAMINGS, help="data, parity, stop (default 8N1)")
    _common(rtu, "1-32")
    tcp = verbs.add_parser("tcp", help="who answers behind a Modbus TCP host 扫描网口设备")
    tcp.add_argument("host", metavar="HOST[:PORT]", help="port 502 unless given")
    tcp.add_argument("--rtu", action="store_true", help="a serial server that passes RTU frames through 串口服务器透传")
    _common(tcp, "1-16")


def _common(p: argparse.ArgumentParser, units: str) -> None:
    p.add_argument("--units", type=units_of, default=units_of(units), metavar="LIST", help=f"e.g. 1-32,200 (default {units})")
    p.add_argument("--patient", action="store_true", help="1.5 s for each unit and all four kinds of question 慢设备")
    p.add_argument("--profiles", type=Path, metavar="DIR", help="a folder with profiles of your own")
    p.add_argument("--json", action="store_true", help="one JSON object a device")
    add_data(p)


def run(args: argparse.Namespace) -> int:
    """0: something was found. 1: nothing, or the line failed. 130: cancelled, what was found is shown."""
    if args.verb == "ports":
        return _ports(args.json)
    found: list[Place] = []
    try:
        asyncio.run(search(args, found))
        code = 0 if found else 1
        if not found:
            _wipe()
            print(NOBODY, file=sys.stderr)
    except Failed as error:
        _wipe()
        code = complain(error)
    except KeyboardInterrupt:
        _wipe()
        print("已取消；下面是已找到的 · cancelled; this was found", file=sys.stderr)
        code = 130
    if found and not args.json:
        _summary(found)
    return code


async def search(args: argparse.Namespace, found: list[Place]) -> None:
    """Every speed in turn; what is found is printed at once and kept in `found`. The profiles are read while the line is asked."""
    from drivers.survey import Found, Knocked, Lost, survey
    from gateway.commands._lines import borrowed, modbus_profiles
    from gateway.found import as_json, lines

    shelf = asyncio.create_task(asyncio.to_thread(modbus_profiles, args.profiles))

    async def profiles() -> Iterable[Profile]:
        return (await shelf).values()

    if args.profiles:
        await shelf  # a mistake in one's own profiles is said before the line is asked
    for wanted in _targets(args):
        bus, line = await asyncio.to_thread(borrowed, args.data, wanted)
        try:
            async for event in survey(line, args.units, profiles, patient=args.patient):
                match event:
                    case Knocked():
                        _progress(bus, event.unit, event.done, event.many, len(found))
                    case Lost(text):
                        raise Failed(text)
                    case Found():
                        _wipe()
                        found.append((bus, event))
                        print(
                            json.dumps(as_json(found[-1]), ensure_ascii=False)
                            if args.json
                            else "\n".join(lines(found[-1], await shelf))
                        )
        finally:
            await line.close()
            _wipe()
    await shelf


def _targets(args: argparse.Namespace) -> Sequence[BusConfig]:
    from gateway.site import BusConfig

    if args.verb == "rtu":
        return [BusConfig("scan", "modbus-rtu", port=args.port, baud=baud, framing=args.framing) for baud in args.baud]
    host, _, port = args.host.partition(":")
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 0x10000)):
        raise Failed(f"{args.host!r}: 写成 HOST 或 HOST:PORT，端口 1-65535 · write HOST or HOST:PORT, a port is 1-65535")
    return [BusConfig("scan", "modbus-rtu-tcp" if args.rtu else "modbus-tcp", host=host, tcp_port=int(port or 502))]


def _summary(found: Sequence[Place]) -> None:
    from gateway.found import block

    print(f"\n共 {len(found)} 个设备；抄进 site.yaml · {len(found)} device(s); for site.yaml:\n")
    print(block(found))


def _progress(bus: BusConfig, unit: int, done: int, many: int, found: int) -> None:
    if sys.stderr.isatty():
        bar = "#" * (BAR * done // many)
        where = f"{bus.baud} " if bus.port else ""
        print(
            f"\r[{bar:<{BAR}}] {where}地址 {unit} · {done}/{many} · 找到 {found}  Ctrl-C 取消",
            end="",
            file=sys.stderr,
            flush=True,
        )


def _wipe() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _ports(as_json: bool) -> int:
    import dataclasses

    from drivers.port import forbidden
    from gateway.ports import serial_ports

    ports = serial_ports()
    if as_json:
        print(json.dumps([dataclasses.asdict(p) for p in ports], ensure_ascii=False, indent=1))
        return 0 if ports else 1
    for port in ports:
        print(f"{port.path}\n    {port.device}  {port.adapter}".rstrip())
        if not port.lasting:
            print("    没有 by-path 名：换插口、重启后名字可能变 · no lasting name")
        if port.holder:
            print(f"    正被占用 · in use by {port.holder}")
        if not port.allowed:
            print("    " + " · ".join(forbidden()))
    if not ports:
        print("没有串口：插上 USB-485 适配器再试 · no serial port: plug the USB RS-485 adapter in", file=sys.stderr)
    return 0 if ports else 1


def units_of(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or not (high or low).isdecimal() or not 1 <= int(low) <= int(high or low) <= 255:
            raise argparse.ArgumentTypeError(
                f"{part!r}: 地址是 1-255（0 是广播），如 1-32,200 · units are 1-255 (0 is broadcast), e.g. 1-32,200"
            )
        found += range(int(low), int(high or low) + 1)
    return list(dict.fromkeys(found))


def _bauds(text: str) -> list[int]:
    from drivers.profile import BAUDS

    found = [int(part) for part in text.split(",") if part.isdecimal()]
    if len(found) < len(text.split(",")) or not set(found) <= set(BAUDS):
        raise argparse.ArgumentTypeError(f"{text!r}: 波特率是 baud is one of {' '.join(map(str, BAUDS))}")
    return found
