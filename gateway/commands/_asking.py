"""What commands that ask something of the engine share: a Command in a person's name, and times as people write them."""

from __future__ import annotations

import argparse
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.commands._client import Failed, ask

LIFETIME = 30_000  # ms a local command lives (requirements 3.17)
UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def add_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="person", required=True, metavar="PERSON", help="person id of the site file")


def snapshot(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = ask(data, {"ask": "snapshot"})["data"]
    return found


def do(
    data: Path, verb: str, person: str, alarm: str = "", args: dict[str, Any] | None = None, *, now: int | None = None
) -> int:
    """Send the Command and print the engine's words. Raises Failed when it refuses."""
    moment = snapshot(data)["now"] if now is None else now
    command = {
        "id": uuid.uuid4().hex, "verb": verb, "alarm": alarm, "person": person, "proof": "local",
        "expires": moment + LIFETIME, "args": args or {},
    }  # fmt: skip
    answer = ask(data, {"do": command})
    print(f"{answer['text']['zh']} · {answer['text']['en']}")
    return 0


def moment(text: str, now: int, zone: str) -> int:
    """Wall ms of 18:00 (the next one), 2026-07-01, 2026-07-01T18:00, or 90m, 2h, 45d from now. Raises Failed."""
    try:
        if text[-1:] in UNITS and text[:-1].isdigit():
            return now + int(text[:-1]) * UNITS[text[-1]]
        local = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
        if len(text) <= 5:
            hour, minute = (int(part) for part in text.split(":"))
            at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return int((at if at > local else at + timedelta(days=1)).timestamp() * 1000)
        return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except ValueError:
        raise Failed(
            f"时间写成 18:00、2026-07-01T18:00 或 2h：{text} · write the time as 18:00, 2026-07-01T18:00 or 2h"
        ) from None
