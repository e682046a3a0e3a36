"""The simulated school: which device answers under which unit of which line, how it rests, what follows what. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.simulator.models import MODELS
from drivers.simulator.weather import Rest

LINES = ("rs485-a", "rs485-b", "tcp")
BAUD, CHARACTER_BITS = 9600, 10  # both RS-485 lines: 9600 8N1
TURNAROUND = 0.005  # seconds a device thinks, beyond the 3.5 characters

# Load of the two serial lines, the fire devices asked every 1 s and the rest as config/demo/site.yaml says: `check` sums it
# up (drivers/load.py). rs485-a 68 %, rs485-b 63 % of the time, and a tenth is kept for devices that do not answer.


@dataclass(frozen=True, slots=True)
class Unit:
    """One device. `rests` and `bits` say how its signals stand when nothing happens; what is not named rests at 0."""

    line: str
    unit: int
    id: str
    model: str
    place: str
    rests: Mapping[str, Rest] = field(default_factory=dict)
    bits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follow:
    """When `cause` (device, signal) becomes 0 or 1, `effect` becomes the same `delay` seconds of the world later."""

    cause: tuple[str, str]
    effect: tuple[str, str]
    delay: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What a camera sees: by the value of the signal `cause` (device, signal) one picture, a file in scenes/."""

    cause: tuple[str, str]
    pictures: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class GasRoom:
    """A room gas can leak into. `heads`: device -> share of the level it sees. `valve` 1 = closed, `fan` 1 = runs."""

    id: str
    heads: Mapping[str, float]
    valve: tuple[str, str]
    fan: tuple[str, str]


def _climate(temperature: float = 21.0, humidity: float = 52.0, wave: float = 2.0) -> dict[str, Rest]:
    return {"temperature": Rest(temperature, wave, 0.1), "humidity": Rest(humidity, -wave * 2, 0.4)}


def _leak(first: float) -> dict[str, Rest]:
    """Twelve circuits, each with its own old leakage: `first` mA and then 9 more from loop to loop, over again after 7."""
    return {f"leak-{n + 1}": Rest(first + 9 * (n % 7), 4.0, 1.5) for n in range(12)}


def _voc(base: float) -> dict[str, Rest]:
    air = {"pm25": Rest(38, 8, 2), "co2": Rest(620, 120, 10), "tvoc": Rest(base, 30, 6), "pm10": Rest(61, 10, 3)}
    return _climate(22.0) | air


_HEAD = {"mounted": 1}
_ARC = {"current": Rest(64, 20, 2)}
_CABLES = {f"t-{n}": Rest(32.0 + n, 5.0, 0.2) for n in (1, 2, 3, 4)}
_GAS = {"gas": Rest(0.6, 0.2, 0.3)}
_METER = {
    **{f"voltage-l{n}": Rest(228.0 + n, -3.0, 0.4) for n in (1, 2, 3)},
    **{f"current-l{n}": Rest(58.0 + 3 * n, 22.0, 0.8) for n in (1, 2, 3)},
    "power": Rest(38_000, 15_000, 180),
    "frequency": Rest(50.0, 0.0, 0.02),
    "energy": Rest(18_421.5, rate=38 / 3600),
}

_DORM_SMOKE = ("101室", "102室", "201室", "202室", "301室", "302室", "1层走廊", "3层走廊")
_TEACH_SMOKE = ("一年级1班", "一年级2班", "微机室", "图书室", "档案室", "1层走廊", "2层走廊", "3层走廊")

UNITS: tuple[Unit, ...] = (
    # rs485-a: teaching block, dormitory 3, guard room
    Unit("rs485-a", 1, "teach-leak", "acrel-aim-r100", "教学楼配电间", _leak(28)),
    Unit("rs485-a", 2, "dorm-leak", "acrel-aim-r100", "3号宿舍配电间", _leak(34)),
    Unit("rs485-a", 3, "dorm-arc", "xiyu-arc", "3号宿舍配电间", _ARC),
    Unit("rs485-a", 4, "teach-arc", "xiyu-arc", "教学楼配电间", _ARC),
    Unit("rs485-a", 5, "dorm-cable", "generic-cable-temperature", "3号宿舍配电间", _CABLES),
    Unit("rs485-a", 11, "dorm-301-th", "renke-rs-ws-n01", "3号宿舍301室", _climate(20.0)),
    Unit("rs485-a", 12, "dorm-201-th", "jxct-th", "3号宿舍201室", _climate(20.5)),
    Unit("rs485-a", 13, "teach-pc-th", "jxct-th", "教学楼微机室", _climate(24.0)),
    Unit("rs485-a", 17, "guard-relay", "waveshare-relay8", "门卫值班室"),
    *(
        Unit("rs485-a", 21 + n, f"dorm-smoke-{n + 1}", "calectro-ug3", f"3号宿舍{place}", bits=_HEAD)
        for n, place in enumerate(_DORM_SMOKE)
    ),
    *(
        Unit("rs485-a", 31 + n, f"teach-smoke-{n + 1}", "calectro-ug3", f"教学楼{place}", bits=_HEAD)
        for n, place in enumerate(_TEACH_SMOKE)
    ),
    Unit("rs485-a", 41, "dorm-call-1", "generic-manual-call", "3号宿舍1层走廊"),
    Unit("rs485-a", 42, "dorm-call-2", "generic-manual-call", "3号宿舍3层走廊"),
    Unit("rs485-a", 43, "teach-call-1", "generic-manual-call", "教学楼1层走廊"),
    Unit("rs485-a", 44, "teach-call-2", "generic-manual-call", "教学楼3层走廊"),
    Unit("rs485-a", 51, "guard-smoke", "generic-smoke", "门卫值班室"),
    Unit("rs485-a", 52, "dorm-bike-smoke", "generic-smoke", "3号宿舍充电棚"),
    # rs485-b: canteen kitchen, laboratory, chemicals store
    Unit("rs485-b", 1, "kitchen-gas-1", "sga-gas", "食堂后厨灶台", _GAS),
    Unit("rs485-b", 2, "kitchen-gas-2", "sga-gas", "食堂燃气表间", _GAS),
    Unit("rs485-b", 4, "lab-gas", "sga-gas", "化学实验室", _GAS),
    Unit("rs485-b", 11, "kitchen-io", "waveshare-io8", "食堂后厨"),  # di: 1 fan runs, 2 valve closed, 5 panic button
    Unit("rs485-b", 12, "kitchen-relay", "waveshare-relay8", "食堂后厨"),  # 1 fan, 2 valve, 3 sounder, 4 evacuation
    # di: 1 door shut, 2 lock A locked, 3 lock B locked, 4 fan runs, 5 mains present (all: a cut wire reads unsafe)
    Unit("rs485-b", 13, "store-io", "waveshare-io8", "危化品库", bits={"di-1": 1, "di-2": 1, "di-3": 1, "di-5": 1}),
    Unit("rs485-b", 14, "store-relay", "waveshare-relay8", "危化品库"),  # 1 chirp, 2 fan
    Unit("rs485-b", 15, "lab-io", "waveshare-io8", "化学实验室"),  # di: as the kitchen; do: 1 sounder, 2 fan, 3 valve, 4 evac.
    Unit("rs485-b", 21, "lab-voc", "jxct-tvoc", "化学实验室", _voc(140)),
    Unit("rs485-b", 22, "store-voc", "jxct-tvoc", "危化品库", _voc(210)),
    Unit("rs485-b", 23, "store-th", "jxct-th", "危化品库", _climate(19.0, 50.0, 1.5)),
    Unit("rs485-b", 24, "kitchen-th", "renke-rs-ws-n01", "食堂后厨", _climate(27.0, 60.0, 4.0)),
    Unit("rs485-b", 25, "lab-th", "jxct-th", "化学实验室", _climate(21.5)),
    Unit("rs485-b", 31, "kitchen-heat", "generic-heat", "食堂后厨"),
    Unit("rs485-b", 32, "lab-smoke", "generic-smoke", "化学实验室"),
    Unit("rs485-b", 33, "store-smoke", "generic-smoke", "危化品库"),
    Unit("rs485-b", 34, "dining-smoke-1", "generic-smoke", "食堂就餐区"),
    Unit("rs485-b", 35, "dining-smoke-2", "generic-smoke", "食堂就餐区"),
    Unit("rs485-b", 36, "canteen-call", "generic-manual-call", "食堂就餐区"),
    Unit("rs485-b", 37, "lab-call", "generic-manual-call", "实验楼走廊"),
    # tcp: pump room and distribution room, behind one Modbus TCP host
    Unit("tcp", 1, "pump-pressure", "qdy-pressure", "消防水泵房", {"pressure": Rest(0.42, 0.02, 0.003)}),
    Unit("tcp", 2, "roof-pressure", "qdy-pressure", "3号宿舍屋顶", {"pressure": Rest(0.24, 0.015, 0.002)}),
    Unit("tcp", 3, "pool-level", "qdw-level", "消防水泵房", {"level": Rest(3.2, 0.1, 0.01)}),
    Unit("tcp", 4, "pump-leak", "rle-ld1500", "消防水泵房"),
    Unit("tcp", 5, "pump-io", "waveshare-io8", "消防水泵房"),  # di: 1 sprinkler flow, 2 pump runs, 3 pump fault, 4 valve closed
    Unit("tcp", 6, "meter", "sdm630", "总配电室", _METER),
    Unit("tcp", 7, "power-leak-1", "acrel-aim-r100", "总配电室", _leak(41)),
    Unit("tcp", 8, "power-leak-2", "acrel-aim-r100", "总配电室", _leak(22)),
    Unit("tcp", 9, "power-arc", "xiyu-arc", "总配电室", _ARC),
    Unit("tcp", 10, "power-smoke", "generic-smoke", "总配电室"),
    Unit("tcp", 11, "power-cable", "generic-cable-temperature", "总配电室", _CABLES),
    Unit("tcp", 12, "power-water", "rle-ld1500", "总配电室"),
    Unit("tcp", 13, "power-io", "waveshare-io8", "总配电室", bits={"di-1": 1, "di-2": 1}),  # di: 1 mains present, 2 door shut
)

FOLLOWS: tuple[Follow, ...] = (
    Follow(("kitchen-relay", "relay-1"), ("kitchen-io", "di-1"), 2.0),
    Follow(("kitchen-relay", "relay-2"), ("kitchen-io", "di-2"), 3.0),
    Follow(("lab-io", "do-2"), ("lab-io", "di-1"), 2.0),
    Follow(("lab-io", "do-3"), ("lab-io", "di-2"), 3.0),
    Follow(("store-relay", "relay-2"), ("store-io", "di-4"), 2.0),
)

SCENES: Mapping[str, Scene] = {"store-eye": Scene(("store-io", "di-1"), {1: "store-shut.jpg", 0: "store-open.jpg"})}  # by line

ROOMS: tuple[GasRoom, ...] = (
    GasRoom("kitchen", {"kitchen-gas-1": 1.0, "kitchen-gas-2": 0.35}, ("kitchen-io", "di-2"), ("kitchen-io", "di-1")),
    GasRoom("lab", {"lab-gas": 1.0}, ("lab-io", "di-2"), ("lab-io", "di-1")),
)


def counters(many: int) -> tuple[Unit, ...]:
    """Devices for proofs of counting: one on each serial line as unit 200, `many` on the line tcp from unit 200 on."""
    serial = tuple(Unit(line, 200, f"counter-{line}", "counter", "") for line in LINES if line != "tcp")
    return serial + tuple(Unit("tcp", 200 + n, f"counter-{n}", "counter", "") for n in range(many))


def size() -> tuple[int, int]:
    """How many devices and how many points (signals of all devices) the campus has."""
    return len(UNITS), sum(len(MODELS[u.model].signals) for u in UNITS)
