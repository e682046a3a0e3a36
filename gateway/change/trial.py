"""A new configuration on trial: who proposed it, what was good before, when it returns by itself. Pure.

Source: design, configuration: an edit needs the confirmation of the same person within five minutes, with at least as many
good points as before, else the old configuration comes back by itself. Never while a fire-class alarm is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from alerts.model import Alarm, Severity

LASTS = 5 * 60_000  # ms from the start of `run` with the new configuration
STARTS = 3  # times `run` may start with it before it counts as one that does not hold
ROLES = frozenset({"installer", "admin"})


@dataclass(frozen=True, slots=True)
class Trial:
    """`phase`: applying | on | returning: what a start has to finish. `good`: points that were good when it was proposed."""

    id: str
    by: str
    name: str  # of the person, for the screen
    at: int  # wall ms
    phase: str
    starts: int
    good: tuple[str, ...]
    old_source: str
    old_compiled: str
    new_source: str
    new_compiled: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the trial stands: `need` good points, `good` there are, `missing` those that were good and are not."""

    need: int
    good: int
    missing: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return self.good >= self.need


def standing(before: Collection[str], plant: Collection[str], good: Collection[str]) -> Standing:
    """`before`: the points good before; a point that the new configuration has taken away is not asked for."""
    asked = [p for p in before if p in plant]
    return Standing(len(asked), len(good), tuple(sorted(p for p in asked if p not in good)))


def fire_class(alarms: Iterable[Alarm]) -> list[str]:
    """编号 of the open alarms during which nothing may be restarted: fire, manual call point, gas level 2."""
    return [str(a.number) for a in alarms if a.severity >= Severity.GAS]


def may(role: str) -> bool:
    return role in ROLES
