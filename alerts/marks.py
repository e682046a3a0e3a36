"""Marks (alerts.model.Mark): the table of their kinds, and how one goes on by time alone. Data and arithmetic; nobody is told here.

Source: people's ways of working §4.5-4.7 (limits, return by test alarm) and R31 for the test of single points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from alerts.kinds import KINDS as ALARM_KINDS
from alerts.kinds import Kind
from alerts.model import Alarm, Line, Mark, Scalar, Stage
from alerts.plant import Plant
from drivers.reading import Now

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
RETURN = 30 * MINUTE  # how long after its end a 停用 waits for the test alarms of its points before they count as unverified
CLEARING = 5 * MINUTE  # how long the smoke of the last test may hang about
PROOFS = ("test-alarm", "good", "removed")  # lines by which a point comes back, or is no more
MORE = 2 * HOUR  # 延长2小时


@dataclass(frozen=True, slots=True)
class MarkKind:
    """`mode`: what alarms of its points are while it is on (alerts.modes.MODES; "" = nothing special). `longest`: ms.

    `lamp`: the state-bar lamp it lights. `back`: its points come back only after a test alarm. `overdue`: it goes on being
    listed when its time is over, without effect. `listed`: it stands for something people have switched and must be seen.
    """

    id: str
    zh: str
    en: str
    mode: str = ""
    lamp: str = ""
    longest: int = 0
    back: bool = False
    overdue: bool = False
    listed: bool = True


KINDS: Mapping[str, MarkKind] = {
    k.id: k
    for k in (
        MarkKind("out-of-service", "停用", "Out of service", "out-of-service", "out-of-service", 12 * HOUR, back=True),
        MarkKind("maintenance", "维保", "Maintenance", "maintenance", "test", 8 * HOUR),
        MarkKind("trial", "试运行", "Trial running", "trial", "test", 30 * DAY, overdue=True),
        MarkKind("test", "测试", "Test", "test", "test", 2 * HOUR),
        MarkKind("walk", "步行测试", "Walk test", "walk", "test", 8 * HOUR),
        MarkKind("rehearsal", "模拟报警", "Simulated alarm", "rehearsal", "test", 2 * HOUR),
        MarkKind("drill", "疏散演练", "Evacuation drill", "", "test", 4 * HOUR),
        MarkKind("call-drill", "通信演练", "Communication drill", "", "test", 1 * HOUR),
        MarkKind("false-alarms", "误报记录", "False alarms", listed=False),
        MarkKind("chattering", "频繁动作", "Chattering", listed=False),
        MarkKind("flood", "报警过多", "Alarm flood", listed=False),
        MarkKind("drills-held", "演练记录", "Drills held", listed=False),
        MarkKind("daily", "每日一条", "Daily line", listed=False),
    )
}

# Why something is taken out of service -> (longest ms, what must be given with it). §4.5: the longer ones need the leader's
# consent, hot work its permit and the person who watches.
REASONS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "喷漆": (12 * HOUR, ()),
    "喷雾消毒": (12 * HOUR, ()),
    "动火": (12 * HOUR, ("permit", "keeper")),
    "施工": (30 * DAY, ("consent",)),
    "更换设备": (30 * DAY, ("consent",)),
    "放假断电": (90 * DAY, ()),
    "其他": (12 * HOUR, ("text",)),
}
WITH_EFFECT = frozenset({Stage.ON, Stage.RETURNING})


def mode_of(mark: Mark) -> str:
    """What the mark makes of alarms of its points now. While its points are given their test alarms they are in test."""
    if mark.stage is Stage.ON:
        return KINDS[mark.kind].mode
    return "test" if mark.stage is Stage.RETURNING else ""


def covers(mark: Mark, point: str, plant: Plant) -> bool:
    """Does the mark speak of this point? A mark without points and building speaks of the whole site."""
    if mark.points:
        return point in mark.points
    known = plant.points.get(point)
    zone = plant.zones.get(known.zone) if known else None
    return not mark.building or (zone is not None and zone.building == mark.building)


def sources(alarm: Alarm) -> tuple[str, ...]:
    """The points that saw what the alarm says: its own, or those of a zone that saw it together."""
    return tuple(str(alarm.evidence.get("parts") or alarm.point).split())


def must_be_tested(point: str, plant: Plant) -> bool:
    """Does the point come back only by a test alarm? Those with an alarm of a latching kind (R12); others by a good reading."""
    return any(_sets_off(point, plant))


def to_walk(point: str, plant: Plant) -> bool:
    """Is it a point that somebody has to set off with gas, a key or a button? A cover that is opened (tamper) is none."""
    return any(kind.lamp != "fault" for kind in _sets_off(point, plant))


def _sets_off(point: str, plant: Plant) -> list[Kind]:
    """The latching alarms that this point can give. What alarms only with others of its room (k of n) nobody can set off there."""
    rules = (r for r in plant.rules if point in r.points and r.kind != "k_of_n")
    return [kind for r in rules if (kind := ALARM_KINDS[r.alarm]).latching]


def spent(mark: Mark, point: str, raised: Now, plant: Plant) -> bool:
    """Is the point through with its walk test? It was ticked so long before this alarm that it is another matter, a real one."""
    if mark.kind != "walk":
        return False
    ticks = (x for x in mark.lines if x.what == "test-alarm" and x.about == point)
    return any(raised.mono - x.at.mono > CLEARING // plant.speed for x in ticks)


def figures(mark: Mark) -> dict[str, Scalar]:
    """What a walk test came to, for the event that ends it; {} for other marks."""
    if mark.kind != "walk":
        return {}
    rest = left(mark)
    return {"tested": len(mark.points) - len(rest), "left": len(rest), "untested": ",".join(rest)}


def later(now: Now, ms: int) -> Now:
    return Now(now.wall + ms, now.mono + ms)


def next_due(mark: Mark) -> int | None:
    """The mono ms at which time alone changes the mark."""
    if mark.stage is Stage.PLANNED:
        return mark.since.mono
    return mark.until.mono if mark.until is not None and mark.stage in WITH_EFFECT else None


def passed(mark: Mark, now: Now, plant: Plant) -> Mark:
    """The mark one stage on; call it when `next_due` has come."""
    kind = KINDS[mark.kind]
    if mark.stage is Stage.PLANNED:
        return replace(mark, stage=Stage.ON)
    if mark.stage is Stage.ON and kind.back:
        return replace(mark, stage=Stage.RETURNING, until=later(now, RETURN // plant.speed))
    if (mark.stage is Stage.RETURNING and left(mark)) or kind.overdue:
        return replace(mark, stage=Stage.UNVERIFIED, until=None)
    return replace(mark, stage=Stage.OVER)


def left(mark: Mark) -> tuple[str, ...]:
    """The points that have not come back."""
    back = {x.about for x in mark.lines if x.what in PROOFS}
    return tuple(p for p in mark.points if p not in back)


def proven(mark: Mark, points: Iterable[str], what: str, now: Now, plant: Plant) -> Mark:
    """The mark with these points back. When none is left it ends; while tests are being given a little later, so that the last
    test alarm is still one when its smoke has not gone yet."""
    rest = left(mark)
    back = (Line(what if p in plant.points else "removed", p, mark.who, now) for p in points if p in rest)
    lines = (*mark.lines, *back)
    new = replace(mark, lines=lines)
    if left(new):
        return new
    if mark.stage is not Stage.RETURNING:
        return replace(new, stage=Stage.OVER)
    end = later(now, CLEARING // plant.speed)
    return replace(new, until=min((t for t in (end, mark.until) if t is not None), key=lambda t: t.mono))


def shifted(mark: Mark, shift: int) -> Mark:
    """The mark on another boot's monotonic clock."""
    return _moved(mark, lambda old: old.mono + shift)


def by_wall(mark: Mark, now: Now) -> Mark:
    """The mark with the times that the wall clock gives it, where those are earlier: the box was off meanwhile."""
    return _moved(mark, lambda old: min(old.mono, now.mono + old.wall - now.wall))


def _moved(mark: Mark, mono: Callable[[Now], int]) -> Mark:
    def at(old: Now) -> Now:
        return Now(old.wall, mono(old))

    return replace(
        mark,
        since=at(mark.since),
        until=at(mark.until) if mark.until else None,
        lines=tuple(replace(line, at=at(line.at)) for line in mark.lines),
    )
