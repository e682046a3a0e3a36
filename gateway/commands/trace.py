"""`trace DEVICE`: the raw frames of one device, explained field by field. Asks by itself, so that it works without waiting for a poll."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from gateway.commands._client import Failed, complain
from gateway.commands._usage import seconds, whole


def add_parser(sub: Any) -> None:
    from gateway.commands._lines import add_site

    p = sub.add_parser("trace", help="raw frames of one device, explained 报文逐字段解释")
    add_site(p)
    p.add_argument("device", help="device id of the site file")
    p.add_argument(
        "--times", type=whole(0, 1_000_000), default=1, metavar="N", help="rounds; 0 goes on until Ctrl-C (default 1)"
    )
    p.add_argument("--every", type=seconds(0.1, 3600), default=1.0, metavar="S", help="seconds between two rounds")


def run(args: argparse.Namespace) -> int:
    """0: the last round was good. 1: it was not."""
    try:
        return 0 if asyncio.run(_trace(args)) else 1
    except Failed as error:
        return complain(error)


async def _trace(args: argparse.Namespace) -> bool:
    from drivers.bus import Space
    from drivers.modbus.explain import explain
    from drivers.plan import plan
    from gateway.commands._lines import device_of, line_of, site_of
    from gateway.diagnose import symptom
    from gateway.mbpoll import mbpoll
    from gateway.symptoms import WORDS

    device, bus = device_of(site_of(args), args.device)
    names = {(c.space, c.address): f"{c.id} {c.name}".strip() for c in device.profile.channels}

    def named(space: Space, address: int) -> str:
        return names.get((space, address), "")

    line, tcp, rounds, well = line_of(args.data, bus), bus.type == "modbus-tcp", 0, True
    try:
        while args.times == 0 or rounds < args.times:
            if rounds:
                await asyncio.sleep(args.every)
            rounds, well = rounds + 1, True
            for read in plan(device.profile):
                heard = await line.ask(device.unit, read, device.profile.limits.latency)
                if heard.before:
                    print("\n".join(explain(b"", heard.before, tcp=tcp)))
                print("\n".join(explain(heard.sent, heard.received, tcp=tcp, named=named)))
                shown = symptom(device.unit, heard)
                well &= shown in ("good", "echo")
                why = (heard.text,) if shown == "down" else WORDS.get(shown, (heard.text,))  # a port's own words name its cure
                print(f"    {heard.took} ms" + ("" if shown == "good" else f" · {' · '.join(why)}"))
                print(f"    {mbpoll(bus, device.unit, read)}", flush=True)
    finally:
        await line.close()
    return well
