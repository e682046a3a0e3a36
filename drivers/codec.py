"""Register image to Readings, as the profile says. Pure: no I/O, no memory of earlier answers."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping

from drivers.bus import DeviceFault, Space
from drivers.profile import Channel, Device
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Quality, Reading

Image = Mapping[tuple[Space, int], int]
"""What one cycle of a device gave: wire address in its space -> register (0..65535) or bit (0 or 1)."""

SPACE_ZH: dict[Space, str] = {"coil": "线圈", "discrete": "离散输入", "input": "输入寄存器", "holding": "保持寄存器"}

# Of the four bytes as they come, the positions of A, B, C, D (A most significant).
_ORDER = {"ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2), "DCBA": (3, 2, 1, 0)}

_AS_SENT = frozenset({"u16", "u32", "u8-high", "u8-low"})

# Clears the dust of binary multiplication (3 × 0.1) and is finer than any field device resolves.
_DECIMALS = 9


def decode(device: Device, channels: Iterable[str], image: Image, at: Now) -> tuple[Reading, ...]:
    """One Reading per channel id, in the order given: GOOD with its value, or FAULT with words for a person.

    The image must hold every register a channel needs (its own, its scale's, its validity's); one that is
    missing makes that channel FAULT. A channel id the profile does not have is a KeyError.
    """
    by_id = {channel.id: channel for channel in device.profile.channels}
    found = []
    for id in channels:
        try:
            found.append(Reading(device.point(id), _value(by_id[id], image), Quality.GOOD, at))
        except DeviceFault as fault:
            found.append(Reading(device.point(id), None, Quality.FAULT, at, fault.text))
    return tuple(found)


def _value(channel: Channel, image: Image) -> float:
    for check in channel.valid_if:
        if _register(image, check.space, check.address) & check.mask not in check.equals:
            raise DeviceFault(check.fault)
    raw = _raw(channel, image)
    if raw in channel.sentinels:
        raise DeviceFault(channel.sentinels[raw])
    if channel.states:
        return _state(channel, raw)
    number = raw if channel.type in _AS_SENT else _number(channel, raw)
    within = channel.within
    if within is not None and not within.low <= number <= within.high:
        raise DeviceFault(within.fault)
    value = number * channel.scale
    for scale in channel.scale_from:
        code = _register(image, scale.space, scale.address) & scale.mask
        if code not in scale.factors:
            raise DeviceFault(f"{_place(scale.space, scale.address)} 的单位或小数位代码 {code} 不在设备说明书的表内")
        value *= scale.factors[code]
    value = float(value + channel.offset)
    if within is not None:  # the sensor is sound: 3.9 mA is zero, 20.5 mA is full scale
        quantity = QUANTITIES[channel.quantity]
        value = float(min(max(value, quantity.low), quantity.high))
    return sane(channel, value if value.is_integer() else round(value, _DECIMALS))


def _state(channel: Channel, code: int) -> float:
    if code not in channel.states:
        raise DeviceFault(f"{_place(channel.space, channel.address)} 的状态代码 {code} 不在设备说明书的表内")
    return sane(channel, float(channel.states[code]))


def _raw(channel: Channel, image: Image) -> int:
    """The code as the device sent it, unsigned, bytes put in order, masked bits at the bottom."""
    first = _register(image, channel.space, channel.address)
    if channel.type == "u16":  # nearly every channel
        return (first & channel.mask) >> channel.shift if channel.mask else first
    if channel.words == 2:
        wire = struct.pack(">HH", first, _register(image, channel.space, channel.address + 1))
        return int.from_bytes(bytes(wire[i] for i in _ORDER[channel.order]), "big")
    if channel.type == "u8-high":
        return first >> 8
    if channel.type == "u8-low":
        return first & 0xFF
    return (first & channel.mask) >> channel.shift if channel.mask else first


def _number(channel: Channel, raw: int) -> float:
    match channel.type:
        case "bit":
            return 1.0 if raw else 0.0
        case "s16":
            return raw - 0x10000 if raw & 0x8000 else raw
        case "sm16":
            return -(raw & 0x7FFF) if raw & 0x8000 else raw
        case "bcd16" | "bcd32":
            if not (digits := f"{raw:X}").isdecimal():
                raise DeviceFault(f"设备给出的不是 BCD 码（0x{digits}）")
            return int(digits)
        case "s32":
            return raw - 0x1_0000_0000 if raw & 0x8000_0000 else raw
        case "f32":
            value: float = struct.unpack(">f", struct.pack(">I", raw))[0]
            if not math.isfinite(value):
                raise DeviceFault(f"设备给出的不是数值（0x{raw:08X}）")
            return value
        case _:
            return raw


def sane(channel: Channel, value: float) -> float:
    """The value, a bit turned round where the profile says so. DeviceFault when the quantity can have no such value."""
    quantity = QUANTITIES[channel.quantity]
    if not quantity.low <= value <= quantity.high or (quantity.bit and value not in (0.0, 1.0)):
        raise DeviceFault(
            f"读数 {value:g}{quantity.unit} 超出{quantity.zh}的合理范围 {quantity.low:g}～{quantity.high:g}，请检查传感器和接线"
        )
    return 1.0 - value if channel.invert else value


def _register(image: Image, space: Space, address: int) -> int:
    try:
        return image[space, address]
    except KeyError:
        raise DeviceFault(f"没有读到{_place(space, address)}") from None


def _place(space: Space, address: int) -> str:
    return f"{SPACE_ZH[space]} 0x{address:04X}"
