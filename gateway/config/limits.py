"""What a site changes of the default rules, within their hard limits (docs/rules.md). Makes rule values, finds no points."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from alerts.model import Scalar
from gateway.config.findings import Finding, close
from gateway.config.model import duration
from gateway.config.rulefile import DELAYS, DURATIONS, RuleFile
from gateway.config.source import Path_, Source


def overridden(
    source: Source, changes: Mapping[str, Mapping[str, Any]], rules: Mapping[str, RuleFile]
) -> tuple[dict[str, RuleFile], list[Finding]]:
    """Every rule as this site has it, and what is wrong with the changes. A change that is wrong is left out."""
    out, findings = dict(rules), []
    for id, change in changes.items():
        if id not in rules:
            near = close(id, rules)
            allowed = " ".join(sorted(rules))
            findings.append(source.finding("CFG-031", ("rules", id), key=True, hint=near, value=id, allowed=allowed))
            continue
        out[id], found = _changed(source, rules[id], change)
        findings += found
    return out, findings + _order(source, changes, out)


def _changed(source: Source, rule: RuleFile, change: Mapping[str, Any]) -> tuple[RuleFile, list[Finding]]:
    params: dict[str, Scalar] = dict(rule.params)
    delays, findings = {}, []
    allowed = [*rule.limits, *(["return_at"] if "return_at" in rule.params else [])]
    for name, given in change.items():
        at: Path_ = ("rules", rule.id, name)
        if name not in allowed:
            near, words = close(name, allowed), " ".join(allowed) or "-"
            findings.append(source.finding("CFG-010", at, key=True, hint=near, allowed=words))
            continue
        value = _value(name, given)
        if value is None:
            findings.append(_not_a_value(source, at, name, given))
            continue
        found = _outside(source, rule, at, name, given, value)
        findings += found
        if any(not f.warning for f in found):
            continue
        if name in DELAYS:
            delays[name] = int(value)
        else:
            params[name] = value
    if "return_at" not in params:
        pass
    elif rule.side and "return_at" not in change:
        before, after = rule.params[rule.side], params[rule.side]
        assert isinstance(before, float) and isinstance(after, float) and isinstance(rule.params["return_at"], float)
        back = rule.params["return_at"]
        params["return_at"] = round(back * after / before if before else back + after, 6)
    elif rule.side:
        findings += _return(source, rule, params)
    on_delay, off_delay = (delays.get(name, getattr(rule, name)) for name in DELAYS)
    return dataclasses.replace(rule, params=params, on_delay=on_delay, off_delay=off_delay), findings


def _value(name: str, given: Any) -> float | None:
    if name in DURATIONS:
        try:
            return float(duration(given))
        except ValueError:
            return None
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _not_a_value(source: Source, at: Path_, name: str, given: Any) -> Finding:
    if name in DURATIONS:
        return source.finding("CFG-017", at, value=given)
    return source.finding("CFG-012", at, value=given, wanted_zh="数", wanted="a number")


def _outside(source: Source, rule: RuleFile, at: Path_, name: str, given: Any, value: float) -> list[Finding]:
    """The hard limits first; only a value within them can be inadvisable."""
    for code, table in (("CFG-030", rule.limits), ("CFG-052", rule.advised)):
        low, high = table.get(name, (-math.inf, math.inf))
        if not low <= value <= high:
            shown = _seconds if name in DURATIONS else _number
            return [source.finding(code, at, rule=rule.id, name=name, value=given, low=shown(low), high=shown(high))]
    return []


def _return(source: Source, rule: RuleFile, params: Mapping[str, Scalar]) -> list[Finding]:
    limit, back = params[rule.side], params["return_at"]
    assert isinstance(limit, float) and isinstance(back, float)
    if back >= limit if rule.side == "low" else back <= limit:
        return []
    zh, en = ("不能低于", "at least") if rule.side == "low" else ("不能高于", "at most")
    return [
        source.finding(
            "CFG-036",
            ("rules", rule.id, "return_at"),
            rule=rule.id,
            value=_number(back),
            words_zh=zh,
            words=en,
            limit=_number(limit),
            side=rule.side,
        )
    ]


def _order(source: Source, changes: Mapping[str, Any], rules: Mapping[str, RuleFile]) -> list[Finding]:
    """`less_than`: the pre-warning stays below its alarm. Shown where the site changed one of the two."""
    findings = []
    for rule in rules.values():
        other = rules.get(rule.less_than)
        if other is None:
            continue
        mine, theirs = rule.params[rule.side], other.params[other.side]
        assert isinstance(mine, float) and isinstance(theirs, float)
        if mine >= theirs:
            changed = rule if rule.side in changes.get(rule.id, {}) else other
            findings.append(
                source.finding(
                    "CFG-032",
                    ("rules", changed.id, changed.side),
                    rule=rule.id,
                    value=_number(mine),
                    other=other.id,
                    limit=_number(theirs),
                )
            )
    return findings


def _number(value: float) -> str:
    return f"{value:g}"


def _seconds(value: float) -> str:
    return f"{value / 1000:g}s"
