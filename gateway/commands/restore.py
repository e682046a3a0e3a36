"""`restore FILE`: a backup onto this box, or onto another that takes its place."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(sub: Any) -> None:
    from gateway.commands.backup import add_places

    p = sub.add_parser("restore", help="a backup onto this box, or onto another that takes its place 恢复")
    add_places(p, "the backup")
    p.add_argument("--force", action="store_true", help="move what is there aside (nothing is deleted)")


def run(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from gateway.backup import BackupError
    from gateway.clock import SystemClock, boot_id
    from gateway.commands.backup import passphrase
    from gateway.restore import restore

    clock = SystemClock(args.data)
    try:
        done = restore(
            args.file, args.data, args.config, boot_id(), clock.now(), clock.ok(), force=args.force, passphrase=passphrase(args)
        )
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or args.data}: {error.strerror} · 读写不了 cannot be read or written", file=sys.stderr)
        print("  改好后同一条命令再运行一次 · mend it and run the same command again", file=sys.stderr)
        return 1
    made = datetime.fromtimestamp(done.made / 1000, UTC)
    print(f"已恢复 · restored: {done.site}，备份于 made {made:%Y-%m-%d %H:%M} UTC")
    print(f"  日志接着从 {done.seq} 号写 · the journal goes on at {done.seq}")
    if done.resumed:
        print("  上次恢复中断，现已接着做完 · an earlier restore was cut off; it is now finished")
    for folder in done.aside:
        print(f"  原来的在 · what was there is in {folder}")
    if done.without:
        print("  备份里没有密钥：放回 secrets/ 再启动 · it holds no secrets: put them back before starting", file=sys.stderr)
    print("  接着：用现在的版本检查配置，再重启 · next: let this version check the site file, then restart")
    site = args.config / "site" / "site"
    print(f"    sudo -u campus campus-gateway check {site}.yaml -o {site}.compiled.json")
    print("    sudo systemctl restart campus-gateway campus-dashboard")
    print("  原来的盒子不要再接上：两台用同一个身份 · never start the old box again: two would have one identity")
    return 0
