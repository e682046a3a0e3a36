"""The shipped default rules: every name exists, every number is inside its limits, the requirements' numbers are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerts.kinds import KINDS
from alerts.registry import RULES
from drivers.quantities import QUANTITIES
from gateway.config.model import ZONE_KINDS
from gateway.config.rulefile import ALLOWED, OWN
from gateway.config.rulefile import NEEDED as COMMON
from tools import rules_md

ROOT = Path(__file__).parents[2]
UNITS = {"s": 1, "m": 60, "h": 3600}


def load() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((ROOT / "config/rules").glob("*.yaml")):
        for rule in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["rules"]:
            assert rule["id"] not in found, f"{rule['id']} twice"
            found[rule["id"]] = rule
    return found


ALL = load()


def seconds(duration: str) -> int:
    match = re.fullmatch(r"(\d+)([smh])", duration)
    assert match, duration
    return int(match[1]) * UNITS[match[2]]


def number(value: object) -> float:
    return seconds(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", ALL.values(), ids=list(ALL))
def test_a_rule_is_whole(rule: Mapping[str, Any]) -> None:
    needed, optional = OWN[rule["kind"]]
    assert set(rule) <= COMMON | ALLOWED | needed | optional
    assert rule["kind"] in RULES and rule["alarm"] in KINDS
    assert set(rule) >= COMMON | needed | {"limits"}
    assert ("quantities" in rule) != ("stores" in rule)
    assert rule.get("quantities", "any") == "any" or set(rule["quantities"]) <= QUANTITIES.keys()
    assert set(rule.get("zones", [])) <= set(ZONE_KINDS)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", rule["id"])
    assert 0 < len(rule["what"]["zh"]) <= 8 and rule["what"]["en"]
    if rule["kind"] == "threshold":
        assert ("high" in rule) != ("low" in rule)
        assert rule["return_at"] < rule["high"] if "high" in rule else rule["return_at"] > rule["low"]


@pytest.mark.parametrize("rule", ALL.values(), ids=list(ALL))
def test_a_default_is_inside_its_limits(rule: Mapping[str, Any]) -> None:
    for what in ("limits", "advised"):
        for key, (low, high) in rule.get(what, {}).items():
            assert number(low) <= number(rule[key]) <= number(high), key
    assert {"on_delay", "off_delay"} <= set(rule["limits"])
    assert rule["kind"] != "threshold" or {"high", "low"} & set(rule["limits"])


@pytest.mark.parametrize("rule", [r for r in ALL.values() if "less_than" in r], ids=lambda r: r["id"])
def test_levels_stand_in_order(rule: Mapping[str, Any]) -> None:
    key = "high" if "high" in rule else "low"
    assert rule[key] < ALL[rule["less_than"]][key]


# R12: what may never clear by itself
LATCHING = {
    "smoke", "smoke-level", "heat", "flame", "manual-call", "flow", "panic", "combustible-gas-2", "gas-alarm", "toxic-gas-2",
    "residual-current-alarm", "cable-temperature-alarm", "arc-fault", "store-single", "tamper", "heat-two",
    "door-out-of-hours", "store-forced", "store-unproven", "store-same", "store-stranger", "store-overrun", "store-hours",
    "unlisted-fire", "panel-fire", "intrusion", "intrusion-indoors",
}  # fmt: skip


def test_r12_r13_latching_rules() -> None:
    assert {id for id, r in ALL.items() if KINDS[r["alarm"]].latching} == LATCHING


# (rule, key, value): the numbers of the requirements, printed again
@pytest.mark.parametrize(
    ("id", "key", "value"),
    [
        ("residual-current-alarm", "high", 300),  # R15
        ("residual-current-alarm", "return_at", 270),
        ("residual-current-alarm", "off_delay", "10s"),
        ("residual-current-warning", "share", 0.8),
        ("residual-current-warning", "above", 50),
        ("residual-current-warning", "on_delay", "10m"),
        ("cable-temperature-alarm", "high", 70),  # R16
        ("cable-temperature-alarm", "return_at", 65),
        ("cable-temperature-warning", "high", 60),
        ("arc-fault", "on_delay", "0s"),  # R17
        ("arc-fault", "off_delay", "0s"),
        ("combustible-gas-1", "high", 20),  # R19
        ("combustible-gas-1", "return_at", 18),
        ("combustible-gas-2", "high", 40),
        ("combustible-gas-2", "return_at", 38),
        ("combustible-gas-2", "on_delay", "0s"),
        ("oxygen-low", "low", 19.5),  # R20
        ("oxygen-high", "high", 23.5),
        ("store-temperature-warning", "high", 28),  # R24
        ("store-temperature-high", "high", 30),
        ("store-humidity-warning", "high", 75),
        ("store-humidity-high", "high", 80),
        ("pressure-low", "low", 0.14),  # R25
        ("pressure-critical", "low", 0.10),
        ("pressure-critical", "on_delay", "30s"),
    ],
)
def test_r15_r16_r17_r19_r20_r24_r25_number(id: str, key: str, value: object) -> None:
    assert ALL[id][key] == value


@pytest.mark.parametrize(
    ("id", "key", "most"),
    [
        ("combustible-gas-1", "high", 25),
        ("combustible-gas-2", "high", 50),
        ("combustible-gas-1", "on_delay", "3s"),
        ("combustible-gas-2", "on_delay", "0s"),
        ("smoke", "on_delay", "60s"),
        ("heat", "on_delay", "0s"),
        ("manual-call", "on_delay", "0s"),
        ("residual-current-alarm", "high", 1000),
        ("residual-current-alarm", "on_delay", "30s"),
        ("cable-temperature-alarm", "high", 140),
        ("arc-fault", "on_delay", "30s"),
        ("store-single", "on_delay", "2s"),
        ("store-forced", "on_delay", "2s"),
    ],
)
def test_r15_r16_r17_r19_r22_r37_hard_limit(id: str, key: str, most: object) -> None:
    assert ALL[id]["limits"][key][1] == most


def test_every_quantity_of_danger_has_a_rule() -> None:
    """A fire quantity without a rule would be a detector that nobody hears."""
    covered = {q for r in ALL.values() if r.get("quantities", "any") != "any" for q in r["quantities"]}
    assert {q.id for q in QUANTITIES.values() if q.fire} <= covered


def test_every_quantity_is_judged_or_says_why_not() -> None:
    covered = {q for r in ALL.values() if r.get("quantities", "any") != "any" for q in r["quantities"]}
    unjudged = [q for names in rules_md.UNJUDGED for q in names]
    assert len(unjudged) == len(set(unjudged)) and covered.isdisjoint(unjudged)
    assert covered | set(unjudged) == set(QUANTITIES)


@pytest.mark.parametrize("zone", ZONE_KINDS)
def test_every_kind_of_zone_has_its_rules_for_what_hangs_there(zone: str) -> None:
    """Wherever they hang: a fire detector, a lost sensor, gas, electricity, an intruder, and the temperature of the place."""
    here = [r for r in ALL.values() if zone in r.get("zones", ZONE_KINDS) and "quantities" in r]
    judged = {q for r in here for q in r["quantities"] if r["quantities"] != "any"}
    wanted = {q.id for q in QUANTITIES.values() if q.fire} | {
        "combustible-gas", "gas-alarm", "toxic-gas", "oxygen", "residual-current", "cable-temperature", "arc-fault", "intrusion",
        "temperature", "pressure", "level", "water-leak", "tamper", "mains",
    }  # fmt: skip
    assert wanted <= judged
    assert any(r["kind"] == "no_data" and r["quantities"] == "any" for r in here)


def test_fire_points_of_sleepers_come_first() -> None:
    group = [r["id"] for r in ALL.values() if r.get("group") == "no-data"]
    assert group == ["no-data-sleep", "no-data"]
    assert set(ALL["no-data-sleep"]["quantities"]) == {q.id for q in QUANTITIES.values() if q.fire} - {"panic"}


def test_rules_md_is_current() -> None:
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert page == rules_md.render(), "run: python -m tools.rules_md > docs/rules.md"
    keys = COMMON | ALLOWED | frozenset().union(*(needed | optional for needed, optional in OWN.values()))
    assert sorted(key for key in keys if f"`{key}`" not in page) == []


def test_every_rule_says_where_its_numbers_come_from() -> None:
    for id, rule in ALL.items():
        assert re.search(r"R\d+|GB|people's|inferred|D\d+", rule["source"]), id


# numbers of the requirements about the newer kinds and places
@pytest.mark.parametrize(
    ("id", "key", "value"),
    [
        ("cable-temperature-rise", "rise", 10),  # R16
        ("pressure-indoor-low", "low", 0.07),  # R25
        ("cold-store-warm", "high", 8),  # R26
        ("cold-store-warm", "on_delay", "30m"),
        ("cold-store-critical", "high", 10),
        ("cold-store-critical", "on_delay", "10m"),
        ("cold-store-freezing", "low", 0),
        ("freezer-warm", "high", -12),
        ("freezer-warm", "on_delay", "30m"),
        ("sample-cabinet-warm", "high", 8),
        ("toxic-gas-1", "limits", {"high": [0.05, 1], "on_delay": ["0s", "3s"], "off_delay": ["0s", "60s"]}),  # R20
        ("toxic-gas-2", "limits", {"high": [0.1, 2], "on_delay": ["0s", "0s"], "off_delay": ["0s", "60s"]}),
        ("chattering", "times", 3),  # R34
        ("chattering", "within", "60s"),
    ],
)
def test_r16_r20_r25_r26_r34_number(id: str, key: str, value: object) -> None:
    assert ALL[id][key] == value
