"""The alarms that stand: by (rule, point), by id, by number. A container; it judges nothing.

One alarm per (rule, point), pending or open. `due` is cached per alarm so that asking for the next due time is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from alerts.model import Alarm, AlarmState

MOST = 99  # two digits


class Book:
    """Starts empty; a restart puts the alarms of the journal back."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], Alarm] = {}
        self._by_id: dict[str, Alarm] = {}
        self._due: dict[str, int] = {}
        self._numbers: set[int] = set()
        self._latest = 0  # the 编号 given last

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
        if (old := self._by_id.get(alarm.id)) is not None and old.number not in (0, alarm.number):
            self._numbers.discard(old.number)  # it goes on under another one's: that is no new one
            self._numbers.add(alarm.number)
        self._by_key[alarm.rule, alarm.point] = alarm
        self._by_id[alarm.id] = alarm
        if alarm.number and alarm.number not in self._numbers:
            self._numbers.add(alarm.number)
            self._latest = alarm.number
        if due is None:
            self._due.pop(alarm.id, None)
        else:
            self._due[alarm.id] = due

    def free_number(self) -> int:
        """The next 编号 not in use: 1..99 in turn, above only when all of those are open.

        In turn, because a late answer to a closed alarm must not meet a new one under the same number.
        """
        turn = (*range(self._latest + 1, MOST + 1), *range(1, MOST + 1))
        return next((n for n in turn if n not in self._numbers), max(self._numbers, default=0) + 1)

    def due(self, mono: int) -> tuple[Alarm, ...]:
        """Alarms whose due time has come."""
        return tuple(self._by_id[i] for i, at in self._due.items() if at <= mono)

    def next_due(self) -> int | None:
        return min(self._due.values(), default=None)
