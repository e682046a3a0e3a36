"""Profile: a model of device as typed data, and its plain dict form (YAML in `config/profiles`, JSON when compiled). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from drivers.channel import Channel as Channel
from drivers.channel import ScaleFrom as ScaleFrom
from drivers.channel import ValidIf as ValidIf
from drivers.channel import Within as Within
from drivers.channel import no_twins, read_channel
from drivers.fields import Fields
from drivers.fields import ProfileError as ProfileError
from drivers.framing import FRAMINGS
from drivers.quantities import QUANTITIES
from drivers.recognise import Sign, UnitAt, read_sign, read_unit_at
from drivers.switch import SWITCHES, Output, may_switch, never_switched, read_output


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
    unit_at: UnitAt | None = None
    signs: tuple[Sign, ...] = ()
    caveats: tuple[str, ...] = ()
    name_zh: str = ""

    @property
    def framed(self) -> bool:
        """Is it for a line protocol, not for Modbus?"""
        return any(c.signal for c in self.channels)


@dataclass(frozen=True, slots=True)
class Device:
    """One profile on one bus. The id names the place and survives replacement by another model.

    `address` is what a panel calls it (a loop address); "" the panel itself, and every Modbus device.

    `profile` already carries what the site overrides (a channel's quantity, inversion or name, the order code).
    """

    id: str
    profile: Profile
    bus: str
    unit: int
    period: int  # ms between two polls
    address: str = ""

    def point(self, channel: str) -> str:
        return f"{self.id}/{channel}"


PLACEHOLDER = "false"  # verified: the makers publish no map, the addresses are to be replaced
VERIFIED = ("map", "partial", "frames", PLACEHOLDER)
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)

_OF_REGISTERS = ("space", "address", "type")


def profile_from_dict(data: Mapping[str, object], where: str) -> Profile:
    """A Profile from the shape of its YAML file (also read back from JSON, where codes are decimal strings).

    Strict: an unknown or missing key, a wrong type, range or reference is a ProfileError naming its path.
    `where` is what the error calls the file. The keys are those of `profile_to_dict`; docs/add-a-device.md.
    """
    top = Fields(data, where, ())
    top.integer("profile", 1, 1)
    line, limits = top.table("line"), top.table("limits")
    channels = tuple(read_channel(fields, id) for id, fields in top.tables("channels"))
    if not channels and not top.has("outputs"):
        top.fail("channels", "至少要有一个通道或输出", "at least one channel or output is needed")
    if len({bool(c.signal) for c in channels}) > 1:
        top.fail("channels", "寄存器通道和 signal 通道不能混用", "channels with registers and with signals do not mix")
    no_twins(channels, where)
    bits = tuple(c.id for c in channels if QUANTITIES[c.quantity].bit)
    profile = Profile(
        id=top.id("id"),
        vendor=top.text("vendor"),
        model=top.text("model"),
        kind=top.id("kind"),
        verified=top.choice("verified", VERIFIED),
        source=top.text("source"),
        channels=channels,
        outputs=tuple(read_output(fields, id, bits) for id, fields in top.tables("outputs")),
        limits=_limits(limits),
        unit=line.integer("unit", 1, 255, 1),
        baud=line.one_of("baud", BAUDS, 9600),
        framing=line.choice("framing", FRAMINGS, "8N1"),
        unit_at=read_unit_at(line.table("unit_at")) if line.has("unit_at") else None,
        signs=tuple(read_sign(f) for f in line.rows("signs")),
        caveats=top.texts("caveats"),
        name_zh=top.text("name_zh", ""),
    )
    line.done()
    top.done()
    if profile.unit_at and profile.unit_at.write and never_switched(profile.kind, (c.quantity for c in channels)):
        top.fail(
            "line", "锁、断路器、供电和消防主机不改地址", "the address of a lock, breaker, supply or fire panel is not written"
        )
    if profile.outputs and not may_switch(profile.kind, (c.quantity for c in channels)):
        top.fail(
            "outputs",
            f"只有 {'、'.join(SWITCHES)} 能有输出，锁、断路器、供电和消防主机不许有：本系统不断电、不开锁",
            f"only {', '.join(SWITCHES)} has outputs, never a lock, breaker, supply or fire panel: nothing here cuts mains"
            " or opens a lock",
        )
    if wide := next((c.id for c in channels if c.words > profile.limits.max_registers), ""):
        limits.fail("max_registers", f"通道 {wide} 是 32 位，要一次读 2 个", f"channel {wide} is 32 bits: 2 in one question")
    return profile


def _limits(f: Fields) -> Limits:
    limits = Limits(
        max_registers=f.integer("max_registers", 1, 125, 60),
        max_bits=f.integer("max_bits", 1, 2000, 256),
        gap=f.integer("gap", 0, 5000, 0),
        latency=f.integer("latency", 10, 10000, 300),
        alone=f.flag("alone"),
        exact=f.flag("exact"),
        bit_block=f.integer("bit_block", 1, 64, 1),
    )
    if limits.max_bits % limits.bit_block:
        f.fail("max_bits", "max_bits 必须是 bit_block 的整数倍", "max_bits must be a multiple of bit_block")
    f.done()
    return limits


def profile_to_dict(profile: Profile) -> dict[str, object]:
    """The shape `profile_from_dict` reads, with JSON types only; what equals its default is left out."""
    return {
        "profile": 1,
        **{key: getattr(profile, key) for key in ("id", "name_zh", "vendor", "model", "kind", "verified", "source")},
        "caveats": list(profile.caveats),
        "line": {"baud": profile.baud, "framing": profile.framing, "unit": profile.unit}
        | ({"unit_at": _plain(profile.unit_at)} if profile.unit_at else {})
        | ({"signs": [_plain(sign) for sign in profile.signs]} if profile.signs else {}),
        "limits": _plain(profile.limits),
        "channels": {c.id: _plain(c) for c in profile.channels},
        "outputs": {o.id: _plain(o) for o in profile.outputs},
    }


def _plain(value: Channel | Output | Limits | ScaleFrom | Sign | UnitAt | ValidIf | Within) -> dict[str, object]:
    plain: dict[str, object] = {}
    for f in fields(value):
        item = getattr(value, f.name)
        if f.name == "id" or (isinstance(value, Channel) and value.signal and f.name in _OF_REGISTERS):
            continue
        if (f.default is not MISSING and item == f.default) or item == {}:
            continue
        if isinstance(item, Mapping):
            item = {str(code): meaning for code, meaning in item.items()}
        elif isinstance(item, Within):
            item = _plain(item)
        elif isinstance(item, tuple):
            item = [part if isinstance(part, int) else _plain(part) for part in item]
        plain[f.name] = item
    return plain
