"""`alarm list|ack|result|silence|reset`: what is open, and the answers a person may give, through the living `run`."""

from __future__ import annotations

import argparse
import json
import uuid
from typing import Any

from gateway.commands._client import Failed, add_data, ask, complain

LIFETIME = 30_000  # ms a local command lives (requirements 3.17)


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
        one.add_argument("--as", dest="person", required=True, metavar="PERSON", help="person id of the site file")
        if verb == "result":
            one.add_argument("result", choices=["real", "false", "drill", "test"])
            one.add_argument("--cause", required=True, help="原因, e.g. 蚊香")
            one.add_argument("--on-site", action="store_true", help="我已到现场")


def run(args: argparse.Namespace) -> int:
    try:
        return _list(args) if args.verb == "list" else _do(args)
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
    now = ask(args.data, {"ask": "snapshot"})["data"]["now"]
    details = {"result": args.result, "cause": args.cause, "on_site": args.on_site} if args.verb == "result" else {}
    command = {
        "id": uuid.uuid4().hex,
        "verb": args.verb,
        "alarm": args.alarm,
        "person": args.person,
        "proof": "local",
        "expires": now + LIFETIME,
        "args": details,
    }
    answer = ask(args.data, {"do": command})
    print(f"{answer['text']['zh']} · {answer['text']['en']}")
    return 0
