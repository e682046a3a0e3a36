"""A Command about alarms, carried out on each alarm it means: right, verb, event; and one Reply for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from alerts import care, commands
from alerts.authority import allowed
from alerts.commands import Done, result_minutes
from alerts.model import Alarm, Command, Reply, Scalar
from alerts.plant import Person, Plant
from alerts.replies import numbers, say, text
from drivers.reading import Now

VERBS = {**commands.VERBS, **care.VERBS}  # verbs about alarms
Log = Callable[[Done, Mapping[str, Scalar]], int]


def out(cmd: Command, person: Person, meant: Iterable[Alarm], plant: Plant, now: Now, log: Log) -> Reply | tuple[str, Alarm]:
    """The Reply, or (code, alarm) of the first refusal when nothing was done. `log` records one alarm's change, gives its seq."""
    refusals: list[tuple[str, Alarm]] = []
    answered: list[Alarm] = []
    asked: list[Alarm] = []  # of those the ones that want a result
    reply: Reply | None = None
    for alarm in meant:
        ok, code = allowed(person, cmd.verb, alarm, plant)
        told = cmd.proof in commands.REMOTE and not set(plant.at_phone(person.id)).isdisjoint(alarm.told)
        if not ok and cmd.verb == "ack" and told:
            done = commands.heard(alarm)  # the message asked for a 1, and nobody is turned away who gives it
        else:
            done = VERBS[cmd.verb](cmd, alarm, person, plant, now) if ok else Done(alarm, alarm.state, refused=code)
        if done.refused:
            refusals.append((done.refused, alarm))
            continue
        seq = log(done, {"command": cmd.id, "proof": cmd.proof} | dict(done.args or {}))
        words = text(done.code or done.kind, done.alarm, result_minutes(done.alarm, plant))
        if reply is None or (done.kind == "acked" and not answered):  # what was answered says more than what was heard of
            reply = Reply(cmd.id, True, done.kind, words, seq)
        answered += [done.alarm] if done.kind == "acked" else []
        asked += [done.alarm] if done.code == "acked-result" else []
    if reply and len(answered) > 1:
        named = {"k": str(len(answered)), "numbers": numbers(answered)}
        words = say("acked-many", **named, one=f"{asked[0].number:02d}") if asked else say("acked-all", **named)
        reply = replace(reply, text=words)
    return reply or refusals[0]
