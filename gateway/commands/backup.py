"""`backup FILE`: everything a box knows in one file, while `run` lives."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(sub: Any) -> None:
    p = sub.add_parser("backup", help="everything a box knows in one file, while it runs 备份")
    add_places(p, "the file to write")
    p.add_argument("--force", action="store_true", help="replace a file that is there")
    p.add_argument(
        "--without-readings",
        action="store_true",
        help="neither readings, pictures nor the schools' events at a bureau: done in seconds",
    )
    p.add_argument("--open-secrets", action="store_true", help="keys and passwords in the open: whoever has the file has them")


def add_places(p: argparse.ArgumentParser, what: str) -> None:
    p.add_argument("file", type=Path, help=what)
    p.add_argument("--data", type=Path, default=Path("/var/lib/campus-gateway"), help="data folder of `run`")
    p.add_argument("--config", type=Path, default=Path("/etc/campus-gateway"), help="folder of site/ and secrets/")
    p.add_argument("--passphrase-file", type=Path, help="its first line locks the keys and passwords 口令文件")


def passphrase(args: argparse.Namespace) -> str:
    """OSError when the file cannot be read."""
    from alerts.channels import secrets

    return secrets.content(args.passphrase_file).partition("\n")[0] if args.passphrase_file else ""


def run(args: argparse.Namespace) -> int:
    from gateway.backup import KEPT_OUT, LOCKED_IN, OPEN, BackupError, write
    from gateway.clock import SystemClock
    from gateway.lockbox import Locked

    if args.open_secrets and args.passphrase_file:
        print("--open-secrets 和 --passphrase-file 只能写一个 · give one of the two", file=sys.stderr)
        return 2
    if args.file.exists() and not args.force:
        print(
            f"{args.file} 已经有了，不覆盖 · is there already\n  换个名字，或加 --force · another name, or --force",
            file=sys.stderr,
        )
        return 1
    how = OPEN if args.open_secrets else LOCKED_IN if args.passphrase_file else KEPT_OUT
    try:
        made = write(
            args.file,
            args.data,
            args.config,
            SystemClock(assume_ok=True).now().wall,
            secrets=how,
            passphrase=passphrase(args),
            large=not args.without_readings,
        )
    except (BackupError, Locked) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or args.file}: {error.strerror} · 读写不了 cannot be read or written", file=sys.stderr)
        return 1
    size = f"{len(made.files)} 个文件 files，{made.size} B"
    print(f"已备份 · backed up: {made.site}，事件到 events up to {made.seq}，{size} → {args.file}")
    if made.left_out:
        print(
            f"没有备份的密钥 · secrets left out: {' '.join(made.left_out)}\n"
            "  要一起备份：--passphrase-file FILE（加口令）或 --open-secrets · to have them in it: one of these",
            file=sys.stderr,
        )
    return 0
