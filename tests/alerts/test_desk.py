"""The shift as it was taken over, the phones as they were proven, and what people send: stories over the whole engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import World
from people_world import MIN, T0, plant

from alerts.model import Delivery, Fate, Outcome, Result, Rule
from alerts.plant import Calendar, Plant, Point, Shift
from drivers.reading import Now

HOUR = 60 * MIN
MIDNIGHT = T0 - 2 * HOUR - 14 * MIN  # Wednesday 2026-03-04 00:00


def school() -> Plant:
    base = plant()
    rules = (
        Rule("smoke", "state", "fire", ("smoke-1/smoke", "smoke-2/smoke"), {"equals": 1.0}, 0, 0, "fire"),
        Rule("manual", "state", "manual", ("manual-1/call",), {"equals": 1.0}, 0, 0, "fire"),
    )
    shifts = (
        Shift("duty", "wang", 7 * 60, 22 * 60),
        Shift("duty", "li", 22 * 60, 7 * 60),
        Shift("second", "zhao", 0, 0),
        Shift("leader", "sun", 0, 0),
    )
    people = {id: replace(p, phone=f"+86138000000{n:02d}") for n, (id, p) in enumerate(base.people.items())}
    points = {p: replace(base.points[p], stale=10**12) for p in base.points}
    return replace(base, rules=rules, shifts=shifts, people=people, points=points)


def at(minute: int, day: int = 0) -> World:
    wall = MIDNIGHT + minute * MIN + day * 24 * HOUR
    return World(school(), now=Now(wall, 1_000_000))


def texts(out: Outcome) -> list[tuple[str, str]]:
    return sorted((n.person, n.message) for n in out.notifications)


def until(world: World, minute: int, step: int = MIN) -> list[tuple[str, str]]:
    """Let time pass until this local minute; everything told meanwhile."""
    told: list[tuple[str, str]] = []
    while world.now.wall < MIDNIGHT + minute * MIN:
        told += texts(world.wait(step))
    return told


def say(world: World, person: str, text: str, proof: str = "sms", alarm: str = "", id: str = "") -> tuple[bool, str, str]:
    (reply,) = world.do("text", person, alarm, id=id, text=text, proof=proof).replies
    return reply.ok, reply.code, reply.text[0]


def duty_now(world: World) -> tuple[str, ...]:
    return world.engine.desk.roster(world.now, True)["now"]["duty"]


def test_the_dead_phone() -> None:
    """people.md §9 story 3: asked at 21:45, the leader knows at 22:00, a fire at 22:20 rings the old shift and the leader."""
    world = at(21 * 60 + 40)
    assert until(world, 21 * 60 + 45) == [("li", "shift.take")]
    assert until(world, 21 * 60 + 59) == []
    assert until(world, 22 * 60 + 1) == [("sun", "shift.missed")]
    assert "仍由王建国负责" in world.sent[-1].text and "李保安22:00值班15分钟未应答" in world.sent[-1].text
    (held,) = world.engine.desk.taken()
    assert (held["post"], held["person"]) == ("duty", "wang"), "nobody who has not come is said to have taken over"
    assert held["until"] == held["since"] + 15 * 60 * MIN, "his own shift, from 7:00 to 22:00"
    until(world, 22 * 60 + 20)
    assert texts(world.read({"smoke-1/smoke": 1.0})) == [("sun", "fire.first"), ("wang", "fire.first"), ("wu", "fire.first")]


@pytest.mark.parametrize("words", ["1", "1 S01", "接班"])
def test_who_comes_late_to_a_shift_takes_it_over_with_1_as_the_leader_was_told(words: str) -> None:
    """The leader's text says 到岗回1: whoever does must not be told that nothing is open, and be passed over all night."""
    world = at(21 * 60 + 40)
    until(world, 22 * 60 + 10)
    assert duty_now(world) == ("wang", "sun")
    assert say(world, "li", words)[1] == "answered.S" and duty_now(world) == ("li",)
    assert until(world, 24 * 60 + 60) == []


def test_nobody_is_asked_or_missed_twice_for_a_turn_and_its_question_ends_with_it() -> None:
    world = at(21 * 60 + 40)
    told = until(world, (24 + 7) * 60 + 30)
    assert [t for t in told if t[0] == "li" or t[1] == "shift.missed"] == [
        ("li", "shift.take"), ("sun", "shift.missed"), ("sun", "shift.missed")
    ]  # fmt: skip
    assert world.engine.desk.questions("li") == []
    assert [e.who for e in world.events if e.kind == "unanswered"] == ["li", "wang"]


def test_who_was_to_be_asked_while_the_box_had_no_power_is_asked_when_it_is_back() -> None:
    """Off from 21:40 to 22:30: without the question the old shift, who has gone home, would be called all night."""
    world = at(6 * 60 + 44)
    until(world, 6 * 60 + 46)
    assert say(world, "wang", "1")[1] == "answered.S"
    until(world, 21 * 60 + 40)
    world.restart(50 * MIN)
    assert texts(world.wait(1_000)) == [("li", "shift.take")] and duty_now(world) == ("wang", "sun")
    assert until(world, 22 * 60 + 44) == [], "once"
    assert say(world, "li", "1")[1] == "answered.S" and duty_now(world) == ("li",)
    assert ("li", "shift.take") not in until(world, 24 * 60 + 60)


def test_who_is_asked_late_and_does_not_answer_is_told_to_the_leader_once() -> None:
    world = at(6 * 60 + 44)
    until(world, 6 * 60 + 46)
    say(world, "wang", "1")
    until(world, 21 * 60 + 40)
    world.restart(50 * MIN)
    assert until(world, 24 * 60 + 60) == [("li", "shift.take"), ("sun", "shift.missed")]


def test_who_has_taken_over_before_the_box_went_dark_is_not_asked_again() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 46)
    say(world, "li", "1")
    world.restart(50 * MIN)
    assert until(world, 24 * 60 + 60) == [] and duty_now(world) == ("li",)


def test_a_shift_taken_over_by_sms_is_the_new_one_at_once_and_survives_a_restart() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 46)
    assert duty_now(world) == ("wang",)
    assert say(world, "li", "1。") == (True, "answered.S", "接班成功，从现在起由你负责。下班前等下一班接班")
    assert duty_now(world) == ("li",)
    assert until(world, 22 * 60 + 5) == []
    world.restart(60_000)
    assert duty_now(world) == ("li",) and until(world, 22 * 60 + 30) == []
    assert texts(world.read({"smoke-1/smoke": 1.0})) == [("li", "fire.first"), ("wu", "fire.first")]


def test_of_two_who_take_over_the_later_is_responsible() -> None:
    world = at(21 * 60 + 40)
    assert world.do("take", "wang").replies[0].ok and duty_now(world) == ("wang",)
    until(world, 21 * 60 + 46)
    assert say(world, "li", "1")[1] == "answered.S"
    assert duty_now(world) == ("li",)


def test_who_cannot_come_says_9_and_the_leader_hears_of_it_at_once() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 46)
    before = len(world.sent)
    assert say(world, "li", "9")[1] == "declined.shift"
    assert [(n.person, n.message) for n in world.sent[before:]] == [("sun", "shift.declined")]
    assert until(world, 22 * 60 + 5) == [] and duty_now(world) == ("wang", "sun")


def test_a_swap_needs_only_that_the_other_takes_over() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 50)
    assert world.do("take", "zhao").replies[0].ok
    assert duty_now(world) == ("zhao",) and until(world, 22 * 60 + 5) == []
    assert not world.do("take", "chu").replies[0].ok  # an electrician takes no shift
    assert until(world, 24 * 60 + 6 * 60 + 46)[-1] == ("wang", "shift.take")  # the next shift is asked as ever


def test_one_shift_after_the_other_without_a_word_stays_with_who_took_it() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 46)
    say(world, "li", "1")
    until(world, 24 * 60 + 7 * 60 + 30)  # wang does not answer in the morning
    assert duty_now(world) == ("li", "sun")


def test_without_a_handover_so_far_the_rota_counts_and_with_an_unset_clock_everybody() -> None:
    world = at(23 * 60)
    assert duty_now(world) == ("li",)
    world.clock_ok = False
    out = world.read({"smoke-1/smoke": 1.0})
    assert {n.person for n in out.notifications} == {"wang", "li", "wu"}


def test_a_hole_in_the_rota_is_a_fault_until_it_is_filled() -> None:
    world = at(12 * 60)
    world.wait(MIN)
    assert not world.engine.alarms
    holey = replace(world.school, shifts=tuple(s for s in world.school.shifts if s.person != "li"))
    world.restart(1_000, school=holey)
    world.wait(MIN)
    assert [(a.kind, a.point) for a in world.engine.alarms.values()] == [("fault", "box/roster")]


def test_phones_are_tested_weekly_and_silent_twice_is_red() -> None:
    week = Calendar()
    world = World(
        replace(school(), calendar=week), now=Now(MIDNIGHT - 2 * 24 * HOUR + 9 * HOUR + 59 * MIN, 1_000_000)
    )  # Monday
    tested = [(p, m) for p, m in until_wall(world, 2 * MIN) if m == "test.phone"]
    assert len(tested) == 12 and not {("viewer", "test.phone"), ("shen", "test.phone")} & set(tested), "no test at the bureau"
    assert say(world, "wang", "1") == (True, "answered.T", "测试成功，本机可收发")
    assert say(world, "wang", "1")[1] == "refused.nothing-open"  # answered once
    until_wall(world, 25 * HOUR, 10 * MIN)
    assert world.engine.desk.roster(world.now, True)["red"] == ()
    until_wall(world, 7 * 24 * HOUR, HOUR)
    red = world.engine.desk.roster(world.now, True)["red"]
    assert "li" in red and "wang" not in red
    say(world, "li", "0")  # anything from that phone proves it
    assert "li" not in world.engine.desk.roster(world.now, True)["red"]


def until_wall(world: World, ms: int, step: int = MIN) -> list[tuple[str, str]]:
    end, told = world.now.wall + ms, []
    while world.now.wall < end:
        told += texts(world.wait(step))
    return told


def test_the_coil_by_sms() -> None:
    """people.md §9 story 1: 1, then 3 and 蚊香 from the warden's phone."""
    world = at(2 * 60 + 14)
    world.read({"smoke-1/smoke": 1.0})
    assert say(world, "li", "1") == (True, "acked", "已记录：你已收到01号。请3分钟内报结果，2真火 3误报")
    ok, code, words = say(world, "wu", "3")
    assert ok and code == "ask.cause" and words.startswith("01号误报原因？")
    assert say(world, "wu", "蚊香") == (True, "result", "已记录01号的结果")
    alarm = world.alarm("smoke")
    assert (alarm.cause, alarm.result_by, alarm.on_site) == ("蚊香", "wu", True)
    assert until_wall(world, 10 * MIN, 10_000) == []
    assert say(world, "wu", "灰尘施工")[1] == "list"  # nothing is asked any more


def test_d16_by_key_in_the_call_of_that_alarm() -> None:
    world = at(2 * 60)
    world.read({"smoke-1/smoke": 1.0})
    world.read({"smoke-2/smoke": 1.0})
    first = world.journal_id("smoke-1/smoke")
    assert say(world, "li", "1", proof="key", alarm=first)[1] == "acked"
    assert [a.acked is not None for a in world.engine.alarms.values()] == [True, False]
    assert say(world, "li", "2", proof="key", alarm=first)[1] == "result", "it asks for no number: the call is about one alarm"
    assert [a.result is not None for a in world.engine.alarms.values()] == [True, False]


def test_a_bare_1_answers_every_alarm_sent_to_that_phone() -> None:
    world = at(2 * 60)
    world.read({"smoke-1/smoke": 1.0})
    world.read({"smoke-2/smoke": 1.0})
    assert say(world, "li", "１ ")[2] == "已记录：你已收到2条：01-02。请尽快报结果，如 2 01 或 3 01"
    assert say(world, "li", "2")[2] == "有几条未结束：01 02。请带编号，如：3 07"
    assert say(world, "li", "0")[2].startswith("未结束2条：01火警三号宿舍楼二层东走廊已收到；02火警")
    assert say(world, "li", "2 02")[1] == "result"


def test_a_bare_1_is_no_answer_to_what_is_still_in_the_queue() -> None:
    """The guard's 1 is about the fire he has read of, not about the one behind it, whose messages would all be taken back."""
    world = at(2 * 60)
    for n in world.read({"smoke-1/smoke": 1.0}).notifications:
        world.fate(n, Fate.ACCEPTED)
    behind = world.read({"manual-1/call": 1.0}).notifications
    assert say(world, "li", "1")[2].startswith("已记录：你已收到01号")
    assert world.alarm("manual").acked is None and all(world.engine.wanted(n.key) for n in behind)
    for n in behind:
        world.fate(n, Fate.TRY_AGAIN, 1_000)  # it may have arrived all the same
    assert say(world, "li", "1")[1] == "acked" and world.alarm("manual").acked_by == "li"


def test_an_old_answer_that_comes_late_is_about_no_newer_alarm() -> None:
    """A 1 that the network has held back for an hour meets the fire of now: it stops no call, and its sender is told so."""
    world = at(2 * 60)
    for n in world.read({"smoke-1/smoke": 1.0}).notifications:
        world.fate(n, Fate.DELIVERED)
    fire = world.alarm("smoke").id
    (reply,) = world.do("text", "li", text="1", proof="sms", early=fire).replies
    assert (reply.ok, reply.code) == (False, "refused.early") and world.alarm("smoke").acked is None
    for text, code in (("3 蚊香", "refused.early"), ("2 01", "refused.early"), ("9", "refused.early"), ("0", "state")):
        assert world.do("text", "li", text=text, proof="sms", early=fire).replies[0].code == code
    for n in world.read({"manual-1/call": 1.0}).notifications:
        world.fate(n, Fate.DELIVERED)
    (reply,) = world.do("text", "li", text="1", proof="sms", early=world.alarm("manual").id).replies
    assert reply.text[0].startswith("已记录：你已收到01号") and world.alarm("manual").acked is None
    assert world.alarm("smoke").acked_by == "li"


def test_a_digest_is_answered_once_it_has_left() -> None:
    world = at(2 * 60)
    for n in world.read({"smoke-1/smoke": 1.0}).notifications:
        world.fate(n, Fate.ACCEPTED)
    post = world.engine._telling._post
    (n,) = [n for n in world.sent if n.person == "li"][:1]
    post.sent(replace(n, key="storm", alarm="s-8"), ["s-9"])
    assert post.unheard("s-8", "li") and post.unheard("s-9", "li") and not post.unheard("s-9", "wang")
    post.news(Delivery("storm", Fate.RECALLED), world.now)
    assert not post.unheard("s-9", "li"), "taken back: nothing is in a queue"
    post.sent(replace(n, key="storm", alarm="s-8"), ["s-9"])
    post.news(Delivery("storm", Fate.ACCEPTED), world.now)
    post.sent(replace(n, key="again", alarm="s-9"))
    assert not post.unheard("s-9", "li"), "the first time counts"


def test_of_those_who_share_the_guard_rooms_telephone_the_one_on_duty_answers() -> None:
    base = school()
    one = replace(base, people=base.people | {"li": replace(base.people["li"], phone=base.people["wang"].phone)})
    first = next(p for p in one.people.values() if p.phone == one.people["li"].phone).id
    other = "li" if first == "wang" else "wang"
    world = World(one, now=Now(MIDNIGHT + (2 if other == "li" else 10) * HOUR, 1_000_000))  # whose turn it is, listed second
    assert duty_now(world) == (other,)
    world.read({"smoke-1/smoke": 1.0})
    assert say(world, first, "1")[1] == "acked" and world.alarm("smoke").acked_by == other
    assert say(world, first, "1", proof="key", alarm=world.alarm("smoke").id)[0], "a call has rung one person"
    world.do("result", other, result="false", cause="蚊香", on_site=True)
    world.read({"smoke-1/smoke": 0.0})
    world.do("reset", other)
    until(world, (6 if other == "li" else 21) * 60 + 46)  # the next one is asked, on the same telephone
    assert say(world, first, "1")[1] == "answered.S" and first in duty_now(world)


def test_a_key_in_a_call_about_what_is_over_takes_no_shift() -> None:
    """The alarm ends while the telephone rings; the key pressed in that call answers nothing else."""
    world = at(21 * 60 + 44)
    world.read({"smoke-1/smoke": 1.0})
    alarm = world.journal_id("smoke-1/smoke")
    until(world, 21 * 60 + 46)  # li is asked to take over
    say(world, "wang", "3 蚊香")
    world.read({"smoke-1/smoke": 0.0})
    assert world.do("reset", "wang", alarm).replies[0].ok
    assert say(world, "li", "1", proof="key", alarm=alarm)[1] == "refused.not-found"
    assert "li" not in duty_now(world)
    assert say(world, "li", "1")[1] == "answered.S"


def test_whoever_was_told_is_heard_and_the_calls_go_on_if_they_may_not_answer() -> None:
    """The whole list reads 回1收到; the kitchen's keeper, the electrician and a key-holder do, and pause nothing."""
    world = at(2 * 60)
    world.read({"manual-1/call": 1.0})
    alarm = world.alarm("manual")
    for person in ("zheng", "chu", "wei"):
        assert person in alarm.told
        assert say(world, person, "1") == (True, "seen", "已记录你已收到，叫人照常进行")
        assert world.alarm("manual").acked is None
    assert [e.who for e in world.events if e.kind == "seen"] == ["zheng", "chu", "wei"]
    assert world.do("ack", "chu").replies[0].code == "refused.role", "at a screen the button is not there"
    world.read({"smoke-2/smoke": 1.0})
    assert say(world, "wu", "1")[1] == "acked" and world.alarm("manual").acked_by == "wu"


def test_r11_of_the_whole_list_whoever_can_be_there_first_is_told_first() -> None:
    """A modem takes seconds for a text and half a minute for a call: the guard and the warden, not the order of a file."""
    world = at(2 * 60)
    sent = world.read({"manual-1/call": 1.0}).notifications
    assert [n.person for n in sent][:4] == ["li", "wu", "zhao", "sun"]
    assert {"wang", "chen", "feng", "chu"} <= {n.person for n in sent} and len(sent) == len({n.key for n in sent})


def test_a_cause_alone_undoes_no_fire_that_somebody_has_called_real_meanwhile() -> None:
    world = at(2 * 60)
    world.read({"smoke-1/smoke": 1.0})
    assert say(world, "li", "3")[1] == "ask.cause"
    assert say(world, "wu", "2")[1] == "result"
    ok, code, words = say(world, "li", "蚊香")
    assert (ok, code) == (
        False,
        "refused.real-since",
    ) and words == "吴宿管已报01号属实，没有改。看过现场确是误报，请回：3 01 原因"
    assert world.alarm("smoke").result is Result.REAL
    assert say(world, "li", "0")[1] == "state"
    assert say(world, "li", "3 01 蚊香")[1] == "result" and world.alarm("smoke").result is Result.FALSE


def test_9_calls_the_next_person_at_once() -> None:
    world = at(2 * 60)
    world.read({"smoke-1/smoke": 1.0})
    world.wait(5_000)
    before = len(world.sent)
    assert say(world, "li", "9") == (True, "declined", "已记录：你去不了01号，正在叫下一人")
    assert sorted((n.person, n.message) for n in world.sent[before:]) == [("sun", "fire.again"), ("zhao", "fire.again")]
    assert say(world, "chu", "9")[1] == "refused.nothing-open"


def test_the_same_text_twice_is_one_answer() -> None:
    world = at(2 * 60)
    world.read({"smoke-1/smoke": 1.0})
    first = say(world, "li", "1", id="sms-1")
    count = len(world.events)
    assert say(world, "li", "1", id="sms-1") == first and len(world.events) == count


def test_the_registered_desk_answers_in_the_name_of_who_took_over() -> None:
    world = at(21 * 60 + 44)
    until(world, 21 * 60 + 46)
    say(world, "li", "1")
    world.read({"smoke-1/smoke": 1.0})
    assert world.do("ack", "desk").replies[0].ok
    assert world.alarm("smoke").acked_by == "li"


def test_too_many_texts_are_a_machine() -> None:
    world = at(2 * 60)
    codes = [say(world, "li", "?")[1] for _ in range(32)]
    assert codes[:30] == ["list"] * 30 and codes[30:] == ["refused.rate"] * 2


@pytest.mark.parametrize(
    ("number", "who"), [("+8613800000001", "li"), ("13800000001", "li"), ("008613800000001", "li"), ("1", None), ("", None)]
)
def test_only_registered_numbers(number: str, who: str | None) -> None:
    from alerts.inbound import caller

    found = caller(number, school())
    assert (found.id if found else None) == who


def test_the_button_acks_in_the_name_of_who_took_over() -> None:
    base = school()
    button = Point("io-9/ack", "io-9", "ack-button", "office", "收到按钮", 10**12)
    world = World(replace(base, points=base.points | {button.id: button}), now=Now(MIDNIGHT + 2 * HOUR, 1_000_000))
    world.read({"smoke-1/smoke": 1.0})
    world.read({"io-9/ack": 1.0})  # pressed, or stuck, when the box starts: nobody has pressed it
    world.read({"smoke-2/smoke": 1.0})
    assert all(a.acked is None for a in world.engine.alarms.values())
    world.read({"io-9/ack": 0.0})
    world.dead("io-9/ack")
    world.read({"io-9/ack": 1.0})
    assert {a.acked_by for a in world.engine.alarms.values()} == {"li"}


def test_r9_a_duty_check_that_nobody_answers_goes_on_to_the_next_post() -> None:
    world = at(12 * 60)
    assert world.do("check", "wang").replies[0].code == "refused.role"
    (reply,) = (out := world.do("check", "shen")).replies
    assert (reply.ok, reply.code) == (True, "checking") and texts(out) == [("wang", "bureau.check")]
    assert world.sent[-1].text.startswith("查岗：沈局12:00") and world.sent[-1].severity == 0
    assert until(world, 12 * 60 + 4) == []
    assert until(world, 12 * 60 + 5) == [("zhao", "bureau.check")]
    world.restart(60_000)
    assert until(world, 12 * 60 + 12) == [("sun", "bureau.check")]
    assert say(world, "sun", "1") == (True, "answered.C", "已应岗")
    assert until(world, 12 * 60 + 30) == []
    assert [(e.kind, e.who) for e in world.events if e.code == "C"] == [
        ("unanswered", "wang"), ("unanswered", "zhao"), ("answered", "sun"),
    ]  # fmt: skip


def test_r9_who_is_on_duty_answers_and_nobody_else_is_asked() -> None:
    world = at(12 * 60)
    world.do("check", "shen")
    assert say(world, "wang", "1C1")[1] == "answered.C"
    assert until(world, 12 * 60 + 30) == []
    world.do("check", "shen")
    assert say(world, "wang", "9")[1] == "note"
    assert texts_since(world) == [("zhao", "bureau.check")]


def texts_since(world: World) -> list[tuple[str, str]]:
    return [(n.person, n.message) for n in world.sent[-1:]]


def test_an_order_of_the_bureau_is_signed_for_by_number_and_carries_its_command() -> None:
    world = at(12 * 60)
    due = MIDNIGHT + 7 * 24 * HOUR
    assert world.do("order", "wang", what="更换烟感", until=due).replies[0].code == "refused.role"
    for wrong in ({"what": " ", "until": due}, {"what": "x", "until": MIDNIGHT}, {"what": "x"}):
        assert world.do("order", "shen", **wrong).replies[0].code == "refused.order"
    out = world.do("order", "shen", id="bureau:n", what="更换烟感", until=due)
    assert (out.replies[0].code, {m for _, m in texts(out)}) == ("ordered", {"bureau.order"})
    assert "督办：更换烟感，3月11日前整改" in world.sent[-1].text and "J01" in world.sent[-1].text
    (asked,) = [e for e in out.events if e.kind == "question-asked"]
    assert (asked.args["command"], asked.args["letter"]) == ("bureau:n", "J")
    officer = next(p for p, _ in texts(out))
    assert say(world, officer, "1 J1")[1] == "answered.J"
    assert [(e.kind, e.who) for e in world.events if e.code == "J"] == [("answered", officer)]


def test_a_duty_check_keeps_its_command_from_post_to_post() -> None:
    world = at(12 * 60)
    world.do("check", "shen", id="bureau:c")
    until(world, 12 * 60 + 6)
    assert [e.args["command"] for e in world.events if e.kind == "question-asked"] == ["bureau:c"] * 2


def shared(person: str, with_: str) -> Plant:
    base = school()
    return replace(base, people=base.people | {person: replace(base.people[person], phone=base.people[with_].phone)})


def test_an_alarm_sent_to_the_guard_rooms_telephone_is_answered_from_it_after_the_shift_has_changed() -> None:
    """People's §2.3: a bare 1 answers what was sent to that phone, a result may name it; in the name of who is on duty now."""
    world = World(shared("li", "wang"), now=Now(MIDNIGHT + (6 * 60 + 40) * MIN, 1_000_000))
    until(world, 6 * 60 + 59)
    world.read({"smoke-1/smoke": 1.0})
    assert "wang" not in world.alarm("smoke").told
    world.do("take", "wang")
    world.now = Now(world.now.wall + MIN, world.now.mono + MIN)  # before the next call
    assert duty_now(world) == ("wang",) and "wang" not in world.alarm("smoke").told
    assert say(world, "li", "1")[1] == "acked" and world.alarm("smoke").acked_by == "wang"
    assert say(world, "li", "3 01 蚊香")[1] == "result" and world.alarm("smoke").result_by == "wang"


def test_of_two_wardens_with_one_telephone_the_one_who_was_told_answers() -> None:
    world = World(shared("wu", "zheng"), now=Now(MIDNIGHT + 2 * HOUR, 1_000_000))
    world.read({"smoke-1/smoke": 1.0})
    assert "wu" in world.alarm("smoke").told and "zheng" not in world.alarm("smoke").told
    assert say(world, "zheng", "1")[1] == "acked" and world.alarm("smoke").acked_by == "wu"
    assert say(world, "chu", "1")[1] == "refused.nothing-open", "another telephone has nothing to answer"


def test_a_telephone_that_answers_by_itself_is_told_so_once() -> None:
    world = at(2 * 60)
    said = [say(world, "li", "我正在开会")[2] for _ in range(33)]
    assert all(said[:31]) and said[31:] == ["", ""]


def test_9_to_a_phone_test_says_nothing_of_a_shift() -> None:
    world = at(9 * 60 + 59, day=5)
    while not world.engine.desk.questions("chu"):
        world.wait(MIN)
    before = len(world.sent)
    assert say(world, "chu", "9") == (True, "note", "已记录")
    assert world.sent[before:] == []


def test_who_answers_an_older_alarm_has_not_heard_of_the_fire_whose_text_was_refused() -> None:
    """The network refuses the text of the fire for good and it goes by the next channel; the 1 that comes meanwhile is about the leak."""
    base = school()
    leak = Rule("leak", "state", "electrical", ("smoke-2/smoke",), {"equals": 1.0}, 0, 0, "electrical")
    fire = Rule("smoke", "state", "fire", ("smoke-1/smoke",), {"equals": 1.0}, 0, 0, "fire")
    li = replace(base.people["li"], channels=("sms", "robot"))
    world = World(replace(base, rules=(leak, fire), people=base.people | {"li": li}), now=Now(MIDNIGHT + 2 * HOUR, 1_000_000))
    for n in world.read({"smoke-2/smoke": 1.0}).notifications:
        world.fate(n, Fate.ACCEPTED)
    (n,) = [n for n in world.read({"smoke-1/smoke": 1.0}).notifications if n.person == "li"]
    (other,) = world.fate(n, Fate.REJECTED).notifications
    assert say(world, "li", "1")[1] == "acked"
    assert world.alarm("leak").acked_by == "li" and world.alarm("smoke").acked is None
    world.fate(other, Fate.ACCEPTED)
    assert say(world, "li", "1")[1] == "acked" and world.alarm("smoke").acked_by == "li"
