"""The chain of events: the exact bytes of an event and the hash that ties it to the one before. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from alerts.model import Event, Scalar
from gateway.store.canonical import canonical

GENESIS = bytes(32)  # what the first event of a box is tied to


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `verify` does not like: at which event, a stable code, and words."""

    seq: int
    code: str  # body | hash | gap | order | anchor | text
    why: str


def body(event: Event, boot: str, extra: Mapping[str, Scalar], *, late: bool = False, was: int | None = None) -> bytes:
    """The bytes of EVENT in docs/local-socket.md. `extra` joins the event's args (hashes of erasable texts).

    `late`: it could not be written when it happened. `was`: the number it had before, when that one was taken.
    """
    content: dict[str, object] = {
        "v": 1,
        "seq": event.seq,
        "alarm": event.alarm,
        "kind": event.kind,
        "old": event.old,
        "new": event.new,
        "who": event.who,
        "code": event.code,
        "args": {**event.args, **extra},
        "wall": event.at.wall,
        "mono": event.at.mono,
        "boot": boot,
        "clock_ok": event.clock_ok,
    }
    if late:
        content["late"] = True
    if was is not None:
        content["was"] = was
    return canonical(content)


def link(previous: bytes, body: bytes) -> bytes:
    """SHA-256 of the previous hash followed by the body."""
    return hashlib.sha256(previous + body).digest()


def text_hash(salt: bytes, text: str) -> str:
    """What an event says of a text kept elsewhere. The salt is erased with the text, so that it cannot be guessed back."""
    return hashlib.sha256(salt + text.encode("utf-8", "replace")).hexdigest()


def check(rows: Iterable[tuple[int, bytes, bytes]], anchor: tuple[int, bytes]) -> Iterator[Finding]:
    """Walk (seq, body, hash) rows in order after `anchor` (the last seq and hash before them); give all that is wrong.

    A `restored` event names the last one before it and leaves numbers free that a lost box may have used. A chain.break event
    starts a new chain from GENESIS: it is itself a finding, since what went before cannot be proven.
    """
    last, head = anchor
    for seq, content, stored in rows:
        event = fields(content)
        if event is None or event.get("seq") != seq:
            yield Finding(seq, "body", "the body is no event of this number")
        if event is not None and event.get("kind") == "chain.break":
            yield Finding(seq, "anchor", "the journal was started anew here; the old file is in quarantine")
            head = GENESIS
        elif before(event, seq) != last:
            yield Finding(seq, "gap", f"events {last + 1} to {seq - 1} are missing")
        if link(head, content) != stored:
            yield Finding(seq, "hash", "the body or one before it was changed after it was written")
        last, head = seq, stored


def before(event: Mapping[str, object] | None, seq: int) -> int:
    """The number that stands before this event in its chain: one less, or what a `restored` event says. See gateway.store.copies."""
    args = event.get("args") if event is not None and event.get("kind") == "restored" else None
    last = args.get("last") if isinstance(args, dict) else None
    return last if isinstance(last, int) and 0 <= last < seq else seq - 1


def fields(content: bytes) -> dict[str, object] | None:
    """The body as an object, None when it is none (somebody wrote over it)."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
