"""The table of rule kinds. One row per file of alerts/rules; nothing registers itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.model import Condition, Rule
from alerts.rules import cabinet, no_data, state, threshold
from drivers.reading import Now, Reading


@dataclass(frozen=True, slots=True)
class RuleKind:
    """`evaluate` judges one point of a rule; `watches` names every point whose readings it needs."""

    evaluate: Callable[[Rule, str, Mapping[str, Reading], bool, Now], Condition]
    watches: Callable[[Rule, str], tuple[str, ...]]


RULES: Mapping[str, RuleKind] = {
    "threshold": RuleKind(threshold.evaluate, threshold.watches),
    "state": RuleKind(state.evaluate, state.watches),
    "no_data": RuleKind(no_data.evaluate, no_data.watches),
    "cabinet": RuleKind(cabinet.evaluate, cabinet.watches),
}
