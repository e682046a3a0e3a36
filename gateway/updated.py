"""The event `updated`: another version of the program runs than at the start before (requirements 3.23). Compares, and installs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from alerts.model import Scalar
from gateway.version import VERSION

KEY = "version"  # of the journal's notes


async def note(
    kept: Mapping[str, str], keep: Callable[[str, str], None], write: Callable[[dict[str, Scalar]], Awaitable[None]]
) -> None:
    """`kept`: the journal's notes at the start; `keep` rides on the next commit. A new journal has no version before."""
    old = kept.get(KEY, "")
    if old != VERSION:
        keep(KEY, VERSION)
    if old not in ("", VERSION):
        await write({"old": old, "new": VERSION})
