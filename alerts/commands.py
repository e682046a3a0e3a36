"""Carrying a Command to its alarms: who is meant, and what each verb does to one alarm. Rights are alerts.authority's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from alerts.causes import causes
from alerts.escalation import hurried
from alerts.machine import step
from alerts.model import OPEN, Alarm, AlarmState, Command, Input, Result, Scalar
from alerts.plant import Person, Plant
from drivers.reading import Now

RESOUND = 300_000  # ms: a silenced, unanswered alarm sounds again (R14)
REMOTE = frozenset({"sms", "key"})  # proofs that mean "an alarm that was sent to this phone"
TOGETHER = frozenset({"ack", "silence", "note", "decline"})  # verbs that may answer several alarms at once
MOST_TEXT = 200
Unheard = Callable[[str, str], bool]  # alarm id, person id: is all that tells them of it still in a queue?
_SAID = frozenset({Result.REAL, Result.FALSE, Result.DRILL, Result.TEST})


@dataclass(frozen=True, slots=True)
class Done:
    """One verb carried out on one alarm, or its refusal."""

    alarm: Alarm
    old: AlarmState
    kind: str = ""  # of the event
    refused: str = ""
    code: str = ""  # of the reply, where it is not the event's kind
    args: Mapping[str, Scalar] | None = None


def targets(cmd: Command, alarms: Iterable[Alarm], unheard: Unheard, phone: Collection[str]) -> tuple[tuple[Alarm, ...], str]:
    """(alarms meant, "") or ((), code). `alarm` is an id, a 编号, "all" or "" (= the only one; all for ack and silence).

    `phone`: whoever has the sender's telephone.

    From a telephone "" means what was sent to it, without what is still in a queue while something else has left (whoever
    answers 1 to a power cut has not heard of the fire behind it), and never what the sender had not heard of (args early).
    """
    standing = tuple(alarms)
    if cmd.alarm and cmd.alarm != "all":
        number = int(cmd.alarm) if cmd.alarm.isascii() and cmd.alarm.isdigit() else -1
        found = tuple(a for a in standing if a.id == cmd.alarm or (a.number == number and a.state in OPEN))
        return (found, "") if found else ((), "refused.not-found")
    meant = tuple(a for a in standing if a.state in OPEN and (cmd.proof not in REMOTE or not set(phone).isdisjoint(a.told)))
    if cmd.proof in REMOTE:
        early = str(cmd.args.get("early") or "").split()
        meant = tuple(a for a in meant if a.id not in early)
        meant = tuple(a for a in meant if not all(unheard(a.id, p) for p in phone if p in a.told)) or meant
    if not meant:
        return (), "refused.nothing-open"
    if len(meant) > 1 and cmd.verb not in TOGETHER:
        return (), "refused.which"
    return meant, ""


def ack(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """收到. A bureau's stops nothing at the school: it is recorded beside the state."""
    if person.role == "bureau":
        return heard(alarm) if alarm.state in OPEN else Done(alarm, alarm.state, refused="refused.not-yet")
    move = step(alarm, Input.ACK, now, who=person.id)
    return Done(move.alarm, move.old, "acked", move.refused, _ack_code(move.alarm))


def heard(alarm: Alarm) -> Done:
    """Somebody who was told has heard of it; the calls go on. Of the bureau, and of whoever may not answer for this place."""
    return Done(alarm, alarm.state, "seen", code="acked-seen")


def result(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """What somebody found; counts as ack too. Real takes effect at once; false counts only with its cause."""
    said = next((r for r in _SAID if r.value == cmd.args.get("result")), None)
    if said is None:
        return Done(alarm, alarm.state, refused="refused.result")
    if said is Result.REAL and alarm.mode == "rehearsal":
        return Done(alarm, alarm.state, refused="refused.rehearsal")
    cause = str(cmd.args.get("cause") or "")[:MOST_TEXT]
    known = causes(alarm.kind, said)
    if (said is Result.FALSE and not cause) or (cause and known and cause not in known):
        return Done(alarm, alarm.state, refused="refused.cause")
    move = step(alarm, Input.ACK, now, who=person.id)
    if move.refused:
        return Done(move.alarm, move.old, refused=move.refused)
    # by SMS or key the cause also states 已到现场
    on_site = cmd.args.get("on_site") is True or (cmd.proof in REMOTE and bool(cause))
    new = replace(move.alarm, result=said, cause=cause, result_by=person.id, result_at=now, on_site=on_site)
    if said is Result.REAL and alarm.result is not said:
        new = replace(new, confirmed=False)  # by a person now, which says more than detectors do: see alerts.aftermath
    return Done(new, move.old, "result", args={"result": said.value, "cause": cause, "on_site": on_site})


def silence(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """消音: sound only, until a new alarm or, unanswered, five minutes."""
    if alarm.state not in OPEN:
        return Done(alarm, alarm.state, refused="refused.not-yet")
    resound = now.mono + RESOUND // plant.speed
    return Done(replace(alarm, silenced=True, resound=resound), alarm.state, "silenced")


def reset(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """复位, when the guards of the state table hold."""
    move = step(alarm, Input.RESET, now)
    return Done(move.alarm, move.old, "reset", move.refused)


def note(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """A remark, kept in the journal only."""
    return Done(alarm, alarm.state, "note", args={"text": str(cmd.args.get("text") or "")[:MOST_TEXT]})


def decline(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """我去不了: the next person at once, and this one is not called for it again. Not counted against anybody."""
    if set(plant.at_phone(person.id)).isdisjoint(alarm.told):
        return Done(alarm, alarm.state, refused="refused.not-called")
    if person.id in alarm.declined:
        return Done(alarm, alarm.state, "declined")
    new = replace(hurried(alarm, now), declined=(*alarm.declined, person.id))
    return Done(new, alarm.state, "declined")


def call_next(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """呼叫下一人: no waiting for the timer."""
    return Done(hurried(alarm, now), alarm.state, "next")


VERBS: Mapping[str, Callable[[Command, Alarm, Person, Plant, Now], Done]] = {
    "ack": ack,
    "result": result,
    "silence": silence,
    "reset": reset,
    "note": note,
    "decline": decline,
    "next": call_next,
}


def result_minutes(alarm: Alarm, plant: Plant) -> int:
    """Minutes from 收到 to the first step that wants a result, as people count them (never below 1)."""
    wait = min((s.after for s in alarm.policy.steps if s.when == "unverified"), default=0)
    return max(1, round(wait * plant.speed / 60_000))


def _ack_code(alarm: Alarm) -> str:
    waits = alarm.result is None and any(s.when == "unverified" for s in alarm.policy.steps)
    return "acked-result" if waits else "acked"
