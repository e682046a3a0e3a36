"""What a shift hands over, from a real engine's events: who was on, what is open, switched off, what happened, notes, checks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engine_world import World
from test_desk import HOUR, at, say, until

from gateway.handover import made, records, turns


def events(world: World) -> list[dict[str, Any]]:
    return [
        {"kind": e.kind, "alarm": e.alarm, "wall": e.at.wall, "who": e.who, "code": e.code, "args": dict(e.args), "new": e.new}
        for e in world.events
    ]


def handover(world: World, begun: int = 0) -> dict[str, Any]:
    engine = world.engine
    found = made(
        events(world), world.school, engine.alarms.values(), engine.marks.values(), engine.desk, world.now, True, begun
    )
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


def test_people_write_the_log_sign_and_the_past_shift_keeps_it() -> None:
    world = at(21 * 60 + 46)
    world.do("take", "wang")
    began = world.now.wall
    assert world.do("log", "wang", part="visitors", text=" 家长来访 ").replies[0].code == "logged"
    assert world.do("log", "wang", part="visitors", text=" ").replies[0].code == "refused.log"
    assert world.do("log", "wang", part="weather", text="晴").replies[0].code == "refused.log"
    assert world.do("log", "chu", text="看电").replies[0].code == "refused.role"
    assert world.do("hand-over", "li").replies[0].code == "refused.not-on", "who is not there hands nothing over"
    world.wait(60_000)
    assert world.do("hand-over", "wang", text="钥匙一把").replies[0].ok
    assert world.engine.desk.posts(world.now, True)["duty"] == ("wang",), "responsible until somebody takes over"
    world.wait(60_000)
    say(world, "li", "1")
    world.wait(60_000)
    world.do("log", "li", part="state", text="正常")
    past, now = handover(world, began), handover(world)
    assert [(e["part"], e["who"], e["text"]) for e in past["log"]] == [("visitors", "wang", "家长来访")]
    assert (past["on"], past["handed_over"]["who"], past["handed_over"]["text"]) == (["wang"], "wang", "钥匙一把")
    assert [t["person"] for t in past["taken"]] == ["wang", "li"] and past["until"] == past["taken"][1]["at"]
    assert [(t["person"], t["how"]) for t in now["taken"]] == [("li", "sms")] and now["handed_over"] is None
    assert [e["part"] for e in now["log"]] == ["state"] and now["until"] is None
    assert past["countersigned"] is None


def test_in_the_morning_the_officer_countersigns_the_night() -> None:
    """The signature belongs to the shift that it names, not to the one that is on; nobody signs for their own."""
    world = at(21 * 60 + 46)
    say(world, "li", "1")
    night = world.now.wall
    world.wait(10 * HOUR)
    world.do("take", "wang")
    morning = world.now.wall
    world.wait(60_000)
    assert world.do("countersign", "sun", shift=night).replies[0].code == "refused.role"
    for wrong in ("", True, 0, world.now.wall + 1):
        assert world.do("countersign", "feng", shift=wrong).replies[0].code == "refused.no-shift"
    assert handover(world, night)["countersigned"] is None
    assert world.do("countersign", "feng", shift=night, text="已阅").replies[0].ok
    found = handover(world, night)["countersigned"]
    assert (found["who"], found["at"], found["text"]) == ("feng", world.now.wall, "已阅")
    assert handover(world, morning)["countersigned"] is None
    (event,) = [e for e in world.events if e.kind == "countersigned"]
    assert event.who == "feng" and event.args["shift"] == night


def test_an_officer_who_stood_at_the_post_does_not_countersign_it() -> None:
    world = at(10 * 60)
    world.do("take", "feng")
    began = world.now.wall
    world.wait(HOUR)
    world.do("take", "wang")
    world.do("countersign", "feng", shift=began)
    assert handover(world, began)["countersigned"] is None
    world.do("countersign", "chen", shift=began)
    assert handover(world, began)["countersigned"]["who"] == "chen"


def test_the_records_of_many_shifts_are_those_of_each_asked_alone() -> None:
    """Also what stood open when a shift began, its end, and the signature of the next morning."""
    world = at(9 * 60)
    world.do("take", "wang")
    before = world.now.wall
    world.read({"smoke-1/smoke": 1.0})
    world.wait(60_000)
    begun = []
    for person in ("li", "wang", "feng"):
        world.do("take", person)
        begun.append(world.now.wall)
        world.wait(3 * HOUR)
        world.do("log", person, part="visitors", text=f"{person} 写的")
        world.read({"smoke-2/smoke": 1.0})
        world.wait(60_000)
    world.do("countersign", "chen", shift=begun[0], text="已阅")
    found = records(events(world), world.school, world.now, begun[0])
    assert [one["since"] for one in found] == begun and before not in begun, "only those of the time asked for"
    assert found[0]["countersigned"]["who"] == "chen" and found[0]["states"][0]["seen"] == ["fire"], "open since before"
    assert [one["until"] for one in found] == [*begun[1:], None] and found[2]["log"][0]["who"] == "feng"
    for one, since in zip(found, begun, strict=True):
        alone = handover(world, since)
        assert one == alone | {"leader": [], "next": None}
    assert records([], world.school, world.now, 0) == []


@pytest.mark.parametrize("taken", [(), (("wang", 7),), (("wang", 7), ("li", 19), ("wang", 31))])
def test_shifts_are_the_take_overs_newest_first_also_where_nobody_has_taken_over_yet(
    taken: tuple[tuple[str, int], ...],
) -> None:
    told = [{"kind": "shift", "code": "taken", "who": who, "wall": at, "args": {}} for who, at in taken]
    told.append({"kind": "shift", "code": "taken", "who": "sun", "wall": 40, "args": {"post": "leader"}})
    ends = [at for _, at in taken[1:]] + [None]
    expected = [{"person": who, "at": at, "until": end} for (who, at), end in zip(taken, ends, strict=False)]
    assert turns(told, 60) == expected[::-1]
    assert turns(told, 1) == expected[::-1][:1]
