"""The table of rule kinds. One row per file of alerts/rules; nothing registers itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.model import Rule
from alerts.rules import (
    cabinet,
    chatter,
    combination,
    deviation,
    k_of_n,
    no_data,
    rate,
    state,
    stuck,
    threshold,
    timetable,
)
from alerts.rules.scene import Judged, Memory, Scene


@dataclass(frozen=True, slots=True)
class RuleKind:
    """`evaluate` judges one point of a rule; `watches` names every point whose readings it needs.

    `evaluate` is given back the memory it gave for this (rule, point) the last time, None at first. CLEAR means that every
    reading it rests on is GOOD.
    """

    evaluate: Callable[[Rule, str, Scene, Memory], Judged]
    watches: Callable[[Rule, str], tuple[str, ...]]


RULES: Mapping[str, RuleKind] = {
    "threshold": RuleKind(threshold.evaluate, threshold.watches),
    "state": RuleKind(state.evaluate, state.watches),
    "no_data": RuleKind(no_data.evaluate, no_data.watches),
    "rate": RuleKind(rate.evaluate, rate.watches),
    "deviation": RuleKind(deviation.evaluate, deviation.watches),
    "stuck": RuleKind(stuck.evaluate, stuck.watches),
    "chatter": RuleKind(chatter.evaluate, chatter.watches),
    "k_of_n": RuleKind(k_of_n.evaluate, k_of_n.watches),
    "combination": RuleKind(combination.evaluate, combination.watches),
    "timetable": RuleKind(timetable.evaluate, timetable.watches),
    "cabinet": RuleKind(cabinet.evaluate, cabinet.watches),
}
