"""After a restart: which of the box's own alarms an earlier process raised are over, and which are still to be watched. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from alerts.model import Alarm
from alerts.restore import BOX, JUDGED


@dataclass(frozen=True, slots=True)
class Inherited:
    """`over`: (kind, subject) to be told that it is over. `failing`: leaves whose fault ends once they have lived long enough."""

    over: tuple[tuple[str, str], ...]
    failing: frozenset[str]


def inherited(alarms: Iterable[Alarm], leaves: Collection[str], *, records: bool, failing: Collection[str] = ()) -> Inherited:
    """What this process makes of the box's own alarms: `leaves` are those it runs, `records` says that the journal writes.

    A journal that does not write, and channels and outputs, are told of where they show themselves; of `failing` subjects this
    start has told already, and what the engine judges ends when the engine says so.
    """
    over: list[tuple[str, str]] = []
    watched: set[str] = set()
    for alarm in alarms:
        kind, subject = alarm.rule.removeprefix(f"{BOX}-"), alarm.point.removeprefix(f"{BOX}/")
        if alarm.rule == f"{BOX}-fault" and (subject in failing or subject.startswith(JUDGED)):
            continue
        if alarm.rule == f"{BOX}-fault" and subject in leaves:
            watched.add(subject)
        elif alarm.rule == f"{BOX}-fault" or (alarm.rule == f"{BOX}-cannot-record" and records):
            over.append((kind, subject))
    return Inherited(tuple(over), frozenset(watched))
