"""What a mark makes of the alarms of its points: who is told, what sounds, and when an alarm is a real one again. Pure.

States go on in every mode; only telling and sounding change. A person's 真火警 ends any mode for that alarm at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from alerts import marks
from alerts.kinds import KINDS
from alerts.machine import step
from alerts.model import (
    ACTIVE,
    OPEN,
    Alarm,
    AlarmState,
    Input,
    Mark,
    Policy,
    Result,
    Rule,
    Scalar,
    Severity,
    Stage,
    Step,
    Truth,
)
from alerts.plant import Plant
from alerts.standing import Standing
from drivers.reading import Now

REHEARSAL = "box-rehearsal"  # rule of a simulated alarm
_SOUNDS = frozenset({"guard-sounder", "room-sounder", "chirp"})
_MOVES = frozenset({"fan", "valve"})


@dataclass(frozen=True, slots=True)
class Mode:
    """`quiet`: output roles that its alarms do not switch. `real`: may they confirm a fire, count as first, break a drill?

    `told`: "" as ever | school (all but the bureau) | starter (who began the mark, and the officers) | walker (the one person who
    sets points off) | nobody.
    `message` replaces every message of the policy's steps, so that nobody takes it for an alarm.
    """

    id: str
    zh: str
    en: str
    told: str
    quiet: frozenset[str] = frozenset()
    real: bool = False
    message: str = ""


MODES: Mapping[str, Mode] = {
    m.id: m
    for m in (
        Mode("", "", "", "", real=True),
        Mode("out-of-service", "停用", "Out of service", "nobody", _SOUNDS),
        Mode("maintenance", "维保", "Maintenance", "starter", _SOUNDS, message="maint.alarm"),
        Mode("trial", "试运行", "Trial running", "school", real=True),
        Mode("test", "测试", "Test", "starter", _SOUNDS | _MOVES, message="test.alarm"),
        Mode("walk", "步行测试", "Walk test", "walker", _SOUNDS | _MOVES, message="test.alarm"),
        Mode("rehearsal", "测试", "Test", "school", _MOVES, message="test.chain"),
    )
}
BROKEN = "broken"  # fact of a 维保 that a real fire has ended
ENDED_BY_ITSELF = frozenset({"test", "walk", "rehearsal"})  # no person need reset what was only a test

Change = tuple[Alarm, str, Mapping[str, Scalar]]  # the new alarm, the event's kind, its args


def real(alarm: Alarm) -> bool:
    """May it be what it says? Not while its point is switched off, maintained or tested."""
    return MODES[alarm.mode].real


def marked(alarm: Alarm, what: str, language: str) -> str:
    """The word for the alarm's kind where nothing else says that it is a test: in a template's field."""
    mode = MODES[alarm.mode]
    if not mode.message:
        return what
    return f"{mode.en}, not real: {what}" if language == "en" else f"{mode.zh}非真实{what}"


def policy_of(alarm: Alarm) -> str:
    """The id of the policy it runs, whatever a mode makes of that."""
    return alarm.policy.id.partition("@")[0]


def mode_for(alarm: Alarm, standing: Standing) -> tuple[str, Mark | None]:
    """The mode this alarm should have now, and the mark that says so."""
    if alarm.result is Result.REAL:
        return "", None
    if alarm.rule == REHEARSAL:
        return "rehearsal", standing.about("rehearsal", alarm.point)
    mark = standing.of_alarm(alarm)
    return (marks.mode_of(mark), mark) if mark else ("", None)


def follow(alarms: Iterable[Alarm], standing: Standing, plant: Plant, now: Now) -> list[Change]:
    """Every alarm whose mode or policy does not fit what now stands."""
    out: list[Change] = []
    for alarm in alarms:
        mode, mark = mode_for(alarm, standing)
        id = mark.id if mark else ""
        base, suffix = policy_of(alarm), alarm.policy.id.partition("@")[2]
        if (mode, id, mode) == (alarm.mode, alarm.mark, suffix):
            continue
        if alarm.mode and alarm.result is not Result.REAL and alarm.state in OPEN - ACTIVE:
            continue  # what is gone keeps the mode in which it happened
        was = MODES[alarm.mode]
        louder = was.told == "nobody" or (not was.real and MODES[mode].real)
        new = replace(
            alarm, mode=mode, mark=id, policy=_under(mode, mark, alarm, plant.policies.get(base) or alarm.policy, plant)
        )
        if louder and alarm.state in OPEN:  # what was not told is told now, from the beginning
            told = bool(alarm.done)  # steps that are told once more have keys of their own
            new = replace(new, raised=now, done=(), confirmed=False, occurrence=alarm.occurrence + told)
        out.append((new, "mode", {"mode": mode, "was": alarm.mode, "mark": id}))
    return out


def _under(mode: str, mark: Mark | None, alarm: Alarm, policy: Policy, plant: Plant) -> Policy:
    """The policy as it is in that mode; its id says which. A fault of a point that is worked on is told to nobody."""
    how = MODES[mode]
    if not mode:
        return policy
    id = f"{policy_of(alarm)}@{mode}"
    if how.told == "school":
        steps = tuple(
            replace(s, to=to, message=how.message or s.message)
            for s in policy.steps
            if (to := tuple(t for t in s.to if t != "bureau"))
        )
        return replace(policy, id=id, steps=steps, result_asked=policy.result_asked and not how.message)
    if how.told == "starter" and mark is not None and alarm.severity > Severity.SUPERVISORY:
        technician = str(mark.facts.get("technician", ""))
        named = technician if technician in plant.people else mark.who
        return Policy(id, (Step(mode, "always", 0, (named, "officer"), how.message, rung=False),), result_asked=False)
    if how.told == "walker" and mark is not None and alarm.latching:
        step = Step(mode, "always", 0, (str(mark.facts["walker"]),), how.message, rung=False)
        return Policy(id, (step,), result_asked=False)
    return Policy(id, (), result_asked=False)


def over(alarm: Alarm, marks: Collection[Mark], now: Now) -> Alarm | None:
    """A test alarm whose cause is gone, closed with the result `test`; None when it is none or still stands.

    `marks`: those that have just changed. What 维保 has left behind is over with it; until then somebody may still say
    这是真的, and when that has ended it, nothing is taken for a test.
    """
    ended = any(
        m.id == alarm.mark and m.kind == "maintenance" and m.stage is Stage.OVER and BROKEN not in m.facts for m in marks
    )
    gone = alarm.state in (AlarmState.RTN_UNACKED, AlarmState.LATCHED) or (
        alarm.state is AlarmState.ACKED and alarm.truth is Truth.CLEAR
    )
    if not (ended or alarm.mode in ENDED_BY_ITSELF) or not (gone and alarm.truth is Truth.CLEAR and alarm.good):
        return None
    return closed(alarm, now)


def closed(alarm: Alarm, now: Now) -> Alarm:
    """The alarm ended as a test: the result stands for the answer and the look."""
    new = replace(alarm, result=Result.TEST, truth=Truth.CLEAR, good=True)
    for input in (Input.QUIET, Input.ACK, Input.RESET):
        if new.state is not AlarmState.NORMAL:
            new = step(new, input, now).alarm
    return new


def open_in(alarms: Collection[Alarm], mark: Mark) -> list[Alarm]:
    """The open alarms that stand under the mark."""
    return [a for a in alarms if a.mark == mark.id and a.state in OPEN]


def rehearsal(point: str, plant: Plant) -> Rule | None:
    """The rule of a simulated alarm of this point: the kind and policy of its worst own rule. None when it has none."""
    rules = [r for r in plant.rules if point in r.points]
    worst = max(rules, key=lambda r: KINDS[r.alarm].severity, default=None)
    if worst is None:
        return None
    return replace(worst, id=REHEARSAL, kind="system", points=(point,), params={}, on_delay=0, off_delay=0)
