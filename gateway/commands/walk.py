"""`walk start|status|end|sheet`: the walk test through the living `run`: what is ticked and left, and the acceptance sheet made of it."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.commands._asking import add_person, do, moment, snapshot
from gateway.commands._client import Failed, add_data, ask, complain


def add_parser(sub: Any) -> None:
    p = sub.add_parser("walk", help="walk test 步行测试: set each point off once; it is ticked, only the tester is told")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    start = verbs.add_parser("start", help="开始: alarms of these points are tests from now on")
    start.add_argument("--building", default="", help="楼栋 building id (default: the whole site)")
    start.add_argument("--until", required=True, help="到什么时候 18:00, 2026-07-01T18:00, 2h; at most 8 h")
    start.add_argument("--walker", default="", help="测试人 person id whose phone is told (default: yourself)")
    end = verbs.add_parser("end", help="结束: over before its time")
    end.add_argument("walk", nargs="?", default="", help="编号 or id, where several go on")
    for one in (start, end):
        add_person(one)
    status = verbs.add_parser("status", help="what is ticked with which value, and what is left; exit 1 while any is left")
    page = verbs.add_parser("sheet", help="验收单 the acceptance sheet as JSON; exit 1 while it is not complete")
    for one in (start, end, status, page):
        add_data(one)


def run(args: argparse.Namespace) -> int:
    try:
        return {"start": _start, "end": _end, "status": _status, "sheet": _sheet}[args.verb](args)
    except Failed as error:
        return complain(error)


def _start(args: argparse.Namespace) -> int:
    seen = snapshot(args.data)
    details = {
        "building": args.building,
        "walker": args.walker,
        "until": moment(args.until, seen["now"], seen["site"]["timezone"]),
    }
    return do(args.data, "walk", args.person, args=details, now=seen["now"])


def _end(args: argparse.Namespace) -> int:
    return do(args.data, "end", args.person, args.walk or _only(args))


def _only(args: argparse.Namespace) -> str:
    """The walk test that is meant when nobody names one: `end` alone could mean a 维保."""
    found = [m["id"] for m in snapshot(args.data)["marks"].values() if m["kind"] == "walk"]
    if len(found) != 1:
        raise Failed(
            "没有步行测试 · no walk test is going on" if not found else "有多项，请带编号 · there are several: give the number"
        )
    return str(found[0])


def _status(args: argparse.Namespace) -> int:
    seen = snapshot(args.data)
    walks = [m for m in seen["marks"].values() if m["kind"] == "walk"]
    if not walks:
        print("没有步行测试 · no walk test is going on")
        return 0
    zones = {z["id"]: z["name"] for z in seen["zones"]}
    zone = ZoneInfo(seen["site"]["timezone"])
    for walk in walks:
        done = [x for x in walk["lines"] if x["what"] == "test-alarm"]
        phones = {x["about"]: x["value"] for x in walk["lines"] if x["what"] == "phone"}
        print(
            f"步行测试 walk {walk['number']:02d} {walk['id']}: {len(done)}/{walk['covered']} 到 until {_clock(walk['until'], zone)}"
        )
        for tick in done:
            phone = f"手机 phone {phones[tick['about']]:.0f} s" if tick["about"] in phones else "手机未响 phone did not ring"
            print(f"  ✓ {_name(seen, zones, tick['about'])} {_value(seen, tick)} {_clock(tick['at'], zone)} {phone}")
        for point in walk["points"]:
            print(f"  ○ {_name(seen, zones, point)}")
    return 1 if any(walk["points"] for walk in walks) else 0


def _sheet(args: argparse.Namespace) -> int:
    found = ask(args.data, {"ask": "acceptance"}, timeout=60.0)["data"]
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 0 if found["complete"] else 1


def _name(seen: dict[str, Any], zones: dict[str, str], point: str) -> str:
    about = seen["points"].get(point, {})
    return " ".join(part for part in (zones.get(about.get("zone", "")), about.get("name"), point) if part)


def _value(seen: dict[str, Any], tick: dict[str, Any]) -> str:
    if not isinstance(tick["value"], int | float):
        return ""
    return f"{tick['value']:g}{seen['points'].get(tick['about'], {}).get('unit', '')}"


def _clock(wall: int | None, zone: ZoneInfo) -> str:
    return "–" if wall is None else datetime.fromtimestamp(wall / 1000, zone).strftime("%H:%M:%S")
