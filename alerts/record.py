"""What one input to the engine has done so far; becomes its Outcome. Counts events, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alerts.model import Alarm, Delivery, Event, Mark, Notification, Outcome, Reply, Scalar
from alerts.opening import Opening
from drivers.reading import Now

BEGAN = ("raised", "again")


class Record:
    """Collects the events (consecutive seq from `seq` on) and everything else that the journal stores in one transaction."""

    def __init__(self, seq: int, now: Now, clock_ok: bool) -> None:
        self.seq = seq  # of the next event
        self.now = now
        self.clock_ok = clock_ok
        self.changed: dict[str, Alarm] = {}
        self.notifications: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self.outputs: dict[str, bool] = {}
        self.replies: list[Reply] = []
        self.marks: dict[str, Mark] = {}
        self.raised: dict[str, None] = {}  # ids of alarms that began, or began again
        self.openings: dict[str, Opening] = {}
        self.erased: dict[str, tuple[str, ...]] = {}
        self._events: list[Event] = []

    def event(
        self, kind: str, alarm: str = "", *, old: str = "", new: str = "", who: str = "", code: str = "",
        args: Mapping[str, Scalar] | None = None,
    ) -> int:  # fmt: skip
        """Add one event and give its seq."""
        seq = self.seq
        if kind in BEGAN:
            self.raised[alarm] = None
        self._events.append(Event(seq, alarm, kind, old, new, who, code, args or {}, self.now, self.clock_ok))
        self.seq += 1
        return seq

    def saw(self, seq: int, seen: str) -> None:
        """Whoever caused the event `seq` had this on the screen."""
        self._events = [replace(e, args={**e.args, "on_screen": seen}) if e.seq == seq else e for e in self._events]

    def outcome(self) -> Outcome:
        return Outcome(
            tuple(self._events), tuple(self.changed.values()), tuple(self.notifications), tuple(self.deliveries),
            dict(self.outputs), tuple(self.replies), tuple(self.marks.values()), tuple(self.openings.values()),
            dict(self.erased),
        )  # fmt: skip


def facts(alarm: Alarm) -> dict[str, Scalar]:
    """What a reader of an alarm's event needs to know without having its row."""
    out: dict[str, Scalar] = {"rule": alarm.rule, "point": alarm.point, "alarm_kind": alarm.kind, "number": alarm.number}
    return out | {"occurrence": alarm.occurrence, "severity": int(alarm.severity)} | dict(alarm.evidence)


def sending(n: Notification) -> dict[str, Scalar]:
    """What is recorded of a notification: never its text (the journal adds a salted hash of it, so that it can be erased)."""
    out: dict[str, Scalar] = {"key": n.key, "step": n.step, "channel": n.channel, "message": n.message, "reason": n.reason}
    return out | {"attempt": n.attempt}
