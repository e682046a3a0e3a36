"""What alarms mean for marks: a test alarm brings a point back, a drill breaks, a third 误报 is flagged. Pure; alarms stay as they are.

Source: people's §2.4 (third false alarm), §4.5 (return, 维保), §4.6 (drill broken); R34 and D15 for chattering.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace

from alerts import marks, modes, walk
from alerts.drill import broken, grave
from alerts.kinds import KINDS
from alerts.model import Alarm, Delivery, Fate, Line, Mark, Notification, Result, Stage
from alerts.plant import Plant
from alerts.standing import Change, Standing
from drivers.reading import Now

THIRD = 3  # 误报 of one point ...
WINDOW = 30 * marks.DAY  # ... within this long
TOGETHER = 60_000  # ms: two detectors in rooms the technician has not named are a real fire
CHATTER, CHATTER_IN = 3, 60_000  # raises of one point within ms (R34)
WORKED = ("maintenance", "walk")  # somebody sets points off on purpose, and each is written down
CALM = 10 * marks.MINUTE  # without a further one it is over


def follow(
    raised: Collection[Alarm], changed: Collection[Alarm], standing: Standing, plant: Plant, now: Now
) -> Iterator[Change]:  # fmt: skip
    """Every mark that these alarms change. `raised`: those that began, or began again, now; `changed`: all that changed.

    The caller puts each Change into `standing` before it asks for the next.
    """
    for alarm in raised:
        if alarm.rule == modes.REHEARSAL:
            continue
        yield from _proven(alarm, standing, plant, now)
        yield from _under_maintenance(alarm, standing, plant, now)
        yield from walk.ticked(alarm, standing, plant, now)
        yield from _chattering(alarm, standing, plant, now)
        if modes.MODES[modes.mode_for(alarm, standing)[0]].real and grave(alarm):
            yield from broken(alarm, standing, plant, now)
    for alarm in changed:
        if alarm.rule == modes.REHEARSAL:
            yield from _answered(alarm, standing)
            continue
        yield from _called_real(alarm, standing)
        yield from _counted(alarm, standing, now)


def _proven(alarm: Alarm, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """A point that is waiting for its test alarm has given one."""
    for mark in standing.of_kind("out-of-service"):
        waiting = marks.left(mark) if mark.stage in (Stage.RETURNING, Stage.UNVERIFIED) and KINDS[alarm.kind].latching else ()
        if seen := [p for p in marks.sources(alarm) if p in waiting]:
            new = marks.proven(mark, seen, "test-alarm", now, plant)
            yield Change(
                new, "back-in-service", code="test-alarm", args={"point": ",".join(seen), "left": len(marks.left(new))}
            )


def _under_maintenance(alarm: Alarm, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """A row of the maintenance record; and two detectors together where nobody works are a real fire."""
    mark = standing.of_alarm(alarm)
    if mark is None or mark.kind != "maintenance":
        return
    value = alarm.evidence.get("value")
    yield Change(replace(mark, lines=(*mark.lines, Line("test", alarm.point, "", now, value))), "maintenance-test",
                 args={"point": alarm.point, "value": value})  # fmt: skip
    if not KINDS[alarm.kind].fire or not _unnamed(mark, alarm.point, plant):
        return
    others = {
        x.about
        for x in mark.lines
        if x.what == "test" and now.mono - x.at.mono <= TOGETHER // plant.speed and _unnamed(mark, x.about, plant)
    }
    if others - {alarm.point}:
        yield Change(_broken(standing.by_id[mark.id]), "maintenance-broken", code="together",
                     args={"point": alarm.point})  # fmt: skip


def _answered(alarm: Alarm, standing: Standing) -> Iterator[Change]:
    """A result ends a simulated alarm."""
    mark = standing.by_id.get(alarm.mark)
    if mark is not None and alarm.result is not None:
        yield Change(replace(mark, stage=Stage.OVER), "mark-ended", alarm.result_by, alarm.result.value)


def _unnamed(mark: Mark, point: str, plant: Plant) -> bool:
    known = plant.points.get(point)
    return known is not None and known.zone not in str(mark.facts.get("rooms", "")).split(",")


def _called_real(alarm: Alarm, standing: Standing) -> Iterator[Change]:
    """这是真的: with a real fire in the building its maintenance or walk test is over for all of it."""
    mark = standing.of_alarm(alarm)
    if alarm.result is Result.REAL and mark is not None and mark.kind in WORKED:
        args = {"point": alarm.point, **marks.figures(mark)}
        yield Change(_broken(mark), f"{mark.kind}-broken", alarm.result_by, "real", args)


def _broken(mark: Mark) -> Mark:
    return replace(mark, stage=Stage.OVER, facts={**mark.facts, modes.BROKEN: True})


def _chattering(alarm: Alarm, standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """One note when an alarm of a point begins to chatter; it stands until ten minutes without a further raise.

    Several alarms of one point are none: gas that rises through its levels, a door opened wrongly in three ways.
    """
    turns = standing.turns.setdefault((alarm.rule, alarm.point), deque(maxlen=CHATTER))
    turns.append(now.mono)
    mark = standing.chattering(alarm)
    until = marks.later(now, CALM // plant.speed)
    if mark is not None and mark.until is not None and mark.until.mono - now.mono < CALM // plant.speed * 9 // 10:
        yield Change(replace(mark, until=until), "")
    elif mark is None and len(turns) == CHATTER and now.mono - turns[0] <= CHATTER_IN // plant.speed:
        new = Mark("", 0, "chattering", Stage.ON, "", "", now, until, (alarm.point,), facts={"rule": alarm.rule})
        yield Change(new, "chattering", args={"point": alarm.point, "alarm": alarm.id})


def _counted(alarm: Alarm, standing: Standing, now: Now) -> Iterator[Change]:
    """误报 of a point in 30 days, each occurrence once; a result that is corrected counts no longer."""
    mark = standing.about("false-alarms", alarm.point)
    this = f"{alarm.id}:{alarm.occurrence}"
    known = mark is not None and any(x.about == this for x in mark.lines)
    false = alarm.result is Result.FALSE
    if known == false:
        return
    fresh = [x for x in (mark.lines if mark else ()) if now.mono - x.at.mono < WINDOW and x.about != this]
    lines = (*fresh, Line("false", this, alarm.result_by, now, alarm.cause)) if false else tuple(fresh)
    until = marks.later(lines[-1].at, WINDOW) if lines else now
    if mark is None:
        mark = Mark("", 0, "false-alarms", Stage.ON, "", "", now, until, (alarm.point,))
    flagged = len(lines) >= THIRD
    new = replace(mark, lines=lines, until=until, stage=Stage.ON if lines else Stage.OVER, why="清洗或更换" if flagged else "")
    kind = "clean-or-replace" if flagged and not mark.why else "counted"
    yield Change(new, kind, alarm.result_by, args={"point": alarm.point, "count": len(lines)})


def phoned(d: Delivery, n: Notification, alarm: Alarm | None, standing: Standing, now: Now) -> Iterator[Change]:
    """The first phone that took the message of an alarm under maintenance or a walk test: seconds from alarm to phone (F5)."""
    if d.fate not in (Fate.ACCEPTED, Fate.DELIVERED):
        return
    for mark in standing.of_kind(*WORKED):
        ticks = [x for x in mark.lines if x.what == "alarm" and x.who == n.alarm]  # a walk test's alarm may be over already
        if alarm is not None and alarm.mark == mark.id:
            point, since = alarm.point, alarm.raised.mono
        elif ticks:
            point, since = ticks[-1].about, ticks[-1].at.mono
        else:
            continue
        if not any(x.what == "phone" and x.about == point and x.at.mono >= since for x in mark.lines):
            line = Line("phone", point, n.person, now, (now.mono - since) / 1000)
            yield Change(replace(mark, lines=(*mark.lines, line)), "")
