"""GST500/GST5000 fire panel, RS232 CRT poll: the panel is asked and confirmed exactly as its document says, nothing more. Pure.

Source: github.com/georgewzy/KS_old_gateway @2e72d8c doc/海湾GST5000/海湾232通讯协议.txt and kobezhao513/9608eigit @8e2ff9f
APP/Controller/GST500.c: 2400 baud, ninth bit mark for the panel's address, space for all else. We send the address, the panel
echoes it; we send 0F; it answers F0 F0 BB (nothing) or an event; we confirm an event with 1F. An event is
DD or EE | d1 d2 d3 | type (BCD) | state | sum of the five | BB, after a byte 0D or 0E.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from drivers.framers.telegram import HEAD, Memory, Telegram

POLL, CONFIRM = b"\x0f", b"\x1f"
IDLE, RESET, MUTE = b"\xf0\xf0\xbb", b"\x0a\xaa\xbb", b"\xfa\xab\xbb"
LONGEST = 8

# Types whose DD..01 is a feedback; of any other it is a fire, because an unknown one is not to be overheard.
FEEDBACK = {28: "防火门", 29: "压力开关", 30: "水流指示器", 76: "声光警报"}
DEVICES = FEEDBACK | {
    1: "光栅", 2: "点型感温", 3: "点型感烟", 8: "缆式感温", 11: "手动报警按钮", 15: "消火栓", 69: "可燃气体", 89: "漏电报警", 90: "总线",
}  # fmt: skip
# (kind, state) -> word, what it changes; DD 01 depends on the type
EVENTS: Mapping[tuple[int, int], tuple[str, Mapping[str, float | None]]] = {
    (0xDD, 0x02): ("启动", {"started": 1.0}),
    (0xDD, 0x03): ("停止", {"started": 0.0}),
    (0xEE, 0x00): ("故障", {"fault": 1.0}),
    (0xEE, 0x20): ("故障", {"fault": 1.0}),
    (0xEE, 0x01): ("屏蔽", {"isolated": 1.0}),
    (0xEE, 0x02): ("屏蔽解除", {"isolated": 0.0}),
    (0xEE, 0x10): ("屏蔽解除", {"isolated": 0.0}),
    (0xEE, 0x03): ("延时", {"other": 1.0}),
    (0xEE, 0x04): ("延时取消", {"other": 0.0}),
}

_FRAME = re.compile(rb"[\xDD\xEE][\x00-\xFF]{6}\xBB|\xF0\xF0\xBB|\x0A\xAA\xBB|\xFA\xAB\xBB", re.DOTALL)
_BEGIN = re.compile(rb"[\xDD\xEE]|\xF0\xF0|\x0A\xAA|\xFA\xAB")


def writes(unit: int, addresses: Sequence[str]) -> frozenset[bytes]:
    """The panel's own address, the poll and the confirmation: all that may be sent."""
    return frozenset({bytes((unit,)), POLL, CONFIRM})


class GstCrt:
    """drivers.framers.telegram.Framer that polls. `unit`: the panel's address as set at the panel."""

    def __init__(self, unit: int = 1, addresses: Sequence[str] = ()) -> None:
        self._address = bytes((unit,))
        self._rest = b""
        self._meaning = Memory(_read)
        self._echo = self._polled = False  # waiting for the echo, for the answer

    def ask(self) -> Sequence[bytes]:
        """What did not come in the last period will not come any more."""
        self._echo, self._polled = True, False
        return (self._address,)

    def feed(self, data: bytes) -> list[Telegram]:
        found: list[Telegram] = []
        if self._echo and data:
            self._echo = False
            if data[:1] == self._address:  # and only the very first byte: an event's byte must not be taken for the echo
                self._polled = True
                found.append(Telegram(HEAD, answer=POLL))
                data = data[1:]
        data = self._rest + data
        at, meaning, whole = 0, self._meaning, False
        while not whole:
            whole = True
            for match in _FRAME.finditer(data, at):
                frame = match[0]
                if (telegram := meaning[frame]) is None:
                    at, whole = match.start() + 1, False  # no frame, and a true one may begin within it
                    break
                at = match.end()
                if len(frame) > 3 and _BEGIN.search(frame, 1):
                    at, whole = match.start() + 1, False  # bytes of chance and a true frame may have made it: both count
                if self._polled:
                    self._polled = False
                    if frame != IDLE:  # an event that answers our poll is confirmed, once
                        telegram = telegram._replace(answer=CONFIRM)
                found.append(telegram)
                if not whole:
                    break
        self._rest = data[max(at, len(data) - LONGEST + 1) :]
        return found


def _read(frame: bytes) -> Telegram | None:
    if len(frame) > 3:
        return _event(frame)
    if frame == RESET:
        return Telegram(HEAD, said="复位", reset=True)
    return Telegram(HEAD, said="消音") if frame == MUTE else Telegram(HEAD)


def _event(frame: bytes) -> Telegram | None:
    if sum(frame[1:6]) & 0xFF != frame[6]:
        return None
    address = frame[1:4].hex()
    words, signals = _told(frame[0], frame[4], frame[5])
    return Telegram(address, signals, f"{address} {words}")


@cache  # of 131,072; a school's panel has a few dozen
def _told(kind: int, type: int, state: int) -> tuple[str, Mapping[str, float | None]]:
    """What an event says wherever it is, in words, and what it changes."""
    word, signals = EVENTS.get((kind, state), (f"事件{kind:02X}/{state:02X}", {"other": 1.0}))
    if (kind, state) == (0xDD, 0x01):
        word, signals = ("反馈", {"feedback": 1.0}) if _bcd(type) in FEEDBACK else ("火警", {"fire": 1.0})
    return f"{word} {DEVICES.get(_bcd(type), f'类型{type:02X}')}", signals


def _bcd(byte: int) -> int:
    return (byte >> 4) * 10 + (byte & 0x0F)
