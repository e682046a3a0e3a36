"""`run SITE.compiled.json`: the daemon. Loads the compiled site, or the last good one, and runs until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

EX_CONFIG = 78
AGAIN = "CAMPUS_STARTED_AGAIN"  # set for a process that has replaced one whose journal opened late
M_ARENA_MAX = -8  # <malloc.h> of glibc
AGAIN_PATIENCE = 60.0  # s between two such starts, so that a slow disk cannot keep the box from its sensors


def add_parser(sub: Any) -> None:
    p = sub.add_parser("run", help="the daemon: sensors to alarms to people 运行")
    p.add_argument("site", type=Path, help="the compiled site (campus-gateway check site.yaml -o FILE)")
    p.add_argument("--assume-clock", action="store_true", help="take the wall clock for right without asking (demonstrations)")
    p.add_argument("--no-uplink", action="store_true", help="local history only, no broker")


def run(args: argparse.Namespace) -> int:
    from gateway.change.start import load
    from gateway.clock import SystemClock, boot_id
    from gateway.local import AlreadyRunning
    from gateway.notify import Notifier
    from gateway.runtime import Ended
    from gateway.runtime import run as run_box
    from gateway.scrub import log_to_stderr

    _one_heap()
    log_to_stderr("%(levelname)s %(name)s: %(message)s")
    try:
        loaded = load(args.site)
    except (OSError, ValueError) as error:
        from gateway.commands.check import compiled_name

        print(f"{args.site}: 读不了 · cannot be used: {error}", file=sys.stderr)
        print(f"  先编译 · compile it first: campus-gateway check site.yaml -o {compiled_name(args.site)}", file=sys.stderr)
        # a disk that does not answer now may do so in a moment: whoever watches over this process starts it again
        return EX_CONFIG if isinstance(error, ValueError | FileNotFoundError | PermissionError) else 1
    clock = SystemClock(Path(loaded.site.data), assume_ok=args.assume_clock)
    patience = AGAIN_PATIENCE if AGAIN in os.environ else 0.0
    try:
        ended = asyncio.run(
            run_box(
                loaded, args.site, clock, boot_id(), uplink=not args.no_uplink, patience=patience, notifier=Notifier()
            )
        )  # fmt: skip
    except AlreadyRunning as error:
        print(f"已在运行 · already running: {error}", file=sys.stderr)
        return 1
    if ended is not Ended.ASKED:
        _start_again(ended is Ended.REOPENED)
    return 0


def _one_heap() -> None:
    """One malloc arena for all threads: they allocate little, and an arena for each costs 2 MB. Other C libraries have none."""
    import ctypes

    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_ARENA_MAX, 1)


def _start_again(reopened: bool) -> None:
    """Replace this process by a fresh one with the same arguments; the process id stays, so systemd sees no end."""
    sys.stderr.flush()
    if reopened:
        os.environ[AGAIN] = "1"
    os.execv(sys.executable, sys.orig_argv)
