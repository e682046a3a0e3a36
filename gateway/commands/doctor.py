"""`doctor`: is everything in order? Data folder, clock, configuration, ports, every device of every line, in words with a cure."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gateway.commands._client import Failed, ask, living

if TYPE_CHECKING:
    from gateway.checkup import Row
    from gateway.site import BusConfig, Site

MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


def add_parser(sub: Any) -> None:
    from gateway.commands._lines import add_site

    p = sub.add_parser("doctor", help="is everything in order? faults in words, with the cure 体检")
    add_site(p)
    p.add_argument("--line", metavar="BUS", help="only this line")
    p.add_argument("--times", type=int, default=4, help="questions to each device (default 4)")
    p.add_argument("--json", action="store_true", help="one JSON object a row")


def run(args: argparse.Namespace) -> int:
    """0: nothing bad (warnings too). 1: something is."""
    from gateway.checkup import Row, clock_row, data_row
    from gateway.clock import SystemClock
    from gateway.commands._lines import site_of

    lives = living(args.data)
    rows = [data_row(args.data), clock_row(SystemClock().state())]
    rows.append(
        Row(
            "ok" if lives else "warn", "run", *(("在运行", "runs") if lives else ("没有在运行，直接用串口体检", "does not run"))
        )
    )
    try:
        site = site_of(args)
    except Failed as error:
        rows.append(Row("bad", "配置 configuration", *str(error).split("\n", 1)))
        return _tell(rows, args.json)
    if args.line and args.line not in [b.id for b in site.buses]:
        print(f"没有线路 {args.line}；有：{' '.join(b.id for b in site.buses)} · no such line", file=sys.stderr)
        return 2
    return _tell([*rows, *_of_site(args, site, lives)], args.json)


def _of_site(args: argparse.Namespace, site: Site, lives: bool) -> Iterator[Row]:
    from drivers.registry import BUSES
    from gateway.checkup import panel_row, port_row, site_row
    from gateway.ports import serial_ports

    yield site_row(site)
    ports = serial_ports()
    for bus in site.buses:
        if args.line not in (None, bus.id):
            continue
        if bus.port:
            yield port_row(bus, ports, lives)
        if bus.type in BUSES:
            yield from asyncio.run(_line(args, site, bus))
        else:
            yield panel_row(bus, lives and bool(ask(args.data, {"ask": "health"})["data"]["buses"][bus.id]["up"]), lives)


async def _line(args: argparse.Namespace, site: Site, bus: BusConfig) -> list[Row]:
    from gateway.checkup import Row, examine
    from gateway.commands._lines import line_of
    from gateway.diagnose import complaints

    devices = [d for d in site.devices if d.bus == bus.id and d.profile.channels]
    if sys.stderr.isatty():
        print(f"正在问 {bus.id} 的 {len(devices)} 个设备 …", file=sys.stderr)
    line = line_of(args.data, bus)
    try:
        seen = await examine(line, devices, args.times)
    finally:
        await line.close()
    found = complaints(seen)
    rows = []
    for each in found:
        about = f"线路 {bus.id}" + (f" · {each.about}" if each.about else "")
        often = "" if each.share >= 1 else f"（{each.share:.0%}）"
        rows.append(Row("warn" if each.symptom == "echo" else "bad", about, each.zh + often, each.en))
    well = sum(set(counts) <= {"good", "echo"} for counts in seen.values())
    state = "ok" if well == len(seen) else "warn"
    return [Row(state, f"线路 {bus.id}", f"{len(seen)} 个设备，{well} 个正常", f"{well} of {len(seen)} devices well"), *rows]


def _tell(rows: list[Row], as_json: bool) -> int:
    import dataclasses

    for row in rows:
        if as_json:
            print(json.dumps(dataclasses.asdict(row), ensure_ascii=False))
        else:
            print(f"{MARKS[row.state]} {row.about}：{row.zh} · {row.en}")
    return 1 if any(row.state == "bad" for row in rows) else 0
