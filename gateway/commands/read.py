"""`read DEVICE`: one read of one device, through a living `run` or by opening its line; prints mbpoll lines asking the same."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from gateway.commands._client import Failed, ask, complain, living


def add_parser(sub: Any) -> None:
    from gateway.commands._lines import add_site

    p = sub.add_parser("read", help="read one device once 读一个设备")
    add_site(p)
    p.add_argument("device", help="device id of the site file")
    p.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """0: every value is good. 1: one is not, or the device could not be asked."""
    try:
        data = _read(args)
    except Failed as error:
        return complain(error)
    if args.json:
        print(json.dumps(data, ensure_ascii=False))
    else:
        _show(data)
    return 0 if all(r["quality"] == "good" for r in data["readings"]) else 1


def _show(data: dict[str, Any]) -> None:
    for reading in data["readings"]:
        value = "—" if reading["value"] is None else f"{reading['value']:g} {reading['unit']}".rstrip()
        note = "" if reading["quality"] == "good" else f"  {reading['quality']}: {reading['fault']}"
        print(f"{reading['point']:<32} {value}{note}")
    for frame in data["frames"]:
        print(f"  → {frame['tx'] or '(没有人问 nobody asked)'}\n  ← {frame['rx'] or '(没有 nothing)'}")
    for line in data["mbpoll"]:
        print(f"  {line}")


def _read(args: argparse.Namespace) -> dict[str, Any]:
    from gateway.commands._lines import device_of, site_of
    from gateway.readone import read_alone

    if living(args.data):
        return dict(ask(args.data, {"ask": "read", "device": args.device}, timeout=60)["data"])
    site = site_of(args)
    device_of(site, args.device)
    return asyncio.run(read_alone(site, args.device))
