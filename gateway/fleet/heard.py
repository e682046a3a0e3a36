"""What a school's box says, looked at before anything is made of it. Pure.

One box, of a newer release, broken or in strange hands, must not take from the bureau the sight of all the others: what is not as
agreed is a WireError, and counts as not said. A field that is not used here may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.stream.wire import WireError

Json = dict[str, Any]
MOST = 1 << 53  # of any number: what a page can show
LONGEST = 500  # characters of a text: it goes into messages and the journal
PARTS = 1_000  # of a list of devices
HASH = re.compile(r"[0-9a-f]{64}")
MAYBE = ("result", "result_due")  # null where there is none
STATUS = {"numbers": ("seq", "open", "points", "unseen", "out", "backlog", "wall"), "texts": ("head", "version")}
PICTURE = {
    "numbers": ("severity", "first", "raised", "result_due"),
    "texts": ("kind", "lamp", "state", "place", "result", "parent", "mode"),
}


def status(said: Json) -> Json:
    """The word of a box that it lives, or of the broker that it went."""
    _proper(said, STATUS)
    if not isinstance(said.get("clock_ok", False), bool):
        raise WireError("clock_ok is neither true nor false")
    return said


def head(said: Json) -> bytes | None:
    """The hash at the end of its chain of events; None where it tells none."""
    text = said.get("head")
    return bytes.fromhex(text) if isinstance(text, str) and HASH.fullmatch(text) else None


def picture(id: str, said: Json) -> Json:
    """One alarm as its school shows it."""
    _proper(said, PICTURE)
    if said.get("id") != id:
        raise WireError(f"the alarm calls itself {said.get('id')!r}")
    for name in ("what", "bureau"):
        pair = said.get(name) or {}
        if not isinstance(pair, Mapping) or not all(map(_text, pair.values())):
            raise WireError(f"{name} is no pair of words")
    return said


def part(name: str, said: Json) -> int:
    """Which part of its list of devices this is."""
    devices, of = said.get("devices"), said.get("of")
    if not (name.isascii() and name.isdecimal() and len(name) < len(str(PARTS))) or not isinstance(of, int) or of > PARTS:
        raise WireError(f"part {name[:9]!r} of the devices is none")
    if not isinstance(devices, list) or not all(isinstance(d, dict) and isinstance(d.get("points"), list) for d in devices):
        raise WireError("a device without points")
    _proper(said, {"numbers": ("wall",)})
    return int(name)


def _proper(said: Json, fields: Mapping[str, tuple[str, ...]]) -> None:
    for name in fields.get("numbers", ()):
        value = said.get(name, 0)
        if (value is not None or name not in MAYBE) and (
            isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MOST
        ):
            raise WireError(f"{name} is no number")
    for name in fields.get("texts", ()):
        value = said.get(name, "")
        if not _text(value) and (value is not None or name not in MAYBE):
            raise WireError(f"{name} is no text")


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST
