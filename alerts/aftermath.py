"""What one input brings about for alarms beside the one it meant, as a row of consequences in order. Pure look-up.

Each sees what those before it have changed: modes, fires no longer held, first-up, confirmed fires (R37 and the two-sounds rule), a broken
drill, tests that end by themselves, parents (R36): last, since each of the others may end a fault that others hang under.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from alerts import flood, modes, parents
from alerts.confirm import building_of, burning, confirmed, fires, held
from alerts.drill import BREAKS
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Mark, Result, Step
from alerts.modes import Change
from alerts.plant import Plant
from alerts.record import Record
from alerts.standing import Standing
from drivers.reading import Now

CONFIRMED_POLICY = "fire-confirmed"
REAL_POLICY = "fire-real"  # confirmed by detectors first, called real by a person afterwards


@dataclass(frozen=True, slots=True)
class After:
    """`changed`: alarms that this input has changed and that stand; `raised`: those of them that began or began again.

    `over`: those that it has ended. `wide`: a mark has changed, which may concern every alarm.
    """

    alarms: Collection[Alarm]
    changed: Collection[Alarm]
    raised: Collection[Alarm]
    marks: Collection[Mark]
    wide: bool
    standing: Standing
    plant: Plant
    now: Now
    over: Collection[Alarm] = ()


def after(known: Mapping[str, Alarm], rec: Record, standing: Standing, plant: Plant) -> After:
    """What stands at this moment of an input, by its record so far."""
    changed, raised = ([known[i] for i in ids if i in known] for ids in (rec.changed, rec.raised))
    over = [alarm for id, alarm in rec.changed.items() if id not in known]
    return After(known.values(), changed, raised, tuple(rec.marks.values()), bool(rec.marks), standing, plant, rec.now, over)


def _modes(a: After) -> Iterable[Change]:
    return modes.follow(a.alarms if a.wide else a.changed, a.standing, a.plant, a.now)


def _unheld(a: After) -> Iterable[Change]:
    """The hold of a fire that is no longer the only one of its building is over at the next tick: nothing is left due by this one."""
    for alarm in held(a.alarms, a.plant) if a.wide or any(KINDS[x.kind].fire for x in a.changed) else ():
        if alarm.on_due is not None and alarm.on_due > a.now.mono + 1:
            yield replace(alarm, on_due=a.now.mono + 1), "", {}


def _first_up(a: After) -> Iterable[Change]:
    return flood.first_up(a.raised, a.alarms, a.plant) if a.raised else ()


def _confirmed(a: After) -> Iterable[Change]:
    return _confirmations(a.alarms, a.plant, a.now) if a.wide or any(KINDS[x.kind].fire for x in a.changed) else ()


def _breaking(a: After) -> Iterable[Change]:
    """这不是演练: the alarm that broke a drill tells those who take part, and says so to those it would have told anyhow."""
    for alarm in a.raised:
        for mark in a.marks:
            if not any(x.what == "broken" and x.about == alarm.id for x in mark.lines):
                continue
            told = (to for s in alarm.policy.steps if s.after == 0 and s.when != "unverified" for to in s.to if to != "bureau")
            people = tuple(dict.fromkeys((*str(mark.facts.get("people", "")).split(","), *told)))
            step = Step(BREAKS, "always", 0, people, "drill.break")
            policy = replace(alarm.policy, steps=(*alarm.policy.steps, step))
            yield replace(alarm, policy=policy), "breaks-drill", {"drill": mark.id}


def _parents(a: After) -> Iterable[Change]:
    concerned = a.wide or any(x.kind in parents.HIDING for x in (*a.changed, *a.over))
    return tuple(parents.follow(a.alarms, a.plant, a.now)) if concerned else ()


def _tests(a: After) -> Iterable[Change]:
    """A test alarm that is gone ends by itself; a simulated one, and what is left of 维保, with its mark."""
    for alarm in a.alarms if a.wide else a.changed:
        if alarm.rule == modes.REHEARSAL and alarm.mark == "" and alarm.state is not AlarmState.NORMAL:
            yield modes.closed(alarm, a.now), "closed", {"result": Result.TEST.value}
        elif (new := modes.over(alarm, a.marks, a.now)) is not None and new.state is AlarmState.NORMAL:
            yield new, "closed", {"result": Result.TEST.value}


CONSEQUENCES: tuple[Callable[[After], Iterable[Change]], ...] = (
    _modes, _unheld, _first_up, _confirmed, _modes, _breaking, _tests, _parents,
)  # fmt: skip


def _confirmations(alarms: Collection[Alarm], plant: Plant, now: Now) -> Iterable[Change]:
    """Mark each fire of a confirmed building; the one that confirmed it goes on under the policy for confirmed fires.

    Only one burning alarm of a building runs that policy, so that the whole list is told once and not once per detector; and
    once more when the first of them is called real by a person.
    """
    open_ = fires(alarms)
    for building in sorted(confirmed(alarms, plant)):
        here = [a for a in open_ if building_of(a, plant) == building]
        count = burning(here)
        for alarm in here:
            if alarm.confirmed and alarm.evidence.get("burning") != count:  # the next round names how many there are now
                yield replace(alarm, evidence={**alarm.evidence, "burning": count}), "", {}
        fresh = [a for a in here if not a.confirmed]
        leader = max(fresh, key=lambda a: (a.result is Result.REAL, a.raised.mono, a.id), default=None)
        for alarm in fresh:
            new = replace(alarm, confirmed=True, evidence={**alarm.evidence, "burning": count})
            if alarm is leader and (policy := plant.policies.get(_next_policy(alarm, here))):
                new = replace(new, policy=policy, raised=now, done=())
            yield new, "confirmed", {"building": building, "policy": new.policy.id}


def _next_policy(alarm: Alarm, here: Collection[Alarm]) -> str:
    """The policy that tells the whole school what this alarm says and none of the building's has said yet, or ""."""
    runs = {a.id: modes.policy_of(a) for a in here}
    if not {CONFIRMED_POLICY, REAL_POLICY}.intersection(runs.values()):
        return CONFIRMED_POLICY
    news = alarm.result is Result.REAL and runs[alarm.id] != REAL_POLICY
    return REAL_POLICY if news and not any(a.result is Result.REAL for a in here if a.id != alarm.id) else ""
