"""An alarm that begins again: what is news is told anew, what flaps goes on where it was, and no silence outlives it. R13, R14, D15."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import POINTS, RULES, World, plant

from alerts.calendar import local
from alerts.model import AlarmState, Policy, Rule, Step
from alerts.plant import Item, Point
from gateway.config import library

S = AlarmState
MINUTE = 60_000
HOUR = 60 * MINUTE
PANIC = Point("panic/button", "panic", "panic", "room-a", "按钮", 30_000, "line-a")
SHELF = library.load(library.data_dir())


def school(*rules: Rule) -> World:
    """The school with the shipped policies, an alarm button, and rules of its own."""
    made = plant((*(r for r in RULES if r.kind != "no_data"), *rules), (*POINTS, PANIC))
    return World(replace(made, policies={**made.policies, **SHELF.policies}))


def pressing() -> World:
    return school(Rule("panic", "state", "panic", (PANIC.id,), {"equals": 1.0}, 0, 0, "panic"))


def press(world: World) -> None:
    world.read({PANIC.id: 1.0})
    world.wait(5_000)
    world.read({PANIC.id: 0.0})


def aired(world: World) -> None:
    """The gas is gone, polled every ten seconds, until its off-delay is over."""
    for _ in range(4):
        world.read({"gas-k/gas": 5.0})
        world.wait(10_000)
    world.read({"gas-k/gas": 5.0})


def minutes(world: World, count: int) -> None:
    for _ in range(count):
        world.wait(MINUTE)


def told(world: World, start: int = 0) -> list[tuple[str, str]]:
    return sorted((n.person, n.step) for n in world.sent[start:] if n.reason != "closing")


@pytest.mark.parametrize("later", [4, 30])
def test_a_panic_button_that_rang_out_unanswered_rings_when_it_is_pressed_again(later: int) -> None:
    world = pressing()
    press(world)
    minutes(world, later)
    first, before = told(world), len(world.sent)
    assert {s for _, s in first} == {"first", "bureau", "again", "again-2"} and world.state("panic") is S.RTN_UNACKED
    press(world)
    assert told(world, before) == [t for t in first if t[1] in ("first", "bureau")], "at once, and the same people"
    minutes(world, 3)
    assert told(world, before) == first
    assert world.alarm("panic").occurrence == 2 and world.kinds().count("raised") == 1


def test_what_flaps_is_told_no_step_twice_and_puts_none_off() -> None:
    world = pressing()
    for _ in range(30):
        press(world)
        world.wait(5_000)
    assert len(told(world)) == len(set(told(world))) and {s for _, s in told(world)} == {"first", "bureau", "again", "again-2"}


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_between_two_occurrences_silences_neither(same_boot: bool) -> None:
    world = pressing()
    press(world)
    minutes(world, 30)
    world.restart(20_000, same_boot=same_boot)
    before = len(world.sent)
    press(world)
    assert {s for _, s in told(world, before)} == {"first", "bureau"}


def test_gas_on_wednesday_calls_the_keeper_as_on_monday() -> None:
    """What nobody answered and went by itself is no reason to tell nobody, nor to call duty before its three minutes."""
    world = school()
    for _ in range(2):
        before = len(world.sent)
        world.read({"gas-k/gas": 25.0})
        world.wait(3_000)
        assert [s for _, s in told(world, before)] == ["first"]
        aired(world)
        assert world.state("gas-1") is S.RTN_UNACKED
        world.wait(2 * 24 * HOUR)


def test_what_begins_again_has_its_on_delay_before_anybody_is_called() -> None:
    """A lock that stood open for two minutes last week, unanswered: today's second key is not late yet."""
    lock = Rule("lock-open", "state", "lock", ("store-1/lock-a",), {"equals": 1.0}, 2 * MINUTE, 0, "lock")
    world = school(lock)
    world.read({"store-1/lock-a": 1.0})
    minutes(world, 2)
    assert len(told(world)) == 1
    world.read({"store-1/lock-a": 0.0})
    world.wait(24 * HOUR)
    for opened in (MINUTE, 30_000):
        world.read({"store-1/lock-a": 1.0})
        world.wait(opened)
        world.read({"store-1/lock-a": 0.0})
        world.wait(HOUR)
    assert len(told(world)) == 1
    world.read({"store-1/lock-a": 1.0})
    world.wait(2 * MINUTE - 1)
    assert len(told(world)) == 1
    world.wait(1)
    assert len(told(world)) == 2


def test_what_waits_for_the_day_list_waits_there_once() -> None:
    world = school(Rule("dead", "no_data", "comm", ("gas-k/gas",), {}, 0, 0, "comm"))
    for _ in range(4):
        world.read({"gas-k/gas": None})
        world.read({"gas-k/gas": 0.0})
        world.wait(15 * MINUTE)
    assert [o.person for o in world.alarm("dead").owed] == ["sun"]


def test_r14_a_chattering_detector_that_was_silenced_sounds_again_when_it_stays() -> None:
    world = school()
    for _ in range(3):
        world.read({"smoke-a/smoke": 1.0})
        world.wait(5_000)
        world.read({"smoke-a/smoke": 0.0})
        world.wait(5_000)
    assert world.engine.marks and any(m.kind == "chattering" for m in world.marks.values())
    world.read({"smoke-a/smoke": 1.0})
    world.do("silence")
    world.do("result", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    world.wait(5 * MINUTE)
    assert world.state("smoke") is S.LATCHED
    world.read({"smoke-a/smoke": 1.0})
    assert world.state("smoke") is S.UNACKED
    minutes(world, 5)
    assert world.outputs["board/sounder"] is True, "nobody has answered this one for five minutes"


def test_r34_three_alarms_of_one_door_are_no_chattering() -> None:
    rules = tuple(Rule(f"bad-{n}", "state", "store", ("store-1/door",), {"equals": 1.0}, 0, 0, "store") for n in range(3))
    world = school(*rules)
    world.read({"store-1/door": 1.0})
    assert len(world.engine.alarms) >= 3 and not any(m.kind == "chattering" for m in world.marks.values())


def test_d15_a_point_that_chatters_at_one_level_is_told_at_another() -> None:
    world = school(Rule("near", "threshold", "warning", ("gas-k/gas",), {"high": 10.0}, 0, 0, "quiet"))
    world.read({"gas-k/gas": 50.0})
    world.do("result", alarm=world.alarm("gas-2").id, result="false", cause="水蒸气", on_site=True)
    for value in (5.0, 5.0, 15.0, 5.0, 15.0, 5.0):
        world.read({"gas-k/gas": value})
        world.wait(9_000)
    assert [m.facts["rule"] for m in world.marks.values() if m.kind == "chattering"] == ["near"]
    assert world.state("gas-2") is S.LATCHED
    before = len(world.sent)
    world.read({"gas-k/gas": 50.0})
    assert "first" in {n.step for n in world.sent[before:] if n.alarm == world.alarm("gas-2").id}


def test_a_checklist_belongs_to_its_occurrence() -> None:
    world = school()
    items = {"fire": (Item("look", "到现场", "Look"),)}
    world = World(replace(world.school, checklists=items))
    world.read({"smoke-a/smoke": 1.0})
    world.do("tick", item="look")
    world.do("result", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    world.read({"smoke-a/smoke": 1.0})
    assert world.alarm("smoke").occurrence == 2 and world.alarm("smoke").ticks == ()


def test_recovery_says_when_it_was_back_not_when_somebody_read_it() -> None:
    world = school()
    world.read({"gas-k/gas": 25.0})
    world.wait(3_000)
    world.wait(10 * MINUTE)
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    aired(world)
    over = local(world.school, world.now.wall).strftime("%H:%M")
    world.wait(6 * HOUR)
    world.do("ack")
    (text,) = {n.text for n in world.sent if n.message == "recover.other"}
    assert f"{over}结束" in text and "历时11分钟" in text, text


def test_r36_a_second_outage_hides_its_faults_although_nobody_answered_the_first() -> None:
    policy = Policy("mains", (Step("mains", "unacked", 0, ("duty", "leader"), "mains"),), result_asked=False)
    mains = Point("box-io/mains", "box-io", "mains", "kitchen", "市电", 30_000)
    rules = (
        Rule("mains", "state", "mains", (mains.id,), {"equals": 0.0}, 0, 0, "mains"),
        Rule("dead", "no_data", "comm", ("gas-k/gas", "smoke-k/smoke"), {}, 0, 0, "quiet"),
    )
    made = plant(rules, (*POINTS, mains))
    world = World(replace(made, policies={**made.policies, "mains": policy}))
    for _ in range(2):
        before = len(world.sent)
        world.read({mains.id: 0.0})
        world.read({"gas-k/gas": None, "smoke-k/smoke": None})
        dead = [a for a in world.engine.alarms.values() if a.kind == "comm"]
        assert dead and all(a.parent == world.alarm("mains").id for a in dead)
        assert {p for p, _ in told(world, before)} == {"wang", "li"}, "and the outage is told each time"
        world.read({mains.id: 1.0, "gas-k/gas": 0.0, "smoke-k/smoke": 0.0})
        world.wait(7 * 24 * HOUR)
