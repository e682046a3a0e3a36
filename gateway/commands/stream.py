"""`stream status|refused|resend`: how the living `run` gets readings and events to the centre, and what was refused there."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from gateway.commands._client import Failed, add_data, ask, complain


def add_parser(sub: Any) -> None:
    p = sub.add_parser("stream", help="the way of the readings to the database; what was refused 上行数据")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, text in (
        ("status", "connected? how much waits? exit 1 when something is wrong 上行状态"),
        (
            "refused",
            "lines the database will never store, events the broker does not take, with their reason 被拒收的数据和事件",
        ),
        ("resend", "send what was refused once more, when the cause is mended 重新上传被拒收的数据和事件"),
    ):
        add_data(verbs.add_parser(verb, help=text))


def run(args: argparse.Namespace) -> int:
    try:
        return {"status": _status, "refused": _refused, "resend": _resend}[args.verb](args)
    except Failed as error:
        return complain(error)


def _status(args: argparse.Namespace) -> int:
    stream = ask(args.data, {"ask": "snapshot"})["data"]["stream"]
    if not stream["enabled"]:
        print("没有配置上行，数据只在本机 · no uplink is configured: readings stay here")
        return 0
    print("上行接通 · connected" if stream["connected"] else f"上行中断 · not connected: {stream['problem']}")
    print(f"待传 · waiting: {stream['backlog']} 帧 frames")
    at = stream["last_receipt"]
    print(f"最近一次入库确认 · last receipt: {_time(at) if at else '还没有 none yet'}")
    print(f"启动以来被拒收 · refused since the start: {stream['refused']} 条 lines")
    if stream["events_refused"]:
        print(f"上级拒收事件 · events the broker does not take: {stream['events_refused']} 条（{stream['why']}）")
    if stream["twin"]:
        print("另一台盒子在用同一个 site.id 和证书：改掉其中一台 · another box uses this identity: change one of them")
    return 0 if stream["connected"] and not stream["twin"] and not stream["events_refused"] else 1


def _refused(args: argparse.Namespace) -> int:
    found = ask(args.data, {"ask": "refused", "limit": 1000})["data"]
    for one in found:
        print(f"{_time(one['wall'])}  {one['why']}\n    {one['line']}")
    print(f"共 {len(found)} 条 in all" if found else "没有被拒收的数据 · nothing was refused")
    return 0


def _resend(args: argparse.Namespace) -> int:
    done = ask(args.data, {"ask": "resend"}, timeout=60.0)["data"]
    print(f"重新上传 · sent again: {done['again']} 条 lines, {done['events']} 条事件 events")
    if done["gone"]:
        print(f"已不在本机（超过 30 天），不能重传 · no longer kept here: {done['gone']} 条 lines")
    return 1 if done["gone"] else 0


def _time(wall: int) -> str:
    return f"{datetime.fromtimestamp(wall / 1000):%Y-%m-%d %H:%M:%S}"
