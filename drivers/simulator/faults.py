"""Everything that can be wrong with a device or a line: which kinds there are, when they strike, what they do to an answer. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

# kind -> (usual amount, its unit, what it does)
KINDS: Mapping[str, tuple[float, str, str]] = {
    "dead": (0, "", "never answers"),
    "lost": (0, "", "does not answer this time"),
    "slow": (1.2, "s", "answers so late"),
    "late": (1.2, "s", "answers so late this time"),
    "duplicated": (0, "", "says its answer twice"),
    "echoed": (0, "", "gives the question back instead of an answer"),
    "truncated": (0, "", "stops in the middle"),
    "flipped": (0, "", "one bit is wrong"),
    "garble": (0, "", "the same bit before the check bytes is wrong"),
    "wrong-unit": (0, "", "names its neighbour"),
    "wrong-function": (0, "", "names the other function of its kind"),
    "exception": (2, "", "refuses with this exception code"),
    "gaps": (0.05, "s", "pauses between any two bytes"),
    "clash": (0, "", "a second device with this address speaks at the same time"),
    "echo": (0, "", "the adapter gives every question back before the answer"),
    "noise": (4, "bytes", "random bytes on the line, also when nobody asks"),
    "unplug": (0, "", "the port or the connection is gone"),
}
MUTE = ("dead", "lost")
LATE = ("slow", "late")
MEDIUM = ("echo", "noise", "unplug")  # faults of a whole line, whoever is asked
ALWAYS = math.inf


@dataclass(frozen=True, slots=True)
class Fault:
    """`share` of the answers it strikes, from second `since` until `until` of the world. `amount` as KINDS says."""

    kind: str
    amount: float
    share: float = 1.0
    since: float = 0.0
    until: float = ALWAYS

    def strikes(self, second: float, draw: Random) -> bool:
        return self.since <= second < self.until and (self.share >= 1 or draw.random() < self.share)


@dataclass(frozen=True, slots=True)
class Piece:
    """`data` leaves `pause` seconds after what came before it."""

    pause: float
    data: bytes


def make(kind: str, amount: float | None = None, share: float = 1.0, since: float = 0.0, until: float = ALWAYS) -> Fault:
    """A checked Fault; ValueError says what is wrong with it."""
    if kind not in KINDS:
        raise ValueError(f"no fault {kind!r}; there are: {' '.join(KINDS)}")
    if not 0 < share <= 1 or until <= since or (amount is not None and amount < 0):
        raise ValueError(f"{kind}: the share is above 0 and at most 1, the end after the beginning, the amount not negative")
    return Fault(kind, KINDS[kind][0] if amount is None else amount, share, since, until)


WORDS = re.compile(
    r"(?P<line>[\w-]+)(?:/(?P<unit>\d+))?:(?P<kind>[a-z-]+)(?:=(?P<amount>[\d.]+))?(?:%(?P<share>[\d.]+))?"
    r"(?:@(?P<since>[\d.]+)(?:-(?P<until>[\d.]+))?)?"
)


def parse(text: str) -> tuple[str, int | None, Fault]:
    """(line, unit, fault) of `LINE[/UNIT]:KIND[=AMOUNT][%PERCENT][@FROM[-TO]]`; ValueError for anything else."""
    found = WORDS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not LINE[/UNIT]:KIND[=AMOUNT][%PERCENT][@FROM[-TO]]")
    amount, share, since, until = (None if found[n] is None else float(found[n]) for n in ("amount", "share", "since", "until"))
    fault = make(found["kind"], amount, 1.0 if share is None else share / 100, since or 0.0, ALWAYS if until is None else until)
    return found["line"], None if found["unit"] is None else int(found["unit"]), fault


def delay(struck: Sequence[Fault]) -> float:
    """Seconds beyond the usual that the answer lets wait."""
    return max((f.amount for f in struck if f.kind in LATE), default=0.0)


def named(unit: int, struck: Sequence[Fault]) -> int:
    """The unit the answer claims to come from."""
    return unit % 247 + 1 if any(f.kind == "wrong-unit" for f in struck) else unit


def said(question: bytes, body: bytes, struck: Sequence[Fault]) -> bytes:
    """The answer's PDU as the faulty device says it."""
    for fault in struck:
        if fault.kind == "exception":
            body = bytes((question[0] | 0x80, int(fault.amount)))
        elif fault.kind == "wrong-function":
            body = bytes((7 - question[0] if question[0] in (3, 4) else question[0] ^ 3,)) + body[1:]
    return body


Spoil = Callable[[bytes, bytes, Random, int], bytes]


def _flipped(frame: bytes, _: bytes, draw: Random, reach: int) -> bytes:
    bit = draw.randrange(8 * min(reach, len(frame)))
    return frame[: bit // 8] + bytes((frame[bit // 8] ^ 1 << bit % 8,)) + frame[bit // 8 + 1 :]


def _garble(frame: bytes, _: bytes, draw: Random, reach: int) -> bytes:
    at = min(reach, len(frame)) - (1 if reach < len(frame) else 3)
    return frame[:at] + bytes((frame[at] ^ 0x10,)) + frame[at + 1 :]


def _clash(frame: bytes, _: bytes, draw: Random, reach: int) -> bytes:
    """Two drivers on one pair: where they differ the stronger wins, bit by bit; the second began a little later."""
    other = bytes(draw.randrange(256) for _ in frame)
    return frame[:1] + bytes(a & b for a, b in zip(frame[1:], other[1:], strict=True)) + other[: draw.randrange(1, 4)]


SPOILS: Mapping[str, Spoil] = {
    "flipped": _flipped,
    "garble": _garble,
    "clash": _clash,
    "truncated": lambda frame, _, draw, __: frame[: draw.randrange(1, len(frame))],
    "duplicated": lambda frame, *_: frame * 2,
    "echoed": lambda _, question, *__: question,
}


def pieces(frame: bytes, question: bytes, struck: Sequence[Fault], draw: Random, reach: int = 255) -> tuple[Piece, ...]:
    """What goes on the wire for an answer `frame` to a `question` frame. `reach`: bits are flipped before this byte."""
    pause = 0.0
    for fault in struck:
        if fault.kind in SPOILS:
            frame = SPOILS[fault.kind](frame, question, draw, reach)
        elif fault.kind == "gaps":
            pause = fault.amount
    if pause:
        return tuple(Piece(pause if n else 0.0, bytes((byte,))) for n, byte in enumerate(frame))
    return (Piece(0.0, frame),)


def babble(struck: Sequence[Fault], draw: Random) -> bytes:
    """Noise: bytes nobody has asked for; b"" where there is none."""
    return b"".join(bytes(draw.randrange(256) for _ in range(max(1, int(f.amount)))) for f in struck if f.kind == "noise")
