"""One simulated device: its registers, what may be read and written there, and its signals. Knows no time and no line."""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers.simulator.campus import Unit
from drivers.simulator.models import Model, Signal
from drivers.simulator.pdu import BITS, ILLEGAL_ADDRESS, ILLEGAL_VALUE, Refusal, Space

COIL_WORDS = {0xFF00: 1, 0x0000: 0}
FLIP = 0x5500  # Waveshare: turn the relay over

# (device, function, space, address, values as stored, the same before): called before the write takes effect
OnWrite = Callable[["Device", int, Space, int, list[int], list[int]], None]


class Device:
    """The registers of one unit. Registers without a signal or a fixed value read 0."""

    def __init__(self, unit: Unit, model: Model, on_write: OnWrite) -> None:
        self.unit, self.model = unit, model
        self.signals: dict[str, Signal] = {s.name: s for s in self.model.signals}
        self.pinned: set[tuple[Space, int]] = set()
        self._on_write = on_write
        self._image: dict[tuple[Space, int], int] = dict(self.model.fixed)
        if model.unit_at:
            space, address, shift = model.unit_at
            self._image[space, address] = self._image.get((space, address), 0) | unit.unit << shift
        for name, value in unit.bits.items():
            self.put(name, value)

    # as its line sees it

    def read(self, space: Space, address: int, count: int) -> list[int]:
        if space not in BITS and (count > self.model.most or (self.model.even and count % 2)):
            raise Refusal(ILLEGAL_VALUE)
        if not _inside(self.model.spans, space, address, count):
            raise Refusal(ILLEGAL_ADDRESS)
        for register in self.model.counts:
            self._image[register] = self._image.get(register, 0) + 1 & 0xFFFF
        return [self.raw(space, address + n) for n in range(count)]

    def write(self, function: int, space: Space, address: int, values: list[int]) -> None:
        if not _inside(self.model.writable, space, address, len(values)):
            raise Refusal(ILLEGAL_ADDRESS)
        before = [self.raw(space, address + n) for n in range(len(values))]
        if function == 5:
            values = [self._coil(values[0], before[0])]
        self._on_write(self, function, space, address, values, before)
        for n, value in enumerate(values):
            self._image[space, address + n] = value

    @staticmethod
    def _coil(word: int, before: int) -> int:
        if word == FLIP:
            return 1 - before
        if word not in COIL_WORDS:
            raise Refusal(ILLEGAL_VALUE)
        return COIL_WORDS[word]

    # as the world sees it

    def raw(self, space: Space, address: int) -> int:
        return self._image.get((space, address), 0)

    def poke(self, space: Space, address: int, value: int) -> None:
        """Set a register as it stands on the wire. KeyError when the device has no such register."""
        if not _inside(self.model.spans, space, address, 1):
            raise KeyError(f"{self.unit.id} has no {space} {address}")
        self._image[space, address] = value & (1 if space in BITS else 0xFFFF)

    def get(self, name: str) -> float:
        """The value of a signal, in its unit."""
        signal = self.signals[name]
        raw = self.raw(signal.space, signal.address)
        if signal.type == "f32":
            low = self.raw(signal.space, signal.address + 1)
            return float(struct.unpack(">f", struct.pack(">HH", raw, low))[0])
        if signal.type == "flag":
            return float(bool(raw & signal.mask))
        if signal.type == "s16" and raw > 0x7FFF:
            raw -= 0x10000
        return raw * signal.scale

    def put(self, name: str, value: float) -> bool:
        """Give a signal a value; True when its registers changed. A pinned register does not move."""
        signal = self.signals[name]
        changed = False
        for n, word in enumerate(self._words(signal, value)):
            key = (signal.space, signal.address + n)
            if key not in self.pinned and self._image.get(key, 0) != word:
                self._image[key] = word
                changed = True
        return changed

    def _words(self, signal: Signal, value: float) -> tuple[int, ...]:
        if signal.type == "f32":
            high, low = struct.unpack(">HH", struct.pack(">f", value))
            return high, low
        if signal.type == "bit":
            return (int(bool(value)),)
        if signal.type == "flag":
            raw = self.raw(signal.space, signal.address)
            return (raw | signal.mask if value else raw & ~signal.mask,)
        raw = round(value / signal.scale)
        if signal.type == "s16":
            return (max(-0x8000, min(0x7FFF, raw)) & 0xFFFF,)
        return (max(0, min(0xFFFF, raw)),)


def _inside(spans: tuple[tuple[Space, int, int], ...], space: Space, address: int, count: int) -> bool:
    return any(s == space and first <= address and address + count <= first + size for s, first, size in spans)
