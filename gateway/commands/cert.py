"""`cert`: the bureau's small certificate authority: boxes, servers and clients of the broker, and its access list."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.ca import Authority, Issued

ROLES = ("ingest", "bureau", "viewer")
SOON = 30  # days before its end at which a certificate should be renewed


def add_parser(sub: Any) -> None:
    p = sub.add_parser("cert", help="certificates of boxes and servers, and the broker's access list 证书")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    init = _verb(verbs, "init", "make the authority in an empty folder: keep that folder off the net, and a copy 建证书目录")
    init.add_argument("--name", default="Campus CA", help="what it calls itself (default Campus CA)")
    box = _verb(verbs, "box", "a box's certificate and command key 给学校的盒子发证")
    box.add_argument("district")
    box.add_argument("site", help="id of the site file; unique over all districts")
    server = _verb(verbs, "server", "a certificate for a broker 给服务器发证")
    server.add_argument("name")
    server.add_argument("hosts", nargs="+", metavar="HOST", help="the names and addresses by which it is reached")
    client = _verb(verbs, "client", "a certificate for a program of the bureau 给局端程序发证")
    client.add_argument(
        "role", choices=ROLES, help="ingest: stores readings; bureau: sees events, commands; viewer: only reads"
    )
    client.add_argument("name")
    renew = _verb(verbs, "renew", "a new key and certificate; the old one is valid until it ends 换证")
    renew.add_argument("names", nargs="+", metavar="NAME")
    revoke = _verb(verbs, "revoke", "no longer let in: the broker refuses it after `systemctl reload mosquitto` 吊销")
    revoke.add_argument("name")
    listed = _verb(verbs, "list", f"who has one and until when; exit 1 when one ends within {SOON} days 证书清单")
    listed.add_argument("--json", action="store_true", help="one JSON object a row")
    for each in (box, server, client, renew):
        each.add_argument("--days", type=int, default=825, help="how long it is valid (default 825)")


def _verb(verbs: Any, name: str, text: str) -> argparse.ArgumentParser:
    p: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    p.add_argument("folder", type=Path, help="the authority's folder")
    return p


def run(args: argparse.Namespace) -> int:
    """0: done. 1: it cannot be, in words; and `list` with something to renew. 2: usage."""
    from datetime import UTC, datetime

    from gateway.ca import Authority, CaError
    from gateway.clock import SystemClock

    if getattr(args, "days", 1) < 1:
        print("--days 至少 1 · at least 1", file=sys.stderr)
        return 2
    now = datetime.fromtimestamp(SystemClock(assume_ok=True).now().wall / 1000, UTC)
    try:
        if args.verb == "init":
            Authority.init(args.folder, args.name)
            print(f"已建证书目录 · made: {args.folder}")
            print("  ca.key 谁拿到谁就能发证，不要放在联网的机器上 · whoever has ca.key can issue: keep it off the net")
            return 0
        return _do(args, Authority(args.folder), now)
    except CaError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or args.folder}: {error.strerror} · 目录不可用 cannot be used", file=sys.stderr)
        return 1


def _do(args: argparse.Namespace, authority: Authority, now: datetime) -> int:
    from gateway.acl import Member

    match args.verb:
        case "list":
            return _list(list(authority.current().values()), now, args.json)
        case "revoke":
            count = authority.revoke(args.name)
            print(f"已吊销 {args.name}：{count} 张 · revoked")
        case "renew":
            for name in args.names:
                _handed(authority.renew(name, now, args.days))
        case "box":
            _handed(authority.issue(Member(args.site, "box", args.district), now, days=args.days))
        case "server":
            _handed(authority.issue(Member(args.name, "server"), now, hosts=args.hosts, days=args.days))
        case "client":
            _handed(authority.issue(Member(args.name, args.role), now, days=args.days))
    print(f"把这两个文件复制给 mosquitto · copy to the broker: {authority.folder / 'crl.pem'} {authority.folder / 'acl'}")
    print("  再让它重读 · then: systemctl reload mosquitto")
    return 0


def _handed(folder: Path) -> None:
    print(f"{folder}: {' '.join(sorted(p.name for p in folder.iterdir()))}")


def _list(rows: list[Issued], now: datetime, as_json: bool) -> int:
    soon = 0
    for row in rows:
        days = (row.until - now).days
        soon += days < SOON
        if as_json:
            about = {"name": row.name, "role": row.role, "district": row.district}
            print(json.dumps({**about, "until": f"{row.until:%Y-%m-%d}", "days": days}))
        else:
            mark = "✗ 已过期 expired" if days < 0 else "! 该换证了 renew it" if days < SOON else "✓"
            print(f"{row.name}\t{row.role}\t{row.district or '-'}\t{row.until:%Y-%m-%d}\t{days} 天 days\t{mark}")
    return 1 if soon else 0
