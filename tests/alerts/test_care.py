"""What people do about one alarm: causes, assignee, checklist, repair. Engine stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import RULES, World, plant

from alerts.causes import CAUSES, causes
from alerts.kinds import KINDS
from alerts.model import Result
from alerts.plant import Item

LIST = {"fire": (Item("look", "到场查看", "Go and look"), Item("count", "清点人数", "Count heads"))}


@pytest.fixture
def world() -> World:
    return World(replace(plant(tuple(r for r in RULES if r.kind != "no_data")), checklists=LIST))


def test_a_cause_is_a_word_of_the_list(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    reply = world.do("result", result="false", cause="不知道", on_site=True).replies[0]
    assert reply.code == "refused.cause" and "蚊香、吸烟" in reply.text[0] and "找不到原因" in reply.text[0]
    assert world.do("result", result="real", cause="蚊香").replies[0].code == "refused.cause", "that is no cause of a real fire"
    assert world.do("result", result="real").replies[0].ok, "real takes effect at once, its cause may come later"
    assert world.do("result", result="real", cause="用火").replies[0].ok


@pytest.mark.parametrize("result", [Result.FALSE, Result.REAL])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_causes_and_a_store_its_own(kind: str, result: Result) -> None:
    found = causes(kind, result)
    assert found and found == tuple(zh for zh, _ in CAUSES["store" if KINDS[kind].lamp == "store" else ""][result.value])
    assert causes(kind, Result.DRILL) == ()


def test_ticks_are_kept_by_whom_and_when(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    assert world.do("tick", "wang", "1", item="dance").replies[0].code == "refused.item"
    world.wait(5_000)
    assert world.do("tick", "wang", "1", item="look").replies[0].code == "ticked"
    world.do("tick", "li", "1", item="look")
    (tick,) = world.alarm("smoke").ticks
    assert (tick.item, tick.who, tick.at) == ("look", "wang", world.now), "the first one stays"
    assert [e.args["item"] for e in world.events if e.kind == "ticked"] == ["look", "look"]
    world.restart(1_000)
    assert world.alarm("smoke").ticks[0].who == "wang"


def test_assign_and_repair(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    assert world.do("assign", "sun", "1", to="nobody").replies[0].code == "refused.assignee"
    assert world.do("assign", "sun", "1", to="li").replies[0].ok and world.alarm("smoke").assignee == "li"
    assert world.do("assign", "guest", "1").replies[0].code == "refused.role"
    world.do("repair", "wang", "1", text="探测器发黄")
    (event,) = [e for e in world.events if e.kind == "repair"]
    assert (event.who, event.args["point"], event.args["text"]) == ("wang", "smoke-a/smoke", "探测器发黄")
    assert world.alarm("smoke").repair and world.alarm("smoke").state.value == "unacked", "it answers nothing"
