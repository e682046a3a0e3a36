"""Who may do what on the page: the rights of routes, the roles that hold them, the buttons of each role. Tables only.

The engine authorises every command again; this table keeps buttons away from people who would only be refused.
"""

from __future__ import annotations

from collections.abc import Mapping

OPEN = "open"  # no session needed: the log-in page, its style, the health probe
PROBE = "probe"  # a program of this machine, or one that holds the token of --metrics-token
LOOK = "look"  # anybody logged in
ACT = "act"  # whoever has at least one button

_WATCH = ("ack", "result", "silence", "reset")

# role -> verbs of its buttons
VERBS: Mapping[str, tuple[str, ...]] = {
    "viewer": (),
    "duty": _WATCH,
    "keeper": _WATCH,
    "leader": _WATCH,
    "officer": _WATCH,
    "head": _WATCH,
    "electrician": ("ack",),
    "holder": (),
    "installer": (),
    "technician": ("ack", "result"),
    "bureau": ("ack",),
    "admin": _WATCH,
}


def may(role: str, right: str) -> bool:
    """Does a person of this role hold the right? An unknown role only looks."""
    return right in (OPEN, LOOK) or (right == ACT and bool(VERBS.get(role)))
