"""Modbus PDUs: requests by pymodbus, answers read here with every check that makes an answer ours. No I/O, no framing.

Requests repeat, so each is built once; answers come with every poll, and reading one with `struct` costs a thirtieth (decision 1).
"""

from __future__ import annotations

import struct
from functools import lru_cache

from pymodbus.pdu import bit_message as bits
from pymodbus.pdu import register_message as registers

from drivers.bus import READ_FUNCTION, NoAnswer, Refused, Space, WrongAnswer

BITS: tuple[Space, ...] = ("coil", "discrete")

# Modbus Application Protocol 1.1b3, chapter 7
EXCEPTIONS = {
    1: "不支持此功能 illegal function",
    2: "没有此地址 illegal data address",
    3: "数值不允许 illegal data value",
    4: "设备内部故障 device failure",
    5: "已接受，处理中 acknowledge",
    6: "设备忙 device busy",
    8: "存储校验错 memory parity error",
}
# The same chapter: a converter speaks for a device that did not.
SILENT = {
    10: "转换器到设备的路径不可用 gateway path unavailable",
    11: "转换器后的设备无应答 the device behind the gateway did not respond",
}
# The most that one frame can carry, chapter 6.
MOST_BITS, MOST_REGISTERS = 2000, 125
_MOST_WRITTEN = {5: 1, 6: 1, 15: 1968, 16: 123}
_READ = {
    "coil": bits.ReadCoilsRequest,
    "discrete": bits.ReadDiscreteInputsRequest,
    "holding": registers.ReadHoldingRegistersRequest,
    "input": registers.ReadInputRegistersRequest,
}
_KEPT = 4_096  # requests remembered: a school asks a few hundred different ones
WRITE_ANSWER = 5  # bytes of the good answer's PDU of every write


@lru_cache(_KEPT)
def read_request(space: Space, address: int, count: int) -> bytes:
    """The request PDU. ValueError for an address or count that Modbus cannot carry."""
    if not 0 <= address <= 0xFFFF or not 1 <= count <= (MOST_BITS if space in BITS else MOST_REGISTERS):
        raise ValueError(f"cannot read {count} of {space} at {address}")
    return bytes([READ_FUNCTION[space]]) + bytes(_READ[space](address=address, count=count).encode())


def read_length(space: Space, count: int) -> int:
    """Bytes of the good answer's PDU."""
    return 2 + ((count + 7) // 8 if space in BITS else 2 * count)


def read_answer(space: Space, count: int, pdu: bytes) -> tuple[int, ...]:
    """`count` bits or registers of a good answer. Raises Refused, NoAnswer (said by a converter) or WrongAnswer."""
    _check(READ_FUNCTION[space], pdu)
    if len(pdu) != read_length(space, count) or pdu[1] != len(pdu) - 2:
        raise WrongAnswer(f"长度不对 the answer holds {len(pdu) - 2} bytes, not {read_length(space, count) - 2}")
    if space in BITS:
        packed = int.from_bytes(pdu[2:], "little")  # the first bit is the lowest of the first byte
        return tuple(packed >> n & 1 for n in range(count))
    return struct.unpack_from(f">{count}H", pdu, 2)


def write_request(function: int, address: int, values: tuple[int, ...]) -> bytes:
    """Functions 5 (the raw word), 6, 15 and 16. ValueError for another function or for values it cannot carry."""
    most = _MOST_WRITTEN.get(function)
    if most is None:
        raise ValueError(f"function {function} is not a write")
    if not 0 <= address <= 0xFFFF or not 1 <= len(values) <= most or not all(0 <= value <= 0xFFFF for value in values):
        raise ValueError(f"function {function} cannot write {values} to {address}")
    if function == 5:  # the raw word; pymodbus takes only a bool for it
        return struct.pack(">BHH", 5, address, values[0])
    if function == 6:
        return bytes([6]) + bytes(registers.WriteSingleRegisterRequest(address=address, registers=list(values)).encode())
    if function == 15:
        return bytes([15]) + bytes(bits.WriteMultipleCoilsRequest(address=address, bits=[bool(v) for v in values]).encode())
    return bytes([16]) + bytes(registers.WriteMultipleRegistersRequest(address=address, registers=list(values)).encode())


def repeats(request: bytes) -> bool:
    """Is the good answer the question itself?"""
    return request[0] in (5, 6)


def check_write(request: bytes, pdu: bytes) -> None:
    """The answer of a write repeats function, address and value or count. Raises Refused, NoAnswer or WrongAnswer."""
    _check(request[0], pdu)
    if pdu != request[:5]:
        raise WrongAnswer("写入的应答与请求不符 the answer to the write does not repeat it")


def refusal(request: bytes, pdu: bytes) -> None:
    """Of an answer nothing is known of: Refused when it is an exception, else nothing."""
    if len(pdu) == 2 and pdu[0] & 0x80:
        _check(request[0], pdu)


def _check(function: int, pdu: bytes) -> None:
    # Some devices answer exceptions with function 0x80 alone (arc-fault detector, protocol V1.1).
    if len(pdu) == 2 and pdu[0] in (function | 0x80, 0x80):
        code = pdu[1]
        if code in SILENT:
            raise NoAnswer(SILENT[code])
        raise Refused(f"设备拒绝：{EXCEPTIONS.get(code, 'exception')} ({code})", code)
    if not pdu or pdu[0] != function:
        raise WrongAnswer(f"功能码不符 asked function {function}, answered {pdu[0] if pdu else 'nothing'}")
