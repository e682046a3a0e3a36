"""Modbus PDUs: the examples of the Modbus application protocol 1.1b3, chapter 6, and every way an answer can be wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu import bit_message as bits
from pymodbus.pdu import register_message as registers

from drivers.bus import READ_FUNCTION, DeviceFault, NoAnswer, Refused, Space, WrongAnswer
from drivers.modbus import pdu

SPACES: tuple[Space, ...] = ("coil", "discrete", "input", "holding")

# section, space, address, count, request, answer, values
READS: list[tuple[str, Space, int, int, str, str, tuple[int, ...]]] = [
    ("6.1", "coil", 0x13, 0x13, "01 00 13 00 13", "01 03 cd 6b 05", (1,0,1,1,0,0,1,1, 1,1,0,1,0,1,1,0, 1,0,1)),
    ("6.2", "discrete", 0xC4, 0x16, "02 00 c4 00 16", "02 03 ac db 35", (0,0,1,1,0,1,0,1, 1,1,0,1,1,0,1,1, 1,0,1,0,1,1)),
    ("6.3", "holding", 0x6B, 3, "03 00 6b 00 03", "03 06 02 2b 00 00 00 64", (0x022B, 0, 0x64)),
    ("6.4", "input", 8, 1, "04 00 08 00 01", "04 02 00 0a", (10,)),
]  # fmt: skip

# section, function, address, values, request, answer
WRITES: list[tuple[str, int, int, tuple[int, ...], str, str]] = [
    ("6.5", 5, 0xAC, (0xFF00,), "05 00 ac ff 00", "05 00 ac ff 00"),
    ("6.6", 6, 1, (3,), "06 00 01 00 03", "06 00 01 00 03"),
    ("6.11", 15, 0x13, (1, 0, 1, 1, 0, 0, 1, 1, 1, 0), "0f 00 13 00 0a 02 cd 01", "0f 00 13 00 0a"),
    ("6.12", 16, 1, (0x0A, 0x0102), "10 00 01 00 02 04 00 0a 01 02", "10 00 01 00 02"),
]


@pytest.mark.parametrize("section, space, address, count, request_, answer, values", READS)
def test_reads_of_the_specification(
    section: str, space: Space, address: int, count: int, request_: str, answer: str, values: tuple[int, ...]
) -> None:
    assert pdu.read_request(space, address, count).hex(" ") == request_
    assert pdu.read_length(space, count) == len(bytes.fromhex(answer))
    assert pdu.read_answer(space, count, bytes.fromhex(answer)) == values


@pytest.mark.parametrize("section, function, address, values, request_, answer", WRITES)
def test_writes_of_the_specification(
    section: str, function: int, address: int, values: tuple[int, ...], request_: str, answer: str
) -> None:
    request = pdu.write_request(function, address, values)
    assert request.hex(" ") == request_
    pdu.check_write(request, bytes.fromhex(answer))
    assert pdu.repeats(request) == (request_ == answer)


@pytest.mark.parametrize(
    "answer, error",
    [
        ("", WrongAnswer),
        ("03", WrongAnswer),
        ("04 04 00 01 00 02", WrongAnswer),  # another function
        ("03 02 00 01", WrongAnswer),  # one register for two (pymodbus handed this out, pitfalls 0.1)
        ("03 06 00 01 00 02 00 03", WrongAnswer),  # three for two
        ("03 02 00 01 00 02", WrongAnswer),  # the byte count lies
        ("84 02", WrongAnswer),  # the exception of another function
        ("83", WrongAnswer),
        ("83 02", Refused),
        ("83 63", Refused),  # a code of no standard
        ("80 02", Refused),  # arc-fault detector, protocol V1.1: function 0x80 alone
        ("83 0a", NoAnswer),  # a converter speaks for a device that is silent
        ("83 0b", NoAnswer),
    ],
)
def test_what_is_not_a_good_answer(answer: str, error: type[DeviceFault]) -> None:
    with pytest.raises(error) as caught:
        pdu.read_answer("holding", 2, bytes.fromhex(answer))
    assert caught.value.text
    if isinstance(caught.value, Refused):
        assert caught.value.code == bytes.fromhex(answer)[1]


@pytest.mark.parametrize("answer", ["06 00 01 00 04", "06 00 02 00 03", "06 00 01", "05 00 01 00 03", ""])
def test_a_write_answered_differently_is_wrong(answer: str) -> None:
    with pytest.raises(WrongAnswer):
        pdu.check_write(pdu.write_request(6, 1, (3,)), bytes.fromhex(answer))


def test_a_refused_write() -> None:
    with pytest.raises(Refused) as caught:
        pdu.check_write(pdu.write_request(6, 1, (3,)), bytes.fromhex("86 02"))
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "function, address, values",
    [(4, 0, (1,)), (5, 0, ()), (6, 0, (1, 2)), (6, 0, (0x10000,)), (6, 0x10000, (1,)), (6, -1, (1,)), (16, 0, (-1,))],
)
def test_what_modbus_cannot_carry(function: int, address: int, values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        pdu.write_request(function, address, values)


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125), st.integers(0, 0xFF00))
def test_registers_come_back(values: list[int], address: int) -> None:
    answer = bytes([3, 2 * len(values)]) + b"".join(v.to_bytes(2, "big") for v in values)
    assert pdu.read_answer("holding", len(values), answer) == tuple(values)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=256))
def test_bits_come_back(values: list[int]) -> None:
    packed = sum(bit << n for n, bit in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")
    assert pdu.read_answer("coil", len(values), bytes([1, len(packed)]) + packed) == tuple(values)


@given(st.sampled_from(SPACES), st.integers(1, 40), st.binary(max_size=90))
def test_any_bytes_give_the_asked_values_or_a_device_fault(space: Space, count: int, answer: bytes) -> None:
    try:
        values = pdu.read_answer(space, count, answer)
    except DeviceFault:
        return
    assert len(values) == count and answer[0] == READ_FUNCTION[space] and len(answer) == pdu.read_length(space, count)


# ---- pymodbus's classes as an independent judge

PEERS = {
    "coil": (bits.ReadCoilsRequest, bits.ReadCoilsResponse),
    "discrete": (bits.ReadDiscreteInputsRequest, bits.ReadDiscreteInputsResponse),
    "holding": (registers.ReadHoldingRegistersRequest, registers.ReadHoldingRegistersResponse),
    "input": (registers.ReadInputRegistersRequest, registers.ReadInputRegistersResponse),
}


@given(st.sampled_from(SPACES), st.integers(0, 0xFF00), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125))
def test_pymodbus_asks_and_answers_the_same(space: Space, address: int, values: list[int]) -> None:
    request, response = PEERS[space]
    count = len(values)
    assert (
        pdu.read_request(space, address, count)
        == bytes([READ_FUNCTION[space]]) + request(address=address, count=count).encode()
    )
    if space in pdu.BITS:
        bools = [bool(v & 1) for v in values]
        answer = response(bits=bools + [False] * (-count % 8)).encode()
        assert pdu.read_answer(space, count, bytes([READ_FUNCTION[space]]) + answer) == tuple(map(int, bools))
    else:
        answer = response(registers=values).encode()
        assert pdu.read_answer(space, count, bytes([READ_FUNCTION[space]]) + answer) == tuple(values)


@given(st.integers(0, 0xFF00), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=123))
def test_pymodbus_writes_the_same(address: int, values: list[int]) -> None:
    bools = [bool(v & 1) for v in values]
    peers = (
        (6, tuple(values[:1]), registers.WriteSingleRegisterRequest(address=address, registers=values[:1])),
        (15, tuple(map(int, bools)), bits.WriteMultipleCoilsRequest(address=address, bits=bools)),
        (16, tuple(values), registers.WriteMultipleRegistersRequest(address=address, registers=values)),
    )
    for function, ours, peer in peers:
        assert pdu.write_request(function, address, ours) == bytes([function]) + peer.encode()


@pytest.mark.parametrize("space, count", [("holding", 0), ("holding", 126), ("coil", 2001)])
def test_more_than_a_frame_can_carry_is_not_asked(space: Space, count: int) -> None:
    with pytest.raises(ValueError):
        pdu.read_request(space, 0, count)
