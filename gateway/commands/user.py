"""`user add|passwd|remove|list`: the people who may log in to the page. Their roles at school are in the site file."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.auth import Users

ROLES = (
    "viewer", "duty", "keeper", "leader", "officer", "head", "electrician", "holder", "installer", "technician", "bureau", "admin",
)  # fmt: skip


def add_parser(sub: Any) -> None:
    p = sub.add_parser("user", help="people who may log in to the page 登录用户")
    verbs = p.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, text in (
        ("add", "let a person log in 添加用户"),
        ("passwd", "set a password; also unlocks 修改密码、解锁"),
        ("remove", "let a person log in no longer 删除用户"),
        ("list", "who may log in 用户列表"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("--data", type=Path, default=Path("/var/lib/campus-gateway"), help="data folder")
        if verb == "list":
            continue
        one.add_argument("person", help="person id of the site file")
        if verb in ("add", "passwd"):
            one.add_argument("--generate", action="store_true", help="make a random password and print it once")
        if verb == "add":
            one.add_argument("--role", choices=ROLES, default="viewer", help="for who is not in the site file (default viewer)")


def run(args: argparse.Namespace) -> int:
    from dashboard.auth import BadUser, Users

    try:
        return _do(args, Users(args.data / "dashboard.db"))
    except BadUser as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{args.data}: {error.strerror} · 数据目录不可用", file=sys.stderr)
        return 1


def _do(args: argparse.Namespace, users: Users) -> int:
    from dashboard.auth import BadUser, new_password

    if args.verb == "list":
        for person, role in users.list():
            print(f"{person}\t{role}")
        return 0
    if args.verb == "remove":
        users.remove(args.person)
        return 0
    password = new_password() if args.generate else getpass.getpass("密码 password: ")
    if not args.generate and getpass.getpass("再输一次 again: ") != password:
        raise BadUser("两次输入不一样 · the two passwords differ")
    if args.verb == "add":
        users.add(args.person, password, args.role)
    else:
        users.set_password(args.person, password)
    if args.generate:
        print(password)
    return 0
