"""`journal verify|export|replay|erase`: prove the hash chain, write events or an incident out, play it again; erase a person's data.

Through the living `run`, since nobody else opens its journal; else from the files of its data folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

from gateway.commands._asking import add_person, do
from gateway.commands._client import Failed, Gone, add_data, ask, complain, living
from gateway.store import audit
from gateway.store.database import StoreError, is_broken

T = TypeVar("T")
PAGE = 500
PATIENCE = 300.0  # s that a large incident may take to be written
RESTART = 20.0  # s that a `run` which starts again may take, with its journal closed or being opened
PAUSE = 0.1  # s between looks at it


def add_parser(sub: Any) -> None:
    p = sub.add_parser("journal", help="verify or export the journal, an incident, its replay 日志核验、导出、重放")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    verify = verbs.add_parser("verify", help="recompute the hash chain, of the box or of an incident file 核验哈希链")
    add_data(verify)
    verify.add_argument("file", type=Path, nargs="?", help="an incident file; without it the journal itself")
    export = verbs.add_parser("export", help="all events, oldest first, or one incident as a zip 导出全部事件或一次事件")
    add_data(export)
    export.add_argument("--format", choices=audit.FORMS, default="jsonl")
    export.add_argument(
        "--incident", metavar="ALARM", help="alarm id, or 编号 of an open one: events, messages, readings ± 30 min"
    )
    export.add_argument("--out", type=Path, help="where the incident goes (default ALARM.zip here)")
    export.add_argument("--site", type=Path, help="the compiled site, when no `run` lives (default DATA/site.compiled.json)")
    erase = verbs.add_parser("erase", help="blank a person's texts, answers and numbers; the chain stays 抹去个人数据")
    add_data(erase)
    erase.add_argument("target", metavar="PERSON", help="person id; may have left the site file")
    erase.add_argument("--why", required=True, help="on whose request, in words 缘由")
    add_person(erase)
    replay = verbs.add_parser("replay", help="play an incident file through the same rules again 重放一次事件")
    replay.add_argument("file", type=Path, help="what `journal export --incident` wrote")


def run(args: argparse.Namespace) -> int:
    try:
        return {"verify": _verify, "export": _export, "replay": _replay, "erase": _erase}[args.verb](args)
    except Failed as error:
        return complain(error)


def _verify(args: argparse.Namespace) -> int:
    from gateway import incident

    if args.file is not None:
        findings = [str(finding) for finding in _opened(incident.verify, args.file)]
    else:
        findings = _through_restart(lambda: _proof(args.data))
    for finding in findings:
        print(finding)
    print("有断点 · the chain is broken" if findings else "链条完整 · the chain is intact")
    return 1 if findings else 0


def _export(args: argparse.Namespace) -> int:
    """The exact bodies page by page, each from the living `run`, else from the file."""
    if args.incident:
        return _incident(args)
    for line in audit.lines(_bodies(args.data), args.format):
        sys.stdout.write(line)
    return 0


def _incident(args: argparse.Namespace) -> int:
    out = args.out or Path(f"{args.incident}.zip")
    _through_restart(lambda: _write_incident(args, out))
    print(f"已写入 · written: {out}")
    return 0


def _write_incident(args: argparse.Namespace, out: Path) -> None:
    if living(args.data):
        made = Path(ask(args.data, {"ask": "incident", "alarm": args.incident}, timeout=PATIENCE)["data"]["file"])
        shutil.copyfile(made, out)
    else:
        _alone_incident(args, out)


def _alone_incident(args: argparse.Namespace, out: Path) -> None:
    from gateway import incident
    from gateway.site import site_from_json

    compiled = args.site or args.data / "site.compiled.json"
    try:
        site = site_from_json(compiled.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failed(
            f"{compiled}: 读不了，请用 --site 指明编译好的配置 · name the compiled site with --site: {error}"
        ) from None
    try:
        incident.write(args.data, site, args.incident, out, lambda part: print(f"… {part}", file=sys.stderr))
    except incident.NoSuchAlarm:
        raise Failed(f"日志里没有这条报警：{args.incident} · the journal knows no such alarm") from None
    except (OSError, StoreError) as error:
        raise Failed(f"{out}: {error}") from None


def _replay(args: argparse.Namespace) -> int:
    from gateway.replay import replay

    played = _opened(replay, args.file)
    zone = ZoneInfo(played.timezone)
    for step in played.again:
        print(f"{datetime.fromtimestamp(step.wall / 1000, zone):%Y-%m-%d %H:%M:%S}  {step.new:<12} {step.rule} {step.point}")
    for alarm in played.before:
        print(f"窗口之前已有，不能重放 · open before the window, not replayed: {alarm}")
    differences = played.differences()
    for line in differences:
        print(f"不同 · differs: {line}")
    print("与记录一致 · as recorded" if not differences else "与记录不一致 · not as recorded")
    return 1 if differences else 0


def _erase(args: argparse.Namespace) -> int:
    """Through the living `run` alone: who asked is an event of the same commit."""
    return do(args.data, "erase", args.person, args={"whose": args.target, "why": args.why})


def _opened(look: Callable[[Path], T], path: Path) -> T:
    try:
        return look(path)
    except (OSError, BadZipFile, ValueError, KeyError, TypeError) as error:
        raise Failed(f"{path}: 不是事件文件 · no incident file: {error}") from None


def _bodies(data: Path) -> Iterator[str]:
    since = 0
    while page := _through_restart(partial(_page, data, since)):
        yield from (body for _, body in page)
        since = page[-1][0]


def _page(data: Path, since: int) -> list[tuple[int, str]]:
    if living(data):
        page = ask(data, {"ask": "events", "since": since, "limit": PAGE})["data"]
        return [(e["seq"], json.dumps(e, ensure_ascii=False, sort_keys=True, separators=(",", ":"))) for e in page]
    found = _alone(lambda path: audit.events(path, since, PAGE), data / "journal.db")
    return [(seq, body.decode()) for seq, body in found]


def _proof(data: Path) -> list[str]:
    if living(data):
        return list(ask(data, {"ask": "verify"}, timeout=120)["data"]["findings"])
    return [str(finding) for finding in _alone(audit.verify, data / "journal.db")]


def _through_restart(look: Callable[[], T]) -> T:
    """What `look` gives, over the moments in which a `run` that starts again neither answers nor lets its file be read."""
    for n in range(int(RESTART / PAUSE)):
        try:
            return look()
        except Gone:
            if n == 0:
                print("守护进程正在重启，请稍候… · `run` is starting again, waiting…", file=sys.stderr)
        time.sleep(PAUSE)
    return look()


def _alone(look: Callable[[Path], T], path: Path) -> T:
    """What the file says. Raises Gone for one that is there and sound and still cannot be read now, else Failed."""
    try:
        return look(path)
    except StoreError as error:
        kind = Failed if is_broken(error) or not os.access(path, os.R_OK) else Gone
        raise kind(f"{path}: 日志读不了 · the journal cannot be read: {error}") from None
