"""What a device can switch, as its profile says: words or raw frames, and what may never be switched (R18). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.fields import Fields

WRITES = (5, 6, 15, 16)
LONGEST_RAW = 64  # bytes
SWITCHES = ("relay", "digital-io", "sounder")  # the only kinds whose profiles have outputs
NEVER = ("lock", "breaker", "power", "residual-current", "arc-fault", "fire-panel")  # kinds to which nothing is ever written
HANDS_OFF = ("lock", "mains")  # quantities that nothing here may move


@dataclass(frozen=True, slots=True)
class Output:
    """Something a device can switch: a level, on or off. Two forms.

    Words: `on` and `off` are written by `function` to `address`; `readback` names the two-state channel that shows the result.
    Raw: `raw_on` and `raw_off` are whole frames in hex without unit and check sum, for devices that follow no Modbus (a byte count
    missing) and for switches with a timer of their own. Nothing is believed of what comes back. Written again every `renew` ms.
    `timer`: it falls back by itself so many ms after it was last written; 0: it holds. What falls back serves no role that must
    last when the gateway is dead.
    """

    id: str
    function: int = 0  # 5, 6 or 16; of a raw output these four say nothing
    address: int = -1
    on: int = -1
    off: int = -1
    readback: str = ""
    raw_on: str = ""
    raw_off: str = ""
    renew: int = 0  # ms
    timer: int = 0  # ms

    def raw(self, on: bool) -> bytes:
        """The frame without unit and check sum; b"" for an output of words."""
        return bytes.fromhex(self.raw_on if on else self.raw_off)


def never_switched(kind: str, quantities: Iterable[str]) -> bool:
    """R18: nothing here cuts mains, opens a lock or gives a fire panel an order."""
    return kind in NEVER or "lock" in quantities


def may_switch(kind: str, quantities: Iterable[str]) -> bool:
    """A list of what may, not of what may not: a breaker under any other name has no outputs either."""
    return kind in SWITCHES and not never_switched(kind, quantities)


def read_output(f: Fields, id: str, bits: tuple[str, ...]) -> Output:
    """Words must be seen to act; raw frames write, and are written again in time."""
    if f.text("raw_on", ""):
        return _raw_output(f, id, bits)
    function = f.one_of("function", (5, 6, 16))
    output = Output(
        id=id,
        function=function,
        address=f.integer("address", 0, 0xFFFF),
        on=f.integer("on", 0, 0xFFFF),
        off=f.integer("off", 0, 0xFFFF),
        readback=f.choice("readback", bits),
    )
    for key, word in (("on", output.on), ("off", output.off)):
        if function == 5 and word not in (0xFF00, 0x0000):
            f.fail(
                key,
                "FC05 只能写 0xFF00 或 0x0000；带定时的写成 raw_on、raw_off",
                "FC05 writes 0xFF00 or 0x0000; with a timer write raw_on and raw_off",
            )
    if output.on == output.off:
        f.fail("off", "on 和 off 不能相同", "on and off must differ")
    f.done()
    return output


def _raw_output(f: Fields, id: str, bits: tuple[str, ...]) -> Output:
    raw_on, raw_off = f.text("raw_on"), f.text("raw_off")
    readback = f.choice("readback", ("", *bits), "")
    renew, timer = f.integer("renew", 1_000, 60_000), f.integer("timer", 0, 120_000, 0)
    output = Output(id, readback=readback, raw_on=raw_on, raw_off=raw_off, renew=renew, timer=timer)
    for key, text in (("raw_on", raw_on), ("raw_off", raw_off)):
        try:
            frame = bytes.fromhex(text)
        except ValueError:
            frame = b""
        if not 2 <= len(frame) <= LONGEST_RAW or frame[0] not in WRITES:
            f.fail(
                key,
                "写整帧十六进制，不含地址和校验，功能码 5、6、15 或 16",
                "the whole frame in hex without unit and check sum, function 5, 6, 15 or 16",
            )
    if timer and 2 * renew > timer:
        f.fail(
            "renew",
            "最多写 timer 的一半，丢一次续写也不断开",
            "half the timer at most, so that one lost renewal does not drop it",
        )
    if bytes.fromhex(raw_on) == bytes.fromhex(raw_off):
        f.fail("raw_off", "raw_on 和 raw_off 不能相同", "raw_on and raw_off must differ")
    f.done()
    return output
