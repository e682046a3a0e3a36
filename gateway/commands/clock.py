"""`clock`: the time as the box has it, and whether that counts as right; `--right` is a person's word for it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(sub: Any) -> None:
    p = sub.add_parser("clock", help="is the clock known to be right? where no time server is, a person says so 时钟")
    p.add_argument("--data", type=Path, default=Path("/var/lib/campus-gateway"), help="data folder of `run`")
    p.add_argument(
        "--right", action="store_true", help="I have looked: the time shown is right; counts until the next power-up"
    )


def run(args: argparse.Namespace) -> int:
    """1: not known to be right, or the word cannot be kept."""
    from datetime import datetime

    from gateway.checkup import clock_row
    from gateway.clock import SystemClock

    clock = SystemClock(args.data)
    print(f"{datetime.fromtimestamp(clock.now().wall / 1000).astimezone():%Y-%m-%d %H:%M:%S %z}")
    if args.right:
        try:
            clock.mark_set()
        except OSError as error:
            print(f"{error.filename or args.data}: {error.strerror} · 记不下 cannot be kept", file=sys.stderr)
            return 1
        print("记下了：十秒内生效，断电重启后要再看一次 · noted: counts within ten seconds, and until the next power-up")
        return 0
    row = clock_row(clock.state())
    print(f"{row.zh} · {row.en}")
    return 0 if clock.ok() else 1
