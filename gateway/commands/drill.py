"""`drill start|empty|end|status|record`: evacuation and communication drills through the living `run`; their record as a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from gateway.commands._asking import add_person, do, snapshot
from gateway.commands._client import Failed, add_data, ask, complain

STATES = {"done": "已完成 done", "due": "待进行 due", "overdue": "已逾期 overdue", "not-due": "本期无课 no school"}
KINDS = {"drill": "疏散演练 evacuation", "call-drill": "通信演练 communication"}


def add_parser(sub: Any) -> None:
    p = sub.add_parser("drill", help="evacuation and communication drills, their plan and proof 演练")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    start = verbs.add_parser("start", help="开始 evacuation (T0 is now) or calls (the marked message to every phone)")
    start.add_argument("kind", choices=["evacuation", "calls"])
    start.add_argument("--buildings", default="", help="楼栋 building ids, with commas between (default: all)")
    start.add_argument("--signal", action="store_true", help="sound the evacuation signal of these buildings (3 min at most)")
    empty = verbs.add_parser("empty", help="疏散完毕 a building is empty, with its head count")
    empty.add_argument("building", help="building id")
    empty.add_argument("--expected", type=int, help="应到")
    empty.add_argument("--counted", type=int, help="实到")
    end = verbs.add_parser("end", help="结束")
    for one in (start, empty, end):
        add_person(one)
    status = verbs.add_parser("status", help="the drill that is going on, and which are due")
    record = verbs.add_parser("record", help="the signed record of a drill; exit 1 when it is not the one recorded")
    record.add_argument("drill", help="id of the drill, e.g. no3-1207")
    record.add_argument("-o", "--output", type=Path, help="write it to this file")
    for one in (start, empty, end, status, record):
        add_data(one)


def run(args: argparse.Namespace) -> int:
    try:
        return {"start": _start, "empty": _empty, "end": _end, "status": _status, "record": _record}[args.verb](args)
    except Failed as error:
        return complain(error)


def _start(args: argparse.Namespace) -> int:
    return do(
        args.data, "drill-start", args.person, args={"kind": args.kind, "buildings": args.buildings, "signal": args.signal}
    )


def _empty(args: argparse.Namespace) -> int:
    heads = {name: value for name in ("expected", "counted") if (value := getattr(args, name)) is not None}
    return do(args.data, "drill-empty", args.person, args={"building": args.building, **heads})


def _end(args: argparse.Namespace) -> int:
    on = ask(args.data, {"ask": "drills"})["data"]["on"]
    do(args.data, "drill-end", args.person)
    if on is not None:
        print(f"记录 record: campus-gateway drill record {on['drill']}")
    return 0


def _status(args: argparse.Namespace) -> int:
    found = ask(args.data, {"ask": "drills"})["data"]
    names = {b["id"]: b["name"] for b in snapshot(args.data)["buildings"]}
    for row in found["plan"]:
        print(f"{KINDS[row['kind']]}: {STATES[row['state']]}, {row['by']}")
    on = found["on"]
    if on is None:
        print("没有正在进行的演练 · no drill is going on")
        return 0
    answered = sum(seconds is not None for seconds in on["answers"].values())
    print(f"{KINDS[on['kind']]} D{on['number']:02d} {on['drill']}: 应答 answers {answered}/{len(on['answers'])}")
    for row in on["buildings"]:
        empty = "–" if row["empty"] is None else f"{row['empty']:.0f} s"
        print(f"  {names.get(row['building'], row['building'])}: {empty}, {row['counted']}/{row['expected']}")
    return 0


def _record(args: argparse.Namespace) -> int:
    found = ask(args.data, {"ask": "drill", "drill": args.drill}, timeout=60.0)["data"]
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if args.output:
        args.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0 if found["proven"] else 1
