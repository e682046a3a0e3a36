"""Who would be called: an alarm that has not happened, walked through its escalation. Pure; nothing is told, nothing remembered.

It asks the functions that the engine asks (consequences, steps, posts, budget), at the times at which the engine would ask them, so
there is one truth of who is told. Supposed is only that nobody answers, or that somebody answers at once and gives no result; that a
value does not fall; and that no other message goes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from alerts import duty, escalation
from alerts.aftermath import CONSEQUENCES, After
from alerts.budget import Budget
from alerts.calendar import next_minute
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Notification, Policy, Rule, Scalar, Step, Truth
from alerts.plant import Plant
from alerts.render import message_for
from alerts.standing import Standing
from drivers.reading import Now

ID = "preview"
HORIZON = 24 * 3_600_000  # ms: what comes later is not looked for
MOST = 60  # calls of one walk
OF_CASE: Mapping[Scalar, Mapping[str, Scalar]] = {  # what a store's alarm says of the locks, by the case of its rule
    "single": {"which": "A"},
    "lock": {"which": "A"},
    "forced": {"which": "none"},
}
Posts = Callable[[Now], Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Told:
    """One person of a call. `held`: "" (told at once, by `channel`), or why not: "list" (the step is one of the day list), "night"
    and "day" (a fault waits for the day list: a time of rest, enough for one day), "storm" (told with others in a digest),
    "not-now" (the message is not one for this time), "no-channel" (nobody can reach this person: a fault)."""

    person: str
    to: tuple[str, ...]  # posts and roles of the step by which the person is meant
    channel: str
    language: str
    message: str
    text: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One step carried out once. `after`: ms from the alarm, or from the answer to it.

    `holes`: posts of the step at which nobody of the rota stands then, so that somebody stands in: a fault. `empty`: those of its
    posts and roles that nobody fills.
    """

    after: int
    step: str
    round: int
    during: str
    told: tuple[Told, ...]
    holes: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`unanswered`: who is called while nobody answers. `answered`: who, when somebody answers at once and gives no result."""

    alarm: Alarm
    unanswered: tuple[Call, ...]
    answered: tuple[Call, ...]


def supposed(rule: Rule, point: str, plant: Plant, now: Now) -> Alarm:
    """The alarm that this rule would raise now at this point."""
    kind = KINDS[rule.alarm]
    return Alarm(
        ID, 0, rule.id, point, rule.alarm, kind.severity, AlarmState.UNACKED, 1, now, now, kind.latching,
        plant.policies.get(rule.policy) or Policy(rule.policy, ()), Truth.BREACHED, True,
        _evidence(rule),
    )  # fmt: skip


def _evidence(rule: Rule) -> Mapping[str, Scalar]:
    """What the alarm would say of its point: the value at which it just begins."""
    if rule.kind == "cabinet":
        return OF_CASE.get(rule.params.get("case"), {})
    if "equals" in rule.params:
        return {"value": rule.params["equals"]}
    limit = next((rule.params[name] for name in ("high", "low") if rule.params.get(name) is not None), None)
    return {} if limit is None else {"value": limit, "limit": limit}


def brought_about(alarm: Alarm, others: Collection[Alarm], standing: Standing, plant: Plant, now: Now) -> Alarm:
    """The alarm after all consequences: what is switched off or tested, a fire that it confirms, a fault that hides it."""
    known = {a.id: a for a in others} | {alarm.id: alarm}
    changed = [alarm.id]
    for consequence in CONSEQUENCES:
        look = After(known.values(), [known[i] for i in changed], [known[alarm.id]], (), False, standing, plant, now)
        for new, _, _ in tuple(consequence(look)):
            known[new.id] = new
            changed += [] if new.id in changed else [new.id]
    return known[alarm.id]


def foreseen(
    alarm: Alarm, plant: Plant, posts: Posts, budget: Budget, now: Now, *, clock_ok: bool = True, lost: int = 0
) -> Foreseen:  # fmt: skip
    """`alarm` as `brought_about` gives it. `posts`: who stands where at a time. `budget`: what was sent lately; it is left as it is."""

    def look(at: Now) -> escalation.Scene:
        return escalation.Scene(plant, at, posts(at), clock_ok, frozenset(), lost)

    unanswered = tuple(_walk(alarm, look, budget.copied(), now))
    answering = budget.copied()
    told, sent = escalation.due(alarm, look(now))
    told, _ = answering.within(alarm, told, sent, now)
    who = next(iter(posts(now).get("duty", ())), "")
    answer = replace(told, state=AlarmState.ACKED, acked=now, acked_by=who)
    return Foreseen(alarm, unanswered, tuple(_walk(answer, look, answering, now)))


def _walk(alarm: Alarm, look: Callable[[Now], escalation.Scene], budget: Budget, begin: Now) -> Iterator[Call]:
    """Every call up to the last step's first, in order of time."""
    now, made = begin, 0
    while made < MOST:
        scene = look(now)
        ready = [d for d in escalation.coming(alarm, scene) if d.at <= now.mono]
        new, wanted = escalation.due(alarm, scene)
        held = {n.person: budget.spent(new, scene.plant.people[n.person], now) or "storm" for n in wanted}
        new, sent = budget.within(alarm, new, wanted, now)
        reached = {n.person for n in sent} | {o.person for o in new.owed}  # not who has read it of a robot a minute ago
        for d in ready:
            texts = {n.person: n for n in wanted if n.step == d.step.id and n.person in reached}
            channels = {n.person: n.channel for n in sent if n.step == d.step.id}
            told = tuple(
                _told(d.step, p, alarm, scene, texts, channels, held) for p in escalation.resolve(d.step, alarm, scene)
            )
            yield Call(
                now.mono - begin.mono, d.step.id, d.round, d.step.during, tuple(t for t in told if t is not None),
                holes=tuple(_holes(d.step, scene)),
                empty=tuple(to for to in d.step.to if not escalation.people_of(to, alarm, scene)),
            )  # fmt: skip
            made += 1
        alarm = new
        at = _next(alarm, scene)
        if at is None or at - begin.mono > HORIZON:
            return
        now = Now(begin.wall + at - begin.mono, at)


def _told(
    step: Step, person: str, alarm: Alarm, scene: escalation.Scene, texts: Mapping[str, Notification], channels: Mapping[str, str],
    held: Mapping[str, str],
) -> Told | None:  # fmt: skip
    """One person of a step; None for one whom a later step of the same moment tells instead."""
    who, plant = scene.plant.people[person], scene.plant
    to = tuple(t for t in step.to if person in escalation.people_of(t, alarm, scene))
    message = message_for(step.message, alarm, plant, who.role)
    n = texts.get(person)
    why = "list" if step.listed else "not-now" if message is None else "" if who.channels else "no-channel"
    if not why and n is None:
        return None
    channel = channels.get(person, "")
    why = why or ("" if channel else held[person])
    return Told(person, to, channel, who.language, message or step.message, n.text if n else "", why)


def _holes(step: Step, scene: escalation.Scene) -> Iterator[str]:
    """Posts of the step at which somebody stands in, because the rota leaves them empty; none where the school has no rota."""
    stand_in = duty.on_duty(scene.plant, scene.now.wall)
    for post in step.to:
        empty = post in duty.POSTS and duty.holes(scene.plant, post, scene.now.wall, scene.now.wall + 1)
        if empty and scene.on_duty.get(post) == stand_in[post]:
            yield post


def _next(alarm: Alarm, scene: escalation.Scene) -> int | None:
    """Mono ms at which somebody may be called next, or None: every step that can come has come once."""
    done = {d.step for d in alarm.done}
    open_ = [d for d in escalation.coming(alarm) if d.step.id not in done]
    if not open_:
        return None
    times = [d.at for d in escalation.coming(alarm, scene)]
    for step in (d.step for d in open_):
        if minutes := _begins(step, alarm, scene.plant):
            times.append(scene.now.mono + next_minute(scene.plant, scene.now.wall, minutes) - scene.now.wall)
    return min((t for t in times if t > scene.now.mono), default=None)


def _begins(step: Step, alarm: Alarm, plant: Plant) -> tuple[int, ...]:
    """Local minutes at which the step's condition may begin to hold."""
    if step.during == "daily":
        return (escalation.DAILY,)
    point = plant.points.get(alarm.point)
    zone = plant.zones.get(point.zone) if point and step.during == "asleep" else None
    return tuple(s.start for s in zone.sleep) if zone else ()
