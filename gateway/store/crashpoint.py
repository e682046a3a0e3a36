"""Named points at which a test lets the process die at once, as a power cut would. Nothing else may go in here."""

from __future__ import annotations

import os
import signal
import threading

_DIE_AT = os.environ.get("CAMPUS_DIE_AT", "")  # looked up once: the points are passed with every reading
_hits: dict[str, int] = {}
_lock = threading.Lock()


def crashpoint(name: str) -> None:
    """Kill the own process with SIGKILL at the n-th pass of the point that CAMPUS_DIE_AT names; else do nothing.

    The variable reads "<point>:<n>", for example "journal.commit.before:3". Points of this package:
    journal.commit.before/after, readings.flush.before/after, readings.append.after; other callers name their own.
    """
    if not _DIE_AT:
        return
    point, _, count = _DIE_AT.rpartition(":")
    if point != name:
        return
    with _lock:
        _hits[name] = _hits.get(name, 0) + 1
        if _hits[name] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
