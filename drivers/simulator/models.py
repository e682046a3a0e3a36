"""The register layouts of the device models on the campus, from their public documents. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.simulator.pdu import Space


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured or switched thing of a model: value = raw × scale.

    type: bit (a coil or discrete input) | flag (one bit, `mask`, of a register) | u16 | s16 | f32 (high word first).
    """

    name: str
    space: Space
    address: int
    type: str = "u16"
    scale: float = 1.0
    mask: int = 0

    @property
    def binary(self) -> bool:
        return self.type in ("bit", "flag")


@dataclass(frozen=True, slots=True)
class Model:
    """`spans` (space, first, count) can be read; addresses without a signal or a fixed value read 0.

    `most` registers a question, `even` when only an even number is answered; `exception` is the function byte of a
    refusal where the model does not keep to the standard. `counts`: registers that tell how many reads were answered.
    """

    id: str
    signals: tuple[Signal, ...]
    spans: tuple[tuple[Space, int, int], ...]
    fixed: Mapping[tuple[Space, int], int] = field(default_factory=dict)
    writable: tuple[tuple[Space, int, int], ...] = ()
    most: int = 125
    even: bool = False
    exception: int | None = None
    counts: tuple[tuple[Space, int], ...] = ()
    unit_at: tuple[Space, int, int] | None = None  # (space, register, shift) where the model keeps its own address
    obeys: str = ""  # what becomes of another address written there: reply (at once) | power (after power off and on) | never


def _bits(prefix: str, space: Space) -> tuple[Signal, ...]:
    return tuple(Signal(f"{prefix}-{n + 1}", space, n, "bit") for n in range(8))


def _transmitter(id: str, signal: str, unit_code: int, decimals: int) -> Model:
    """QDY/QDW class: unit code at 2, decimals at 3, value at 4, range at 5 and 6."""
    fixed: dict[tuple[Space, int], int] = {("holding", 2): unit_code, ("holding", 3): decimals, ("holding", 6): 1600}
    fixed[("holding", 1)] = 3
    signals = (Signal(signal, "holding", 4, "s16", 10**-decimals),)
    return Model(id, signals, (("holding", 0, 13),), fixed, unit_at=("holding", 0, 0))


_HUMIDITY = Signal("humidity", "holding", 0, "u16", 0.1)
_TEMPERATURE = Signal("temperature", "holding", 1, "s16", 0.1)
_SDM = (
    ("voltage-l1", 0), ("voltage-l2", 2), ("voltage-l3", 4), ("current-l1", 6), ("current-l2", 8), ("current-l3", 10),
    ("power", 52), ("frequency", 70), ("energy", 72),
)  # fmt: skip

MODELS: dict[str, Model] = {
    m.id: m
    for m in (
        # manual p. 5: 1x0001 mounted (1 = mounted), service, smoke, relay; 4x0001.. key registers
        Model(
            "calectro-ug3",
            tuple(Signal(name, "discrete", n, "bit") for n, name in enumerate(("mounted", "service", "smoke", "relay"))),
            (("discrete", 0, 4), ("holding", 0, 4)),
            {("holding", 1): 234, ("holding", 3): 567},
            writable=(("holding", 0, 1), ("holding", 2, 1)),
        ),
        # protocol V1.1: refuses more than 6 registers, and refuses with function byte 0x80
        Model(
            "xiyu-arc",
            (Signal("arc", "holding", 0), Signal("current", "holding", 6)),
            (("holding", 0, 8), ("holding", 257, 2), ("holding", 1000, 5)),
            writable=(("holding", 257, 2), ("holding", 1000, 5)),
            most=6,
            exception=0x80,
            unit_at=("holding", 1000, 0),
        ),
        # manual pp. 19-20: 11 = meter type 1 (residual current) in bits 15-12, 86.. = alarm values
        Model(
            "acrel-aim-r100",
            tuple(Signal(f"leak-{n + 1}", "holding", 74 + n) for n in range(12)),
            (("holding", 0, 98),),
            {("holding", 11): 0x1000, ("holding", 8): 6, **{("holding", 86 + n): 300 for n in range(12)}},
            unit_at=("holding", 1, 8),
        ),
        # no real device: every answer carries a number that no other has, so that what became of it can be told for certain
        Model("counter", (), (("holding", 0, 8),), counts=tuple(("holding", n) for n in range(8))),
        Model("renke-rs-ws-n01", (_HUMIDITY, _TEMPERATURE), (("holding", 0, 2),)),
        Model("jxct-th", (_HUMIDITY, _TEMPERATURE), (("holding", 0, 2), ("holding", 256, 2)), unit_at=("holding", 256, 0)),
        Model(
            "jxct-tvoc",
            (
                _HUMIDITY,
                _TEMPERATURE,
                Signal("pm25", "holding", 4),
                Signal("co2", "holding", 5),
                Signal("tvoc", "holding", 6),
                Signal("pm10", "holding", 9),
            ),
            (("holding", 0, 10), ("holding", 256, 1)),
            unit_at=("holding", 256, 0),
        ),
        # 0x0100 state, concentration, decimals, gas type, unit (0 = %LEL), high, low, -, range
        Model(
            "sga-gas",
            (Signal("gas", "holding", 257, "u16", 0.1),),
            (("holding", 256, 9),),
            {("holding", 258): 1, ("holding", 259): 1, ("holding", 261): 500, ("holding", 262): 250, ("holding", 264): 1000},
        ),
        _transmitter("qdy-pressure", "pressure", unit_code=9, decimals=3),  # 9 = MPa
        _transmitter("qdw-level", "level", unit_code=16, decimals=2),  # 16 = mH2O
        Model(
            "waveshare-io8",
            (*_bits("di", "discrete"), *_bits("do", "coil")),
            (("discrete", 0, 8), ("coil", 0, 8)),
            writable=(("coil", 0, 8),),
        ),
        Model("waveshare-relay8", _bits("relay", "coil"), (("coil", 0, 8),), writable=(("coil", 0, 8),)),
        # manual p. 40: 30001 status bits, distance, unit (0 = metres), current, length, loops, resistance, version
        Model(
            "rle-ld1500",
            (
                Signal("leak", "input", 0, "flag", mask=1),
                Signal("cable-break", "input", 0, "flag", mask=2),
                Signal("contamination", "input", 0, "flag", mask=4),
                Signal("distance", "input", 1),
            ),
            (("input", 0, 9),),
            {("input", 3): 12, ("input", 4): 30, ("input", 5): 410, ("input", 6): 412, ("input", 7): 4200, ("input", 8): 31},
        ),
        Model(
            "sdm630", tuple(Signal(n, "input", a, "f32") for n, a in _SDM), (("input", 0, 382),), most=80, even=True
        ),
        # the models behind these four publish no map: placeholder addresses, named so
        Model("generic-manual-call", (Signal("call", "discrete", 0, "bit"),), (("discrete", 0, 1),)),
        Model(
            "generic-smoke",
            (Signal("smoke", "discrete", 0, "bit"), Signal("fault", "discrete", 1, "bit")),
            (("discrete", 0, 2),),
        ),
        Model(
            "generic-heat",
            (Signal("heat", "discrete", 0, "bit"), Signal("fault", "discrete", 1, "bit")),
            (("discrete", 0, 2),),
        ),
        Model(
            "generic-cable-temperature",
            tuple(Signal(f"t-{n + 1}", "holding", n, "s16", 0.1) for n in range(4)),
            (("holding", 0, 4),),
        ),
    )
}  # fmt: skip
