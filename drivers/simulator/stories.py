"""The scenarios as tables of (second of the story, what happens). Data only; seconds are divided by --speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """A line for the people who watch."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Put:
    """A bit of a device becomes 0 or 1."""

    device: str
    signal: str
    value: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """An analog signal leaves its natural course and goes evenly to `to` within `over` seconds, and stays there."""

    device: str
    signal: str
    to: float
    over: float


@dataclass(frozen=True, slots=True)
class Back:
    """An analog signal returns evenly to its natural course within `over` seconds."""

    device: str
    signal: str
    over: float


@dataclass(frozen=True, slots=True)
class Leak:
    """Gas flows into a room: its level goes to `to` %LEL within `over` seconds and stays until valve and fan act."""

    room: str
    to: float
    over: float


@dataclass(frozen=True, slots=True)
class Cable:
    """A line is cut (nothing on it answers) or joined again. mode: cut | up."""

    line: str
    mode: str


Action = Say | Put | Ramp | Back | Leak | Cable
Story = tuple[tuple[float, Action], ...]

_PHASES = (1, 2, 3)

STORIES: Mapping[str, Story] = {
    "fire": (
        (0, Say("3号宿舍301室温度和3号回路剩余电流上升（预警）", "Dormitory 3, room 301 warms, leakage rises: early warning")),
        (0, Ramp("dorm-leak", "leak-3", 255, 30)),
        (0, Ramp("dorm-301-th", "temperature", 48, 60)),
        (120, Say("3号宿舍301室烟感报警", "Dormitory 3, room 301: smoke")),
        (120, Put("dorm-smoke-5", "smoke", 1)),
        (120, Put("dorm-smoke-5", "relay", 1)),
        (130, Ramp("dorm-301-th", "temperature", 58, 60)),
        (220, Say("烟进入302室：同楼第二个探测器报警", "Smoke reaches room 302: a second detector of the building")),
        (220, Put("dorm-smoke-6", "smoke", 1)),
        (220, Put("dorm-smoke-6", "relay", 1)),
        (600, Say("烟已排净，探测器恢复", "The smoke is out, the detectors are normal")),
        (600, Put("dorm-smoke-5", "smoke", 0)),
        (600, Put("dorm-smoke-5", "relay", 0)),
        (600, Put("dorm-smoke-6", "smoke", 0)),
        (600, Put("dorm-smoke-6", "relay", 0)),
        (600, Back("dorm-301-th", "temperature", 120)),
        (720, Back("dorm-leak", "leak-3", 60)),  # 10 min above 80 %: the electrical warning comes too
    ),
    "leak": (
        (0, Say("食堂后厨燃气微漏", "Canteen kitchen: a small gas leak")),
        (0, Leak("kitchen", 22, 20)),
        (90, Say("漏气加大：燃气阀关闭且排风机运行后才会下降", "The leak grows; it falls only after valve and fan have acted")),
        (90, Leak("kitchen", 45, 20)),
    ),
    "two-locks": (
        (0, Say("危化品库：只开了A锁", "Chemicals store: only lock A released")),
        (0, Put("store-io", "di-2", 0)),
        (20, Say("只开一把锁，门被打开", "The door is opened with one lock released")),
        (20, Put("store-io", "di-1", 0)),
        (120, Say("B锁打开", "Lock B released")),
        (120, Put("store-io", "di-3", 0)),
        (180, Say("关门，两把锁锁好", "Door shut, both locks closed")),
        (180, Put("store-io", "di-1", 1)),
        (182, Put("store-io", "di-2", 1)),
        (184, Put("store-io", "di-3", 1)),
    ),
    "bus-cut": (
        (0, Say("食堂、实验楼的485总线被挖断", "The RS-485 line of canteen and laboratory is cut")),
        (0, Cable("rs485-b", "cut")),
        (300, Say("总线接好", "The line is joined again")),
        (300, Cable("rs485-b", "up")),
    ),
    "power": (
        (0, Say("总配电室停电", "Mains lost in the distribution room")),
        (0, Put("power-io", "di-1", 0)),
        *((0, Ramp("meter", f"voltage-l{n}", 0, 0)) for n in _PHASES),
        *((0, Ramp("meter", f"current-l{n}", 0, 0)) for n in _PHASES),
        (0, Ramp("meter", "power", 0, 0)),
        (0, Ramp("meter", "frequency", 0, 0)),
        (180, Say("来电", "Mains back")),
        (180, Put("power-io", "di-1", 1)),
        *((180, Back("meter", f"voltage-l{n}", 0)) for n in _PHASES),
        *((180, Back("meter", f"current-l{n}", 5)) for n in _PHASES),
        (180, Back("meter", "power", 5)),
        (180, Back("meter", "frequency", 0)),
    ),
}  # fmt: skip

PAUSE = 60.0  # seconds between two scenarios of the whole story
ALL = "story"
NAMES = (*STORIES, ALL)


def timeline(name: str) -> Story:
    """The table of a scenario, or of all of them one after the other for "story". KeyError for an unknown name."""
    if name != ALL:
        return STORIES[name]
    row: list[tuple[float, Action]] = []
    start = 0.0
    for story in STORIES.values():
        row += [(start + t, action) for t, action in story]
        start += max(t for t, _ in story) + PAUSE
    return tuple(row)
