"""Codec: every type, order, scale, mask, sentinel, inversion, scale register and validity, by table and by property."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.codec import Image, decode
from drivers.profile import Channel, Device, Profile, ScaleFrom, ValidIf, Within
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Quality, Reading

AT = Now(1_700_000_000_000, 5_000)


def read(channel: Channel, image: Image) -> Reading:
    profile = Profile("p", "v", "m", "k", "map", "s", (channel,))
    (reading,) = decode(Device("place", profile, "line", 1, 1000), [channel.id], image, AT)
    return reading


def code(**changes: object) -> Channel:
    return replace(Channel("x", "count", "holding", 10), **changes)  # type: ignore[arg-type]


def words(*registers: int) -> Image:
    return {("holding", 10 + i): register for i, register in enumerate(registers)}


LOOP = code(quantity="level", scale=0.0003125, offset=-1.25, within=Within(3600, 21000, "回路断线"))
# of a fire panel's event codes 0x10 and 0xEA are fire, 0x40 is supervisory; 0xFF: there is no such zone
CODES = code(quantity="panel-fire", mask=0x00FF, states={0x00: 0, 0x10: 1, 0x40: 0, 0xEA: 1}, sentinels={0xFF: "没有这一区"})

GOOD = [
    # 0x1234 = 4660; 0xFFFE as s16 = -2
    ("u16", code(), words(0x1234), 4660),
    ("u16 top", code(), words(0xFFFF), 65535),
    ("s16 positive", code(type="s16"), words(0x7FFF), 32767),
    ("s16 negative", code(type="s16", quantity="power"), words(0xFFFE), -2),
    ("s16 lowest", code(type="s16", quantity="power"), words(0x8000), -32768),
    ("u8-high", code(type="u8-high"), words(0xAB12), 0xAB),
    ("u8-low", code(type="u8-low"), words(0xAB12), 0x12),
    # 0x01020304 in the four orders
    ("u32 ABCD", code(type="u32"), words(0x0102, 0x0304), 0x01020304),
    ("u32 CDAB", code(type="u32", order="CDAB"), words(0x0304, 0x0102), 0x01020304),
    ("u32 BADC", code(type="u32", order="BADC"), words(0x0201, 0x0403), 0x01020304),
    ("u32 DCBA", code(type="u32", order="DCBA"), words(0x0403, 0x0201), 0x01020304),
    ("s32 negative", code(type="s32", quantity="power"), words(0xFFFF, 0xC1EF), -15889),
    # 230.0 = 43 66 00 00; -2.5 = C0 20 00 00
    ("f32 ABCD", code(type="f32", quantity="voltage"), words(0x4366, 0x0000), 230),
    ("f32 CDAB", code(type="f32", quantity="voltage", order="CDAB"), words(0x0000, 0x4366), 230),
    ("f32 BADC", code(type="f32", quantity="voltage", order="BADC"), words(0x6643, 0x0000), 230),
    ("f32 DCBA", code(type="f32", quantity="voltage", order="DCBA"), words(0x0000, 0x6643), 230),
    ("f32 negative", code(type="f32", quantity="power"), words(0xC020, 0x0000), -2.5),
    ("mask and shift", code(mask=0x0F00, shift=8), words(0xA7BC), 7),
    ("scale", code(type="s16", quantity="temperature", scale=0.1), words(0xFF9B), -10.1),
    ("scale leaves no dust", code(quantity="humidity", scale=0.1), words(3), 0.3),
    ("offset after scale", code(quantity="temperature", scale=0.1, offset=-40), words(652), 25.2),
    # sign bit and magnitude: 0x8065 = -(0x65 = 101); two's complement of the same would be -32667
    ("sm16 negative", code(type="sm16", quantity="temperature", scale=0.1), words(0x8065), -10.1),
    ("sm16 positive", code(type="sm16", quantity="temperature", scale=0.1), words(0x0065), 10.1),
    ("sm16 minus zero", code(type="sm16", quantity="temperature"), words(0x8000), 0),
    # binary-coded decimal: 0x1234 is the number 1234; eight digits in two registers
    ("bcd16", code(type="bcd16"), words(0x1234), 1234),
    ("bcd32 CDAB", code(type="bcd32", order="CDAB"), words(0x5678, 0x1234), 12345678),
    # 4-20 mA in uA, 0-5 m: (12000 - 4000) * 5 / 16000 = 2.5; 3.9 mA of 0-1000 ppm is zero, 20.5 mA of 0-100 %RH is full scale
    ("within", LOOP, words(12000), 2.5),
    ("within, zero drifted down", replace(LOOP, quantity="toxic-gas", scale=0.0625, offset=-250), words(3900), 0),
    ("within, over full scale", replace(LOOP, quantity="humidity", scale=0.00625, offset=-25), words(20500), 100),
    ("within, its lowest", replace(LOOP, scale=0.00125, offset=-5), words(3600), -0.2),
    ("gas over range is an alarm, no fault", code(quantity="combustible-gas", scale=0.1), words(1050), 105),
    ("an empty tank reads a little below zero", code(type="s16", quantity="level", scale=0.01), words(0xFFFE), -0.02),
    ("states 0", CODES, words(0x0040), 0),
    ("states 1", CODES, words(0x00EA), 1),
    ("not a sentinel", code(sentinels={0xE5E5: "短路"}), words(0xE5E4), 0xE5E4),
    ("bit of a register", code(quantity="alert", type="bit", mask=0x0004), words(0x0004), 1),
    ("bit not set", code(quantity="alert", type="bit", mask=0x0004), words(0xFFFB), 0),
    ("any of several bits", code(quantity="alert", type="bit", mask=0x0018), words(0x0010), 1),
    ("bit inverted", code(quantity="alert", type="bit", mask=1, invert=True), words(1), 0),
    ("two-state register", code(quantity="arc-fault"), words(1), 1),
    ("two-state register inverted", code(quantity="arc-fault", invert=True), words(0), 1),
]


@pytest.mark.parametrize(("channel", "image", "value"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_good(channel: Channel, image: Image, value: float) -> None:
    assert read(channel, image) == Reading("place/x", value, Quality.GOOD, AT)


@pytest.mark.parametrize("space", ["coil", "discrete"])
@pytest.mark.parametrize(("bit", "invert", "value"), [(0, False, 0), (1, False, 1), (0, True, 1), (1, True, 0)])
def test_bit_spaces(space: str, bit: int, invert: bool, value: float) -> None:
    channel = replace(Channel("x", "contact", "coil", 3, type="bit"), space=space, invert=invert)  # type: ignore[arg-type]
    assert read(channel, {(channel.space, 3): bit}).value == value


FAULTS = [
    ("own register missing", code(), {}, "保持寄存器 0x000A"),
    ("second register missing", code(type="u32"), words(1), "保持寄存器 0x000B"),
    ("register of another space", code(), {("input", 10): 1}, "没有读到"),
    ("sentinel", code(sentinels={0xE5E5: "互感器短路"}), words(0xE5E5), "互感器短路"),
    ("sentinel before sign", code(type="s16", sentinels={0x8000: "传感器故障"}), words(0x8000), "传感器故障"),
    ("sentinel after byte order", code(type="u32", order="CDAB", sentinels={0x00010002: "x"}), words(2, 1), "x"),
    ("bcd with a digit that is none", code(type="bcd16"), words(0x12AF), "BCD 码（0x12AF）"),
    ("bcd all ones", code(type="bcd32"), words(0xFFFF, 0xFFFF), "BCD 码"),
    ("loop broken", LOOP, words(0), "回路断线"),
    ("just below a sound loop", LOOP, words(3599), "回路断线"),
    ("just above a sound loop", LOOP, words(21001), "回路断线"),
    ("within is asked of the signed number", replace(LOOP, type="s16", within=Within(-10, 10, "断线")), words(0xFFF0), "断线"),
    ("a code in no table of states", CODES, words(0x0011), "状态代码 17"),
    ("a sentinel among states", CODES, words(0x00FF), "没有这一区"),
    ("NaN", code(type="f32", quantity="voltage"), words(0x7FC0, 0), "不是数值"),
    ("infinity", code(type="f32", quantity="voltage"), words(0x7F80, 0), "不是数值"),
    ("minus infinity", code(type="f32", quantity="power"), words(0xFF80, 0), "不是数值"),
    ("above range", code(quantity="combustible-gas"), words(121), "121%LEL 超出可燃气体的合理范围 0～120"),
    ("below range", code(type="s16", quantity="humidity"), words(0xFFFF), "-1%RH"),
    ("two-state register with a third state", code(quantity="arc-fault"), words(2), "合理范围"),
    ("third state inverted is no state", code(quantity="arc-fault", invert=True), words(2), "合理范围"),
]


def test_a_site_may_turn_states_round() -> None:
    """The site's `invert` is put on the channel after the profile was read."""
    assert [read(replace(CODES, invert=True), words(code)).value for code in (0x00, 0x10)] == [1, 0]


@pytest.mark.parametrize(("channel", "image", "text"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_fault(channel: Channel, image: Image, text: str) -> None:
    reading = read(channel, image)
    assert (reading.value, reading.quality) == (None, Quality.FAULT)
    assert text in reading.fault


SCALED = code(
    quantity="pressure",
    type="s16",
    scale_from=(ScaleFrom("holding", 3, {0: 1, 3: 0.001}), ScaleFrom("holding", 2, {9: 1, 10: 0.001}, mask=0x00FF)),
)


@pytest.mark.parametrize(
    ("decimals", "unit", "value", "fault"),
    [
        (3, 9, 0.291, ""),
        (0, 10, 0.291, ""),
        (3, 0xFF09, 0.291, ""),  # the mask takes the low byte
        (1, 9, None, "保持寄存器 0x0003 的单位或小数位代码 1"),
        (3, 11, None, "代码 11"),
        (None, 9, None, "没有读到保持寄存器 0x0003"),
        (3, None, None, "没有读到保持寄存器 0x0002"),
    ],
)
def test_scale_registers(decimals: int | None, unit: int | None, value: float | None, fault: str) -> None:
    helpers: dict[tuple[str, int], int | None] = {("holding", 3): decimals, ("holding", 2): unit}
    image = {**words(291), **{cell: v for cell, v in helpers.items() if v is not None}}
    reading = read(SCALED, image)  # type: ignore[arg-type]
    assert reading.value == value
    assert fault in reading.fault


def test_validity_comes_before_everything_else() -> None:
    channel = code(valid_if=(ValidIf("input", 7, 0x0006, (0x0002,), "互感器断线"),), sentinels={5: "短路"})
    assert read(channel, {**words(4), ("input", 7): 0xFFFB}).value == 4  # bits 1 and 2 are 01
    for register in (0x0000, 0x0004, 0x0006):
        assert read(channel, {**words(5), ("input", 7): register}).fault == "互感器断线"
    assert "没有读到输入寄存器 0x0007" in read(channel, words(4)).fault


def test_validity_may_be_any_of_several_codes() -> None:
    channel = code(valid_if=(ValidIf("input", 7, 0x00FF, (1, 4, 5), "预热或故障"),))
    told = {state: read(channel, {**words(4), ("input", 7): 0xAB00 | state}) for state in range(8)}
    assert {state for state, reading in told.items() if reading.fault == ""} == {1, 4, 5}
    assert {reading.fault for state, reading in told.items() if state not in (1, 4, 5)} == {"预热或故障"}


def test_order_is_the_callers_and_a_fault_touches_one_channel_only() -> None:
    profile = Profile("p", "v", "m", "k", "map", "s", (code(), replace(code(), id="y", address=11)))
    device = Device("place", profile, "line", 1, 1000)
    got = decode(device, ["y", "x"], words(7), AT)
    assert [(r.point, r.value) for r in got] == [("place/y", None), ("place/x", 7.0)]
    with pytest.raises(KeyError):
        decode(device, ["z"], words(7), AT)


register = st.integers(0, 0xFFFF)


@settings(deadline=None)
@given(
    st.sampled_from(["u32", "s32", "f32"]), st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]), st.binary(min_size=4, max_size=4)
)
def test_32_bits_agree_with_the_machine(type: str, order: str, value: bytes) -> None:
    """Place the bytes of a known value in wire order; the value must come back."""
    wire = bytes(value["ABCD".index(letter)] for letter in order)
    reading = read(code(type=type, order=order, quantity="power"), words(*struct.unpack(">HH", wire)))
    (want,) = struct.unpack({"u32": ">I", "s32": ">i", "f32": ">f"}[type], value)
    if math.isfinite(want) and -1e6 <= want <= 1e6:
        assert reading.value == pytest.approx(want, abs=1e-9)
    else:
        assert reading.quality is Quality.FAULT


@settings(deadline=None)
@given(
    st.sampled_from(["u16", "s16", "u32", "s32", "f32", "u8-high", "u8-low"]),
    st.sampled_from(["count", "temperature", "pressure", "smoke", "combustible-gas"]),
    register,
    register,
)
def test_never_raises_and_never_leaves_the_sane_range(type: str, quantity: str, a: int, b: int) -> None:
    reading = read(code(type=type, quantity=quantity), words(a, b))
    known = QUANTITIES[quantity]
    if reading.value is None:
        assert reading.fault
    else:
        assert known.low <= reading.value <= known.high
        assert not known.bit or reading.value in (0, 1)
