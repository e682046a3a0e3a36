"""Profile: a model of device as typed data, and its plain dict form (YAML in `config/profiles`, JSON when compiled). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields

from drivers.bus import SPACES, Space
from drivers.fields import Fields, as_number, as_text
from drivers.fields import ProfileError as ProfileError
from drivers.framing import FRAMINGS
from drivers.quantities import GASES, QUANTITIES
from drivers.recognise import Sign, UnitAt, read_sign, read_unit_at
from drivers.switch import Output, never_switched, read_output


@dataclass(frozen=True, slots=True)
class ScaleFrom:
    """The factor is told by a register of the device: value × factors[register & mask]. An unlisted code is a fault."""

    space: Space
    address: int
    factors: Mapping[int, float]
    mask: int = 0xFFFF


@dataclass(frozen=True, slots=True)
class ValidIf:
    """The value counts only while (register & mask) is one of `equals`; else it is a FAULT with `fault` as its text."""

    space: Space
    address: int
    mask: int
    equals: tuple[int, ...]
    fault: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One value of a device. `address` is the 0-based wire address.

    A device of a line protocol (drivers/framers) has no registers: its `space` is "signal", `signal` the word its framer uses,
    and of the rest only `invert` and `values` count. `unlisted`: the channel takes what the panel says of addresses that the
    site file gives no channel; of several for one signal each takes another address.

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
    signal: str = ""
    unlisted: bool = False
    gas: str = ""  # of a toxic gas: which (drivers.quantities.GASES)

    @property
    def words(self) -> int:
        return 2 if self.type in ("u32", "s32", "f32") else 1


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
TYPES = ("bit", "u16", "s16", "u32", "s32", "f32", "u8-high", "u8-low")
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)

_OF_REGISTERS = ("space", "address", "type")
_BIT_SPACES = ("coil", "discrete")


def profile_from_dict(data: Mapping[str, object], where: str) -> Profile:
    """A Profile from the shape of its YAML file (also read back from JSON, where codes are decimal strings).

    Strict: an unknown or missing key, a wrong type, range or reference is a ProfileError naming its path.
    `where` is what the error calls the file. The keys are those of `profile_to_dict`; docs/add-a-device.md.
    """
    top = Fields(data, where, ())
    top.integer("profile", 1, 1)
    line, limits = top.table("line"), top.table("limits")
    channels = tuple(_channel(fields, id) for id, fields in top.tables("channels"))
    if not channels and not top.has("outputs"):
        top.fail("channels", "至少要有一个通道或输出", "at least one channel or output is needed")
    if len({bool(c.signal) for c in channels}) > 1:
        top.fail("channels", "寄存器通道和 signal 通道不能混用", "channels with registers and with signals do not mix")
    _no_twins(channels, top)
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
    if profile.outputs and never_switched(profile.kind, (c.quantity for c in channels)):
        top.fail(
            "outputs",
            "锁、断路器、供电和消防主机不许有输出：本系统不断电、不开锁",
            "a lock, a breaker, a supply or a fire panel has no outputs: nothing here cuts mains or opens a lock",
        )
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


def _signal(f: Fields, id: str, signal: str) -> Channel:
    quantity = f.choice("quantity", tuple(QUANTITIES))
    channel = Channel(
        id=id,
        quantity=quantity,
        space="signal",
        address=0,
        type="bit" if QUANTITIES[quantity].bit else "f32",
        values=f.codes("values", as_text),
        invert=f.flag("invert"),
        name=f.text("name", ""),
        page=f.text("page", ""),
        signal=signal,
        unlisted=f.flag("unlisted"),
    )
    if channel.invert and channel.type != "bit":
        f.fail("invert", "只有开关量可以取反", "only a two-state quantity can be inverted")
    f.done()
    return channel


def _channel(f: Fields, id: str) -> Channel:
    if signal := f.text("signal", ""):
        return _signal(f, id, signal)
    space = f.choice("space", SPACES)
    quantity = f.choice("quantity", tuple(QUANTITIES))
    type = f.choice("type", TYPES, "bit" if space in _BIT_SPACES else "u16")
    channel = Channel(
        id=id,
        quantity=quantity,
        space=space,
        address=f.integer("address", 0, 0xFFFE if type in ("u32", "s32", "f32") else 0xFFFF),
        type=type,
        order=f.choice("order", ORDERS, "ABCD"),
        mask=f.integer("mask", 0, 0xFFFF, 0),
        shift=f.integer("shift", 0, 15, 0),
        scale=f.number("scale", 1.0),
        offset=f.number("offset", 0.0),
        scale_from=tuple(_scale_from(t) for t in f.rows("scale_from")),
        valid_if=tuple(_valid_if(t) for t in f.rows("valid_if")),
        sentinels=f.codes("sentinels", as_text),
        values=f.codes("values", as_text),
        invert=f.flag("invert"),
        name=f.text("name", ""),
        page=f.text("page", ""),
        gas=f.choice("gas", ("", *GASES), ""),
    )
    for key, wrong, zh, en in _channel_rules(channel):
        if wrong:
            f.fail(key, zh, en)
    f.done()
    return channel


def _channel_rules(c: Channel) -> Iterator[tuple[str, bool, str, str]]:
    """(key, is it wrong, zh, en): what types alone cannot say of a channel."""
    bit, in_bits = QUANTITIES[c.quantity].bit, c.space in _BIT_SPACES
    yield "type", in_bits and c.type != "bit", "线圈和离散输入只能是 bit", "coils and discrete inputs are of type bit"
    yield "type", c.type == "bit" and not bit, "bit 只能用于开关量", f"{c.quantity} is not a quantity of two states"
    high = bit and c.type != "bit" and c.mask >> c.shift > 1 and not c.sentinels
    yield (
        "type",
        high,
        "开关量取自这些位：写 type: bit（任一位为 1 就是 1）",
        "these bits make two states only as type: bit (any of them set)",
    )
    yield "type", bit and c.words == 2, "开关量不能取自 32 位值", "a two-state quantity cannot come from 32 bits"
    yield (
        "mask",
        c.type == "bit" and not in_bits and not c.mask,
        "寄存器里的 bit 要用 mask 指明",
        "a bit in a register needs mask",
    )
    yield (
        "mask",
        bool(c.mask) and (in_bits or c.type not in ("bit", "u16")),
        "mask 只用于寄存器的 bit 和 u16",
        "mask is for bit or u16",
    )
    yield "shift", bool(c.mask & ((1 << c.shift) - 1)), "shift 移掉了 mask 选中的位", "shift drops bits that mask picks"
    yield "shift", bool(c.shift) and not c.mask, "没有 mask 时不用 shift", "shift needs mask"
    yield "order", c.order != "ABCD" and c.words != 2, "order 只用于 32 位类型", "order is for 32-bit types"
    yield "scale", c.scale == 0, "scale 不能为 0", "scale must not be 0"
    yield (
        "scale",
        bit and (c.scale, c.offset, c.scale_from) != (1, 0, ()),
        "开关量不用换算",
        "a two-state quantity takes no scale or offset",
    )
    yield "gas", bool(c.gas) and c.quantity != "toxic-gas", "只有 toxic-gas 写 gas", "only a toxic-gas has a gas"
    yield "invert", c.invert and not bit, "只有开关量可以取反", "only a two-state quantity can be inverted"
    top = 0xFFFFFFFF if c.words == 2 else 0xFF if c.type.startswith("u8") else (c.mask >> c.shift) or (1 if in_bits else 0xFFFF)
    yield "sentinels", any(not 0 <= code <= top for code in c.sentinels), f"代码超出 0..{top}", f"a code is outside 0..{top}"


def _scale_from(f: Fields) -> ScaleFrom:
    scale = ScaleFrom(
        f.choice("space", SPACES),
        f.integer("address", 0, 0xFFFF),
        f.codes("factors", as_number),
        f.integer("mask", 1, 0xFFFF, 0xFFFF),
    )
    if not scale.factors:
        f.fail("factors", "factors 不能为空", "factors must not be empty")
    f.done()
    return scale


def _valid_if(f: Fields) -> ValidIf:
    check = ValidIf(
        f.choice("space", SPACES),
        f.integer("address", 0, 0xFFFF),
        f.integer("mask", 1, 0xFFFF),
        f.integers("equals", 0, 0xFFFF),
        f.text("fault"),
    )
    if any(code & ~check.mask for code in check.equals):
        f.fail("equals", "equals 含有 mask 以外的位，永远不成立", "equals has bits outside mask; it can never hold")
    f.done()
    return check


def _no_twins(channels: tuple[Channel, ...], top: Fields) -> None:
    """Two channels made of the same bits are a line copied and not edited."""
    seen: dict[tuple[object, ...], str] = {}
    for c in channels:
        first = seen.setdefault((c.space, c.address, c.type, c.mask, c.shift, c.signal), c.id)
        if first != c.id and not c.unlisted:
            path = ("channels", c.id, "signal" if c.signal else "address")
            raise ProfileError(top.where, path, f"与通道 {first} 读的是同一处", f"reads the same bits as channel {first}")


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


def _plain(value: Channel | Output | Limits | ScaleFrom | Sign | UnitAt | ValidIf) -> dict[str, object]:
    plain: dict[str, object] = {}
    for f in fields(value):
        item = getattr(value, f.name)
        if f.name == "id" or (isinstance(value, Channel) and value.signal and f.name in _OF_REGISTERS):
            continue
        if (f.default is not MISSING and item == f.default) or item == {}:
            continue
        if isinstance(item, Mapping):
            item = {str(code): meaning for code, meaning in item.items()}
        elif isinstance(item, tuple):
            item = [part if isinstance(part, int) else _plain(part) for part in item]
        plain[f.name] = item
    return plain
