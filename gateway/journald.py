"""Does systemd's journal keep what is written (JOURNAL_STREAM, systemd.exec(5)), and how is it told a line's weight (sd-daemon(3))?"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

_WEIGHTS = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # as syslog has them
_LEAST = 7


def keeps(descriptor: int, environment: Mapping[str, str] = os.environ) -> bool:
    """Does the journal keep what is written to this descriptor? A redirected one is somebody else's."""
    try:
        found = os.fstat(descriptor)
    except OSError:  # closed
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def weighed(text: str, level: int) -> str:
    """The lines as the journal takes them for what they are: `journalctl -p warning` shows warnings."""
    weight = next((weight for least, weight in _WEIGHTS if level >= least), _LEAST)
    return "\n".join(f"<{weight}>{line}" for line in text.split("\n"))
