"""Makers of small alarms, events and outcomes for the tests of the stores, and a clock that only moves when told."""

from __future__ import annotations

from alerts.model import (
    Alarm,
    AlarmState,
    Delivery,
    Done,
    Event,
    Fate,
    Line,
    Mark,
    Notification,
    Outcome,
    Policy,
    Reply,
    Result,
    Severity,
    Stage,
    Step,
    Truth,
)
from drivers.reading import Now

WALL = 1_790_000_000_000
POLICY = Policy("fire", (Step("first", "unacked", 0, ("duty",), "fire.raised"),), loop=60_000)


class FakeClock:
    """A clock of the tests' own."""

    def __init__(self) -> None:
        self.mono = 1_000
        self.good = True

    def now(self) -> Now:
        return Now(WALL + self.mono, self.mono)

    def ok(self) -> bool:
        return self.good


def at(mono: int) -> Now:
    return Now(WALL + mono, mono)


def event(seq: int, kind: str = "raised", **args: str | int | float | bool | None) -> Event:
    return Event(seq, f"s-{seq}", kind, "normal", "unacked", "wang", kind, args, at(seq), True)


def alarm(number: int, state: AlarmState = AlarmState.UNACKED, severity: Severity = Severity.FAULT) -> Alarm:
    where = (f"s-{number}", number, "smoke", f"dorm-{number}/smoke", "fire")
    lasting = (at(number), at(number), True, POLICY, Truth.BREACHED, True)
    return Alarm(
        *where, severity, state, 1, *lasting, {"value": 1.0, "words": "烟"}, on_due=None, off_due=77, acked=at(9),
        acked_by="li", result=Result.FALSE, done=(Done("first", 2, 5),), told=("wang", "li"),
    )  # fmt: skip


def mark(number: int, stage: Stage = Stage.ON) -> Mark:
    lines = (Line("test-alarm", "d/smoke", "wang", at(8), 1.5),)
    where = (f"s-{number}", number, "out-of-service", stage, "sun", "动火")
    return Mark(*where, at(number), at(99), ("d/smoke",), "dorm", {"permit": "7", "none": None}, lines)


def note(key: str, text: str = "三中 宿舍 烟感 火警", attempt: int = 1, severity: Severity = Severity.FAULT) -> Notification:
    return Notification(key, "s-1", "first", "wang", "phone", "fire.raised", text, "unacked 0", severity, attempt)


def outcome(seq: int, severity: Severity = Severity.FAULT) -> Outcome:
    """One raised alarm with its message and output."""
    return Outcome(
        events=(event(seq), event(seq + 1, "notified", key=f"k{seq}")),
        alarms=(alarm(seq, severity=severity),),
        notifications=(note(f"k{seq}", severity=severity),),
        outputs={"relay/1": True},
        replies=(Reply(f"c{seq}", True, "acked", ("收到", "acknowledged"), seq),),
    )


def delivery(key: str, fate: Fate, why: str = "") -> Delivery:
    return Delivery(key, fate, "provider-7", why)
