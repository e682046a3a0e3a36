"""THE state table of an alarm and the one function that walks it. No clocks, no rules, no people.

Source of the table: IEC 62682 and OPC UA Part 9 vocabulary; requirements R12, R13, R14. Every cell of 6 states x 7 inputs is
decided; a cell whose `to` is None keeps the state, and `why` says why.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from alerts.model import ACTIVE, Alarm, AlarmState, Input, Result, Truth
from drivers.reading import Now


class Do(enum.Enum):
    """What a cell does to the alarm beside its state."""

    START = "start"  # first breach: the on-delay runs from here
    RAISE = "raise"  # the alarm begins: escalation counts from here
    AGAIN = "again"  # a new occurrence: it sounds again, the old answer and result no longer count
    RESTART = "restart"  # escalation and checklist begin anew, and a fire is confirmed anew
    ON_STOP = "on-stop"  # the on-delay is over or off
    OFF_START = "off-start"  # the off-delay runs, unless it does already
    OFF_STOP = "off-stop"  # the off-delay is over or off
    GO = "go"  # the condition has ended
    ANSWER = "answer"  # somebody has answered; the first answer starts the result timer


@dataclass(frozen=True, slots=True)
class Cell:
    """`no_delay` replaces `to` when the rule has no on-delay, `latching` when the alarm latches.

    `refused` is the code a person is given; `guarded` cells refuse unless `refusal` finds nothing missing.
    """

    to: AlarmState | None
    why: str
    do: tuple[Do, ...] = ()
    no_delay: AlarmState | None = None
    latching: AlarmState | None = None
    refused: str = ""
    guarded: bool = False


S, I = AlarmState, Input  # noqa: E741

# fmt: off
TABLE: Mapping[tuple[AlarmState, Input], Cell] = {
    (S.NORMAL, I.BREACH): Cell(S.PENDING, "on-delay starts; without one it is an alarm", (Do.START,), no_delay=S.UNACKED),
    (S.NORMAL, I.CLEAR): Cell(None, "nothing to clear"),
    (S.NORMAL, I.UNKNOWN): Cell(None, "unknown never changes a state"),
    (S.NORMAL, I.HELD): Cell(None, "late timer"),
    (S.NORMAL, I.QUIET): Cell(None, "late timer"),
    (S.NORMAL, I.ACK): Cell(None, "nothing open", refused="refused.nothing-open"),
    (S.NORMAL, I.RESET): Cell(None, "nothing open", refused="refused.nothing-open"),
    (S.PENDING, I.BREACH): Cell(None, "on-delay runs on"),
    (S.PENDING, I.CLEAR): Cell(S.NORMAL, "on-delay cancelled", (Do.ON_STOP,)),
    (S.PENDING, I.UNKNOWN): Cell(None, "a breach seen, then silence, is an alarm: on-delay runs on"),
    (S.PENDING, I.HELD): Cell(S.UNACKED, "on-delay over", (Do.ON_STOP, Do.RAISE)),
    (S.PENDING, I.QUIET): Cell(None, "late timer"),
    (S.PENDING, I.ACK): Cell(None, "not yet an alarm", refused="refused.not-yet"),
    (S.PENDING, I.RESET): Cell(None, "not yet an alarm", refused="refused.not-yet"),
    (S.UNACKED, I.BREACH): Cell(None, "off-delay cancelled", (Do.OFF_STOP,)),
    (S.UNACKED, I.CLEAR): Cell(None, "off-delay starts", (Do.OFF_START,)),
    (S.UNACKED, I.UNKNOWN): Cell(None, "unknown never clears: off-delay cancelled", (Do.OFF_STOP,)),
    (S.UNACKED, I.HELD): Cell(None, "late timer"),
    (S.UNACKED, I.QUIET): Cell(S.RTN_UNACKED, "gone, nobody answered", (Do.OFF_STOP, Do.GO)),
    (S.UNACKED, I.ACK): Cell(S.ACKED, "answered", (Do.ANSWER,)),
    (S.UNACKED, I.RESET): Cell(None, "no answer yet", refused="refused.no-ack"),
    (S.ACKED, I.BREACH): Cell(None, "off-delay cancelled", (Do.OFF_STOP,)),
    (S.ACKED, I.CLEAR): Cell(None, "off-delay starts", (Do.OFF_START,)),
    (S.ACKED, I.UNKNOWN): Cell(None, "unknown never clears: off-delay cancelled", (Do.OFF_STOP,)),
    (S.ACKED, I.HELD): Cell(None, "late timer"),
    (S.ACKED, I.QUIET): Cell(S.NORMAL, "gone and answered", (Do.OFF_STOP, Do.GO), latching=S.LATCHED),
    (S.ACKED, I.ACK): Cell(None, "recorded", (Do.ANSWER,)),
    (S.ACKED, I.RESET): Cell(S.NORMAL, "only a point no longer configured", guarded=True),
    (S.RTN_UNACKED, I.BREACH): Cell(S.UNACKED, "the same alarm again; escalation goes on", (Do.AGAIN,)),
    (S.RTN_UNACKED, I.CLEAR): Cell(None, "already gone"),
    (S.RTN_UNACKED, I.UNKNOWN): Cell(None, "unknown never changes a state"),
    (S.RTN_UNACKED, I.HELD): Cell(None, "late timer"),
    (S.RTN_UNACKED, I.QUIET): Cell(None, "already gone"),
    (S.RTN_UNACKED, I.ACK): Cell(S.NORMAL, "answered after it was gone", (Do.ANSWER,), latching=S.LATCHED),
    (S.RTN_UNACKED, I.RESET): Cell(None, "no answer yet", refused="refused.no-ack"),
    (S.LATCHED, I.BREACH): Cell(S.UNACKED, "the same alarm again; escalation starts again", (Do.AGAIN, Do.RAISE, Do.RESTART)),
    (S.LATCHED, I.CLEAR): Cell(None, "already gone"),
    (S.LATCHED, I.UNKNOWN): Cell(None, "unknown never changes a state"),
    (S.LATCHED, I.HELD): Cell(None, "late timer"),
    (S.LATCHED, I.QUIET): Cell(None, "already gone"),
    (S.LATCHED, I.ACK): Cell(None, "recorded", (Do.ANSWER,)),
    (S.LATCHED, I.RESET): Cell(S.NORMAL, "gone, answered, looked at", guarded=True),
}
# fmt: on


EVENTS: Mapping[tuple[AlarmState, AlarmState], str] = {
    (S.NORMAL, S.PENDING): "pending",
    (S.NORMAL, S.UNACKED): "raised",
    (S.PENDING, S.UNACKED): "raised",
    (S.PENDING, S.NORMAL): "cancelled",
    (S.UNACKED, S.RTN_UNACKED): "gone",
    (S.ACKED, S.LATCHED): "gone",
    (S.ACKED, S.NORMAL): "closed",
    (S.RTN_UNACKED, S.UNACKED): "again",
    (S.LATCHED, S.UNACKED): "again",
}


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one input. `refused` is "" or the code; `alarm.state` tells where it stands now."""

    alarm: Alarm
    old: AlarmState
    refused: str = ""

    @property
    def moved(self) -> bool:
        return self.alarm.state is not self.old

    @property
    def event(self) -> str:
        """Kind of the event of a transition that no person made."""
        return EVENTS[self.old, self.alarm.state]


def input_of(truth: Truth, good: bool, alarm: Alarm, off_delay: int, now: Now) -> Input:
    """The input that a rule's judgement is to this alarm.

    A CLEAR that is not GOOD is UNKNOWN. QUIET is the first GOOD CLEAR at or after the end of the off-delay;
    without an off-delay every GOOD CLEAR is. An off-delay starts at a GOOD CLEAR, never by a timer.
    """
    if truth is Truth.BREACHED:
        return Input.BREACH
    if truth is Truth.UNKNOWN or not good:
        return Input.UNKNOWN
    if alarm.state not in ACTIVE:
        return Input.CLEAR
    over = off_delay <= 0 or (alarm.off_due is not None and now.mono >= alarm.off_due)
    return Input.QUIET if over else Input.CLEAR


def refusal(alarm: Alarm) -> str:
    """The guards of RESET, as the code of the first one that fails, or "". `point_removed` stands for CLEAR and GOOD."""
    removed = alarm.result is Result.REMOVED
    if not removed and alarm.state in ACTIVE:
        return "refused.not-gone"
    if not removed and alarm.truth is not Truth.CLEAR:
        return "refused.not-gone" if alarm.truth is Truth.BREACHED else "refused.not-good"
    if not removed and not alarm.good:
        return "refused.not-good"
    if alarm.acked is None:
        return "refused.no-ack"
    if alarm.policy.result_asked and alarm.result is None:
        return "refused.no-result"
    return ""


def step(alarm: Alarm, input: Input, now: Now, *, on_delay: int = 0, off_delay: int = 0, who: str = "") -> Move:
    """Walk one cell. Gives the alarm as it then stands, or the same alarm and the code of the refusal.

    Delays in ms; `who` is the person id of an ACK. The caller has already put truth, good and result into the alarm.
    """
    cell = TABLE[alarm.state, input]
    code = cell.refused or (refusal(alarm) if cell.guarded else "")
    if code:
        return Move(alarm, alarm.state, code)
    to = cell.to or alarm.state
    if cell.no_delay is not None and on_delay <= 0:
        to = cell.no_delay
    if cell.latching is not None and alarm.latching:
        to = cell.latching
    new = alarm if to is alarm.state else replace(alarm, state=to)  # every reading comes here: most change nothing
    for do in cell.do:
        new = _do(new, do, now, on_delay, off_delay, who)
    return Move(new, alarm.state)


def _do(alarm: Alarm, do: Do, now: Now, on_delay: int, off_delay: int, who: str) -> Alarm:
    match do:
        case Do.START:
            return replace(alarm, first=now, raised=now, on_due=now.mono + on_delay if on_delay > 0 else None)
        case Do.RAISE:
            return replace(alarm, raised=now)
        case Do.AGAIN:
            return replace(
                alarm, occurrence=alarm.occurrence + 1, silenced=False, acked=None, acked_by="",
                result=None, cause="", result_by="", result_at=None, on_site=False, off_due=None, gone=None,
            )  # fmt: skip
        case Do.RESTART:
            return replace(alarm, done=(), confirmed=False, ahead=0, declined=(), ticks=())
        case Do.ON_STOP:
            return alarm if alarm.on_due is None else replace(alarm, on_due=None)
        case Do.OFF_START:
            return alarm if alarm.off_due is not None else replace(alarm, off_due=now.mono + off_delay)
        case Do.OFF_STOP:
            return alarm if alarm.off_due is None else replace(alarm, off_due=None)
        case Do.GO:
            return replace(alarm, gone=now)
        case Do.ANSWER:
            return alarm if alarm.acked is not None else replace(alarm, acked=now, acked_by=who, ahead=0)


def began(alarm: Alarm) -> Now:
    """When what stands now began: its first breach; of an alarm that has begun again, when its calls began."""
    return alarm.first if alarm.occurrence == 1 else alarm.raised
