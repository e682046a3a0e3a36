"""GST5000 fire panel, RS485 frames AA …: listened to, never written to. Pure.

Source: reference captures of the panel (github.com/georgewzy/KS_old_gateway @2e72d8c, doc/海湾GST5000): 2400 8N1, every message
three times. AA | type | 3 bytes BCD secondary code | device type | sum of the six; an event goes on with two bytes sequence and
class, 14 bytes of text as GB2312 区位 pairs (00 xx: ASCII xx) and the sum of the 23 before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from functools import cache

from drivers.framers.telegram import HEAD, NOTHING, Memory, Telegram

START = b"\xaa"  # in a true frame only a sum may have this value again: all else is BCD or small
SHORT, LONG = 7, 24
RECOVERED = {"fire": 0.0, "fault": 0.0, "feedback": 0.0, "supervisory": 0.0, "started": 0.0, "other": 0.0}

# type byte of a 24-byte event -> its Chinese word, what it changes
EVENTS: Mapping[int, tuple[str, Mapping[str, float | None]]] = {
    0x15: ("火警", {"fire": 1.0}),
    0x21: ("故障", {"fault": 1.0}),
    0x20: ("故障恢复", {"fault": 0.0}),
    0x22: ("反馈", {"feedback": 1.0}),
    0x11: ("恢复", RECOVERED),
    0x02: ("启动", {"started": 1.0}),
    0x03: ("停止", {"started": 0.0}),
    0xDE: ("屏蔽", {"isolated": 1.0}),
    0xDF: ("屏蔽解除", {"isolated": 0.0}),
    0x23: ("延时", {"other": 1.0}),
    0x24: ("延时结束", {"other": 0.0}),
}
RESET, HEARTBEAT, MUTE, SELF = 0x04, 0x08, 0x61, 0x31
RESET_BODY = b"\x55\x55\x55\x55"

DEVICES = {
    1: "光栅", 2: "点型感温", 3: "点型感烟", 8: "缆式感温", 11: "手动报警按钮", 15: "消火栓", 28: "防火门", 29: "压力开关",
    30: "水流指示器", 69: "可燃气体", 76: "声光警报", 89: "漏电报警", 90: "总线",
}  # fmt: skip

# A whole frame, or what there is of it at the end of the bytes.
_FRAME = re.compile(
    rb"\xAA(?:[\x02\x03\x11\x15\x20-\x24\xDE\xDF][\x00-\xFF]{0,22}|[\x04\x08\x31\x61][\x00-\xFF]{0,5})|\xAA\Z", re.DOTALL
)
_PAIRS = struct.Struct(">7H")


class Gst5000:
    """drivers.framers.telegram.Framer of a listened-to line."""

    def __init__(self, unit: int = 0, addresses: Sequence[str] = ()) -> None:
        self._rest = b""
        self._meaning = Memory(_read)

    def ask(self) -> Sequence[bytes]:
        return ()

    def feed(self, data: bytes) -> list[Telegram]:
        data, self._rest = self._rest + data, b""
        found: list[Telegram] = []
        meaning, size, at, again = self._meaning, len(data), 0, True
        while again:
            again = False
            for match in _FRAME.finditer(data, at):
                frame = match[0]
                if match.end() == size and _cut(frame):
                    self._rest = frame
                    break
                if (telegram := meaning[frame]) is None:
                    at, again = match.start() + 1, True  # no frame, and a true one may begin within it
                    break
                found.append(telegram)
                if frame.find(START, 1) > 0:  # bytes of chance and a true frame may have made it: what begins in it counts too
                    at, again = match.start() + 1, True
                    break
        return found


def _cut(frame: bytes) -> bool:
    """May the rest of it still come?"""
    if len(frame) < SHORT:
        return True
    return frame[1] in EVENTS and len(frame) < LONG and sum(frame[:6]) & 0xFF == frame[6]


def _read(frame: bytes) -> Telegram | None:
    """The frame's meaning; None when a sum is wrong or it is no frame of ours."""
    if sum(frame[:6]) & 0xFF != frame[6]:
        return None
    kind = frame[1]
    if kind not in EVENTS:
        return _short(kind, frame[2:6])
    if sum(frame[:23]) & 0xFF != frame[23]:
        return None
    word, signals = EVENTS[kind]
    address = frame[2:5].hex()
    device = DEVICES.get(frame[5], f"类型{frame[5]}")
    return Telegram(address, signals, f"{address} {word} {device} {_text(frame[9:23])}".rstrip())


def _short(kind: int, body: bytes) -> Telegram | None:
    if kind == HEARTBEAT:
        # hh mm hh mm in the captures (inferred): not taken for the panel's clock
        return Telegram(HEAD)
    if kind == RESET:
        return Telegram(HEAD, said="复位", reset=True) if body == RESET_BODY else None
    if kind == MUTE:
        return Telegram(HEAD, NOTHING, "消音")
    return Telegram(HEAD, {"other": 1.0}, f"主机自身 {body.hex(' ').upper()}")


def _text(pairs: bytes) -> str:
    """Seven pairs of BCD: 00 xx is ASCII xx, else 区 and 位. A pair that is neither is left out."""
    return "".join(map(_letter, _PAIRS.unpack(pairs))).strip()


@cache  # of 65,536 pairs
def _letter(pair: int) -> str:
    high, low = divmod(pair, 0x100)
    if high == 0:
        return chr(low) if 0x20 <= low < 0x7F else ""
    area, place = _bcd(high), _bcd(low)
    if not (1 <= area <= 94 and 1 <= place <= 94):
        return ""
    return bytes((area + 0xA0, place + 0xA0)).decode("gb2312", "ignore")


def _bcd(byte: int) -> int:
    """-1 when it is no BCD."""
    high, low = byte >> 4, byte & 0x0F
    return -1 if high > 9 or low > 9 else high * 10 + low
