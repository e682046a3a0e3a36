"""A Modbus server's questions and answers as bytes: function codes 1-6, 15, 16 and exceptions. Pure; knows no line."""

from __future__ import annotations

import struct
from typing import Literal, Protocol

Space = Literal["coil", "discrete", "input", "holding"]

READS: dict[int, Space] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
WRITES: dict[int, Space] = {5: "coil", 6: "holding", 15: "coil", 16: "holding"}
BITS: tuple[Space, ...] = ("coil", "discrete")

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_TARGET = 1, 2, 3, 11


class Refusal(Exception):
    """The device answers with this Modbus exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Registers(Protocol):
    """What one device lets be read and written. Both raise Refusal."""

    def read(self, space: Space, address: int, count: int) -> list[int]: ...

    def write(self, function: int, space: Space, address: int, values: list[int]) -> None: ...


def answer(device: Registers, question: bytes, exception_function: int | None = None) -> bytes:
    """The answer PDU to a question PDU. `exception_function` replaces function + 0x80 where a model is odd."""
    function = question[0]
    try:
        if function in READS:
            return _read(device, function, question)
        if function in WRITES:
            return _write(device, function, question)
        raise Refusal(ILLEGAL_FUNCTION)
    except Refusal as refusal:
        return bytes((exception_function or function | 0x80, refusal.code))


def _read(device: Registers, function: int, question: bytes) -> bytes:
    if len(question) != 5:
        raise Refusal(ILLEGAL_VALUE)
    address, count = struct.unpack(">HH", question[1:])
    space = READS[function]
    if not 1 <= count <= (2000 if space in BITS else 125):
        raise Refusal(ILLEGAL_VALUE)
    values = device.read(space, address, count)
    body = pack_bits(values) if space in BITS else struct.pack(f">{count}H", *values)
    return bytes((function, len(body))) + body


def _write(device: Registers, function: int, question: bytes) -> bytes:
    if len(question) < 5:
        raise Refusal(ILLEGAL_VALUE)
    address, second = struct.unpack(">HH", question[1:5])
    if function in (5, 6):
        device.write(function, WRITES[function], address, [second])
        return question[:5]
    body = question[6:]
    size = (second + 7) // 8 if function == 15 else second * 2
    if len(question) < 6 or not 1 <= second <= (1968 if function == 15 else 123) or question[5] != size or len(body) != size:
        raise Refusal(ILLEGAL_VALUE)
    values = unpack_bits(body, second) if function == 15 else list(struct.unpack(f">{second}H", body))
    device.write(function, WRITES[function], address, values)
    return question[:5]


def pack_bits(values: list[int]) -> bytes:
    """Bits to bytes, the first bit lowest in the first byte."""
    out = bytearray((len(values) + 7) // 8)
    for n, value in enumerate(values):
        out[n // 8] |= (value & 1) << n % 8
    return bytes(out)


def unpack_bits(body: bytes, count: int) -> list[int]:
    return [body[n // 8] >> n % 8 & 1 for n in range(count)]


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def crc(frame: bytes) -> bytes:
    """The two check bytes of an RTU frame, low byte first (Modbus over serial line 1.02, 6.2.2)."""
    value = 0xFFFF
    for byte in frame:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return struct.pack("<H", value)


def request_length(start: bytes) -> int | None:
    """Bytes of the RTU request that begins so; None while that cannot be told yet, or the function is not known."""
    if len(start) < 2 or (start[1] in (15, 16) and len(start) < 7):
        return None
    if start[1] in (15, 16):
        return 9 + start[6]
    return 8 if start[1] in READS or start[1] in WRITES else None


def read_values(question: bytes, body: bytes) -> tuple[Space, int, list[int]] | None:
    """(space, address, values) that an answer tells; None for a write or an exception."""
    if body[0] not in READS or body[0] != question[0]:
        return None
    space = READS[body[0]]
    address, count = struct.unpack(">HH", question[1:5])
    values = unpack_bits(body[2:], count) if space in BITS else list(struct.unpack(f">{count}H", body[2:]))
    return space, address, values
