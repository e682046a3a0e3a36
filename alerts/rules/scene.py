"""What a rule may look at, and what it gives back. Values only; every rule kind has the same two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.model import Condition, Rule, Truth
from alerts.plant import Plant
from alerts.store_step import StoreState
from drivers.reading import Now, Quality, Reading

# What a rule kind remembers of one of its points: a frozen value of its own, None at the start. It is not kept over a restart:
# a kind that has not seen enough yet says UNKNOWN, never CLEAR, so that an open alarm stays open.
Memory = Any
Pair = tuple[str, str]  # rule, point
Judged = tuple[Condition, Memory]


HOURS = 48  # of a table of what is usual: the 24 of a school day, then the 24 of any other


@dataclass(frozen=True, slots=True)
class Usual:
    """What a point usually shows in one hour of the day: the median over `days` days, and how far it usually strays (sigma).

    `hours`: how many hours of the point's history the whole table rests on.
    """

    value: float
    days: int
    sigma: float = 0.0
    hours: int = 0


@dataclass(slots=True)
class Scene:
    """The school, the latest Readings and the instant. One for all rules of an input.

    `active`: is the alarm of this (rule, point) active or pending, so that its return limit counts? `listed`: does it stand though
    what it says is gone, so that a breach is an alarm without any on-delay? `clock_ok`: may the wall clock be believed? `truths`:
    what the rules that combinations rest on said last; `rests`: which those are, by combination and operand. `usual`: by point, the
    HOURS (None: not known). `stores`: by id, what is going on there.
    """

    plant: Plant
    view: Mapping[str, Reading]
    now: Now
    active: Callable[[str, str], bool]
    clock_ok: bool = True
    truths: Mapping[Pair, Truth] = field(default_factory=dict)
    rests: Mapping[Pair, Mapping[str, tuple[Pair, ...]]] = field(default_factory=dict)
    usual: Mapping[str, tuple[Usual | None, ...]] = field(default_factory=dict)
    stores: Mapping[str, StoreState] = field(default_factory=dict)
    listed: Callable[[str, str], bool] = lambda rule, point: False


def own(rule: Rule, point: str) -> tuple[str, ...]:
    """`watches` of a kind that needs only the point it judges."""
    return (point,)


def parts(rule: Rule, point: str) -> tuple[str, ...]:
    """`watches` of a kind that judges several points together."""
    return rule.parts


def nothing(rule: Rule, point: str) -> tuple[str, ...]:
    """`watches` of a kind that rests on other rules, not on readings."""
    return ()


def unknown(rule: Rule, point: str) -> Condition:
    return Condition(rule.id, point, Truth.UNKNOWN)


def clear(rule: Rule, point: str, reading: Reading) -> Condition:
    """CLEAR when the reading is GOOD: an UNCERTAIN value may breach a rule, never clear one."""
    return Condition(rule.id, point, Truth.CLEAR if reading.quality is Quality.GOOD else Truth.UNKNOWN)


def number(value: object) -> float:
    """A rule's number; anything else is a mistake of the compiler of the rules."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a limit must be a number, not {value!r}")
    return value


def beyond(rule: Rule, point: str, value: float, scene: Scene) -> float | None:
    """The limit that `value` breaches, or None. params: one of `high`, `low`, and `return_at` (default: the limit itself).

    high: breached at value >= high, clear again below return_at. low: breached at value < low, clear again from return_at on.
    """
    params = rule.params
    high = "high" in params
    limit = number(params["high" if high else "low"])
    edge = number(params["return_at"]) if "return_at" in params and scene.active(rule.id, point) else limit
    return limit if (value >= edge if high else value < edge) else None
