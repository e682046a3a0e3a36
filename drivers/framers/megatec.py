"""UPS that speaks Megatec Q1: asked for its state, never told to do anything. Pure.

Source: Network UPS Tools, drivers/nutdrv_qx_q1.c and blazer.c (github.com/networkupstools/nut @6c63f77): 2400 8N1, `Q1` CR is
answered by 47 characters, bits from the left; a value the UPS does not measure is dashes. The answer has no check sum, so
every digit's place is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drivers.framers.sentences import Sentences
from drivers.framers.telegram import HEAD, Telegram

ASK = b"Q1\r"
LENGTH = 47
VALUES = ("input", "input-fault", "output", "load", "frequency", "battery", "temperature")
BITS = ("utility-fail", "battery-low", "bypass", "ups-failed", "standby", "testing", "shutdown", "beeper")  # from the left
SIGNALS = frozenset((*VALUES, *BITS, "mains"))

_V, _S = rb"(?:\d{3}\.\d|---\.-|-{5})", rb"(?:\d\d\.\d|--\.-|-{4})"
_ANSWER = re.compile(
    rb"\("
    + b" ".join((_V, _V, _V, rb"(?:\d{3}|---)", _S, rb"(?:\d\d\.\d|\d\.\d\d|--\.-|-\.--|-{4})", _S, rb"[01]{8}"))
    + rb"\r"
)
_FLAGS: Mapping[bytes, Mapping[str, float]] = {
    f"{n:08b}".encode(): {**{name: float(bit) for name, bit in zip(BITS, f"{n:08b}", strict=True)}, "mains": 1.0 - (n >> 7)}
    for n in range(256)
}


class Megatec:
    """drivers.framers.telegram.Framer of a line with one UPS."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._line = Sentences(_ANSWER, b"(", LENGTH - 1, _read)

    def ask(self) -> Sequence[bytes]:
        return (ASK,)

    def feed(self, data: bytes) -> list[Telegram]:
        return self._line.feed(data)


def _read(frame: bytes) -> Telegram:
    *values, bits = frame[1:-1].split(b" ")
    measured = [None if b"-" in value else float(value) for value in values] if b"-" in frame else map(float, values)
    return Telegram(HEAD, {**dict(zip(VALUES, measured, strict=True)), **_FLAGS[bits]})


def writes(unit: int, addresses: Sequence[str]) -> frozenset[bytes]:
    return frozenset({ASK})
