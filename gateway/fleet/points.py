"""The points of a school's box as the bureau sees it, and the Readings that its status makes of them. Pure; rules judge them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alerts.plant import Point
from drivers.reading import Now, Quality, Reading
from gateway.boxpoints import CLOCK

REMOTE = "remote"  # kind of the zone that a school is at the bureau
ALIVE = "alive"
LATE = "late"
STALE = 90_000  # ms: a box says how it is every 30 s; three of these missed are a silent box (R7, D10)


@dataclass(frozen=True, slots=True)
class FleetPoint:
    channel: str
    quantity: str
    name: str
    values: Mapping[int, str] = field(default_factory=dict)


POINTS: tuple[FleetPoint, ...] = (
    FleetPoint(ALIVE, "box-alive", "报警盒"),
    FleetPoint("clock", "clock-state", "时钟", CLOCK),
    FleetPoint("clock-offset", "clock-offset", "时钟偏差"),
    FleetPoint("backlog", "backlog", "待传数据"),
    FleetPoint("open", "count", "未结束报警"),
    FleetPoint(LATE, "events-late", "上报收不全"),
)


def points(schools: Iterable[str]) -> Iterator[Point]:
    """All points of these schools; a school is a device and a zone of its own."""
    for school in schools:
        for p in POINTS:
            yield Point(f"{school}/{p.channel}", school, p.quantity, school, p.name, STALE, "", p.values)


def heard(school: str, values: Mapping[str, float], now: Now) -> list[Reading]:
    """The Readings of a box that has just said how it is; a channel it does not tell has none."""
    found = {ALIVE: 1.0, **values}
    return [Reading(f"{school}/{p.channel}", found[p.channel], Quality.GOOD, now) for p in POINTS if p.channel in found]


def late(school: str, seconds: float, now: Now) -> list[Reading]:
    """For how long what the box says it has sent has been missing; told after it was looked for."""
    return [Reading(f"{school}/{LATE}", seconds, Quality.GOOD, now)]


def silent(school: str, why: str, now: Now) -> list[Reading]:
    """Nothing is known of a box that says nothing: its own point is at fault, the others are stale."""
    return [
        Reading(f"{school}/{p.channel}", None, Quality.FAULT if p.channel == ALIVE else Quality.STALE, now, why) for p in POINTS
    ]
