"""How an occurrence of an alarm begins: the first, and each further one of the same alarm. Pure; the states are alerts.machine's."""

from __future__ import annotations

from dataclasses import replace

from alerts.commands import RESOUND
from alerts.escalation import coming
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Policy, Rule, Truth
from drivers.reading import Now

FLAPS = 60_000  # ms: what was gone for less is flapping, not news (R34 counts chattering by the minute)
REST = 600_000  # ms since the last message before what clears by itself is told anew (D15: one repeat in ten minutes)


def blank(id: str, rule: Rule, point: str, policy: Policy, now: Now) -> Alarm:
    """The alarm of this rule and point before its first input."""
    kind = KINDS[rule.alarm]
    return Alarm(
        id, 0, rule.id, point, rule.alarm, kind.severity, AlarmState.NORMAL, 1, now, now, kind.latching, policy,
        Truth.UNKNOWN, False,
    )  # fmt: skip


def calls(old: Alarm, new: Alarm, rule: Rule, policy: Policy, spared: bool, now: Now, speed: int) -> Alarm:
    """`new` is `old` begun again: from when its calls count, and which of them are done.

    After LATCHED they begin anew. What nobody had answered goes on while a step is still to come, so that a flapping sensor puts none
    off; when they had come to their end, what begins again is news and they begin anew: a panic button that rang out unanswered
    rings when it is pressed again. The on-delay, which this occurrence has not had, runs before its first call.
    """
    if old.state is AlarmState.LATCHED or old.mode == "maintenance":  # there each test is told (F5)
        return replace(new, policy=policy, raised=now, done=old.done if spared else ())
    if old.state is not AlarmState.RTN_UNACKED or spared or coming(old) or not _news(old, new, now, speed):
        return new
    waited = int(new.evidence.get("lasted") or 0)  # by the rule itself
    return replace(new, raised=now, done=(), ticks=(), ahead=-max(0, rule.on_delay - waited), declined=())


def _news(old: Alarm, new: Alarm, now: Now, speed: int) -> bool:
    """Is it more than a flapping of what people know of? Another opening of a store is, however soon it comes."""
    if old.evidence.get("opening") != new.evidence.get("opening"):
        return True
    gone = old.gone.mono if old.gone else old.first.mono
    told = max((d.at for d in old.done), default=old.raised.mono)
    return now.mono - gone >= FLAPS // speed and (old.latching or now.mono - told >= REST // speed)


def hushed(old: Alarm, new: Alarm, now: Now, speed: int) -> Alarm:
    """A chattering point stays silenced where somebody has silenced it, but no longer than any unanswered alarm (R14)."""
    resound = (old.resound or now.mono + RESOUND // speed) if old.silenced else None
    return replace(new, silenced=old.silenced, resound=resound)
