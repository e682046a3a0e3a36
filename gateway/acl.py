"""Who may do what at the broker: a role and a name to the lines of mosquitto's acl_file. Pure; the names are those of certificates.

Every line names its topics; there is no `pattern` line, which would give a name power over topics that happen to hold it: a user
called like a district could write that district's schools. `+` stands only where a role is meant to see every box.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.stream.wire import ROOT, Topics

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
HEAD = "# Written by `campus-gateway cert`: do not edit, it is written anew. The user is the CN of the client's certificate.\n"

WRITES, READS = ("readings", "events", "alarm/#", "status", "devices/#", "reply"), ("receipt", "command")
# role -> (access, topic below the root); a box's are of its own district and site
LINES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "box": (*(("write", leaf) for leaf in WRITES), *(("read", leaf) for leaf in READS)),
    "ingest": (("read", "+/+/readings"), ("write", "+/+/receipt"), ("readwrite", "-/+/probe")),
    "bureau": (
        *(("read", f"+/+/{leaf}") for leaf in WRITES if leaf != "readings"),
        ("write", "+/+/command"),
        ("write", "+/+/receipt"),
    ),
    "viewer": (*(("read", f"+/+/{leaf}") for leaf in ("readings", "alarm/#", "status")),),
}
ROLES = tuple(LINES)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a client certificate. `district` only for a box."""

    name: str
    role: str
    district: str = ""


def check_name(text: str, what: str) -> str:
    """The text, if it can be a name of the contract: no wildcard, slash, blank or upper case. ValueError else."""
    if not NAME.fullmatch(text):
        raise ValueError(f"{what} {text!r}：只能用小写字母、数字、短横线，最多 32 个 · must match {NAME.pattern}")
    return text


def lines(member: Member) -> list[str]:
    """The member's lines; KeyError for no role."""
    of = Topics(check_name(member.district, "district"), check_name(member.name, "site")).of if member.role == "box" else _below
    return [f"user {check_name(member.name, 'name')}", *(f"topic {access} {of(topic)}" for access, topic in LINES[member.role])]


def _below(topic: str) -> str:
    return f"{ROOT}/{topic}"


def document(members: Iterable[Member]) -> str:
    """The whole acl_file. Whoever is not in it may do nothing: mosquitto denies what no line allows."""
    parts = ["\n".join(lines(member)) for member in sorted(members, key=lambda m: m.name)]
    return HEAD + "".join(f"\n{part}\n" for part in parts)
