"""UPS that speaks Megatec Q1: asked for its state, never told to do anything. Pure.

Source: Network UPS Tools, drivers/nutdrv_qx_q1.c and blazer.c (github.com/networkupstools/nut @6c63f77): 2400 8N1, `Q1` CR is
answered by 47 characters, bits from the left; a value the UPS does not measure is dashes. The answer has no check sum, so
every digit's place is checked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.framers.telegram import HEAD, Memory, Telegram

ASK = b"Q1\r"
LENGTH = 47
VALUES = ("input", "input-fault", "output", "load", "frequency", "battery", "temperature")
BITS = ("utility-fail", "battery-low", "bypass", "ups-failed", "standby", "testing", "shutdown", "beeper")  # from the left
SIGNALS = frozenset((*VALUES, *BITS, "mains"))

_V, _S = rb"(\d{3}\.\d|---\.-|-{5})", rb"(\d\d\.\d|--\.-|-{4})"
_ANSWER = re.compile(
    rb"\(" + b" ".join((_V, _V, _V, rb"(\d{3}|---)", _S, rb"(\d\d\.\d|\d\.\d\d|--\.-|-\.--|-{4})", _S, rb"([01]{8})")) + rb"\r"
)


class Megatec:
    """drivers.framers.telegram.Framer of a line with one UPS."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._rest = b""
        self._meaning = Memory(_read)

    def ask(self) -> Sequence[bytes]:
        return (ASK,)

    def feed(self, data: bytes) -> list[Telegram]:
        data = self._rest + data
        found, end, meaning = [], 0, self._meaning
        for answer in _ANSWER.finditer(data):
            end = answer.end()
            if telegram := meaning[answer[0]]:
                found.append(telegram)
        start = data.rfind(b"(", max(end, len(data) - LENGTH + 1))
        self._rest = data[start:] if start >= 0 else b""
        return found


def _read(frame: bytes) -> Telegram | None:
    answer = _ANSWER.fullmatch(frame)
    if answer is None:
        return None
    *values, bits = answer.groups()
    signals: dict[str, float | None] = {
        name: None if b"-" in value else float(value) for name, value in zip(VALUES, values, strict=True)
    }
    signals |= {name: float(bit == 0x31) for name, bit in zip(BITS, bits, strict=True)}
    signals["mains"] = 1.0 - float(bits[0] == 0x31)
    return Telegram(HEAD, signals)


def writes(unit: int, addresses: Sequence[str]) -> frozenset[bytes]:
    return frozenset({ASK})
