"""What the journal hands to a starting process, and how outcomes that never reached the disk are laid over it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from alerts.model import LOST, REACHED, Alarm, AlarmState, Fate, Mark, Notification, Outcome, Reply, Stage
from alerts.opening import Opening
from drivers.reading import Now

# What a delivery makes of its notification's row. Absent: the row stays queued.
TAKEN = "done"
STATE_AFTER: Mapping[Fate, str] = {
    **dict.fromkeys(REACHED, TAKEN),
    **dict.fromkeys(LOST, "gave_up"),
}


@dataclass(frozen=True, slots=True)
class Restored:
    """State after the last commit. `alarms`: the open and pending ones, `unsent`: notifications still queued, `taken`: lately by a channel,

    `anchor` the time of the last commit on the clocks of boot `boot` (None in a new journal), `notes` what
    `remember` kept, `unreadable` the names of rows this release cannot understand: they stay in the file. `receipts`: the far
    side's id of those taken of which nothing more is known, by key.
    """

    alarms: tuple[Alarm, ...] = ()
    unsent: tuple[Notification, ...] = ()
    outputs: Mapping[str, bool] = field(default_factory=dict)
    next_seq: int = 1
    head: bytes = bytes(32)
    anchor: Now | None = None
    boot: str = ""
    commands: Mapping[str, Reply] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()  # those that stand
    openings: tuple[Opening, ...] = ()  # of stores, that are not over
    taken: tuple[Notification, ...] = ()
    receipts: Mapping[str, str] = field(default_factory=dict)


def awaited(known: Mapping[str, str], news: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """`known` receipts after news of (key, fate by its value, the far side's id), in their order."""
    found = dict(known)
    for key, fate, id in news:
        found.pop(key, None)
        if fate == Fate.ACCEPTED.value and id:
            found[key] = id
    return found


def overlay(base: Restored, late: Iterable[tuple[Outcome, Now]], boot: str) -> Restored:
    """`base` as it would be had these outcomes been committed after it (their hashes are not known: `head` stays)."""
    state = base
    for outcome, anchor in late:
        alarms = {alarm.id: alarm for alarm in (*state.alarms, *outcome.alarms)}
        marks = {mark.id: mark for mark in (*state.marks, *outcome.marks)}
        openings = {o.id: o for o in (*state.openings, *outcome.openings)}
        unsent = {note.key: note for note in (*state.unsent, *outcome.notifications)}
        settled = {delivery.key: STATE_AFTER.get(delivery.fate, "") for delivery in outcome.deliveries}
        state = replace(
            state,
            receipts=awaited(state.receipts, ((d.key, d.fate.value, d.provider_id) for d in outcome.deliveries)),
            alarms=tuple(alarm for alarm in alarms.values() if alarm.state is not AlarmState.NORMAL),
            unsent=tuple(note for key, note in unsent.items() if not settled.get(key)),
            taken=(*state.taken, *(note for key, note in unsent.items() if settled.get(key) == TAKEN)),
            outputs={**state.outputs, **outcome.outputs},
            next_seq=max([state.next_seq, *(event.seq + 1 for event in outcome.events)]),
            anchor=anchor,
            boot=boot,
            openings=tuple(o for o in openings.values() if not o.over),
            marks=tuple(mark for mark in marks.values() if mark.stage is not Stage.OVER),
            commands={**state.commands, **{reply.command: reply for reply in outcome.replies}},
        )
    return state
