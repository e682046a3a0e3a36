"""The last gate before a log: addresses lose everything behind the host, named secrets their values. Knows no secret itself.

Secrets live in files and are not logged by those who read them; this is for what others say: a library's message, a traceback.
"""

from __future__ import annotations

import logging
import re

from gateway import journald

# a webhook's address is a secret: whoever has it can speak in its name
ADDRESS = re.compile(r"\b(https?|mqtts?|ssl|wss?)://(?:[^\s/@'\"]*@)?([^\s/?#'\"）)]+)[^\s'\"）)]*")
NAMED = re.compile(
    r"(?i)\b((?:access[_-]?|api[_-]?)?(?:token|password|passwd|secret|sign|signature|authorization|mac|key))"
    r"(['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|token|basic)\s+)?[^\s'\"&,;)}]{4,}"
)
HIDDEN = "…"
STDERR = 2


def scrub(text: str) -> str:
    """The text as it may be logged."""
    return NAMED.sub(rf"\1\2{HIDDEN}", ADDRESS.sub(rf"\1://\2/{HIDDEN}", text))


class Scrubbing(logging.Formatter):
    """A formatter whose every line, tracebacks too, has passed `scrub`."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class Weighing(Scrubbing):
    """The same for systemd's journal."""

    def format(self, record: logging.LogRecord) -> str:
        return journald.weighed(super().format(record), record.levelno)


def log_to_stderr(form: str, level: int = logging.INFO) -> None:
    """Like logging.basicConfig, scrubbed. For the programs that run for ever."""
    handler = logging.StreamHandler()
    handler.setFormatter((Weighing if journald.keeps(STDERR) else Scrubbing)(form))
    logging.basicConfig(level=level, handlers=[handler])
