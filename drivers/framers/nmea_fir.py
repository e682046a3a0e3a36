"""NMEA 0183 fire detection sentence $--FIR: listened to, never written to. Pure.

Source: a public project's page (fire-alarm management module of the hqhp project; the standard itself was not read): 4800 8N1,
$ZHFIR,type,hhmmss.ss,system,zone,loop,detector,condition,ack,text*hh CR LF, hh the XOR of what stands between $ and *.
type S status of a section, E of a detector, F fault, D disabled; condition A active, V inactive, X unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drivers.framers.sentences import Sentences
from drivers.framers.telegram import Telegram, fold_xor

LONGEST = 128  # bytes; the standard's sentences have at most 82
SIGNALS = {"S": "fire", "E": "fire", "F": "fault", "D": "isolated"}
STATES: Mapping[str, float | None] = {"A": 1.0, "V": 0.0, "X": None}
WORDS = {"S": "分区火警", "E": "火警", "F": "故障", "D": "屏蔽"}
CONDITIONS = {"A": "", "V": "解除", "X": "状态不明"}
SYSTEMS = {"FD": "", "FH": "感温", "FS": "感烟", "FM": "手报", "GD": "气体", "GO": "氧气", "GS": "硫化氢", "GH": "可燃气"}

_SENTENCE = re.compile(rb"\$[A-Z]{2}FIR,[^*$\r\n]{8,120}\*[0-9A-Fa-f]{2}\r?\n")


class NmeaFir:
    """drivers.framers.telegram.Framer of a line with FIR sentences; other sentences are passed over."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._line = Sentences(_SENTENCE, b"$", LONGEST, _read)

    def ask(self) -> Sequence[bytes]:
        return ()

    def feed(self, data: bytes) -> list[Telegram]:
        return self._line.feed(data)


def _read(frame: bytes) -> Telegram | None:
    body, _, check = frame[1:].partition(b"*")
    if fold_xor(body) != int(check, 16):
        return None
    fields = body.decode("ascii", "replace").split(",", 9)
    if len(fields) < 10:
        return None
    _, kind, time, system, zone, loop, detector, condition, _, text = fields
    if kind not in SIGNALS or condition not in STATES:
        return None
    section = f"{zone}-{loop}"
    address = (section if kind == "S" else f"{section}-{detector}").lower()
    words = (address, SYSTEMS.get(system, system) + WORDS[kind] + CONDITIONS[condition], text.strip())
    return Telegram(address, {SIGNALS[kind]: STATES[condition]}, " ".join(w for w in words if w), _clock(time))


def _clock(text: str) -> str:
    return f"{text[:2]}:{text[2:4]}:{text[4:6]}" if len(text) >= 6 and text[:6].isdigit() else ""
