"""Messages on their way: what an answer takes back, who hears of the end and when, what is too late to be sent as it is."""

from __future__ import annotations

from dataclasses import replace

from engine_world import World, plant

from alerts.budget import CALL
from alerts.model import Fate, Notification
from alerts.plant import Plant
from drivers.reading import Now

MIN = 60_000


def school() -> Plant:
    base = plant()
    return replace(base, people=base.people | {"wang": replace(base.people["wang"], channels=("phone", "robot"))})


def one(out: object, person: str) -> Notification:
    (n,) = [n for n in out.notifications if n.person == person]  # type: ignore[attr-defined]
    return n


def closed(world: World) -> list[tuple[str, str]]:
    """Ends the fire and gives who is told of it at once."""
    world.do("result", "li", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    return [(n.person, n.reason) for n in world.do("reset", "li").notifications]


def test_d16_an_answer_takes_back_what_has_not_left(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    assert world.engine.wanted(n.key)
    world.fate(n, Fate.TRY_AGAIN, 2_000)
    assert world.engine.wanted(n.key)
    world.do("ack", "li")
    assert not world.engine.wanted(n.key)
    assert world.wait(MIN).notifications == ()
    out = world.fate(n, Fate.GAVE_UP)  # what the channel says of it then moves nothing
    assert out.notifications == () and not [a for a in world.engine.alarms.values() if a.kind == "cannot-call"]


def test_d16_a_telephone_rings_until_somebody_answers_also_after_the_text_has_arrived(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    assert n.rung and world.engine.ringing(n.key)
    world.fate(n, Fate.DELIVERED)
    assert world.engine.ringing(n.key), "the text alone wakes nobody"
    world.do("ack", "li")
    assert not world.engine.ringing(n.key)
    later = one(world.wait(3 * MIN), "head")
    assert later.rung and world.engine.ringing(later.key)
    world.do("result", "li", n.alarm, result="false", cause="蚊香", on_site=True)
    assert not world.engine.ringing(later.key)
    world.fate(later, Fate.DELIVERED)
    world.read({"smoke-a/smoke": 0.0})
    ends = world.do("reset", "li", n.alarm).notifications
    assert ends and not any(end.rung for end in ends), "nobody is rung for an end"


def test_a_call_that_did_not_come_about_goes_by_the_next_channel_and_is_no_dead_box(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    world.fate(n, Fate.ACCEPTED)
    (other,) = world.fate(n, Fate.SILENT).notifications
    assert (other.person, other.channel, other.rung) == ("wang", "robot", True)
    world.fate(other, Fate.ACCEPTED)
    assert world.fate(other, Fate.SILENT).notifications == ()
    assert not [a for a in world.engine.alarms.values() if a.kind == "cannot-call"], "both have it in writing"
    late = one(world.wait(MIN), "li")  # who has one channel, and nothing was ever taken
    world.fate(late, Fate.SILENT)
    assert [a.kind for a in world.engine.alarms.values() if a.kind == "cannot-call"] == ["cannot-call"]


def test_d16_the_result_timer_runs_and_its_messages_stay(world: World) -> None:
    world.fate(one(world.read({"smoke-a/smoke": 1.0}), "wang"), Fate.ACCEPTED)
    world.do("ack")
    n = one(world.wait(3 * MIN), "head")
    world.do("ack", "li")
    assert world.engine.wanted(n.key)  # somebody else's answer ends no result timer
    world.do("result", "li", n.alarm, result="false", cause="蚊香", on_site=True)
    assert not world.engine.wanted(n.key)


def test_d16_it_survives_the_end_of_the_process(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    world.do("ack", "li")
    out = world.restart(1_000, unsent=(n,))
    assert [x.person for x in out.notifications] == []
    assert [(d.key, d.fate) for d in out.deliveries] == [(n.key, Fate.RECALLED)]
    assert [x.person for x in world.wait(3 * MIN).notifications] == ["head"]


def test_the_end_waits_for_the_alarm_and_is_not_told_without_it(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    assert closed(world) == []
    assert [(x.person, x.reason) for x in world.fate(n, Fate.ACCEPTED).notifications] == []
    other = World(school())
    n = one(other.read({"smoke-a/smoke": 1.0}), "wang")
    other.fate(n, Fate.ACCEPTED)
    assert ("wang", "closing") in closed(other)


def test_the_end_comes_after_an_alarm_that_is_still_on_its_way(world: World) -> None:
    """An `always` step is not taken back by an answer; its message is in the channel's hands when the alarm ends."""
    world.read({"call-a/manual": 1.0})
    n = next(n for n in reversed(world.sent) if n.person == "head" and n.step == "all")
    world.do("result", "li", result="real", cause="用火", on_site=True)
    world.read({"call-a/manual": 0.0})
    told = [(x.person, x.reason) for x in world.do("reset", "sun").notifications]
    assert ("head", "closing") not in told and ("li", "closing") in told
    assert [(x.person, x.reason) for x in world.fate(n, Fate.ACCEPTED).notifications] == [("head", "closing")]


def test_after_a_restart_only_what_still_makes_sense_is_sent(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    world.fate(n, Fate.ACCEPTED)
    closed(world)
    out = world.restart(1_000, unsent=(n,))
    assert out.notifications == () and out.deliveries[0].fate is Fate.RECALLED


def test_an_alarm_that_could_not_leave_for_ten_minutes_says_how_it_stands(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    out = world.restart(11 * MIN, unsent=(n,))
    late = [x for x in out.notifications if x.person == "wang" and x.reason == "late"]
    assert [x.message for x in late] == ["late"] and "迟发" in late[0].text and "至今未结束" in late[0].text


def by_two_at_once() -> Plant:
    """A robot that takes texts and a modem that calls."""
    base = school()
    people = base.people | {"wang": replace(base.people["wang"], channels=("robot", "phone"))}
    return replace(base, people=people, channels={"robot": "dingtalk", "phone": "modem"})


def test_a_failed_call_beside_a_text_that_was_taken_is_no_dead_box_also_after_a_restart() -> None:
    world = World(by_two_at_once())
    text, call = [n for n in world.read({"smoke-a/smoke": 1.0}).notifications if n.person == "wang"]
    world.fate(text, Fate.ACCEPTED)
    world.fate(call, Fate.TRY_AGAIN, 1_000)
    (again,) = [n for n in world.wait(1_000).notifications if n.key == call.key]
    world.restart(1_000, unsent=(again,), taken=(text,))
    assert not [a for a in world.engine.alarms.values() if a.kind == "cannot-call"]
    other = World(by_two_at_once())
    text, call = [n for n in other.read({"smoke-a/smoke": 1.0}).notifications if n.person == "wang"]
    other.restart(1_000, unsent=(replace(call, attempt=2),))
    assert [a.kind for a in other.engine.alarms.values() if a.kind == "cannot-call"], "nothing is known of the text"


def test_r10_a_call_that_the_end_of_the_process_cut_off_is_made_once() -> None:
    """The text was taken; the modem had other telephones to ring first, and only its memory knew."""

    def cut_off(world: World, off: int = 5_000, again: int = 0) -> list[tuple[str, str, str, bool]]:
        taken = tuple(n for n in world.sent if n.person == "wang")
        taken = tuple(replace(n, attempt=n.attempt + again) for n in taken)
        out = world.restart(off, taken=taken)
        return [(n.person, n.channel, n.text[:2], n.rung) for n in out.notifications if n.reason == CALL]

    def burning() -> World:
        world = World(by_two_at_once())
        for n in world.read({"smoke-a/smoke": 1.0}).notifications:
            world.fate(n, Fate.ACCEPTED)
        return world

    world = burning()
    assert cut_off(world) == [("wang", "phone", "重发", True)]
    (call,) = [n for n in world.sent if n.reason == CALL]
    assert world.engine.ringing(call.key) and call.repeat
    world.do("ack", "li")
    assert not world.engine.ringing(call.key)
    assert cut_off(burning(), again=1) == [], "twice at most"
    assert cut_off(burning(), off=4 * MIN) == [], "long ago: the next step is due by then"
    world = burning()
    world.do("ack", "li")
    assert cut_off(world) == [], "somebody has answered"


def test_d11_a_clock_that_is_set_makes_no_alarm_a_late_one(world: World) -> None:
    n = one(world.read({"smoke-a/smoke": 1.0}), "wang")
    world.fate(n, Fate.TRY_AGAIN, 1_000)
    world.now = Now(world.now.wall + 400 * 24 * 60 * MIN, world.now.mono)  # the time has come from the network
    (again,) = [x for x in world.wait(1_000).notifications if x.key == n.key]
    assert again.message == "fire.first" and again.text.startswith("火警！")


def test_what_is_about_no_alarm_and_cannot_go_is_no_dead_box(world: World) -> None:
    """A cloud text carries alarms only: the question of a shift, a phone test, the end of a fire go by no template."""
    for n in (*world.read({"smoke-a/smoke": 1.0}).notifications, *world.do("next", "wang").notifications):
        world.fate(n, Fate.ACCEPTED)
    world.do("result", "li", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    ends = list(world.do("reset", "li").notifications)
    assert {n.reason for n in ends} == {"closing"} and "li" in {n.person for n in ends}, "who has one channel"
    while ends:  # by every channel of everybody
        ends += world.fate(ends.pop(), Fate.REJECTED).notifications
    assert not [a for a in world.engine.alarms.values() if a.kind == "cannot-call"]
