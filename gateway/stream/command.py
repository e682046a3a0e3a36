"""Commands over MQTT: sealed by the bureau, proven at the box for its own topic only, and the replies. Pure; no store.

Proof (design: HMAC by a per-box key over the command's canonical bytes): HMAC-SHA256 over the topic, a line feed and the JSON
without `mac`, keys sorted, no spaces, UTF-8. A command lives 30 s. It is never obeyed twice, since the engine remembers every
id for 24 h, in the journal too, and gives a repeated one its first reply and nothing else; and no command lives that long.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.model import Command, Reply, Scalar
from gateway.stream.wire import WireError, parse_json

LIFE = 30_000  # ms from sealing to expiry
SKEW = 30_000  # ms that the bureau's clock may be ahead of the box's
MOST = 8192  # bytes of a command
KEY = 32  # bytes, at least
BUREAU = "bureau"  # proof of a Command, and the role it never exceeds

_NONCE = re.compile(r"[A-Za-z0-9._-]{16,64}")


class Unproven(ValueError):
    """Not a command that may be obeyed. `code` is that of the reply, `id` what it calls itself ("": nothing to answer to).

    The text says why, for the log; it holds no secret.
    """

    def __init__(self, code: str, why: str, id: str = "") -> None:
        super().__init__(why)
        self.code, self.id = code, id


def keys_of(text: str) -> tuple[bytes, ...]:
    """The keys of a key file: one a line, hex, 32 bytes or more; lines with # are remarks. The first seals, each proves.

    ValueError for a file without a key or with a line that is none; the text never quotes the line.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            try:
                found.append(bytes.fromhex(line))
            except ValueError:
                raise ValueError(f"line {number} is not a key in hex") from None
            if len(found[-1]) < KEY:
                raise ValueError(f"the key in line {number} has fewer than {KEY} bytes")
    if not found:
        raise ValueError("it holds no key")
    return tuple(found)


def seal(topic: str, command: Command, key: bytes) -> bytes:
    """The payload of `command` for the box whose `command` topic is `topic`. Its id is a nonce of 16 to 64 safe characters;

    it expires LIFE after now in the sender's clock, at most. The proof is `bureau` whatever the Command says.
    """
    if not _NONCE.fullmatch(command.id):
        raise ValueError("the id of a command is 16 to 64 letters, digits, dots, dashes")
    said: dict[str, object] = {
        "v": 1,
        "id": command.id,
        "verb": command.verb,
        "person": command.person,
        "alarm": command.alarm,
        "args": dict(command.args),
        "expires": command.expires,
    }
    return _canonical({**said, "mac": _mac(topic, said, key)})


def unseal(topic: str, payload: bytes, keys: Sequence[bytes], wall: int | None) -> Command:
    """The proven Command, its id under `bureau:`. `wall` is the box's time in ms; None while its clock is not set.

    Raises Unproven. One that has expired is proven all the same: the engine refuses it and writes that down.
    """
    if len(payload) > MOST:
        raise Unproven("refused.proof", f"{len(payload)} bytes are more than {MOST}")
    try:
        said = parse_json(payload)
        mac = said.pop("mac", None)
        proven = isinstance(mac, str) and any(hmac.compare_digest(_mac(topic, said, k).encode(), mac.encode()) for k in keys)
    except (WireError, ValueError, RecursionError) as error:
        raise Unproven("refused.proof", f"not a command: {error}") from None
    id = said.get("id")
    id = id if isinstance(id, str) and _NONCE.fullmatch(id) else ""
    if not proven:
        raise Unproven("refused.proof", "its mac is not that of this box's key, topic and text", id)
    command = _command(said, id)
    if wall is not None and command.expires > wall + LIFE + SKEW:
        raise Unproven("refused.clocks", f"it expires {(command.expires - wall) // 1000} s from now: the clocks differ", id)
    return command


def _command(said: Mapping[str, object], nonce: str) -> Command:
    expires, args = said.get("expires"), said.get("args", {})
    words = [said.get(name, "") for name in ("verb", "person", "alarm")]
    if not nonce or not isinstance(expires, int) or isinstance(expires, bool):
        raise Unproven("refused.proof", "id or expires is not as agreed", nonce)
    if not isinstance(args, dict) or not all(isinstance(word, str) and len(word) <= 100 for word in words):
        raise Unproven("refused.proof", "verb, person, alarm or args is not as agreed", nonce)
    kept: dict[str, Scalar] = {k: v for k, v in args.items() if isinstance(v, str | int | float | bool) or v is None}
    verb, person, alarm = map(str, words)
    return Command(f"{BUREAU}:{nonce}", verb, person, BUREAU, expires, alarm, kept)


def _mac(topic: str, said: Mapping[str, object], key: bytes) -> str:
    return hmac.new(key, topic.encode() + b"\n" + _canonical(said), hashlib.sha256).hexdigest()


def _canonical(said: Mapping[str, object]) -> bytes:
    """Keys sorted, no spaces, UTF-8. ValueError for what has no such form (NaN, half a surrogate pair)."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply as the bureau reads it. `id` is the nonce it sealed; `seq` the box's event that records it, 0 for none."""

    id: str
    ok: bool
    code: str
    text: tuple[str, str] = ("", "")
    seq: int = 0


def reply_payload(reply: Reply) -> bytes:
    """What goes on `reply`, after the commit."""
    text = {"zh": reply.text[0], "en": reply.text[1]}
    id = reply.command.removeprefix(f"{BUREAU}:")
    return _canonical({"v": 1, "id": id, "ok": reply.ok, "code": reply.code, "text": text, "seq": reply.seq})


def parse_reply(payload: bytes) -> Answered:
    """WireError for anything that is not a reply; unknown fields are ignored."""
    said = parse_json(payload)
    id, ok, code, text, seq = (said.get(name) for name in ("id", "ok", "code", "text", "seq"))
    words = tuple(str(text.get(name, "")) for name in ("zh", "en")) if isinstance(text, dict) else ("", "")
    if not isinstance(id, str) or not isinstance(ok, bool) or not isinstance(code, str):
        raise WireError("id, ok or code is not as agreed")
    return Answered(id, ok, code, (words[0], words[1]), seq if isinstance(seq, int) else 0)
