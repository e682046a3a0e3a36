"""`campus-gateway ingest`: options to an Ingest worker, and its end on a signal. Loads nothing heavy before `run`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import uuid
from functools import partial
from typing import TYPE_CHECKING

from gateway.notify import Notifier, attend

if TYPE_CHECKING:
    from gateway.stream.ingest import Ingest

EX_CONFIG = 78


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = sub.add_parser("ingest", help="take readings from MQTT and store them in InfluxDB")
    parser.add_argument("--broker", required=True, metavar="HOST:PORT", help="TLS unless it is on this machine")
    parser.add_argument("--tls-ca", default="", metavar="FILE", help="the broker's CA; then TLS on this machine too")
    parser.add_argument("--tls-cert", default="", metavar="FILE")
    parser.add_argument("--tls-key", default="", metavar="FILE")
    parser.add_argument("--user", default="")
    parser.add_argument("--password-file", default="", metavar="FILE", help="the broker's password, first line")
    parser.add_argument(
        "--client-id", default="", help="one of its own for each worker (default: campus-ingest, with --share a new one)"
    )
    parser.add_argument("--share", default="", metavar="GROUP", help="share the readings with the other workers of GROUP")
    parser.add_argument("--district", action="append", default=[], metavar="ID", help="only this district's; may be repeated")
    parser.add_argument("--influx", required=True, metavar="URL")
    parser.add_argument("--style", choices=("v2", "v1"), default="v2", help="write API of the database")
    parser.add_argument("--org", default="", help="v2")
    parser.add_argument("--bucket", default="", help="v2")
    parser.add_argument("--db", default="", help="v1")
    parser.add_argument("--token-file", default="", metavar="FILE", help="v2: token; v1: user:password; first line")
    parser.add_argument(
        "--metrics-port", type=int, metavar="PORT", help="/metrics and /healthz on 127.0.0.1; 0 takes a free port"
    )
    parser.add_argument("--dest", default="influx", help="the name on the receipts")


def run(args: argparse.Namespace) -> int:
    """0 after a signal, 1 when the broker did not serve --share this time, 78 when it will not, 2 for options that do not fit together."""
    from gateway.clock import SystemClock
    from gateway.scrub import log_to_stderr
    from gateway.stream.client import LinkOptions, secret
    from gateway.stream.influx import V1Writer, V2Writer, Writer
    from gateway.stream.ingest import Ingest, NoSharedSubscription

    host, _, port = args.broker.rpartition(":")
    if not host or not port.isdecimal():
        return _usage(f"--broker {args.broker} is not HOST:PORT")
    if not (args.bucket if args.style == "v2" else args.db):
        return _usage(f"--style {args.style} needs --{'bucket' if args.style == 'v2' else 'db'}")
    try:
        token = secret(args.token_file) or ""
    except OSError as error:
        return _usage(f"--token-file: {error}")
    writer: Writer
    if args.style == "v2":
        writer = V2Writer(args.influx, args.org, args.bucket, token)
    else:
        user, _, password = token.partition(":")
        writer = V1Writer(args.influx, args.db, user, password)
    broker = LinkOptions(
        host=host.strip("[]"),
        port=int(port),
        client_id=args.client_id or ("campus-ingest" if not args.share else f"campus-ingest-{uuid.uuid4().hex[:12]}"),
        tls_ca=args.tls_ca,
        tls_cert=args.tls_cert,
        tls_key=args.tls_key,
        user=args.user,
        password_file=args.password_file,
        manual_ack=True,
        # A member of a group that is gone must not be kept readings for: their boxes send them again, and others take them.
        expiry=0 if args.share else 3600,
    )

    log_to_stderr("%(asctime)s %(levelname)s %(name)s: %(message)s")
    worker = Ingest(broker, writer, SystemClock(assume_ok=True), args.dest, args.share, args.district)
    try:
        asyncio.run(_until_signal(worker, args.metrics_port))
    except OSError as error:
        return _usage(f"--metrics-port: {error}")
    except NoSharedSubscription as error:
        print(f"campus-gateway ingest: {error}", file=sys.stderr)
        return EX_CONFIG if error.refused else 1
    return 0


async def _until_signal(worker: Ingest, port: int | None) -> None:
    """Ends with the first of: a signal, an error of the worker, a metrics port that is taken."""
    from gateway.stream.metrics_port import serve

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(worker.run())
    tasks = [task]
    if port is not None:
        shown = partial(logging.getLogger(__name__).info, "metrics on http://127.0.0.1:%d/metrics")
        tasks.append(asyncio.create_task(serve(port, worker.figures, shown)))
    told = asyncio.create_task(attend(Notifier(), lambda: True, lambda: int(loop.time() * 1000)))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    for one in tasks:
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one


def _usage(problem: str) -> int:
    print(f"campus-gateway ingest: {problem}", file=sys.stderr)
    return 2
