"""Second and leader take over too; duty checks that nobody answers, orders with their receipt, head counts, 4 with a number."""

from __future__ import annotations

from dataclasses import replace

from engine_world import World
from test_desk import HOUR, MIDNIGHT, MIN, at, say, school, texts, until

from alerts.model import Rule, Stage
from alerts.plant import OutputPoint, Shift, Store
from drivers.reading import Now


def two_leaders(minute: int) -> World:
    base = school()
    shifts = (
        *(s for s in base.shifts if s.post != "leader"),
        Shift("leader", "zhou", 8 * 60, 20 * 60),
        Shift("leader", "sun", 20 * 60, 8 * 60),
    )
    return World(replace(base, shifts=shifts), now=Now(MIDNIGHT + minute * MIN, 1_000_000))


def on(world: World, post: str) -> tuple[str, ...]:
    return world.engine.desk.posts(world.now, True)[post]


def test_a_leader_is_asked_takes_over_and_survives_a_restart() -> None:
    world = two_leaders(19 * 60 + 44)
    assert world.do("take", "li").replies[0].ok and on(world, "duty") == ("li",)
    assert until(world, 19 * 60 + 46) == [("sun", "shift.take")]
    assert say(world, "sun", "1")[1] == "answered.S"
    assert on(world, "leader") == ("sun",) and on(world, "duty") == ("li",), "the duty post is another matter"
    world.restart(60_000)
    assert on(world, "leader") == ("sun",) and until(world, 20 * 60 + 5) == []


def test_whoever_is_taken_off_the_list_while_on_duty_stands_nowhere_and_a_fire_still_rings_somebody() -> None:
    world = two_leaders(19 * 60 + 44)
    assert world.do("take", "wang").replies[0].ok and on(world, "duty") == ("wang",)
    others = {id: p for id, p in world.school.people.items() if id != "wang"}
    world.restart(1_000, school=replace(world.school, people=others))
    assert "wang" not in on(world, "duty") and on(world, "duty")
    told = world.read({"smoke-1/smoke": 1.0}).notifications
    assert told and all(n.person in others for n in told)


def test_a_leader_who_does_not_answer_is_told_to_the_officer_and_the_old_one_stays() -> None:
    world = two_leaders(19 * 60 + 44)
    until(world, 19 * 60 + 59)
    assert until(world, 20 * 60 + 1) == [("feng", "shift.missed")]
    assert "孙主任20:00带班领导15分钟未应答，仍由周主任负责" in world.sent[-1].text
    assert on(world, "leader") == ("zhou", "feng")


def test_a_swap_of_leaders_needs_only_that_the_other_takes_over() -> None:
    world = two_leaders(19 * 60 + 50)
    until(world, 19 * 60 + 52)
    assert world.do("take", "feng", post="leader").replies[0].ok
    assert on(world, "leader") == ("feng",) and until(world, 20 * 60 + 5) == []
    assert world.do("take", "feng", post="cook").replies[0].code == "refused.role"


def test_who_is_next_at_one_post_only_takes_that_one_over_by_a_button() -> None:
    world = two_leaders(19 * 60 + 50)
    world.do("take", "sun")
    assert on(world, "leader") == ("sun",) and on(world, "duty") == ("wang",)


def test_r9_a_duty_check_that_no_post_answers_reaches_the_head_and_the_bureau() -> None:
    world = at(10 * 60)
    until(world, 10 * 60 + 1)
    assert texts(world.do("check", "shen")) == [("wang", "bureau.check")]
    told = until(world, 10 * 60 + 20)
    assert told == [("zhao", "bureau.check"), ("sun", "bureau.check"), ("chen", "check.missed"), ("shen", "check.missed")]
    assert [n.text for n in world.sent if n.person == "shen"][-1].startswith("三中查岗无人应岗")
    assert [e.code for e in world.events if e.kind == "unanswered"][-1] == "check"


def test_r9_an_answered_check_goes_no_further() -> None:
    world = at(10 * 60)
    world.do("check", "shen")
    assert say(world, "wang", "1 C1")[1] == "answered.C"
    assert until(world, 10 * 60 + 20) == []
    assert any(e.kind == "answered" and e.code == "C" and e.who == "wang" for e in world.events)


def test_an_order_of_the_bureau_is_signed_for_by_its_number() -> None:
    world = at(10 * 60)
    out = world.do("order", "shen", what="3号宿舍疏散通道堆物", until=MIDNIGHT + 11 * 24 * HOUR)
    assert texts(out) == [("chen", "bureau.order"), ("feng", "bureau.order")]
    assert world.sent[-1].text == "沈局督办：3号宿舍疏散通道堆物，3月15日前整改。请签收：回1。编号J01"
    assert say(world, "feng", "1")[1] == "ask.order", "an order needs its number"
    assert say(world, "feng", "1 J1") == (True, "answered.J", "已签收J01")
    (mark,) = [m for m in world.engine.desk.marks.values() if m.facts.get("letter") == "J"]
    assert [(x.what, x.who) for x in mark.lines] == [("answered", "feng")] and mark.stage is Stage.ON
    world.restart(60_000)
    assert say(world, "chen", "1 J1")[1] == "answered.J"


def test_only_the_bureau_orders_and_an_order_needs_its_words() -> None:
    world = at(10 * 60)
    assert world.do("order", "feng", what="x", until=MIDNIGHT + 11 * 24 * HOUR).replies[0].code == "refused.role"
    for what, until_ in (("", MIDNIGHT + 48 * HOUR), ("x", "soon"), ("x", MIDNIGHT)):
        assert world.do("order", "shen", what=what, until=until_).replies[0].code == "refused.order"
    assert not world.sent


def test_the_head_count_comes_by_sms() -> None:
    world = at(10 * 60)
    assert say(world, "wu", "410/408")[1] == "refused.no-drill"
    world.do("drill-start", "feng", kind="evacuation")
    world.wait(80_000)
    assert say(world, "wu", "1")[1] == "drill-count"
    for text, counted in (("410/408", 408), ("应到410，实到409", 409), ("D1 410/407", 407), ("应到410人实到406人", 406)):
        assert say(world, "wu", text)[1] == "drill-empty"
        (mark,) = [m for m in world.engine.marks.values() if m.kind == "drill"]
        assert {(x.what, x.value) for x in mark.lines if x.about == "dorm" and x.what != "empty"} == {
            ("expected", 410),
            ("counted", counted),
        }
    assert say(world, "wu", "1 07")[1] != "drill-empty"


def test_a_real_result_is_asked_its_cause_and_counts_before() -> None:
    world = at(2 * 60 + 14)
    world.read({"smoke-1/smoke": 1.0})
    ok, code, words = say(world, "wu", "2")
    assert (ok, code) == (True, "result") and "原因？回：电气、用火" in words and "真火" in words
    assert any(n.message == "fire.real" for n in world.sent), "people are told at once"
    before = len(world.sent)
    assert say(world, "wu", "用火")[1] == "result"
    assert world.alarm("smoke").cause == "用火" and len(world.sent) == before
    assert say(world, "wu", "电气")[1] == "list", "asked once"


def test_4_with_the_number_of_a_store_alarm() -> None:
    points = school().points
    store = Store("chem", "store", "io-1/door", holders=("wei", "jiang"))
    other = Store("chem-2", "store", "io-1/panic", holders=("wei", "jiang"))
    rules = (
        Rule("smoke", "state", "fire", ("smoke-1/smoke",), {"equals": 1.0}, 0, 0, "fire"),
        Rule("door", "state", "store", ("io-1/door",), {"equals": 1.0}, 0, 0, "store"),
    )
    world = World(
        replace(school(), rules=rules, stores={"chem": store, "chem-2": other}, points=points), now=Now(MIDNIGHT, 1_000_000)
    )
    world.read({"io-1/door": 1.0, "io-1/panic": 0.0})
    number = world.alarm_at("io-1/door").number
    assert say(world, "wei", f"4 {number:02d}")[1] == "identified"
    assert say(world, "wei", "4 77")[1] == "refused.not-found"
    assert say(world, "jiang", "4")[1] in ("identified", "refused.which-store")


def test_the_signal_of_a_drill_sounds_until_the_building_is_empty_or_three_minutes() -> None:
    outputs = {
        o.id: o
        for o in (
            OutputPoint("relay/evac", "evacuation", building="dorm"),
            OutputPoint("relay/main", "evacuation", building="main"),
        )
    }
    world = World(replace(school(), outputs=outputs), now=Now(MIDNIGHT + 10 * HOUR, 1_000_000))
    assert world.do("drill-start", "feng", kind="evacuation", signal=True).replies[0].ok
    assert world.outputs == {"relay/evac": True, "relay/main": True}
    world.wait(60_000)
    say(world, "wu", "1")
    assert world.outputs == {"relay/evac": False, "relay/main": True}
    assert world.engine.next_due() is not None and world.engine.next_due() <= 1_000_000 + 180_000
    world.wait(121_000)
    assert world.outputs["relay/main"] is False


def test_a_drill_that_is_ended_or_broken_off_falls_silent() -> None:
    for end in ("drill-end", "fire"):
        outputs = {"relay/main": OutputPoint("relay/main", "evacuation", building="main")}
        world = World(replace(school(), outputs=outputs), now=Now(MIDNIGHT + 10 * HOUR, 1_000_000))
        world.do("drill-start", "feng", kind="evacuation", signal=True)
        world.restart(5_000)
        assert world.outputs["relay/main"] is True, "a restart goes on with it"
        world.do("drill-end", "feng") if end == "drill-end" else world.read({"smoke-1/smoke": 1.0})
        assert world.outputs["relay/main"] is False


def test_a_signal_needs_an_output() -> None:
    world = World(replace(school(), outputs={}), now=Now(MIDNIGHT + 10 * HOUR, 1_000_000))
    reply = world.do("drill-start", "feng", kind="evacuation", signal=True).replies[0]
    assert (reply.code, reply.ok) == ("refused.drill-signal", False) and "广播" in reply.text[0]
    assert not world.sent and world.do("drill-start", "feng", kind="evacuation").replies[0].ok
