"""What a shift hands over, from a real engine's events: who was on, what is open, switched off, what happened, notes, checks."""

from __future__ import annotations

import json
from typing import Any

from engine_world import World
from test_desk import HOUR, at, say, until

from gateway.handover import made


def handover(world: World) -> dict[str, Any]:
    events = [
        {"kind": e.kind, "alarm": e.alarm, "wall": e.at.wall, "who": e.who, "code": e.code, "args": dict(e.args)}
        for e in world.events
    ]
    engine = world.engine
    found = made(events, world.school, engine.alarms.values(), engine.marks.values(), engine.desk, world.now, True)
    return dict(json.loads(json.dumps(found)))


def test_it_names_who_was_on_what_is_open_and_what_happened() -> None:
    world = at(21 * 60 + 30)
    world.read({"smoke-2/smoke": 1.0})  # before the shift: no row of this one
    until(world, 21 * 60 + 46)
    say(world, "li", "1 S1")
    began = world.now.wall
    world.wait(HOUR)
    world.read({"smoke-1/smoke": 1.0})
    world.do("result", "wu", world.alarm_at("smoke-1/smoke").id, result="false", cause="蚊香", on_site=True)
    world.do("note", "li", world.alarm_at("smoke-1/smoke").id, text="已开窗")
    world.do("out-of-service", "feng", points="manual-1/call", why="喷漆", until=world.now.wall + HOUR)
    world.do("check", "shen")
    say(world, "li", "1 C1")
    world.system("line", True, point="line-a/link")
    found = handover(world)
    assert (found["on"], found["since"], found["leader"]) == (["li"], began, ["sun"])
    assert found["next"]["person"] == "wang"
    assert len(found["open"]) == 2 and len(found["faults"]) == 1 and len(found["out_of_service"]) == 1
    (row,) = [r for r in found["happened"] if r["lamp"] == "fire"]
    assert (row["place"], row["result"], row["cause"], row["result_by"]) == ("三号宿舍楼二层东走廊", "false", "蚊香", "wu")
    assert [(n["who"], n["text"]) for n in found["notes"]] == [("li", "已开窗")]
    assert [(c["who"], c["what"]) for c in found["checks"]] == [("li", "answered")]


def test_a_shift_nobody_has_taken_over_begins_as_the_rota_says() -> None:
    world = at(10 * 60)
    found = handover(world)
    assert found["on"] == ["wang"] and found["now"] - found["since"] == 3 * HOUR
    assert found["happened"] == found["notes"] == found["checks"] == found["open"] == []
