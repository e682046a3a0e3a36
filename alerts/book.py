"""The alarms that stand: by (rule, point), by id, by number. A container; it judges nothing.

One alarm per (rule, point), pending or open. `due` is cached per alarm so that asking for the next due time is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from alerts.model import Alarm, AlarmState


class Book:
    """Starts empty; a restart puts the alarms of the journal back."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], Alarm] = {}
        self._by_id: dict[str, Alarm] = {}
        self._due: dict[str, int] = {}
        self._numbers: set[int] = set()

    @property
    def by_id(self) -> Mapping[str, Alarm]:
        return MappingProxyType(self._by_id)

    def get(self, rule: str, point: str) -> Alarm | None:
        return self._by_key.get((rule, point))

    def all(self) -> Iterable[Alarm]:
        return self._by_id.values()

    def put(self, alarm: Alarm, due: int | None) -> None:
        """Keep the alarm as it now stands; a NORMAL one is dropped and its number becomes free.

        `due` is the next mono ms at which the alarm itself needs a tick, or None.
        """
        if alarm.state is AlarmState.NORMAL:
            self._by_key.pop((alarm.rule, alarm.point), None)
            self._by_id.pop(alarm.id, None)
            self._due.pop(alarm.id, None)
            self._numbers.discard(alarm.number)
            return
        self._by_key[alarm.rule, alarm.point] = alarm
        self._by_id[alarm.id] = alarm
        if alarm.number:
            self._numbers.add(alarm.number)
        if due is None:
            self._due.pop(alarm.id, None)
        else:
            self._due[alarm.id] = due

    def free_number(self) -> int:
        """The smallest 编号 not in use: 1..99, above only when all of those are open."""
        number = 1
        while number in self._numbers:
            number += 1
        return number

    def due(self, mono: int) -> tuple[Alarm, ...]:
        """Alarms whose due time has come."""
        return tuple(self._by_id[i] for i, at in self._due.items() if at <= mono)

    def next_due(self) -> int | None:
        return min(self._due.values(), default=None)
