"""Modbus PDUs out of and into pymodbus's classes, with every check that makes an answer ours. No I/O, no framing."""

from __future__ import annotations

from pymodbus.pdu import bit_message as bits
from pymodbus.pdu import register_message as registers

from drivers.bus import READ_FUNCTION, Refused, Space, WrongAnswer

_READ_REQUEST = {
    "coil": bits.ReadCoilsRequest,
    "discrete": bits.ReadDiscreteInputsRequest,
    "holding": registers.ReadHoldingRegistersRequest,
    "input": registers.ReadInputRegistersRequest,
}
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
    10: "网关路径不可用 gateway path unavailable",
    11: "网关后的设备无应答 gateway target did not respond",
}


def read_request(space: Space, address: int, count: int) -> bytes:
    """The request PDU. ValueError for an address or count that Modbus cannot carry."""
    return bytes([READ_FUNCTION[space]]) + bytes(_READ_REQUEST[space](address=address, count=count).encode())


def read_length(space: Space, count: int) -> int:
    """Bytes of the good answer's PDU."""
    return 2 + ((count + 7) // 8 if space in BITS else 2 * count)


def read_answer(space: Space, count: int, pdu: bytes) -> tuple[int, ...]:
    """`count` bits or registers of a good answer. Raises Refused or WrongAnswer."""
    _check(READ_FUNCTION[space], pdu)
    if len(pdu) != read_length(space, count) or pdu[1] != len(pdu) - 2:
        raise WrongAnswer(f"长度不对 the answer holds {len(pdu) - 2} bytes, not {read_length(space, count) - 2}")
    if space in BITS:
        found = bits.ReadCoilsResponse()
        found.decode(pdu[1:])
        return tuple(int(bit) for bit in found.bits[:count])
    words = registers.ReadHoldingRegistersResponse()
    words.decode(pdu[1:])
    return tuple(words.registers)


def write_request(function: int, address: int, values: tuple[int, ...]) -> bytes:
    """Functions 5 (the raw word), 6, 15 and 16. FC05 is put together here: pymodbus takes only a bool for it."""
    if function == 5:
        return bytes([5]) + address.to_bytes(2, "big") + values[0].to_bytes(2, "big")
    if function == 6:
        return bytes([6]) + bytes(registers.WriteSingleRegisterRequest(address=address, registers=list(values)).encode())
    if function == 15:
        return bytes([15]) + bytes(bits.WriteMultipleCoilsRequest(address=address, bits=[bool(v) for v in values]).encode())
    if function == 16:
        return bytes([16]) + bytes(registers.WriteMultipleRegistersRequest(address=address, registers=list(values)).encode())
    raise ValueError(f"function {function} is not a write")


def check_write(request: bytes, pdu: bytes) -> None:
    """The answer of a write repeats function, address and value or count. Raises Refused or WrongAnswer."""
    _check(request[0], pdu)
    if pdu != request[:5]:
        raise WrongAnswer("写入的应答与请求不符 the answer to the write does not repeat it")


def _check(function: int, pdu: bytes) -> None:
    # Some devices answer exceptions with function 0x80 alone (arc-fault detector, protocol V1.1).
    if len(pdu) == 2 and pdu[0] in (function | 0x80, 0x80):
        code = pdu[1]
        raise Refused(f"设备拒绝：{EXCEPTIONS.get(code, 'exception')} ({code})", code)
    if not pdu or pdu[0] != function:
        raise WrongAnswer(f"功能码不符 asked function {function}, answered {pdu[0] if pdu else 'nothing'}")
