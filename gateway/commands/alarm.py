"""`alarm list|kpi|ack|result|…`: what is open, how it goes, and what a person may ask, through the living `run`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from gateway.commands._alarm_verbs import OPTIONS, TIMES, VERBS
from gateway.commands._asking import add_person, do, moment, snapshot
from gateway.commands._client import Failed, add_data, ask, complain


def add_parser(sub: Any) -> None:
    p = sub.add_parser("alarm", help="list alarms; received, result, silence, reset 报警处理")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="what is open now 未结束的报警")
    add_data(listing)
    listing.add_argument("--json", action="store_true", help="as JSON")
    for verb, text in (
        ("ack", "收到: pauses the calls"),
        ("result", "核实结果: real or false, with its cause"),
        ("silence", "消音: sound only"),
        ("reset", "复位: when the cause is gone"),
    ):
        one = verbs.add_parser(verb, help=text)
        add_data(one)
        one.add_argument("alarm", help="编号 or alarm id, or `all`")
        add_person(one)
        if verb == "result":
            one.add_argument("result", choices=["real", "false", "drill", "test"])
            one.add_argument("--cause", required=True, help="原因, e.g. 蚊香")
            one.add_argument("--on-site", action="store_true", help="我已到现场")

    for name, (_, text, target, options) in VERBS.items():
        one = verbs.add_parser(name, help=text)
        add_data(one)
        if target:
            one.add_argument("alarm", help=target)
        add_person(one)
        for option in options:
            one.add_argument(f"--{option}", dest=f"arg_{option}", default="", help=OPTIONS[option])
    figures = verbs.add_parser("kpi", help="报警统计: load, floods, chatter, standing, false alarms (R34)")
    add_data(figures)
    figures.add_argument("--days", type=int, default=30, help="how far back (default 30)")


def run(args: argparse.Namespace) -> int:
    try:
        if args.verb in ("list", "kpi"):
            return _list(args) if args.verb == "list" else _kpi(args)
        return _do(args) if args.verb not in VERBS else _ask(args)
    except Failed as error:
        return complain(error)


def _list(args: argparse.Namespace) -> int:
    snapshot = ask(args.data, {"ask": "snapshot"})["data"]
    alarms = sorted(snapshot["alarms"].values(), key=lambda a: (-a["severity"], a["raised"]))
    if args.json:
        print(json.dumps(alarms, ensure_ascii=False))
        return 0
    unknown = sum(p["quality"] in ("stale", "fault") for p in snapshot["points"].values())
    if not alarms:
        words = "没有未结束的报警 · nothing open"
        print(words if not unknown else f"{words}; 监测不完整：{unknown} 个点无数据 · {unknown} points without data")
        return 0
    for a in alarms:
        value = "" if a["value"] is None else f" {a['value']:g}{a['unit']}"
        confirmed = " 已确认" if a["confirmed"] else ""
        print(
            f"{a['number']:02d}  {a['what']['zh']}{confirmed}  {a['place']} {a['device_name']}{value}  {a['state']}  {a['id']}"
        )
    return 0


def _do(args: argparse.Namespace) -> int:
    details = {"result": args.result, "cause": args.cause, "on_site": args.on_site} if args.verb == "result" else {}
    return do(args.data, args.verb, args.person, args.alarm, details)


def _ask(args: argparse.Namespace) -> int:
    seen = snapshot(args.data)
    verb, _, target, options = VERBS[args.verb]
    details: dict[str, Any] = {o: value for o in options if (value := getattr(args, f"arg_{o}"))}
    for name in TIMES:
        if name in details:
            details[name] = moment(details[name], seen["now"], seen["site"]["timezone"])
    return do(args.data, verb, args.person, args.alarm if target else "", details, now=seen["now"])


def _kpi(args: argparse.Namespace) -> int:
    k = ask(args.data, {"ask": "kpi", "days": args.days}, timeout=60.0)["data"]
    rate = "–" if k["false_rate"] is None else f"{k['false_rate']:.0%}"
    rows = (
        ("报警次数 alarms", k["raised"]),
        ("每人每10分钟 per operator and 10 min", f"{k['rate']:.3f} (目标 target ≤ {k['target']:g})"),
        ("10分钟内最多 most in 10 min", k["worst"]),
        ("报警过多 floods", k["floods"]),
        ("频繁动作 chattering", "、".join(k["chattering"]) or "无 none"),
        ("未结束 standing", k["standing"]),
        ("超过24小时 older than 24 h", k["stale"]),
        ("真 real / 误报 false", f"{k['real']} / {k['false']} ({rate})"),
        ("30天内3次误报 three false in 30 days", "、".join(k["flagged"]) or "无 none"),
        ("一周内全校3次误报 three false in a week", "是 yes" if k["school_flag"] else "否 no"),
    )
    for name, value in rows:
        print(f"{name}: {value}")
    return 0
