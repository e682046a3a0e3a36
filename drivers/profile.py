"""Profile: a model of device as typed data. The YAML files live in `config/profiles`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.bus import Space


@dataclass(frozen=True, slots=True)
class ScaleFrom:
    """The factor is told by a register of the device: value × factors[code]. An unlisted code is a fault."""

    space: Space
    address: int
    factors: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class ValidIf:
    """The value counts only while (register & mask) == equals; else it is a FAULT with `fault` as its text."""

    space: Space
    address: int
    mask: int
    equals: int
    fault: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One value of a device. `address` is the 0-based wire address.

    type: bit | u16 | s16 | u32 | s32 | f32 | u8-high | u8-low (of one register).
    order (32 bit only): ABCD | CDAB | BADC | DCBA, A the most significant byte.
    `mask`/`shift` pick bits out of a register before anything else.
    value = ((raw, sentinels and faults taken out) × scale × factor of each scale_from) + offset; a bit may be inverted.
    """

    id: str
    quantity: str
    space: Space
    address: int
    type: str = "u16"
    order: str = "ABCD"
    mask: int = 0
    shift: int = 0
    scale: float = 1.0
    offset: float = 0.0
    scale_from: tuple[ScaleFrom, ...] = ()
    valid_if: tuple[ValidIf, ...] = ()
    sentinels: Mapping[int, str] = field(default_factory=dict)  # raw code -> fault text
    values: Mapping[int, str] = field(default_factory=dict)  # code -> meaning
    invert: bool = False
    name: str = ""
    page: str = ""  # manual page or document address

    @property
    def words(self) -> int:
        return 2 if self.type in ("u32", "s32", "f32") else 1


@dataclass(frozen=True, slots=True)
class Output:
    """Something a device can switch. `on` and `off` are the raw words written; `readback` names the channel that shows it."""

    id: str
    function: int  # 5, 6 or 16
    address: int
    on: int
    off: int
    readback: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the device can bear. Milliseconds."""

    max_registers: int = 60
    max_bits: int = 256
    gap: int = 0  # silence the device wants between two questions, beyond 3.5 characters
    latency: int = 300  # worst time from question to answer: the time-out, and how long a late answer is waited out
    alone: bool = False  # every channel is read by a question of its own
    exact: bool = False  # a question asks for exactly the span of its channels, holes are never filled
    bit_block: int = 1  # a question for bits covers whole blocks of this many (some boards answer only a count of 8)


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    vendor: str
    model: str
    kind: str  # class: smoke, residual-current, ...
    verified: str  # "map", "partial", "frames", "false": see docs/devices.md
    source: str
    channels: tuple[Channel, ...]
    outputs: tuple[Output, ...] = ()
    limits: Limits = Limits()
    unit: int = 1
    baud: int = 9600
    framing: str = "8N1"
    caveats: tuple[str, ...] = ()
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One profile on one bus. The id names the place and survives replacement by another model.

    `profile` already carries what the site overrides (a channel's quantity, inversion or name, the order code).
    """

    id: str
    profile: Profile
    bus: str
    unit: int
    period: int  # ms between two polls

    def point(self, channel: str) -> str:
        return f"{self.id}/{channel}"
