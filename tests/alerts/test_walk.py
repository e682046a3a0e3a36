"""步行测试: each point ticked once, only the walker told, everything else real, and it ends by itself. Engine stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import RULES, World, plant

from alerts.marks import HOUR, MINUTE, left
from alerts.model import AlarmState, Mark, Stage

CALM = tuple(r for r in RULES if r.kind != "no_data")
DORM = ("smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "call-a/manual")


@pytest.fixture
def world() -> World:
    return World(plant(CALM))


def begin(world: World, person: str = "qian", ms: int = 2 * HOUR, **args: str) -> str:
    return world.do("walk", person, until=world.now.wall + ms, **args).replies[0].code


def walk(world: World) -> Mark:
    (found,) = [m for m in world.engine.marks.values() if m.kind == "walk"]
    return found


def told(world: World, since: int = 0) -> list[tuple[str, str]]:
    return [(n.person, n.message) for n in world.sent[since:] if n.message != "test.phone"]


def set_off(world: World, point: str, value: float = 1.0) -> None:
    """Gas or key at the point, and away again half a minute later."""
    world.read({point: value})
    world.wait(30_000)
    world.read({point: 0.0})


@pytest.mark.parametrize(
    ("person", "ms", "args", "code"),
    [
        ("wang", HOUR, {}, "refused.role"),
        ("guest", HOUR, {}, "refused.role"),
        ("gu", HOUR, {}, "refused.role"),
        ("qian", HOUR, {"building": "nowhere"}, "refused.building"),
        ("qian", HOUR, {"walker": "nobody"}, "refused.walker"),
        ("qian", 0, {}, "refused.until"),
        ("qian", 9 * HOUR, {}, "refused.too-long"),
        ("fitter", HOUR, {"walker": "qian"}, "walk"),
        ("sun", HOUR, {"walker": "qian"}, "walk"),
        ("qian", 8 * HOUR, {}, "walk"),
    ],
)
def test_who_may_begin_one_and_until_when(world: World, person: str, ms: int, args: dict[str, str], code: str) -> None:
    assert begin(world, person, ms, **args) == code


def test_it_lists_what_has_to_be_set_off_and_nothing_else(world: World) -> None:
    begin(world)
    assert walk(world).points == (*DORM, "smoke-k/smoke", "gas-k/gas", "store-1/door", "rc-1/current")
    world.do("end", "qian")
    begin(world, building="dorm")
    assert walk(world).points == DORM


def test_each_point_is_ticked_with_its_value_and_only_the_walkers_phone_is_told(world: World) -> None:
    begin(world, building="dorm")
    for n, point in enumerate(DORM):
        before = len(world.sent)
        set_off(world, point)
        assert told(world, before) == [("qian", "test.alarm")], "one message, and to nobody else"
        assert world.engine.wanted(world.sent[before].key), "a button that was let go has still to prove the phone"
        world.fate(world.sent[before], world.ACCEPTED)
        assert told(world, before) == [("qian", "test.alarm")], "and nobody is told of its end"
        assert world.engine.alarms == {}, "a test that is gone needs nobody's reset"
        assert len(left(walk(world))) == 3 - n
        world.wait(MINUTE)
    ticks = {x.about: (x.who, x.value) for x in walk(world).lines if x.what == "test-alarm"}
    assert ticks == dict.fromkeys(DORM, ("qian", 1.0))
    assert [(x.about, x.value) for x in walk(world).lines if x.what == "phone"] == [(p, 30.0) for p in DORM]
    events = [e for e in world.events if e.kind == "walk-test"]
    assert [(e.who, e.args["point"], e.args["left"]) for e in events] == [("qian", p, 3 - n) for n, p in enumerate(DORM)]
    assert all(e.args["mode"] == "walk" for e in world.events if e.kind == "mode")
    assert not any(world.outputs.values()) and not any(e.kind == "output" and e.code == "on" for e in world.events)


def test_gas_of_both_levels_is_one_tick_with_the_greater_value_and_closes_no_valve(world: World) -> None:
    begin(world, building="canteen")
    world.read({"gas-k/gas": 25.0})
    world.wait(3_000)
    assert not [x for x in walk(world).lines if x.what == "test-alarm"], "the low limit alone proves half"
    world.read({"gas-k/gas": 55.0})
    assert [x.value for x in walk(world).lines if x.what == "test-alarm"] == [55.0]
    assert told(world) == [("qian", "test.alarm")] and not any(world.outputs.values())


def test_what_is_not_in_the_walk_is_as_real_as_ever(world: World) -> None:
    begin(world, building="dorm")
    world.read({"smoke-k/smoke": 1.0})
    assert world.alarm_at("smoke-k/smoke").mode == "" and ("wang", "fire.first") in told(world)
    assert world.outputs["board/sounder"]


def test_a_point_is_through_five_minutes_after_its_tick_and_its_next_alarm_is_real(world: World) -> None:
    begin(world, building="dorm")
    set_off(world, "smoke-a/smoke")
    world.wait(3 * MINUTE)
    set_off(world, "smoke-a/smoke")  # the smoke still hangs about
    assert told(world) == [("qian", "test.alarm")] * 2
    world.wait(3 * MINUTE)
    world.read({"smoke-a/smoke": 1.0})
    assert ("wang", "fire.first") in told(world) and world.outputs["board/sounder"]
    assert walk(world).stage is Stage.ON and world.alarm_at("smoke-a/smoke").mode == ""


def test_this_is_real_ends_the_walk(world: World) -> None:
    begin(world, building="dorm")
    world.read({"smoke-a/smoke": 1.0})
    assert world.do("result", "jia", result="real").replies[0].code == "refused.role"
    assert world.do("result", "qian", result="real", cause="用火", proof="sms").replies[0].ok
    assert not [m for m in world.engine.marks.values() if m.kind == "walk"]
    assert {"wang", "li", "head"} <= {p for p, m in told(world) if m in ("fire.multi", "fire.real")}
    assert world.outputs["board/sounder"] or world.outputs["board/evac-dorm"]
    assert [(e.code, e.args["left"]) for e in world.events if e.kind == "walk-broken"] == [("real", 3)]


def test_fires_in_three_places_within_a_minute_are_no_walk(world: World) -> None:
    begin(world)
    world.read({"smoke-a/smoke": 1.0})
    world.wait(20_000)
    world.read({"smoke-b/smoke": 1.0, "heat-a/heat": 1.0})
    assert walk(world).stage is Stage.ON, "two places: somebody who walks fast"
    world.wait(20_000)
    world.read({"smoke-k/smoke": 1.0})
    assert [e.code for e in world.events if e.kind == "walk-broken"] == ["together"]
    assert all(a.mode == "" for a in world.engine.alarms.values())
    assert world.outputs["board/sounder"] and {"wang", "li", "head"} <= {p for p, _ in told(world)}


def test_at_its_end_it_says_what_came_of_it(world: World) -> None:
    begin(world, building="dorm")
    set_off(world, "smoke-a/smoke")
    world.read({"smoke-b/smoke": 1.0})
    reply = world.do("end", "qian").replies[0]
    assert reply.code == "refused.walk-standing" and "1" in reply.text[0], "it would ring the whole school now"
    world.read({"smoke-b/smoke": 0.0})
    assert world.do("end", "qian").replies[0].code == "ended"
    (event,) = [e for e in world.events if e.kind == "mark-ended"]
    assert (event.args["tested"], event.args["left"], event.args["untested"]) == (2, 2, "heat-a/heat,call-a/manual")
    assert world.ended[-1].lines and world.ended[-1].stage is Stage.OVER, "kept with its ticks"


def test_it_ends_by_itself_and_says_so_to_the_walker_alone(world: World) -> None:
    begin(world, ms=HOUR, building="dorm")
    world.wait(HOUR)
    assert told(world) == [("qian", "test.over")]
    (event,) = [e for e in world.events if e.kind == "mark-ended"]
    assert (event.code, event.args["tested"], event.args["left"]) == ("time", 0, 4)
    world.read({"smoke-a/smoke": 1.0})
    assert ("wang", "fire.first") in told(world)


def test_two_walks_of_one_place_and_a_walk_over_an_open_alarm_are_refused(world: World) -> None:
    begin(world, building="dorm")
    assert begin(world) == "refused.already"
    assert begin(world, building="canteen") == "walk"
    other = World(plant(CALM))
    other.read({"smoke-a/smoke": 1.0})
    assert begin(other, building="dorm") == "refused.open-alarm"
    assert begin(other, building="canteen") == "walk"
    nothing = World(plant(tuple(replace(r, points=("smoke-k/smoke",)) for r in CALM if r.id == "smoke")))
    assert begin(nothing, building="dorm") == "refused.walk-nothing"


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_goes_on_with_the_walk(world: World, same_boot: bool) -> None:
    begin(world, building="dorm")
    set_off(world, "smoke-a/smoke")
    world.restart(60_000, same_boot=same_boot)
    assert left(walk(world)) == DORM[1:]
    before = len(world.sent)
    set_off(world, "smoke-b/smoke")
    assert told(world, before) == [("qian", "test.alarm")]
    world.wait(6 * MINUTE)
    world.read({"smoke-a/smoke": 1.0})
    assert world.alarm_at("smoke-a/smoke").mode == "", "ticked before the restart"


def test_out_of_service_and_trial_keep_their_say_where_the_walk_has_none(world: World) -> None:
    world.do("trial", "fitter")
    begin(world, building="dorm")
    set_off(world, "smoke-a/smoke")
    world.wait(6 * MINUTE)
    world.read({"smoke-a/smoke": 1.0})
    assert world.alarm_at("smoke-a/smoke").mode == "trial", "through with the walk: the trial speaks again"
    assert world.alarm_at("smoke-a/smoke").state is AlarmState.UNACKED
    world.do("out-of-service", "sun", why="喷漆", points="smoke-b/smoke", until=world.now.wall + HOUR)
    world.read({"smoke-b/smoke": 1.0})
    assert world.alarm_at("smoke-b/smoke").mode == "out-of-service" and "smoke-b/smoke" in left(walk(world))
