"""Moving alarms over a restart: monotonic times of an earlier boot become times of this one. Arithmetic only.

On-delays and escalation count the time the box was off as passed; off-delays start again from the first GOOD CLEAR.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from alerts import escalation
from alerts.machine import step
from alerts.model import ACTIVE, Alarm, AlarmState, Input, Result, Truth
from alerts.plant import Plant
from drivers.reading import Now

BOX = "box"  # device of the box's own points and first part of its own rules' ids
JUDGED = ("roster", "drill-")  # how the subjects of those faults of the box begin that the engine itself raises and ends


def off_time(saved: Now | None, now: Now, clock_ok: bool) -> int | None:
    """How long the box was off, ms; None when nobody can know (no anchor, clock unset, or wall time went backwards)."""
    if saved is None or not clock_ok or now.wall < saved.wall:
        return None
    return now.wall - saved.wall


def rebase(alarm: Alarm, saved: Now | None, now: Now, off: int | None) -> Alarm:
    """The alarm with its times on this boot's clock. Unknown time off: whatever came next for it is due now."""
    anchor = saved.mono if saved else last_seen(alarm)
    if off is None:
        off = max(0, (next_due(alarm, Now(now.wall, anchor)) or anchor) - anchor)
    shift = now.mono - off - anchor

    def at(old: Now) -> Now:
        return Now(old.wall, old.mono + shift)

    return replace(
        alarm,
        raised=at(alarm.raised),
        first=at(alarm.first),
        gone=at(alarm.gone) if alarm.gone else None,
        acked=at(alarm.acked) if alarm.acked else None,
        on_due=None if alarm.on_due is None else alarm.on_due + shift,
        resound=None if alarm.resound is None else alarm.resound + shift,
        done=tuple(replace(d, at=d.at + shift) for d in alarm.done),
        owed=tuple(replace(o, since=at(o.since)) for o in alarm.owed),
        ticks=tuple(replace(t, at=at(t.at)) for t in alarm.ticks),
    )


def unseen(alarm: Alarm) -> Alarm:
    """What no process saw is unknown: no off-delay runs and the last judgement no longer counts."""
    return replace(alarm, off_due=None, truth=Truth.UNKNOWN, good=False)


def last_seen(alarm: Alarm) -> int:
    """The latest monotonic time that the alarm itself remembers."""
    return max([alarm.raised.mono, *([alarm.acked.mono] if alarm.acked else []), *(d.at for d in alarm.done)])


def next_due(alarm: Alarm, now: Now) -> int | None:
    """When the alarm itself next needs a tick: end of its on-delay, a step of its escalation, its sounding again."""
    if alarm.state is AlarmState.PENDING:
        return alarm.on_due
    times = [alarm.resound] if alarm.resound is not None else []
    if (asked := repair_due(alarm)) is not None:
        times.append(asked)
    if not alarm.parent and (due := escalation.next_due(alarm, now)) is not None:
        times.append(due)
    return min(times, default=None)


def repair_due(alarm: Alarm) -> int | None:
    """Mono ms at which a repair is asked for by itself, or None: never, already, or the condition is gone."""
    return (
        alarm.raised.mono + alarm.policy.repair if alarm.policy.repair and not alarm.repair and alarm.state in ACTIVE else None
    )


def distinct(alarms: Iterable[Alarm]) -> tuple[list[Alarm], list[tuple[Alarm, str]]]:
    """One alarm per (rule, point) with a number of its own, oldest first; and those that gave way, with the id of the other.

    Two stand for one point when the box worked from memory while its journal could not be read. The younger is the one people
    have answered last, unless it is still pending; a number that an older alarm has is given up for the smallest free one.
    """
    standing: dict[tuple[str, str], Alarm] = {}
    gone: list[tuple[Alarm, str]] = []
    for alarm in alarms:
        other = standing.setdefault((alarm.rule, alarm.point), alarm)
        if other is not alarm and alarm.state is AlarmState.PENDING:
            gone.append((alarm, other.id))
        elif other is not alarm:
            gone.append((other, alarm.id))
            standing[alarm.rule, alarm.point] = alarm
    numbers = {alarm.number for alarm in standing.values()}
    taken: set[int] = set()
    kept = []
    for alarm in standing.values():
        if alarm.number in taken:
            alarm = replace(alarm, number=next(n for n in count(1) if n not in numbers))
        if alarm.number:
            taken.add(alarm.number)
            numbers.add(alarm.number)
        kept.append(alarm)
    return kept, gone


def configured(alarm: Alarm, plant: Plant) -> bool:
    """Does the plant still have the alarm's rule and point? The box's own need neither, but an output's its output, and a drill's
    a channel by which somebody is told."""
    if alarm.rule.startswith(f"{BOX}-"):
        channel = alarm.point.removeprefix(f"{BOX}/drill-")
        if channel != alarm.point:
            return any(channel in person.channels for person in plant.people.values())
        return alarm.kind != "output" or alarm.point in plant.outputs
    return any(r.id == alarm.rule and alarm.point in r.points for r in plant.rules)


def removed(alarm: Alarm, now: Now) -> Alarm:
    """The alarm closed by the result `point removed`, which stands for CLEAR and GOOD and counts as an answer."""
    new = replace(alarm, result=Result.REMOVED)
    for input in (Input.CLEAR, Input.ACK, Input.RESET):
        if new.state is not AlarmState.NORMAL:
            new = step(new, input, now).alarm
    return new
