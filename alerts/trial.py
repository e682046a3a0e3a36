"""Trying one output for some seconds: who may, when it is refused, what it makes of the desired state. Pure; a restart ends it.

A fire-class alarm refuses it and ends it: nothing may stand between an alarm and its outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alerts.authority import OUTPUTS
from alerts.kinds import KINDS
from alerts.model import OPEN, Alarm, Command
from alerts.plant import Person, Plant
from drivers.reading import Now

VERB = "output-test"
LONGEST = 30  # seconds


class Trials:
    """The outputs under trial. `begin` says "" or why not; `applied` is what the world should be."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._until: dict[str, int] = {}  # output -> mono ms
        self._begun = False  # one has not been applied yet

    def begin(self, cmd: Command, person: Person, alarms: Collection[Alarm], now: Now) -> str:
        output, seconds = cmd.args.get("output"), cmd.args.get("seconds")
        if person.role not in OUTPUTS:
            return "refused.role"
        if not isinstance(output, str) or output not in self._plant.outputs:
            return "refused.output"
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= LONGEST:
            return "refused.seconds"
        if _fire(alarms):
            return "refused.fire"
        self._until[output] = now.mono + seconds * 1000
        self._begun = True
        return ""

    def applied(self, desired: Mapping[str, bool], alarms: Collection[Alarm], now: Now) -> dict[str, bool]:
        """What the alarms desire, and the outputs under trial on."""
        self._begun = False
        if _fire(alarms):
            self._until.clear()
        self._until = {output: until for output, until in self._until.items() if until > now.mono}
        return dict(desired) | dict.fromkeys(self._until, True)

    def due(self, now: Now) -> bool:
        """Has one begun, or is one over, so that `applied` gives something else?"""
        return self._begun or any(until <= now.mono for until in self._until.values())

    def next_due(self) -> int | None:
        return min(self._until.values(), default=None)


def _fire(alarms: Collection[Alarm]) -> bool:
    return any(alarm.state in OPEN and KINDS[alarm.kind].fire for alarm in alarms)
