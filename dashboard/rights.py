"""Who may do what on the page: the rights of routes, the roles that hold them, the buttons of each role. Tables only.

The engine authorises every command again; these tables are its own, so that nobody gets a button that would only be refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alerts import authority

OPEN = "open"  # no session needed: the log-in page, its style, the health probe
PROBE = "probe"  # a program of this machine, or one that holds the token of --metrics-token
LOOK = "look"  # anybody logged in
DESKS = "desks"  # makes a screen a registered desk
ACT = "act"  # whoever has at least one button
SCHOOLS = "schools"  # whoever may ask something of a school, at a bureau
WALK = "walk"  # goes round and sets points off, or has it done
FORESEE = "foresee"  # whoever may see who would be called
CONFIGURE = "configure"  # whoever sets the box up
DRAW = "draw"  # whoever puts floor plans up and marks where things are
ADMIT = "admit"  # whoever lets people, screens and programs in

# verbs that are nobody's by role alone (the engine asks who is meant) -> roles that get their buttons
_ASKED: Mapping[str, Collection[str]] = {
    **authority.ASKS,
    "take": authority.TAKERS,
    "swap": authority.TAKERS,
    "log": authority.TAKERS,
    "hand-over": authority.TAKERS,
    "countersign": authority.READERS,
    "swap-answer": authority.TAKERS,
    "identify": authority.ASKS["answer"],
    "session": authority.ASKS["answer"],
    "output-test": authority.OUTPUTS,
    "check": ("bureau",),
}


def _verbs(role: str) -> tuple[str, ...]:
    asked = [verb for verb, roles in _ASKED.items() if role in roles or (role == "leader" and verb in authority.AT_NIGHT)]
    return (*authority.RIGHTS[role], *asked)


# role -> verbs of its buttons
VERBS: Mapping[str, tuple[str, ...]] = {role: _verbs(role) for role in authority.RIGHTS}


# right -> the roles that hold it; OPEN and LOOK are everybody's
HOLDERS: Mapping[str, frozenset[str]] = {
    ACT: frozenset(role for role, verbs in VERBS.items() if verbs),
    DESKS: authority.ASKS["back"],
    WALK: authority.ASKS["walk"],
    FORESEE: authority.FORESEERS,
    CONFIGURE: frozenset({"installer", "admin"}),
    DRAW: frozenset({"installer", "officer", "head", "admin"}),
    ADMIT: frozenset({"admin"}),
    SCHOOLS: frozenset(role for roles in authority.OF_SCHOOLS.values() for role in roles),
}


def may(role: str, right: str) -> bool:
    """Does a person of this role hold the right? An unknown role only looks."""
    return right in (OPEN, LOOK) or role in HOLDERS.get(right, ())
