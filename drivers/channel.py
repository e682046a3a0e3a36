"""Channel: one value of a device as typed data, read from YAML's plain shape. Knows no device and no line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from drivers.bus import SPACES, Space
from drivers.fields import Fields, ProfileError, as_number, as_text
from drivers.quantities import GASES, QUANTITIES


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
class Within:
    """The numbers a sound sensor gives, before scale: outside low..high it is a FAULT with `fault` as its text.

    Inside, a value somewhat beyond what its quantity can be is the nearest it can be: 3.9 mA of 4-20 mA is zero, 20.5 mA full scale.
    """

    low: float
    high: float
    fault: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One value of a device. `address` is the 0-based wire address.

    A device of a line protocol (drivers/framers) has no registers: its `space` is "signal", `signal` the word its framer uses,
    and of the rest only `invert` and `values` count. `unlisted`: the channel takes what the panel says of addresses that the
    site file gives no channel; of several for one signal each takes another address.

    type: bit | u16 | s16 | sm16 (sign bit and magnitude) | bcd16 | u32 | s32 | f32 | bcd32 | u8-high | u8-low (of one register).
    order (32 bit only): ABCD | CDAB | BADC | DCBA, A the most significant byte.
    `mask`/`shift` pick bits out of a register before anything else.
    value = ((raw, sentinels and faults taken out) × scale × factor of each scale_from) + offset; a bit may be inverted.
    `states`: the two states of a two-state quantity come from codes; a code that is not in the table is a fault.
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
    within: Within | None = None
    states: Mapping[int, int] = field(default_factory=dict)  # code -> 0 or 1
    values: Mapping[int, str] = field(default_factory=dict)  # code -> meaning
    invert: bool = False
    name: str = ""
    page: str = ""  # manual page or document address
    signal: str = ""
    unlisted: bool = False
    gas: str = ""  # of a toxic gas: which (drivers.quantities.GASES)

    @property
    def words(self) -> int:
        return 2 if self.type in WIDE else 1


WIDE = ("u32", "s32", "f32", "bcd32")
TYPES = ("bit", "u16", "s16", "sm16", "bcd16", *WIDE, "u8-high", "u8-low")
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
BIT_SPACES = ("coil", "discrete")
NUMBERED = {"discrete": 10001, "input": 30001, "holding": 40001}  # what manuals call the first of each space
LAST = 9998  # of five digits


def read_channel(f: Fields, id: str) -> Channel:
    if signal := f.text("signal", ""):
        return _signal(f, id, signal)
    space = f.choice("space", SPACES)
    quantity = f.choice("quantity", tuple(QUANTITIES))
    type = f.choice("type", TYPES, "bit" if space in BIT_SPACES else "u16")
    channel = Channel(
        id=id,
        quantity=quantity,
        space=space,
        address=f.integer("address", 0, 0xFFFE if type in WIDE else 0xFFFF),
        type=type,
        order=f.choice("order", ORDERS, "ABCD"),
        mask=f.integer("mask", 0, 0xFFFF, 0),
        shift=f.integer("shift", 0, 15, 0),
        scale=f.number("scale", 1.0),
        offset=f.number("offset", 0.0),
        scale_from=tuple(_scale_from(t) for t in f.rows("scale_from")),
        valid_if=tuple(_valid_if(t) for t in f.rows("valid_if")),
        sentinels=f.codes("sentinels", as_text),
        within=_within(f.table("within")) if f.has("within") else None,
        states=f.codes("states", _as_state),
        values=f.codes("values", as_text),
        invert=f.flag("invert"),
        name=f.text("name", ""),
        page=f.text("page", ""),
        gas=f.choice("gas", ("", *GASES), ""),
    )
    for key, wrong, zh, en in (*_numbers(channel), *_rules(channel)):
        if wrong:
            f.fail(key, zh, en)
    f.done()
    return channel


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


def _numbers(c: Channel) -> Iterator[tuple[str, bool, str, str]]:
    """A manual's number in place of a wire address reads another register, of many devices a 0 for ever."""
    places = [("address", c.space, c.address), *(("scale_from", s.space, s.address) for s in c.scale_from)]
    for key, space, address in (*places, *(("valid_if", v.space, v.address) for v in c.valid_if)):
        wire = address - NUMBERED.get(space, 0x10000)
        if 0 <= wire <= LAST and "线上" not in c.page and "wire" not in c.page:
            zh = f"{address} 像是手册编号，线上地址是 {wire}；手册写明线上就是 {address} 的，在 page 里写“线上 {address}”"
            en = f"{address} looks like a manual's number, {wire} on the wire; if it is {address} on the wire, say 'wire' in page"
            yield key, True, zh, en


def _rules(c: Channel) -> Iterator[tuple[str, bool, str, str]]:
    """(key, is it wrong, zh, en): what types alone cannot say of a channel."""
    bit, in_bits = QUANTITIES[c.quantity].bit, c.space in BIT_SPACES
    yield "type", in_bits and c.type != "bit", "线圈和离散输入只能是 bit", "coils and discrete inputs are of type bit"
    yield "type", c.type == "bit" and not bit, "bit 只能用于开关量", f"{c.quantity} is not a quantity of two states"
    high = bit and c.type != "bit" and c.mask >> c.shift > 1 and not c.sentinels and not c.states
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
    yield "scale", c.scale == 0, "scale 不能为 0（小数点用 . 不用 ,）", "scale must not be 0 (a decimal point, no comma)"
    yield (
        "scale",
        bit and (c.scale, c.offset, c.scale_from) != (1, 0, ()),
        "开关量不用换算",
        "a two-state quantity takes no scale or offset",
    )
    yield "within", bit and c.within is not None, "within 只用于数值", "within is for numbers"
    yield (
        "states",
        bool(c.states) and (not bit or c.type == "bit" or c.invert),
        "states 只用于取自数（u16、u8…）的开关量，不与 invert 同用",
        "states is for a two-state quantity made of a number (u16, u8, ...), without invert",
    )
    yield (
        "states",
        bool(c.states) and set(c.states.values()) != {0, 1},
        "states 里 0 和 1 都要有",
        "states needs a code for 0 and one for 1",
    )
    yield "gas", bool(c.gas) and c.quantity != "toxic-gas", "只有 toxic-gas 写 gas", "only a toxic-gas has a gas"
    yield "invert", c.invert and not bit, "只有开关量可以取反", "only a two-state quantity can be inverted"
    top = 0xFFFFFFFF if c.words == 2 else 0xFF if c.type.startswith("u8") else (c.mask >> c.shift) or (1 if in_bits else 0xFFFF)
    for key, codes in (("sentinels", c.sentinels), ("states", c.states)):
        yield key, any(not 0 <= code <= top for code in codes), f"代码超出 0..{top}", f"a code is outside 0..{top}"


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


def _within(f: Fields) -> Within:
    within = Within(f.number("low"), f.number("high"), f.text("fault"))
    if within.low >= within.high:
        f.fail("low", "low 要小于 high", "low must be less than high")
    f.done()
    return within


def _as_state(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in (0, 1) else None


def no_twins(channels: Iterable[Channel], where: str) -> None:
    """Two channels made of the same bits are a line copied and not edited, or a 32-bit value laid over its neighbour.

    Picked bits and states may be made of a register that is a channel of its own too (a code, and what it says). Raises ProfileError.
    """
    seen: dict[tuple[object, ...], Channel] = {}
    for c in channels:
        for part in _parts(c):
            first = seen.setdefault(part, c)
            if first is not c and not c.unlisted:
                path = ("channels", c.id, "signal" if c.signal else "address")
                wide = (
                    ("（32 位值占两个寄存器）", " (a 32-bit value is two registers)")
                    if 2 in (c.words, first.words)
                    else ("", "")
                )
                zh, en = f"与通道 {first.id} 读的是同一处{wide[0]}", f"reads the same bits as channel {first.id}{wide[1]}"
                raise ProfileError(where, path, zh, en)


def _parts(c: Channel) -> Iterator[tuple[object, ...]]:
    if c.signal:
        yield (c.signal,)
    elif c.mask or c.states:
        yield c.space, c.address, c.type, c.mask, *c.states.items()
    else:
        for half in {"u8-high": ("high",), "u8-low": ("low",)}.get(c.type, ("high", "low")):
            for n in range(c.words):
                yield c.space, c.address + n, half
