"""`version`: print the version."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(sub: Any) -> None:
    sub.add_parser("version", help="print the version 版本")


def run(args: argparse.Namespace) -> int:
    from gateway.version import VERSION

    print(f"campus-gateway {VERSION}")
    return 0
