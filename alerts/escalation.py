"""Who is told of an alarm now, and when next. Pure: its whole state is Alarm.done and Alarm.told; it sends nothing.

Source: people's table of §3; an acknowledgement pauses, a result ends. A step that came due while the box was off is
carried out once, late; nothing is made up for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from alerts.calendar import asleep_since, today_since
from alerts.duty import concerned, keepers
from alerts.model import ACTIVE, OPEN, Alarm, AlarmState, Done, Notification, Owed, Result, Severity, Step
from alerts.modes import MODES, marked
from alerts.plant import Person, Plant
from alerts.render import args_for, message_for, render, why
from drivers.reading import Now

SCHOOL = frozenset({"duty", "keeper", "leader", "officer", "head", "electrician", "holder"})  # everyone: 全校名单


EVERY = "every-channel"  # reason of a message: this channel is what is being tried, no other may stand in for it
DAILY = 10 * 60  # local minute at which what is told once a day is told: climate of stores (people's values)
ANEW = ("asleep", "daily")  # conditions that begin anew: each night, each day
LOOK = 10_000  # ms after which a step that waits for its condition (Step.during) is looked at again

# Which closing message an alarm's kind has; a kind not listed here has recover.alarm when it latches, else recover.other.
CLOSING: dict[str, str] = {
    "fire": "recover.fire",
    "heat": "recover.fire",
    "manual": "recover.fire",
    "comm": "recover.fault",
    "comm-sleep": "recover.fault",
    "line": "recover.fault",
    "silent": "school.back",
    "school-fire": "school.over",
    "school-gas": "school.over",
    "school-alarm": "school.over",
}
QUESTIONS = frozenset({"store-proof"})  # over with their answer: nobody is told of the end


@dataclass(frozen=True, slots=True)
class Scene:
    """What escalation looks at beside the alarm. `on_duty`: post or role -> person ids; `falling`: points whose value falls;
    `lost`: how many points have no data; `acting`: outputs that are wanted on -> were they seen to act? Not known: left out.

    With an unset clock nobody can say who sleeps: then it counts as sleeping time.
    """

    plant: Plant
    now: Now
    on_duty: Mapping[str, tuple[str, ...]]
    clock_ok: bool = True
    falling: frozenset[str] = frozenset()
    lost: int = 0
    acting: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """One step to be carried out at mono ms `at`, for the `round`th time. `base`: mono ms from which it counts."""

    at: int
    step: Step
    round: int
    base: int


def due(alarm: Alarm, scene: Scene) -> tuple[Alarm, tuple[Notification, ...]]:
    """The alarm with `done`, `told` and `owed` brought up to now, and the notifications that are due.

    One call gives a person one message at most: that of the latest step that names them.
    """
    plant, now = scene.plant, scene.now
    ready = [d for d in coming(alarm, scene) if d.at <= now.mono]
    if not ready:
        return alarm, ()
    chosen: dict[str, tuple[Due, str]] = {}
    listed: dict[str, Owed] = {}
    for d in ready:
        for id in resolve(d.step, alarm, scene):
            message = message_for(d.step.message, alarm, plant, plant.people[id].role)
            if d.step.listed:
                listed[id] = Owed(id, "list", now)
            elif message is not None:
                chosen[id] = (d, message)
    sent = [n for id, (d, message) in chosen.items() for n in _telling(alarm, d, message, plant.people[id], scene)]
    done = {x.step: x for x in alarm.done} | {d.step.id: Done(d.step.id, d.round, now.mono) for d in ready}
    told = tuple(dict.fromkeys((*alarm.told, *(n.person for n in sent))))
    known = {*told, *(o.person for o in alarm.owed if o.by == "list")}
    owed = (*alarm.owed, *(o for id, o in listed.items() if id not in known))
    return replace(alarm, done=tuple(done.values()), told=told, owed=owed), tuple(sent)


def next_due(alarm: Alarm, now: Now) -> int | None:
    """Mono ms of the next step or repetition; in the past when one is due already; None when nothing is coming.

    A step that may have to wait for its condition is asked for again LOOK later.
    """
    return min((max(d.at, now.mono + LOOK) if d.step.during else d.at for d in coming(alarm)), default=None)


def hurried(alarm: Alarm, now: Now) -> Alarm:
    """The alarm with the next person's step due now: 呼叫下一人, or somebody has said 我去不了.

    That is the next one that names somebody whom none so far has named; where there is none, the next one.
    """
    ahead = [d for d in coming(alarm) if d.step.when != "always" and d.at > now.mono and not _named(alarm, d.step)]
    first = min(ahead, key=lambda d: (_same_people(alarm, d.step), d.at), default=None)
    return alarm if first is None else replace(alarm, ahead=alarm.ahead + first.at - now.mono)


def bureau_words(alarm: Alarm, plant: Plant, now: Now) -> tuple[str, str] | None:
    """Why the bureau is rung for the alarm now (zh, en), by the policy's own steps; None while it is only shown there.

    Whether the school lists anybody of the bureau makes no difference: the bureau has a roster of its own.
    """
    done = {d.step for d in alarm.done}
    due = [_base(alarm, s) for s in alarm.policy.steps if "bureau" in s.to and s.id in done]
    running = [base for base in due if base is not None]
    if alarm.state not in OPEN or alarm.parent or not running:
        return None
    return why(alarm, plant, now.mono - max(running))


def _same_people(alarm: Alarm, step: Step) -> bool:
    """Have its posts all been called already, while it was as it is: unanswered, or without a result?"""
    done = {d.step for d in alarm.done}
    return {*step.to} <= {to for s in alarm.policy.steps if s.id in done and s.when == step.when for to in s.to}


def _named(alarm: Alarm, step: Step) -> bool:
    """Is it a repetition? Then nobody new is called by it."""
    return any(d.step == step.id for d in alarm.done)


def failover(n: Notification, plant: Plant) -> Notification | None:
    """The same words by the person's next channel, or None: they have no further one."""
    channels = plant.people[n.person].channels
    rest = channels[channels.index(n.channel) + 1 :] if n.channel in channels else channels
    if not rest or n.reason == EVERY:
        return None
    key = f"{n.key.rsplit(':', 1)[0]}:{rest[0]}"
    return replace(n, key=key, channel=rest[0], reason="failover", attempt=1)


def closing(alarm: Alarm, plant: Plant, now: Now) -> tuple[Notification, ...]:
    """The end of the alarm, once to each person who was told of it and is still listed. Never overtakes an alarm.

    A test, a simulated alarm and one under maintenance end without a word: nobody is told 已结束 of a fire that was none.
    """
    if MODES[alarm.mode].message or alarm.kind in QUESTIONS:
        return ()
    wanted = CLOSING.get(alarm.kind, "recover.alarm" if alarm.latching else "recover.other")
    out: list[Notification] = []
    for person in (plant.people[id] for id in alarm.told if id in plant.people):
        message = message_for(wanted, alarm, plant, person.role)
        if message is not None:
            args = args_for(alarm, plant, now, "", person.language)
            args["s"] = str(alarm.evidence.get("school") or (plant.short if person.role == "bureau" else ""))
            out += _notify(alarm, "closing", 1, person, message, args, "closing", Severity.INFO, now, rung=False)
    return tuple(out)


def coming(alarm: Alarm, scene: Scene | None = None) -> list[Due]:
    """Every step and repetition still to come while the alarm stays as it is, by time. Without a scene no step waits."""
    if alarm.state not in OPEN or alarm.parent:
        return []
    done = {d.step: d for d in alarm.done}
    running = [(base, s) for s in alarm.policy.steps if (base := begun(alarm, s, scene)) is not None]
    new: list[Due] = []
    for base, s in running:
        last = done.get(s.id)
        if last is None or (s.during in ANEW and (scene is None or last.at < base)):
            new.append(Due(base + s.after - alarm.ahead, s, last.rounds + 1 if last else 1, base))
        elif s.every > 0:
            new.append(Due(last.at + s.every, s, last.rounds + 1, base))
    return sorted([*new, *_repetitions(alarm, running, done, new)], key=lambda d: d.at)


def begun(alarm: Alarm, step: Step, scene: Scene | None) -> int | None:
    """From when the step counts, or None while it does not run or waits for its condition."""
    base = _base(alarm, step)
    if base is None or scene is None or not step.during:
        return base
    if step.during == "not-falling":
        return None if alarm.point in scene.falling else base
    if step.during == "daily":
        return _today(base, scene)
    if not scene.clock_ok:
        return base
    point = scene.plant.points.get(alarm.point)
    since = asleep_since(scene.plant, point.zone if point else "", scene.now.wall)
    return None if since is None else max(base, scene.now.mono - (scene.now.wall - since))


def _today(base: int, scene: Scene) -> int | None:
    """Mono ms of today's DAILY, once it has come, if the alarm stood by then. Nobody is told by a clock that is not set."""
    wall = today_since(scene.plant, scene.now.wall, DAILY) if scene.clock_ok else None
    since = None if wall is None else scene.now.mono - (scene.now.wall - wall)
    return None if since is None or base > since else since


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
    if alarm.evidence.get("answered"):
        return None  # at the bureau: by the school itself
    waits = alarm.state is AlarmState.UNACKED or (alarm.state is AlarmState.RTN_UNACKED and alarm.latching)
    return alarm.raised.mono if waits else None


def _repetitions(alarm: Alarm, running: list[tuple[int, Step]], done: Mapping[str, Done], new: list[Due]) -> Iterable[Due]:
    """The last due steps again after policy.loop, unless the next step comes no later than that."""
    if alarm.policy.loop <= 0:
        return
    past = [(base, s) for base, s in running if s.when != "always" and s.id in done and not s.listed]
    last = max((s.after for _, s in past), default=0)
    upcoming = min((d.at for d in new if d.step.when != "always"), default=None)
    for base, s in past:
        at = done[s.id].at + alarm.policy.loop
        if s.after == last and (upcoming is None or at < upcoming):
            yield Due(at, s, done[s.id].rounds + 1, base)


def resolve(step: Step, alarm: Alarm, scene: Scene) -> tuple[str, ...]:
    """Person ids of the step, each once, without those who cannot come. One that reaches nobody goes to the duty post."""
    found = [id for to in step.to for id in people_of(to, alarm, scene)]
    able = [id for id in found if id not in alarm.declined]
    if not able and step.to != ("bureau",):
        able = [id for id in scene.on_duty.get("duty", ()) if id not in alarm.declined] or found
    return tuple(dict.fromkeys(able))


def people_of(to: str, alarm: Alarm, scene: Scene) -> tuple[str, ...]:
    """Of a post, a role, the zone's keepers, the store's holders, everyone; or one person by id."""
    plant, on_duty = scene.plant, scene.on_duty
    point = plant.points.get(alarm.point)
    output = plant.outputs.get(alarm.point)
    zone = point.zone if point else output.zone if output else ""
    if to in plant.people:  # a mode or a drill names somebody
        return (to,)
    if to == "everyone":  # a modem rings one telephone after the other: whoever can be there first comes first
        nearest = (*on_duty.get("duty", ()), *keepers(zone, plant), *on_duty.get("second", ()), *on_duty.get("leader", ()))
        return tuple(id for id in dict.fromkeys((*nearest, *plant.people)) if plant.people[id].role in SCHOOL)
    if to == "keeper":
        return concerned(alarm.kind, zone, plant)
    if to == "holder":
        return tuple(id for id in plant.holders.get(zone, ()) if id in plant.people) or on_duty.get("holder", ())
    return on_duty.get(to, (to,) if to in plant.people else ())


def _telling(alarm: Alarm, d: Due, message: str, person: Person, scene: Scene) -> tuple[Notification, ...]:
    duty = next(iter(scene.on_duty.get("duty", ())), "")
    bureau = person.role == "bureau"
    args = args_for(
        alarm, scene.plant, scene.now, duty, person.language, since=d.base, bureau=bureau, lost=scene.lost, acting=scene.acting
    )
    reason = f"{d.step.when}/{d.step.after}"
    return _notify(alarm, d.step.id, d.round, person, message, args, reason, alarm.severity, scene.now, rung=d.step.rung)


def _notify(
    alarm: Alarm, step: str, round: int, person: Person, message: str, args: Mapping[str, str], reason: str, severity: Severity,
    now: Now, *, rung: bool,
) -> tuple[Notification, ...]:  # fmt: skip
    """The message by the person's first channel; nothing for a person without one."""
    if not person.channels:
        return ()
    channel, text = person.channels[0], render(message, args, person.language)
    key = f"{alarm.id}:{alarm.occurrence}:{step}:{round}:{person.id}:{channel}"
    fields = {
        "place": args["place"],
        "time": args["t"],
        "kind": args["s"] + marked(alarm, args["what"], person.language),
        "code": args["n"],
    }
    made = Notification(key, alarm.id, step, person.id, channel, message, text, reason, severity, made=now, rung=rung)
    return (made if reason == "closing" else replace(made, fields=fields),)  # a template says 立即去看, which no end does
