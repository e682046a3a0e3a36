"""`journal verify|export`: check the hash chain, or write the events out; through the living `run`, else from the file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from gateway.commands._client import Failed, add_data, ask, complain, living
from gateway.store import audit
from gateway.store.database import StoreError

T = TypeVar("T")
PAGE = 500


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
    if living(args.data):
        findings = ask(args.data, {"ask": "verify"}, timeout=120)["data"]["findings"]
    else:
        findings = [str(finding) for finding in _alone(audit.verify, args.data / "journal.db")]
    for finding in findings:
        print(finding)
    print("有断点 · the chain is broken" if findings else "链条完整 · the chain is intact")
    return 1 if findings else 0


def _export(args: argparse.Namespace) -> int:
    """The exact bodies: from the living `run` page by page, since nobody else opens its journal; else from the file."""
    bodies = (
        _living(args.data) if living(args.data) else _alone(lambda path: list(audit.bodies(path)), args.data / "journal.db")
    )
    for line in audit.lines(bodies, args.format):
        sys.stdout.write(line)
    return 0


def _living(data: Path) -> Iterator[str]:
    since = 0
    while page := ask(data, {"ask": "events", "since": since, "limit": PAGE})["data"]:
        for event in page:
            yield json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        since = page[-1]["seq"]


def _alone(look: Callable[[Path], T], path: Path) -> T:
    try:
        return look(path)
    except StoreError as error:
        raise Failed(f"{path}: 日志读不了 · the journal cannot be read: {error}") from None
