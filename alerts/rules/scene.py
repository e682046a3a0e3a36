"""What a rule may look at, and what it gives back. Values only; every rule kind has the same two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.model import Condition, Rule, Truth
from drivers.reading import Now, Reading

Memory = Any  # what a rule kind remembers of one of its points: a frozen value of its own, None at the start
Judged = tuple[Condition, Memory]


@dataclass(slots=True)
class Scene:
    """The latest Readings and the instant. One for all rules of an input.

    `active`: is the alarm of this (rule, point) active or pending, so that its return limit counts?
    """

    view: Mapping[str, Reading]
    now: Now
    active: Callable[[str, str], bool]


def own(rule: Rule, point: str) -> tuple[str, ...]:
    """`watches` of a kind that needs only the point it judges."""
    return (point,)


def unknown(rule: Rule, point: str) -> Condition:
    return Condition(rule.id, point, Truth.UNKNOWN)


def number(value: object) -> float:
    """A rule's number; anything else is a mistake of the compiler of the rules."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a limit must be a number, not {value!r}")
    return value
