"""The judge: a rule that breaks, whatever the reason, costs the school that rule and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import World

from alerts.model import AlarmState, Rule, Truth
from alerts.registry import RULES
from alerts.rules.scene import Judged, Memory, Scene

S = AlarmState


def test_a_rule_that_breaks_costs_only_itself_and_is_a_fault_until_it_judges_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gas rule cannot take one value: its alarm stands, the fire beside it is raised, and the next value is judged."""
    sound = RULES["threshold"].evaluate

    def fragile(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
        if scene.view[point].value == 66.0:
            raise ZeroDivisionError("division by zero")
        return sound(rule, point, scene, memory)

    monkeypatch.setitem(RULES, "threshold", replace(RULES["threshold"], evaluate=fragile))
    world.read({"gas-k/gas": 45.0})
    world.read({"gas-k/gas": 66.0, "smoke-a/smoke": 1.0})
    assert world.state("gas-2") is S.UNACKED and world.alarm("gas-2").truth is Truth.UNKNOWN
    assert world.state("smoke") is S.UNACKED, "the other rules of the same readings"
    faults = {a.point: str(a.evidence["why"]) for a in world.engine.alarms.values() if a.rule == "box-fault"}
    assert faults.keys() == {"box/rule-gas-1", "box/rule-gas-2"}
    assert "gas-k/gas ZeroDivisionError: division by zero (test_broken_rules.py:" in faults["box/rule-gas-2"]
    world.read({"gas-k/gas": 66.0})
    assert len([a for a in world.engine.alarms.values() if a.rule == "box-fault"]) == 2, "said once"
    world.read({"gas-k/gas": 10.0})
    world.wait(15_000)
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.RTN_UNACKED
    assert {a.state for a in world.engine.alarms.values() if a.rule == "box-fault"} == {S.RTN_UNACKED}
