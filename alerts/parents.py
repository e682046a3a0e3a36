"""One fault instead of many (R36): which open fault another one hangs under. Hidden faults stay in the log and ring nobody.

mains lost -> the lines and devices that went with it; a dead line -> the points on it; a dead device -> its points; where people
sleep -> one lost-detection alarm per building and sleeping time, which nothing else hides, and beside one that was answered, or
called for in vain, what was lost since; at the bureau schools that fell silent together -> one of them, since one cause is one call.
What is switched off or tested hides only its like: nobody is told of it. What nobody was told of and is gone before its parent is
over: who answers the one answers all. Never fire, gas level 2 or a breach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from alerts.confirm import building_of
from alerts.machine import began
from alerts.model import ACTIVE, OPEN, Alarm, AlarmState, Done
from alerts.modes import Change
from alerts.plant import Plant
from drivers.reading import Now

NO_DATA = ("comm", "comm-sleep", "silent")
HIDEABLE = (*NO_DATA, "line")  # every one of them a suppressible kind of alerts.kinds
HIDING = (*HIDEABLE, "mains")
TOLD_ONCE = ("comm-sleep", "silent")  # kinds of which one alarm speaks for many
TOGETHER = 600_000  # ms after the first silent school within which another one is laid to the same cause
SPREAD = 120_000  # ms within which what dies of one cause is noticed: periods and delays differ
WITH_MAINS = (60_000, 600_000)  # ms before and after the mains went: a fault from then is laid to it


def follow(alarms: Collection[Alarm], plant: Plant, now: Now) -> Iterable[Change]:
    """Every fault whose parent is not what it should be, and heads whose number of points has changed."""
    faults = [a for a in alarms if a.kind in HIDING and a.state in OPEN]
    parent = _parents(faults, plant)
    counts: defaultdict[str, int] = defaultdict(int)
    for alarm in faults:
        if alarm.state in ACTIVE:
            counts[parent.get(alarm.id) or alarm.id] += 1
    by_id = {a.id: a for a in faults}
    answers: dict[str, Alarm] = {}  # head -> which of its own was answered last
    for alarm in sorted((a for a in faults if a.acked is not None), key=lambda a: a.acked.mono if a.acked else 0):
        answers[parent.get(alarm.id) or alarm.id] = alarm
    spoken: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)  # head -> whom those told that it speaks for now
    for alarm in faults:
        if alarm.told and _speaks(by_id.get(parent.get(alarm.id, "")), alarm):
            spoken[parent[alarm.id]] += alarm.told
    for alarm in faults:
        under = parent.get(alarm.id, "")
        new = replace(alarm, parent=under)
        if alarm.told and _speaks(by_id.get(under), alarm):
            new = replace(new, told=())  # the head tells them of the end
        if not under and alarm.parent and (old := by_id.get(alarm.parent)) is not None and old.kind == alarm.kind:
            new = replace(new, done=_further(alarm, old), told=old.told)  # it goes on where the head before it stopped
        if alarm.id in spoken:
            new = replace(new, told=tuple(dict.fromkeys((*new.told, *spoken[alarm.id]))))
        if not under and alarm.acked is not None and alarm.kind == "comm-sleep":  # an answer outlives whom it was given to
            new = replace(new, acked=answers[alarm.id].acked, acked_by=answers[alarm.id].acked_by)
        points = max(1, counts[alarm.id])
        if alarm.kind in NO_DATA and not under and points != new.evidence.get("count", 1) and alarm.state in ACTIVE:
            zones = {_zone(a, plant) for a in faults if a.id == alarm.id or parent.get(a.id) == alarm.id}
            new = replace(
                new, evidence={**new.evidence, "count": points, "zones": max(len(zones), int(new.evidence.get("zones") or 1))}
            )
        if (hidden := under or alarm.parent) and not alarm.told and alarm.state is AlarmState.RTN_UNACKED:
            yield replace(new, state=AlarmState.NORMAL), "closed", {"parent": hidden}
        elif new != alarm:
            kind = "" if under == alarm.parent else "hidden" if under else "shown"
            yield new, kind, {"parent": under or alarm.parent}


def handed(closed: Alarm, alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Who goes on where this head stopped, of a building or of schools that fell silent together, and those that now hang under it.

    () when it was the last. Until then nothing has recovered for those who were told: not one end and one new alarm for each line
    that comes back.
    """
    if closed.kind not in TOLD_ONCE:
        return ()
    left = sorted((a for a in alarms if a.parent == closed.id and a.state in ACTIVE), key=_age)
    return tuple(replace(a, parent=left[0].id) if n else _inherited(a, closed) for n, a in enumerate(left))


def _inherited(heir: Alarm, closed: Alarm) -> Alarm:
    """The heir with the number, the answer and the messages of the head before it."""
    answered = closed.acked is not None and heir.acked is None
    spoken = {name: closed.evidence[name] for name in ("count", "zones") if name in closed.evidence}
    new = replace(
        heir,
        parent="",
        number=closed.number,
        done=_further(heir, closed),
        told=closed.told,
        evidence={**heir.evidence, **spoken},
    )
    if not answered:
        return new
    state = AlarmState.ACKED if heir.state is AlarmState.UNACKED else heir.state
    return replace(new, state=state, acked=closed.acked, acked_by=closed.acked_by)


def _speaks(head: Alarm | None, alarm: Alarm) -> bool:
    """Does the head tell people of this one too?"""
    return head is not None and head.kind == alarm.kind and alarm.kind in TOLD_ONCE


def _further(alarm: Alarm, before: Alarm) -> tuple[Done, ...]:
    """The steps of the head before it, and what has been told in its own name: no round is told twice."""
    done = {d.step: d for d in before.done}
    for own in alarm.done:
        if own.step not in done or own.rounds > done[own.step].rounds:
            done[own.step] = own
    return tuple(done.values())


def _age(alarm: Alarm) -> tuple[int, int, str]:
    """The order in which alarms came; of one moment the id made first, which is the shorter one."""
    return alarm.raised.mono, len(alarm.id), alarm.id


def _parents(faults: Collection[Alarm], plant: Plant) -> Mapping[str, str]:
    """Alarm id -> id of the one it hangs under; absent: it stands for itself."""
    mains = [a for a in faults if a.kind == "mains" and a.state in ACTIVE]
    lines = {a.point: a for a in faults if a.kind == "line" and a.state in ACTIVE}
    found: dict[str, str] = {}
    groups: defaultdict[tuple[object, ...], list[Alarm]] = defaultdict(list)
    silent = sorted((a for a in faults if a.kind == "silent"), key=lambda a: a.raised.mono)
    began = 0
    for n, alarm in enumerate(silent):
        began = alarm.raised.mono if n == 0 or alarm.raised.mono - began > TOGETHER else began
        groups["silent", str(began)].append(alarm)
    for alarm in faults:
        if alarm.kind == "silent":
            continue
        if alarm.kind == "comm-sleep":
            zone = plant.zones.get(_zone(alarm, plant))  # what rings at noon may not hide what has to ring at night
            groups["building", building_of(alarm, plant), zone and zone.sleep, alarm.mode].append(alarm)
            continue
        point = plant.points.get(alarm.point)
        line = lines.get(f"{point.bus}/link") if point and alarm.kind in NO_DATA else None
        cause = line or (next((m for m in mains if _with(alarm, m)), None) if alarm.kind in HIDEABLE else None)
        if cause is not None:
            found[alarm.id] = cause.id
        elif point and alarm.kind in NO_DATA:
            groups["device", point.device, alarm.mode].append(alarm)
    for members in (part for group in groups.values() for part in _since_answered(group)):
        head = min(members, key=lambda a: (a.state not in ACTIVE, bool(a.parent), _age(a)))
        found.update({a.id: head.id for a in members if a.id != head.id})
    return found


def _since_answered(group: Collection[Alarm]) -> Iterable[Collection[Alarm]]:
    """What people have answered or were called for in vain, and what began after that: a whole house that goes dark is news beside
    one detector of yesterday.

    Only where it is told at once: other faults stand in the day lists. Once answered as well it goes with the others.
    """
    last = max((at for a in group if a.kind == "comm-sleep" and (at := _called(a)) is not None), default=None)
    if last is None:
        return (group,)
    last = max(last, SPREAD + max((at for a in group if (at := began(a).mono) <= last), default=last))
    fresh = [a for a in group if a.acked is None and began(a).mono > last]
    return [part for part in ([a for a in group if a not in fresh], fresh) if part]


def _called(alarm: Alarm) -> int | None:
    """Mono ms since when nobody is called for it any more: it was answered, or the last call of its policy has gone out."""
    if alarm.acked is not None:
        return alarm.acked.mono
    calls = {s.id for s in alarm.policy.steps if s.when == "unacked"}
    gone = [d.at for d in alarm.done if d.step in calls]
    return max(gone) if calls and len(gone) == len(calls) else None


def _with(alarm: Alarm, mains: Alarm) -> bool:
    before, after = WITH_MAINS
    return -before <= began(alarm).mono - began(mains).mono <= after


def _zone(alarm: Alarm, plant: Plant) -> str:
    point = plant.points.get(alarm.point)
    return point.zone if point else ""
