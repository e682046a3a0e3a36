"""`notify test CHANNEL`: does a channel of the living `run` work? Nobody is told anything; one sent to a person is a drill's matter."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.commands._client import Failed, add_data, ask, complain


def add_parser(sub: Any) -> None:
    p = sub.add_parser("notify", help="try one channel 测试通知通道")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    test = verbs.add_parser("test", help="prove a channel without telling anybody; exit 1 when it does not work")
    add_data(test)
    test.add_argument("channel", help="id of the site file, or `all`")


def run(args: argparse.Namespace) -> int:
    try:
        found = ask(args.data, {"ask": "channels", "channel": args.channel}, timeout=60.0)["data"]
    except Failed as error:
        return complain(error)
    for name, why in found.items():
        print(f"{name}: {why or '正常 works'}")
    return 1 if any(found.values()) else 0
