"""What people do about one open alarm beside answering it: assignee, response checklist, repair request. One verb, one alarm.

A tick and a repair request are kept with the alarm and in the journal by whom and when; the repair becomes a hazard elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from alerts.commands import MOST_TEXT, Done
from alerts.model import OPEN, Alarm, Command, Tick
from alerts.plant import Person, Plant
from drivers.reading import Now


def assign(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """Somebody takes it on, or hands it to another: args to (person id; absent: oneself)."""
    to = str(cmd.args.get("to") or person.id)
    if alarm.state not in OPEN:
        return Done(alarm, alarm.state, refused="refused.not-yet")
    if to not in plant.people:
        return Done(alarm, alarm.state, refused="refused.assignee")
    return Done(replace(alarm, assignee=to), alarm.state, "assigned", args={"to": to, "was": alarm.assignee})


def tick(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """An item of the checklist of this kind is done: args item. What is ticked already stays with who ticked it first."""
    item = str(cmd.args.get("item") or "")
    if alarm.state not in OPEN:
        return Done(alarm, alarm.state, refused="refused.not-yet")
    if item not in {i.id for i in plant.checklists.get(alarm.kind, ())}:
        return Done(alarm, alarm.state, refused="refused.item")
    if any(t.item == item for t in alarm.ticks):
        return Done(alarm, alarm.state, "ticked", args={"item": item, "again": True})
    return Done(replace(alarm, ticks=(*alarm.ticks, Tick(item, person.id, now))), alarm.state, "ticked", args={"item": item})


def repair(cmd: Command, alarm: Alarm, person: Person, plant: Plant, now: Now) -> Done:
    """报修: the point with what is wrong, for the list of hazards."""
    args = {"point": alarm.point, "alarm_kind": alarm.kind, "text": str(cmd.args.get("text") or "")[:MOST_TEXT]}
    return Done(replace(alarm, repair=True), alarm.state, "repair", args=args)


VERBS: Mapping[str, Callable[[Command, Alarm, Person, Plant, Now], Done]] = {"assign": assign, "tick": tick, "repair": repair}
