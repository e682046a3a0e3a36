"""What commands that talk to a living `run` share: the data folder option, one question, its error in words."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.local import RunDown

DEFAULT_DATA = "/var/lib/campus-gateway"


class Failed(Exception):
    """The question could not be answered; the text says why and what to do."""


class Gone(Failed):
    """`run` is not there, or went away while it was asked: a moment later it may be there again."""


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path(DEFAULT_DATA), help=f"data folder of `run` (default {DEFAULT_DATA})")


def living(data: Path) -> bool:
    """Does a `run` listen in this folder? A socket left behind by one that was killed does not count."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(str(data / "run.sock"))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True  # somebody is there, although we may not ask: the question itself will say why
    return True


def ask(data: Path, request: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """The answer of `run`; raises Gone when it is down, else Failed when it refuses, is silent, or may not be asked."""
    from gateway.local import RunDown, ask_once

    path = data / "run.sock"
    try:
        answer = ask_once(path, request, timeout)
    except RunDown as error:
        raise refused(path, error) from None
    if not answer.get("ok"):
        text = answer.get("text") or {}
        raise Failed(f"{answer.get('code', 'error')}: {text.get('zh', '')} · {text.get('en', '')}")
    return answer


def refused(path: Path, error: RunDown) -> Failed:
    """Why the `run` at this socket could not be asked, with the cure."""
    if isinstance(error.__cause__, PermissionError):
        return Failed(
            f"没有权限访问 {path}：用运行 run 的用户，在命令前加 sudo -u campus\n"
            f"no permission for {path}: be the user of `run`, put before the command: sudo -u campus"
        )
    if isinstance(error.__cause__, TimeoutError):
        return Failed(
            f"守护进程在，但没有应答（{error}）：看 systemctl status campus-gateway\n"
            f"`run` is there and does not answer ({error}): see systemctl status campus-gateway"
        )
    return Gone(
        f"运行中的守护进程没有应答（{error}）。请先启动 campus-gateway run\n"
        f"`run` does not answer ({error}). Start it with: campus-gateway run"
    )


def complain(error: Failed) -> int:
    print(error, file=sys.stderr)
    return 1
