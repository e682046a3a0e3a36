"""Printer port of LD128EN fire panels: events as GB text with place names, listened to, never written to. Pure.

Source: bingoex.cn/news/119.html (there called a GST9000 cabinet panel: the framing counts, not the brand) and
github.com/kobezhao513/9608eigit @8e2ff9f APP/Controller/LD128EN_PRT.c. One event:
ESC 6 yy/mm/dd, two spaces, hh:mm LF, two spaces, loop-point (three digits each, or nothing) LF, ESC 9 lines of GB text LF, LF.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drivers.framers.sentences import Sentences
from drivers.framers.telegram import HEAD, NOTHING, Telegram

LONGEST = 512  # bytes of one event; the printer's lines are short, seven of them would be 200
RESET = ("复位", "系统复位")
POWER_ON = "开机"

# The event's word -> what it changes. What ends with a word of ENDS changes the same back; a fire ends only by a reset.
WORDS: Mapping[str, str] = {
    "首次火警": "fire",
    "火警后续": "fire",
    "火警": "fire",
    "故障": "fault",
    "监管": "supervisory",
    "屏蔽": "isolated",
    "启动": "started",
    "反馈": "feedback",
}
ENDS = ("解除", "恢复", "消除", "撤销")  # 屏蔽解除 is documented, the others are inferred

_EVENT = re.compile(rb"\x1b6\d\d/\d\d/\d\d  \d\d:\d\d\r?\n  (?:\d{3}-\d{3})? *\r?\n\x1b9[^\x1b]{1,400}?\r?\n\r?\n")


class Ld128en:
    """drivers.framers.telegram.Framer of a printer line."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._line = Sentences(_EVENT, b"\x1b6", LONGEST, _read)

    def ask(self) -> Sequence[bytes]:
        return ()

    def feed(self, data: bytes) -> list[Telegram]:
        return self._line.feed(data)


def _read(frame: bytes) -> Telegram:
    head, _, text = frame.partition(b"\x1b9")
    day, minute, *address_ = head[2:].decode("ascii").split()
    address = address_[0] if address_ else ""
    lines = [line.strip() for line in text.decode("gbk", "replace").splitlines()]
    word = lines[0]
    time = f"20{day.replace('/', '-')} {minute}"
    said = " ".join([part for part in (address, *lines) if part])
    if word in RESET:
        return Telegram(HEAD, said=said, time=time, reset=True)
    if word == POWER_ON:
        return Telegram(HEAD, NOTHING, said, time)
    return Telegram(address, _signals(word), said, time)


def _signals(word: str) -> Mapping[str, float | None]:
    if word in WORDS:
        return {WORDS[word]: 1.0}
    for known, signal in WORDS.items():
        if word.startswith(known) and word.endswith(ENDS) and signal != "fire":
            return {signal: 0.0}
    for known, signal in WORDS.items():
        if known in word:
            return {signal: 1.0}
    return {"other": 1.0}
