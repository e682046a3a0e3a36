"""Notifications on their way: what to do with each Delivery. Decides again / other channel / nothing left; sends nothing.

Source: requirements 1.1.2 (at most twice per step and channel) and D13 (next channel within 15 s for fire).
"""

from __future__ import annotations

from dataclasses import replace

from alerts import escalation
from alerts.messages import REPEAT
from alerts.model import Delivery, Fate, Notification, Severity
from alerts.plant import Plant
from drivers.reading import Now

MOST_ATTEMPTS = 2
PATIENCE = 5_000  # ms: gas level 2 and fire wait no longer than this for a channel that says "later"
KEPT = 5_000  # accepted notifications kept for a late bad report
_ARRIVED = frozenset({Fate.DELIVERED, Fate.READ, Fate.ANSWERED})


class Post:
    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._sent: dict[str, Notification] = {}
        self._later: dict[str, tuple[int, Notification]] = {}

    def get(self, key: str) -> Notification | None:
        return self._sent.get(key)

    def sent(self, n: Notification) -> None:
        self._sent[n.key] = n
        if len(self._sent) > KEPT:
            self._sent.pop(next(iter(self._sent)))

    def news(self, d: Delivery, now: Now) -> tuple[Notification | None, bool]:
        """(a notification to send now, gave up). Gave up with None means: nothing is left for that person."""
        n = self._sent.get(d.key)
        if n is None:
            return None, False
        self._later.pop(d.key, None)  # whatever is said now overtakes a second attempt that still waits
        if d.fate in _ARRIVED:
            self._sent.pop(d.key)
            return None, False
        if d.fate is Fate.ACCEPTED:
            return None, False
        hurry = n.severity >= Severity.GAS and d.again_after > PATIENCE
        if d.fate is Fate.TRY_AGAIN and n.attempt < MOST_ATTEMPTS and not hurry:
            self._later[n.key] = (now.mono + d.again_after, replace(n, attempt=n.attempt + 1))
            return None, False
        return self._other(n), True

    def restored(self, n: Notification) -> tuple[Notification | None, bool]:
        """A notification whose fate a crash left open: once more, marked, or the next channel when that has been done."""
        person = self._plant.people.get(n.person)
        if person is None or n.attempt >= MOST_ATTEMPTS:
            return self._other(n), True
        prefix = "" if n.repeat else REPEAT[person.language]
        return replace(n, attempt=n.attempt + 1, repeat=True, text=prefix + n.text), False

    def due(self, now: Now) -> list[Notification]:
        """Second attempts whose time has come."""
        ready = [key for key, (at, _) in self._later.items() if at <= now.mono]
        return [self._later.pop(key)[1] for key in ready]

    def next_due(self) -> int | None:
        return min((at for at, _ in self._later.values()), default=None)

    def _other(self, n: Notification) -> Notification | None:
        self._sent.pop(n.key, None)
        return escalation.failover(n, self._plant) if n.person in self._plant.people else None
