"""`read DEVICE`: one read of one device, through a living `run` or by opening its line; prints mbpoll lines asking the same."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from gateway.commands._client import Failed, add_data, ask, complain


def add_parser(sub: Any) -> None:
    p = sub.add_parser("read", help="read one device once 读一个设备")
    add_data(p)
    p.add_argument("device", help="device id of the site file")
    p.add_argument("--site", type=Path, help="compiled site, when no `run` lives (default DATA/site.compiled.json)")


def run(args: argparse.Namespace) -> int:
    try:
        data = _read(args)
    except Failed as error:
        return complain(error)
    for reading in data["readings"]:
        value = "—" if reading["value"] is None else f"{reading['value']:g} {reading['unit']}".rstrip()
        note = "" if reading["quality"] == "good" else f"  {reading['quality']}: {reading['fault']}"
        print(f"{reading['point']:<32} {value}{note}")
    for frame in data["frames"]:
        print(f"  → {frame['tx'] or '(nobody asked)'}\n  ← {frame['rx'] or '(nothing)'}")
    for line in data["mbpoll"]:
        print(f"  {line}")
    return 0 if all(r["quality"] == "good" for r in data["readings"]) else 1


def _read(args: argparse.Namespace) -> dict[str, Any]:
    if (args.data / "run.sock").exists():
        return dict(ask(args.data, {"ask": "read", "device": args.device}, timeout=30)["data"])
    from gateway.readone import read_alone
    from gateway.site import site_from_json

    path = args.site or args.data / "site.compiled.json"
    try:
        site = site_from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failed(f"{path}: {error}. Compile it: campus-gateway check site.yaml -o {path}") from None
    return asyncio.run(read_alone(site, args.device))
