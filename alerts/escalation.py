"""Who is told of an alarm now, and when next. Pure: its whole state is Alarm.done and Alarm.told; it sends nothing.

Source: people's table of §3; an acknowledgement pauses, a result ends. A step that came due while the box was off is
carried out once, late; nothing is made up for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from alerts.duty import keepers
from alerts.messages import CLOSING
from alerts.model import ACTIVE, OPEN, Alarm, AlarmState, Done, Notification, Result, Severity, Step
from alerts.plant import Person, Plant
from alerts.render import args_for, message_for, render
from drivers.reading import Now

SCHOOL = frozenset({"duty", "keeper", "leader", "officer", "head", "electrician", "holder"})  # everyone: 全校名单


@dataclass(frozen=True, slots=True)
class Due:
    """One step to be carried out at mono ms `at`, for the `round`th time. `base`: mono ms from which it counts."""

    at: int
    step: Step
    round: int
    base: int


def due(alarm: Alarm, plant: Plant, now: Now, on_duty: Mapping[str, tuple[str, ...]]) -> tuple[Alarm, tuple[Notification, ...]]:
    """The alarm with `done` and `told` brought up to now, and the notifications that are due.

    One call gives a person one message at most: that of the latest step that names them. `on_duty` is duty.on_duty of now.
    """
    ready = [d for d in _coming(alarm) if d.at <= now.mono]
    if not ready:
        return alarm, ()
    chosen: dict[str, tuple[Due, str]] = {}
    for d in ready:
        for id in _resolve(d.step, alarm, plant, on_duty):
            message = message_for(d.step.message, alarm, plant, plant.people[id].role)
            if message is not None:
                chosen[id] = (d, message)
    sent = [
        n for id, (d, message) in chosen.items() for n in _telling(alarm, d, message, plant.people[id], plant, now, on_duty)
    ]
    done = {x.step: x for x in alarm.done} | {d.step.id: Done(d.step.id, d.round, now.mono) for d in ready}
    told = tuple(dict.fromkeys((*alarm.told, *(n.person for n in sent))))
    return replace(alarm, done=tuple(done.values()), told=told), tuple(sent)


def next_due(alarm: Alarm, now: Now) -> int | None:
    """Mono ms of the next step or repetition; in the past when one is due already; None when nothing is coming."""
    return min((d.at for d in _coming(alarm)), default=None)


def failover(n: Notification, plant: Plant) -> Notification | None:
    """The same words by the person's next channel, or None: they have no further one."""
    channels = plant.people[n.person].channels
    rest = channels[channels.index(n.channel) + 1 :] if n.channel in channels else channels
    if not rest:
        return None
    key = f"{n.key.rsplit(':', 1)[0]}:{rest[0]}"
    return replace(n, key=key, channel=rest[0], reason="failover", attempt=1)


def closing(alarm: Alarm, plant: Plant, now: Now) -> tuple[Notification, ...]:
    """The end of the alarm, once to each person who was told of it and is still listed. Never overtakes an alarm."""
    wanted = CLOSING.get(alarm.kind, "recover.alarm" if alarm.latching else "recover.other")
    out: list[Notification] = []
    for person in (plant.people[id] for id in alarm.told if id in plant.people):
        message = message_for(wanted, alarm, plant, person.role)
        if message is not None:
            args = args_for(alarm, plant, now, "", person.language)
            args["s"] = plant.short if person.role == "bureau" else ""
            out += _notify(alarm, "closing", 1, person, message, args, "closing", Severity.INFO)
    return tuple(out)


def _coming(alarm: Alarm) -> list[Due]:
    """Every step and repetition still to come while the alarm stays as it is, by time."""
    if alarm.state not in OPEN or alarm.parent:
        return []
    done = {d.step: d for d in alarm.done}
    running = [(base, s) for s in alarm.policy.steps if (base := _base(alarm, s)) is not None]
    new = [Due(base + s.after, s, 1, base) for base, s in running if s.id not in done]
    return sorted([*new, *_repetitions(alarm, running, done, new)], key=lambda d: d.at)


def _base(alarm: Alarm, step: Step) -> int | None:
    """From when the step counts, or None while it does not run.

    A result of false, drill or test ends everything; a real one ends all but `always`. What comes and goes without latching
    calls nobody further while it is gone; what latches does (a flapping sensor must not put off the next step).
    """
    if step.when == "unverified":
        return alarm.acked.mono if alarm.acked is not None and alarm.result is None else None
    if step.when == "always":
        runs = (alarm.state in ACTIVE or alarm.confirmed) and alarm.result in (None, Result.REAL)
        return alarm.raised.mono if runs else None
    waits = alarm.state is AlarmState.UNACKED or (alarm.state is AlarmState.RTN_UNACKED and alarm.latching)
    return alarm.raised.mono if waits else None


def _repetitions(alarm: Alarm, running: list[tuple[int, Step]], done: Mapping[str, Done], new: list[Due]) -> Iterable[Due]:
    """The last due steps again after policy.loop, unless the next step comes no later than that."""
    if alarm.policy.loop <= 0:
        return
    past = [(base, s) for base, s in running if s.when != "always" and s.id in done]
    last = max((s.after for _, s in past), default=0)
    upcoming = min((d.at for d in new if d.step.when != "always"), default=None)
    for base, s in past:
        at = done[s.id].at + alarm.policy.loop
        if s.after == last and (upcoming is None or at < upcoming):
            yield Due(at, s, done[s.id].rounds + 1, base)


def _resolve(step: Step, alarm: Alarm, plant: Plant, on_duty: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Person ids of the step, each once. A step for the school that reaches nobody goes to the duty post."""
    found = [id for to in step.to for id in _people(to, alarm, plant, on_duty)]
    if not found and step.to != ("bureau",):
        found = list(on_duty.get("duty", ()))
    return tuple(dict.fromkeys(found))


def _people(to: str, alarm: Alarm, plant: Plant, on_duty: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    point = plant.points.get(alarm.point)
    output = plant.outputs.get(alarm.point)
    zone = point.zone if point else output.zone if output else ""
    if to == "everyone":
        return tuple(p.id for p in plant.people.values() if p.role in SCHOOL)
    if to == "keeper":
        return keepers(zone, plant)
    if to == "holder":
        return tuple(id for id in plant.holders.get(zone, ()) if id in plant.people) or on_duty.get("holder", ())
    return on_duty.get(to, ())


def _telling(
    alarm: Alarm, d: Due, message: str, person: Person, plant: Plant, now: Now, on_duty: Mapping[str, tuple[str, ...]]
) -> tuple[Notification, ...]:  # fmt: skip
    duty = next(iter(on_duty.get("duty", ())), "")
    args = args_for(alarm, plant, now, duty, person.language, since=d.base, bureau=person.role == "bureau")
    reason = f"{d.step.when}/{d.step.after}"
    return _notify(alarm, d.step.id, d.round, person, message, args, reason, alarm.severity)


def _notify(
    alarm: Alarm, step: str, round: int, person: Person, message: str, args: Mapping[str, str], reason: str, severity: Severity
) -> tuple[Notification, ...]:  # fmt: skip
    """The message by the person's first channel; nothing for a person without one."""
    if not person.channels:
        return ()
    channel, text = person.channels[0], render(message, args, person.language)
    key = f"{alarm.id}:{alarm.occurrence}:{step}:{round}:{person.id}:{channel}"
    return (Notification(key, alarm.id, step, person.id, channel, message, text, reason, severity),)
