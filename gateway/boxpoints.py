"""The points of the box itself and of its lines: what `health` measures. Data, and which of them a site has. Reads nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.plant import Plant, Point
from drivers.registry import BUSES, FRAMERS

BOX = "box"  # stands for a device; no device or bus may be called so (CFG-085)
LINK = "link"
CERTIFICATE = "certificate"  # only where the uplink has one
LOGINS = "logins"
LINK_STALE = 30_000  # ms: the poller tells of its line at least every 10 s
STALE = 60_000  # ms: `health` measures every 10 s
CLOCK = {0: "不可信", 1: "校过，没在对时", 2: "已对时"}
IN_ENGLISH = {"不可信": "not to be trusted", "校过，没在对时": "was set right, not synchronised now", "已对时": "synchronised"}


@dataclass(frozen=True, slots=True)
class BoxPoint:
    """`told`: whether this box tells it is seen at the start (no sensor, no uplink); what it does not tell has no point there."""

    channel: str
    quantity: str
    name: str
    told: bool = True
    values: Mapping[int, str] = field(default_factory=dict)


BOX_POINTS: tuple[BoxPoint, ...] = (
    BoxPoint("disk", "free-space", "磁盘空间"),
    BoxPoint("reserve", "reserve", "预留空间"),
    BoxPoint("memory", "free-memory", "内存"),
    BoxPoint("cpu", "cpu-busy", "处理器"),
    BoxPoint("temperature", "chip-temperature", "芯片温度"),
    BoxPoint("supply", "undervoltage", "供电"),
    BoxPoint("throttled", "throttled", "降频"),
    BoxPoint("rss", "process-memory", "程序内存"),
    BoxPoint("files", "open-files", "打开文件"),
    BoxPoint("threads", "threads", "线程"),
    BoxPoint("wal", "wal", "日志缓存"),
    BoxPoint("clock", "clock-state", "时钟", told=False, values=CLOCK),
    BoxPoint("clock-offset", "clock-offset", "时钟偏差", told=False),
    BoxPoint("dropped", "frames-dropped", "丢弃数据", told=False),
    BoxPoint(LOGINS, "logins-locked", "被锁账户", told=False),
)
UPLINK_POINTS: tuple[BoxPoint, ...] = (
    BoxPoint("broker", "broker-link", "上行连接"),
    BoxPoint("backlog", "backlog", "待传数据"),
    BoxPoint("backlog-age", "backlog-age", "待传时长"),
    BoxPoint(CERTIFICATE, "certificate-days", "证书"),
    BoxPoint("refused", "lines-refused", "拒收数据"),
    BoxPoint("events-refused", "events-refused", "拒收事件"),
    BoxPoint("twin", "twin", "身份重复"),
)
BUS_POINTS: tuple[BoxPoint, ...] = (
    BoxPoint(LINK, "link", "线路", told=False),
    BoxPoint("load", "line-load", "线路占用", told=False),
    BoxPoint("errors", "line-errors", "线路误码", told=False),
    BoxPoint("silent", "line-silent", "线路无应答", told=False),
)
MODEM_POINTS: tuple[BoxPoint, ...] = (  # of each channel of type `modem`: box/<channel>-<this>
    BoxPoint("signal", "modem-signal", "短信信号"),
    BoxPoint("network", "modem-network", "短信入网"),
)
PANEL_CLOCK = BoxPoint("panel-clock", "panel-clock", "主机时钟", told=False)  # of a line whose panel writes its own time (R29)


# Their rules keep their delays when a demonstration runs faster: the machine does not.
OWN = frozenset(p.quantity for p in (*BOX_POINTS, *UPLINK_POINTS, *BUS_POINTS, *MODEM_POINTS)) - {LINK}


def points(buses: Mapping[str, str], uplink: bool, modems: Sequence[str] = ()) -> Iterator[Point]:
    """All points of this kind that a site may have. `buses`: id -> type of line; `modems`: ids of such channels."""
    for bus, type in buses.items():
        for p in _of_line(type):
            yield Point(f"{bus}/{p.channel}", bus, p.quantity, "", p.name, LINK_STALE if p.channel == LINK else STALE, bus)
    for p in (*BOX_POINTS, *(UPLINK_POINTS if uplink else ())):
        yield Point(f"{BOX}/{p.channel}", BOX, p.quantity, "", p.name, STALE, "", p.values)
    for modem in modems:
        for p in MODEM_POINTS:
            yield Point(of_modem(modem, p), BOX, p.quantity, "", p.name if len(modems) == 1 else f"{p.name} {modem}", STALE)


def of_modem(modem: str, p: BoxPoint) -> str:
    return f"{BOX}/{modem}-{p.channel}"


def _of_line(type: str) -> tuple[BoxPoint, ...]:
    """A line that asks no questions, or a camera's, has no load and no errors to count."""
    if type in BUSES:
        return BUS_POINTS
    return (BUS_POINTS[0], PANEL_CLOCK) if type in FRAMERS and FRAMERS[type].stamps else BUS_POINTS[:1]


def present(plant: Plant, told: Collection[str]) -> Plant:
    """The plant without the points that this box does not tell; `told` are the channels it does."""
    all_ = (*BOX_POINTS, *UPLINK_POINTS)
    gone = {f"{BOX}/{p.channel}" for p in all_ if p.told and p.channel not in told} & plant.points.keys()
    if not gone:
        return plant
    rules = (dataclasses.replace(r, points=tuple(p for p in r.points if p not in gone)) for r in plant.rules)
    kept = {id: point for id, point in plant.points.items() if id not in gone}
    return dataclasses.replace(plant, points=kept, rules=tuple(r for r in rules if r.points))
