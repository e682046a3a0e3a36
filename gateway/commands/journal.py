"""`journal verify|export`: check the hash chain, or write the events out; through the living `run`, else from the file."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from typing import Any

from gateway.commands._client import Failed, add_data, ask, complain

PAGE = 500
COLUMNS = ["seq", "wall", "alarm", "kind", "old", "new", "who", "code", "args", "clock_ok"]


def add_parser(sub: Any) -> None:
    p = sub.add_parser("journal", help="verify or export the journal 日志核验与导出")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    verify = verbs.add_parser("verify", help="recompute the hash chain 核验哈希链")
    add_data(verify)
    export = verbs.add_parser("export", help="all events, oldest first 导出全部事件")
    add_data(export)
    export.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")


def run(args: argparse.Namespace) -> int:
    try:
        return _verify(args) if args.verb == "verify" else _export(args)
    except Failed as error:
        return complain(error)


def _verify(args: argparse.Namespace) -> int:
    if (args.data / "run.sock").exists():
        data = ask(args.data, {"ask": "verify"}, timeout=120)["data"]
    else:
        from gateway.store.journal import verify_file

        data = verify_file(args.data / "journal.db")
    for finding in data["findings"]:
        print(finding)
    print(
        f"{data['events']} events, head {data['head']}: "
        + ("链条完整 · chain intact" if not data["findings"] else "有断点 · broken")
    )
    return 1 if data["findings"] else 0


def _export(args: argparse.Namespace) -> int:
    if args.format == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for event in _events(args):
            writer.writerow({**event, "args": json.dumps(event["args"], ensure_ascii=False)})
    else:
        for event in _events(args):
            print(json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return 0


def _events(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    living = (args.data / "run.sock").exists()
    since = 0
    while True:
        if living:
            page = ask(args.data, {"ask": "events", "since": since, "limit": PAGE})["data"]
        else:
            from gateway.store.journal import read_events

            page = read_events(args.data / "journal.db", since, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        since = page[-1]["seq"] + 1
