"""Due steps -> notifications. A placeholder: steps without loops, texts that are the message's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alerts.model import OPEN, Alarm, AlarmState, Done, Notification, Step
from alerts.plant import Plant
from drivers.reading import Now


def _at(alarm: Alarm, step: Step) -> int | None:
    answered = alarm.acked is not None
    if step.when == "unverified":
        return alarm.acked.mono + step.after if alarm.acked and alarm.result is None else None
    if step.when == "unacked" and (answered or alarm.state not in (AlarmState.UNACKED, AlarmState.RTN_UNACKED)):
        return None
    return alarm.raised.mono + step.after


def _open(alarm: Alarm) -> list[tuple[int, Step]]:
    if alarm.state not in OPEN or alarm.parent:
        return []
    told = {d.step for d in alarm.done}
    return [(at, s) for s in alarm.policy.steps if s.id not in told and (at := _at(alarm, s)) is not None]


def due(alarm: Alarm, plant: Plant, now: Now, on_duty: Mapping[str, tuple[str, ...]]) -> tuple[Alarm, tuple[Notification, ...]]:
    out: list[Notification] = []
    for at, step in _open(alarm):
        if at > now.mono:
            continue
        people = tuple(dict.fromkeys(p for to in step.to for p in on_duty.get(to, ())))
        for person in people:
            out += _send(alarm, step.id, person, plant, f"{step.when}/{step.after}", step.message)
        alarm = replace(
            alarm, done=(*alarm.done, Done(step.id, 1, now.mono)), told=tuple(dict.fromkeys((*alarm.told, *people)))
        )
    return alarm, tuple(out)


def _send(alarm: Alarm, step: str, person: str, plant: Plant, reason: str, message: str) -> list[Notification]:
    channels = plant.people[person].channels[:1]
    return [
        Notification(
            f"{alarm.id}:{alarm.occurrence}:{step}:1:{person}:{c}", alarm.id, step, person, c, message, message, reason,
            alarm.severity,
        )
        for c in channels
    ]  # fmt: skip


def next_due(alarm: Alarm, now: Now) -> int | None:
    return min((at for at, _ in _open(alarm)), default=None)


def failover(n: Notification, plant: Plant) -> Notification | None:
    channels = plant.people[n.person].channels
    rest = channels[channels.index(n.channel) + 1 :]
    if not rest:
        return None
    key = n.key.rsplit(":", 1)[0] + ":" + rest[0]
    return replace(n, key=key, channel=rest[0], reason="failover", attempt=1, repeat=False)


def closing(alarm: Alarm, plant: Plant, now: Now) -> tuple[Notification, ...]:
    return tuple(n for p in alarm.told for n in _send(alarm, "closing", p, plant, "closing", "recover.fire"))
