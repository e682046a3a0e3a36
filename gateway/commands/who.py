"""`who`: who would be called at a place, now or at another time, as the living `run` says; exit 1 when something is wrong with it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from gateway.commands._asking import moment, snapshot
from gateway.commands._client import Failed, add_data, ask, complain

HELD = {
    "list": "进清单 in the day list",
    "night": "夜间不叫，进清单 rest at night, day list",
    "day": "当天已满，进清单 enough for one day, day list",
    "storm": "合并发送 told with others",
    "not-now": "此时不发 not at this time",
    "no-channel": "没有通知方式！no channel!",
}
DURING = {"asleep": "睡眠时间 asleep", "not-falling": "数值不降时 while not falling", "daily": "每天 daily", "": ""}


def add_parser(sub: Any) -> None:
    p = sub.add_parser("who", help="who would be called, now or at another time 现在会叫谁")
    p.add_argument("place", nargs="?", default="", help="zone or building id; without one, for alarms of the box itself")
    p.add_argument("--kind", default="", help="only this kind of alarm, e.g. fire")
    p.add_argument("--at", default="", metavar="TIME", help="18:00, 2026-07-01T18:00 or 2h (default: now)")
    p.add_argument("--json", action="store_true", help="the whole answer as JSON")
    add_data(p)


def run(args: argparse.Namespace) -> int:
    try:
        site = snapshot(args.data)
        question: dict[str, Any] = {"ask": "who", "place": args.place, "kind": args.kind}
        if args.at:
            question["at"] = moment(args.at, site["now"], site["site"]["timezone"])
        found = ask(args.data, question, timeout=30.0)["data"]
    except Failed as error:
        return complain(error)
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(found, site)
    return 1 if any(faults(case) for case in found["cases"]) else 0


def faults(case: dict[str, Any]) -> list[str]:
    """What is wrong with a case, in words: nobody is called, a post without anybody of the rota, a person nobody can reach."""
    calls = [*case["unanswered"], *case["answered"]]
    out = ["没有人会接到通知 nobody is told"] if case["nobody"] and not case["mode"] else []
    out += [f"{post}: 值班表空缺 hole in the rota" for post in dict.fromkeys(h for c in calls for h in c["holes"])]
    bare = dict.fromkeys(t["person"] for c in calls for t in c["told"] if t["held"] == "no-channel")
    return out + [f"{person}: {HELD['no-channel']}" for person in bare]


def _show(found: dict[str, Any], site: dict[str, Any]) -> None:
    names = {p["id"]: p["name"] for p in site["people"]} | {z["id"]: z["name"] for z in site["zones"]}
    if not found["cases"]:
        print("这里没有会报警的测点 · nothing here raises an alarm")
    for case in found["cases"]:
        what, places = case["what"], "、".join(names.get(z, z) for z in case["zones"] if z)
        mode = f" [{case['mode']}]" if case["mode"] else ""
        print(f"\n{what['zh']} {what['en']} ({case['policy']}){mode} {places}")
        for title, calls in (
            ("无人响应 nobody answers", case["unanswered"]),
            ("收到后无结果 answered, no result", case["answered"]),
        ):
            if calls:
                print(f"  {title}")
            for call in calls:
                _call(call, names)
        if case["loop"]:
            print(f"  之后每 {case['loop'] // 1000} s 重复 then repeated")
        for fault in faults(case):
            print(f"  ! {fault}")


def _call(call: dict[str, Any], names: dict[str, str]) -> None:
    during = DURING.get(call["during"], call["during"])
    for told in call["told"] or [{"person": "", "channel": "", "held": "", "to": call["empty"]}]:
        who = names.get(told["person"], told["person"]) or "–"
        how = HELD.get(told["held"], told["held"]) or told["channel"]
        print(f"  {call['after'] // 1000:>7} s  {who}  {'/'.join(told['to'])}  {how}  {during}".rstrip())
