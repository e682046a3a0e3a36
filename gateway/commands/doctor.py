"""`doctor`: is everything in order? Data folder, clock, configuration, ports, every device of every line, in words with a cure."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gateway.commands._client import Failed, ask, living
from gateway.commands._usage import whole

if TYPE_CHECKING:
    from gateway.checkup import Row
    from gateway.site import BusConfig, Site

MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


def add_parser(sub: Any) -> None:
    from gateway.commands._lines import add_site

    p = sub.add_parser("doctor", help="is everything in order? faults in words, with the cure 体检")
    add_site(p)
    p.add_argument("--line", metavar="BUS", help="only this line")
    p.add_argument(
        "--times", type=whole(1, 1000), default=4, metavar="N", help="questions to each device, 1 to 1000 (default 4)"
    )
    p.add_argument("--json", action="store_true", help="one JSON object a row")


def run(args: argparse.Namespace) -> int:
    """0: nothing bad (warnings too). 1: something is. What was seen stands when `run` may not be asked, or goes in the middle."""
    from gateway.checkup import Row, data_row

    rows = [data_row(args.data)]
    try:
        site = _box(args, rows)
        if site is not None and args.line and args.line not in [b.id for b in site.buses]:
            print(f"没有线路 {args.line}；有：{' '.join(b.id for b in site.buses)} · no such line", file=sys.stderr)
            return 2
        if site is not None:
            rows.extend(_of_site(args, site, living(args.data)))
    except Failed as error:
        rows.append(Row("bad", "run", *_said(error)))
    return _tell(rows, args.json)


def _box(args: argparse.Namespace, rows: list[Row]) -> Site | None:
    """Clock, `run`, mains, into `rows`; and the site, None where there is none."""
    from gateway.checkup import Row, clock_row, mains_row
    from gateway.clock import SystemClock
    from gateway.commands._lines import site_of

    rows.append(clock_row(SystemClock(args.data).state()))
    if living(args.data):
        mains = ask(args.data, {"ask": "health"})["data"]["mains"]
        rows.append(Row("ok", "run", "在运行", "runs"))
        rows += [mains_row(mains["state"])] if mains else []
        return site_of(args)
    rows.append(Row("warn", "run", "没有在运行，直接用串口体检，没有长期统计", "does not run: probes only, no statistics"))
    try:
        return site_of(args)
    except Failed as error:
        rows.append(Row("bad", "配置 configuration", *_said(error)))
        return None


def _said(error: Failed) -> tuple[str, str]:
    """Its words, 中文 and English."""
    zh, _, en = str(error).partition("\n" if "\n" in str(error) else " · ")
    return zh, en


def _of_site(args: argparse.Namespace, site: Site, lives: bool) -> Iterator[Row]:
    from drivers.registry import BUSES
    from gateway.checkup import panel_row, port_row, site_row
    from gateway.clock import SystemClock
    from gateway.ports import serial_ports
    from gateway.uplinkcheck import uplink_rows

    yield site_row(site)
    yield from uplink_rows(site, SystemClock().now().wall)
    ports = serial_ports()
    for bus in site.buses:
        if args.line not in (None, bus.id):
            continue
        if bus.port:
            yield port_row(bus, ports, lives)
        if bus.type in BUSES:
            rows, named = asyncio.run(_line(args, site, bus))
            yield from rows
            if lives:
                yield from _long_run(args, site, bus, named)
        else:
            yield panel_row(bus, lives and bool(ask(args.data, {"ask": "health"})["data"]["buses"][bus.id]["up"]), lives)


def _long_run(args: argparse.Namespace, site: Site, bus: BusConfig, named: set[tuple[str, str]]) -> Iterator[Row]:
    """What the line's counters say beyond what the probes have `named` already."""
    from gateway.checkup import complaint_row, counted_row
    from gateway.counters import stats_from
    from gateway.longrun import BAD, troubles

    hours, stats = stats_from(ask(args.data, {"ask": "counters", "bus": bus.id})["data"])
    yield counted_row(bus, hours, stats.total)
    for each in troubles(stats, {d.unit: d for d in site.devices if d.bus == bus.id}):
        if (each.about, each.symptom) not in named:
            yield complaint_row(bus, each, "bad" if each.share >= BAD else "warn")


async def _line(args: argparse.Namespace, site: Site, bus: BusConfig) -> tuple[list[Row], set[tuple[str, str]]]:
    """What the probes show, and (device or "", symptom) of each complaint."""
    from gateway.checkup import LineGone, Row, complaint_row, examine
    from gateway.commands._lines import line_of
    from gateway.diagnose import complaints
    from gateway.symptoms import WORDS

    devices = [d for d in site.devices if d.bus == bus.id and d.profile.channels]
    if sys.stderr.isatty():
        print(f"正在问 {bus.id} 的 {len(devices)} 个设备 …", file=sys.stderr)
    line = line_of(args.data, bus)
    try:
        seen = await examine(line, devices, args.times)
    except LineGone as error:
        return [Row("bad", f"线路 {bus.id}", str(error), WORDS["down"][1])], {("", "down")}
    finally:
        await line.close()
    found = complaints(seen)
    known = {d.id: d for d in devices}
    rows = [complaint_row(bus, each, "warn" if each.symptom == "echo" else "bad", known.get(each.about)) for each in found]
    well = sum(set(counts) <= {"good", "echo"} for counts in seen.values())
    state = "ok" if well == len(seen) else "warn"
    zh, en = f"{len(seen)} 个设备，{well} 个正常", f"{well} of {len(seen)} devices well"
    if mute := " ".join(d.id for d in site.devices if d.bus == bus.id and not d.profile.channels):
        zh, en = (
            f"{zh}；只能写、没有问：{mute}（outputs test 试它）",
            f"{en}; only written, not asked: {mute} (try outputs test)",
        )
    head = Row(state, f"线路 {bus.id}", zh, en)
    return [head, *rows], {(c.about, c.symptom) for c in found}


def _tell(rows: list[Row], as_json: bool) -> int:
    import dataclasses

    for row in rows:
        if as_json:
            print(json.dumps(dataclasses.asdict(row), ensure_ascii=False))
        else:
            print(f"{MARKS[row.state]} {row.about}：{row.zh} · {row.en}" + (row.mbpoll and f"\n    {row.mbpoll}"))
    return 1 if any(row.state == "bad" for row in rows) else 0
