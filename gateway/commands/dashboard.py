"""`dashboard`: serves the live page over the `run` of one data folder. Its own program: may crash without touching alarms."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway import journald
from gateway.notify import Notifier, attend

if TYPE_CHECKING:
    import socket

    import uvicorn

STOP_S = 2  # open streams are cut after this at the end


def add_parser(sub: Any) -> None:
    p = sub.add_parser("dashboard", help="the officers' page 值班页面")
    p.add_argument("--data", type=Path, default=Path("/var/lib/campus-gateway"), help="data folder of `run`")
    p.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    p.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one")
    p.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of who has not chosen one")
    p.add_argument("--tls-cert", type=Path, help="certificate file (PEM)")
    p.add_argument("--tls-key", type=Path, help="its key file (PEM)")
    p.add_argument(
        "--metrics-token", type=Path, help="file with the token for /metrics (default: this machine only) 指标口令文件"
    )
    p.add_argument("--openapi", action="store_true", help="describe the interface at /api/v1/openapi.json 接口说明")
    p.add_argument("--plain-http", action="store_true", help="allow other machines without TLS 允许不加密访问")


def run(args: argparse.Namespace) -> int:
    """Prints the page's address, and at the very first start the administrator's password, on standard output.

    To a journal, which keeps it, it prints no password: who installs makes the first user.
    """
    if bool(args.tls_cert) != bool(args.tls_key):
        print("--tls-cert 和 --tls-key 须一起给出 · give both or none", file=sys.stderr)
        return 2
    if not (_loopback(args.host) or args.tls_cert or args.plain_http):
        print(
            f"{args.host} 会让别的机器访问：请给出 --tls-cert 和 --tls-key，或明确写上 --plain-http\n"
            f"{args.host} is open to other machines: give --tls-cert and --tls-key, or say --plain-http",
            file=sys.stderr,
        )
        return 2
    import socket

    import uvicorn

    from dashboard.app import ADMIN, create_app, first_admin
    from dashboard.auth import Users
    from gateway.clock import SystemClock
    from gateway.scrub import log_to_stderr

    log_to_stderr("%(levelname)s %(name)s: %(message)s", logging.WARNING)
    try:
        token = args.metrics_token.read_text("utf-8").strip() if args.metrics_token else ""
        if args.metrics_token and len(token) < 20:
            print(f"{args.metrics_token}: 口令至少 20 个字符 · the token needs at least 20 characters", file=sys.stderr)
            return 2
        users = Users(args.data / "dashboard.db")
        listening = socket.create_server((args.host, args.port), family=_family(args.host))
    except OSError as error:
        place = error.filename or f"{args.data} {args.host}:{args.port}"
        print(f"{error.strerror}: {place} · 文件、数据目录或端口不可用", file=sys.stderr)
        return 1
    if journald.keeps(1):
        if not users.list():
            print(
                "还没有登录用户 nobody can log in yet: sudo -u campus-page campus-gateway user add 名字 --role admin --generate",
                flush=True,
            )
    elif password := first_admin(users):
        print(f"首次启动 first start: 用户 user {ADMIN}  密码 password {password}  (只显示这一次 shown this once)", flush=True)
    app = create_app(
        args.data, SystemClock(), users, args.lang, secure=bool(args.tls_cert), metrics_token=token, openapi=args.openapi
    )
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"值班页面 page: {'https' if args.tls_cert else 'http'}://{shown}:{port}/", flush=True)
    config = uvicorn.Config(
        app,
        log_config=None,  # its loggers pass on to ours, which is scrubbed
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=args.tls_cert,
        ssl_keyfile=args.tls_key,
    )
    asyncio.run(_serve(uvicorn.Server(config), listening))
    return 0


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    """Until a signal; systemd hears when it listens, and as long as its loop turns."""
    loop = asyncio.get_running_loop()
    told = asyncio.create_task(attend(Notifier(), lambda: server.started, lambda: int(loop.time() * 1000)))
    try:
        await server.serve(sockets=[listening])
    finally:
        told.cancel()


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _family(host: str) -> Any:
    import socket

    return socket.AF_INET6 if ":" in host else socket.AF_INET
