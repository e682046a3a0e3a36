"""每日一条: the line of 07:30 for head and officers, and what is counted for it. Pure; the counts stand in the mark `daily`.

A day of it goes from 07:30 to 07:30: whoever slept through an alarm of the night reads of it the same morning (story 1).

Source: people's message `daily` and budgets §3; R32 for the count of what is switched off. The counts are in a mark, so that a
restart forgets none; they are kept per day, so that a clock set right afterwards puts none under the wrong one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from alerts import calendar, drillplan, marks, modes
from alerts.duty import on_duty
from alerts.kinds import KINDS
from alerts.messages_people import NOTES
from alerts.model import OPEN, Alarm, AlarmState, Mark, Result, Scalar, Stage
from alerts.plant import Plant
from alerts.render import units
from alerts.restore import BOX
from alerts.standing import Change, Notice, Standing
from drivers.reading import Now

AT = 7 * 60 + 30  # local minute
LATEST = 12 * 60  # a box that was off at AT still tells until then
FIRST = AT + 10  # one that has never told any does not begin in the middle of the morning it was installed
KEPT = 3  # days whose counts are kept
PATROLS = "无记录"  # no patrol can be recorded on the box: said so, never shown as 0
NONE = "无"


@dataclass(frozen=True, slots=True)
class Morning:
    """What is to be done, beside what the alarms and marks say: phones that are red, a rota with a hole."""

    red: Collection[str] = ()


def counted(raised: Iterable[Alarm], standing: Standing, plant: Plant, now: Now) -> Iterator[Change]:
    """Fires and faults that began now, each occurrence once. Not what is tested, switched off, or hidden by a dead line."""
    day, new = _day(plant, now.wall).isoformat(), {"fire": 0, "faults": 0}
    for alarm in raised:
        what = {"fire": "fire", "fault": "faults"}.get(KINDS[alarm.kind].lamp)
        if what is not None and modes.real(alarm) and alarm.rule != modes.REHEARSAL and not alarm.parent:
            new[what] += 1
    if any(new.values()):
        mark = _mark(standing, plant, now)
        facts = {f"{day}.{what}": n + int(mark.facts.get(f"{day}.{what}") or 0) for what, n in new.items()}
        yield Change(_with(mark, facts, day, now), "")


def due(
    alarms: Collection[Alarm], standing: Standing, morning: Morning, plant: Plant, now: Now
) -> Iterator[Change]:  # fmt: skip
    """The line, once a day from AT on, with an event of its own. Not while the clock is unset: the caller sees to that.

    On a holiday the officers alone get it (people's §4.7).
    """
    at = calendar.local(plant, now.wall)
    mark, day = _mark(standing, plant, now), at.date()
    told = mark.facts.get("told")
    if not AT <= at.hour * 60 + at.minute < (LATEST if told else FIRST) or told == day.isoformat():
        return
    posts = on_duty(plant, now.wall)
    holiday = calendar.holiday(plant.calendar, day) != ""
    people = tuple(dict.fromkeys((*posts["officer"], *(() if holiday else posts["head"]))))
    args = line(alarms, standing, morning, plant, now)
    notice = Notice(f"daily-{day.isoformat()}", "daily", people, args=args)
    figures: dict[str, Scalar] = {name: args[name] for name in "afcuo"}
    yield Change(_with(mark, {"told": day.isoformat()}, day.isoformat(), now), "daily", args=figures, notices=(notice,))


def line(alarms: Collection[Alarm], standing: Standing, morning: Morning, plant: Plant, now: Now) -> dict[str, str]:
    """The fields of the message `daily`: fires, false alarms and faults since 07:30 of yesterday; what is open, off, to be done."""
    yesterday = _day(plant, now.wall) - timedelta(days=1)
    facts, iso = _mark(standing, plant, now).facts, yesterday.isoformat()
    false = sum(_day(plant, x.at.wall) == yesterday for m in standing.of_kind("false-alarms") for x in m.lines)
    faults = [a for a in alarms if KINDS[a.kind].lamp == "fault" and a.state in OPEN and not a.parent]
    return {
        "s": plant.short,
        "a": str(facts.get(f"{iso}.fire") or 0),
        "f": str(false),
        "c": str(facts.get(f"{iso}.faults") or 0),
        "u": str(len(faults)),
        "o": str(len(out_of_service(standing, plant))),
        "r": PATROLS,
        "todo": _fitting(list(_todo(alarms, standing, morning, plant, now)), NOTES["daily"].longest["todo"]),
    }


def out_of_service(standing: Standing, plant: Plant) -> frozenset[str]:
    """Points that are 停用 now, or were and have not been proven since (R32): neither is watched as usual."""
    found: set[str] = set()
    for mark in standing.of_kind("out-of-service"):
        if mark.stage in marks.WITH_EFFECT and not mark.points:
            found |= {p for p in plant.points if marks.covers(mark, p, plant)}
        elif mark.stage in marks.WITH_EFFECT or mark.stage is Stage.UNVERIFIED:
            found |= set(marks.left(mark))
    return frozenset(found)


def _todo(
    alarms: Collection[Alarm], standing: Standing, morning: Morning, plant: Plant, now: Now
) -> Iterator[str]:  # fmt: skip
    """The most pressing first."""
    waiting = [a for a in alarms if a.state in OPEN and a.policy.result_asked and a.result is None]
    latched = [a for a in alarms if a.state is AlarmState.LATCHED and a.result not in (None, Result.REMOVED)]
    unproven = {p for m in standing.of_kind("out-of-service") if m.stage is Stage.UNVERIFIED for p in marks.left(m)}
    if waiting:
        yield f"{len(waiting)}条待核实"
    if latched:
        yield f"{len(latched)}条待复位"
    if any(a.point == f"{BOX}/roster" and a.state in OPEN for a in alarms):
        yield "值班表有空缺"
    if unproven:
        yield f"{len(unproven)}点未验证"
    if morning.red:
        yield f"{len(morning.red)}部手机不通"
    if any(row.state == "overdue" for row in drillplan.plan(plant, standing.all(), now.wall)):
        yield "演练逾期"
    if any(m.why for m in standing.of_kind("false-alarms")):
        yield "清洗探测器"


def _fitting(items: list[str], most: int) -> str:
    text = ""
    for item in items:
        longer = f"{text}、{item}" if text else item
        if units(longer) > most:
            break
        text = longer
    return text or NONE


def _mark(standing: Standing, plant: Plant, now: Now) -> Mark:
    """It has an id of its own from the beginning and no event: counting is no news."""
    return next(iter(standing.of_kind("daily")), None) or Mark(f"{plant.site}-daily", 0, "daily", Stage.ON, "", "", now, None)


def _with(mark: Mark, facts: dict[str, Scalar] | dict[str, int] | dict[str, str], day: str, now: Now) -> Mark:
    """The mark with these facts; counts of days long past are left out."""
    oldest = (date.fromisoformat(day) - timedelta(days=KEPT)).isoformat()
    known = {k: v for k, v in mark.facts.items() if k == "told" or k[:10] > oldest}
    return replace(mark, facts={**known, **facts}, since=now)


def _day(plant: Plant, wall: int) -> date:
    """The day whose line an instant belongs to, by the date on which it began."""
    return (calendar.local(plant, wall) - timedelta(minutes=AT)).date()
