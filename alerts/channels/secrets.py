"""Secrets of a channel out of a file of `name = value` lines, read anew for each message. Values never reach a log."""

from __future__ import annotations

from pathlib import Path

from alerts.channels.faults import GiveUp


def read(path: Path, *names: str) -> dict[str, str]:
    """The named values. Raises GiveUp naming what is missing, never what is there."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise GiveUp(f"密钥文件读不到 secret file not readable: {why}") from None
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    found = {name.strip(): value.strip() for name, _, value in pairs}
    missing = [name for name in names if not found.get(name)]
    if missing:
        raise GiveUp(f"密钥文件里缺少 missing in the secret file: {', '.join(missing)}")
    return found
