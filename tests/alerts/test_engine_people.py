"""Engine stories of people and channels: who may, which alarm is meant, repeats, expiry, deliveries that fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import World, plant

from alerts.model import AlarmState, Delivery, Fate, Result
from alerts.replies import TEXTS

S = AlarmState


@pytest.fixture
def two(world: World) -> World:
    world.read({"smoke-a/smoke": 1.0})
    world.read({"smoke-k/smoke": 1.0})
    return world


@pytest.mark.parametrize(
    ("verb", "person", "alarm", "args", "code"),
    [
        ("ack", "wang", "1", {}, "acked"),
        ("ack", "wang", "02", {}, "acked"),
        ("ack", "wang", "", {}, "acked"),
        ("ack", "guest", "1", {}, "refused.role"),
        ("ack", "zhou", "1", {}, "acked"),
        ("ack", "zhou", "2", {}, "refused.zone"),
        ("ack", "nobody", "1", {}, "refused.person"),
        ("open", "wang", "1", {}, "refused.verb"),
        ("ack", "wang", "77", {}, "refused.not-found"),
        ("ack", "wang", "no3-2", {}, "acked"),
        ("ack", "wang", "no3-999", {}, "refused.not-found"),
        ("ack", "wang", "²", {}, "refused.not-found"),
        ("result", "wang", "", {"result": "real"}, "refused.which"),
        ("result", "wang", "1", {"result": "real"}, "result"),
        ("result", "wang", "1", {"result": "false"}, "refused.cause"),
        ("result", "wang", "1", {"result": "point_removed"}, "refused.result"),
        ("result", "wang", "1", {}, "refused.result"),
        ("result", "wang", "1", {"result": "drill"}, "result"),
        ("silence", "wang", "1", {}, "silenced"),
        ("note", "wang", "1", {"text": "去看看"}, "note"),
        ("reset", "wang", "1", {}, "refused.on-site"),
        ("reset", "sun", "1", {}, "refused.no-ack"),
        ("ack", "gu", "1", {}, "seen"),
        ("ack", "wang", "1", {"expires": 1}, "refused.expired"),
        ("ack", "li", "", {"proof": "sms"}, "refused.nothing-open"),  # nothing was sent to that phone yet
        ("ack", "wang", "", {"proof": "sms"}, "acked"),
    ],
)
def test_command(two: World, verb: str, person: str, alarm: str, args: dict[str, str | bool], code: str) -> None:
    before = len(two.events)
    out = two.do(verb, person, alarm, **args)
    (reply,) = out.replies
    assert (reply.code, reply.ok) == (code, not code.startswith("refused"))
    assert reply.text[0] and reply.text[1] and "{" not in "".join(reply.text)
    recorded = [e for e in two.events[before:] if e.seq == reply.seq]
    assert [e.who for e in recorded] == [person]
    if code.startswith("refused"):
        assert [e.kind for e in out.events] == ["refused"]
        assert {a.state for a in two.engine.alarms.values()} == {S.UNACKED}


def test_who_is_called_as_the_keeper_may_answer(world: World) -> None:
    """room-b has no keeper of its own: that of the building is called, and answers. The canteen is not theirs."""
    world.read({"smoke-b/smoke": 1.0, "smoke-k/smoke": 1.0})
    codes = {n: world.do("ack", "zhou", n).replies[0].code for n in ("1", "2")}
    assert codes == {"1": "acked", "2": "refused.zone"}


def test_nothing_open(world: World) -> None:
    assert world.do("ack").replies[0].code == "refused.nothing-open"
    assert world.do("reset", "sun").replies[0].code == "refused.nothing-open"


def test_not_yet_an_alarm(world: World) -> None:
    world.read({"gas-k/gas": 22.0})
    (pending,) = world.engine.alarms
    assert world.do("ack", "wang", pending).replies[0].code == "refused.not-yet"
    assert world.do("silence", "wang", pending).replies[0].code == "refused.not-yet"


def test_a_bare_one_answers_all(two: World) -> None:
    two.do("ack")
    assert {a.state for a in two.engine.alarms.values()} == {S.ACKED}


def test_the_answer_says_what_is_expected_next(two: World) -> None:
    assert two.do("ack", "wang", "1").replies[0].text[0] == "已记录：你已收到01号。请3分钟内报结果，2真火 3误报"


def test_a_leak_is_not_called_a_fire(world: World) -> None:
    world.read({"gas-k/gas": 45.0})
    assert "2真泄漏 3误报" in world.do("ack").replies[0].text[0]


def test_a_repeated_id_changes_nothing(two: World) -> None:
    first = two.do("ack", "wang", "1", id="same").replies
    two.wait(3_600_000)
    again = two.do("ack", "wang", "2", id="same")
    assert (again.replies, again.events, again.alarms) == (first, (), ())
    refused = two.do("reset", "wang", "2", id="no").replies
    assert (two.do("reset", "sun", "2", id="no").replies, two.do("reset", "sun", "2", id="no").events) == (refused, ())


def test_an_id_is_forgotten_after_a_day(two: World) -> None:
    two.do("ack", "wang", "1", id="same")
    two.wait(86_400_001)
    assert two.do("ack", "wang", "2", id="same").events


def test_an_unset_clock_refuses_the_bureau_only(two: World) -> None:
    two.clock_ok = False
    assert two.do("note", "gu", "1", proof="bureau").replies[0].code == "refused.clock"
    assert two.do("ack", "wang", "1", proof="sms").replies[0].ok
    assert two.do("ack", "wang", "2").replies[0].ok


def test_a_bureaus_answer_stops_nothing_at_the_school(two: World) -> None:
    two.do("ack", "gu", "1")
    assert {a.state for a in two.engine.alarms.values()} == {S.UNACKED}
    assert two.kinds()[-1] == "seen"


def test_false_by_sms_states_on_site(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", proof="sms", result="false", cause="蚊香")
    assert world.alarm("smoke").on_site


def test_a_second_result_replaces_the_first(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", result="false", cause="蚊香", on_site=True)
    world.do("result", "li", result="real", cause="用火")
    alarm = world.alarm("smoke")
    assert (alarm.result, alarm.result_by, alarm.acked_by) == (Result.REAL, "li", "wang")


def test_every_code_has_words() -> None:
    assert all(zh and en for zh, en in TEXTS.values())


def test_given_up_goes_to_the_next_channel(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    out = world.fate(world.sent[0], Fate.GAVE_UP)
    assert [(n.person, n.channel, n.reason) for n in out.notifications] == [("wang", "robot", "failover")]
    assert [e.kind for e in out.events] == ["gave-up", "notified"]
    out = world.fate(out.notifications[0], Fate.GAVE_UP)
    assert world.alarm("box-cannot-call").evidence["person"] == "wang"
    assert [n.person for n in out.notifications] == ["li"]
    assert world.outputs["board/sounder"]


def test_a_delivery_ends_cannot_call(world: World) -> None:
    world.system("cannot-call", True)
    world.do("ack")
    world.read({"smoke-a/smoke": 1.0})
    world.fate(world.sent[-1], Fate.ACCEPTED)
    assert world.state("box-cannot-call") is S.NORMAL


def test_try_again_comes_once_at_its_time(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    assert not world.fate(world.sent[0], Fate.TRY_AGAIN, 3_000).notifications
    assert world.engine.next_due() == world.now.mono + 3_000
    assert not world.wait(2_999).notifications
    (again,) = world.wait(1).notifications
    assert (again.key, again.attempt, again.channel, again.repeat) == (world.sent[0].key, 2, "phone", False)
    out = world.fate(again, Fate.TRY_AGAIN, 1)
    assert [n.channel for n in out.notifications] == ["robot"]
    assert [(d.key, d.fate) for d in out.deliveries] == [(again.key, Fate.GAVE_UP)], "a restart must not send it once more"


@pytest.mark.parametrize("fate", [Fate.ACCEPTED, Fate.DELIVERED, Fate.GAVE_UP])
def test_later_news_overtakes_a_second_attempt_that_still_waits(world: World, fate: Fate) -> None:
    """Else one person would hear of one step by the busy channel and by the next one too."""
    world.read({"smoke-a/smoke": 1.0})
    world.fate(world.sent[0], Fate.TRY_AGAIN, 3_000)
    world.fate(world.sent[0], fate)
    told = len(world.sent)
    world.wait(3_000)
    assert len(world.sent) == told


def test_a_fire_does_not_wait_for_a_busy_channel(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    assert [n.channel for n in world.fate(world.sent[0], Fate.TRY_AGAIN, 60_000).notifications] == ["robot"]


def test_accepted_is_not_delivered(world: World) -> None:
    """A late bad report after an acceptance still goes to the next channel; after a delivery it does not."""
    world.read({"smoke-a/smoke": 1.0})
    assert not world.fate(world.sent[0], Fate.ACCEPTED).notifications
    (other,) = world.fate(world.sent[0], Fate.GAVE_UP).notifications
    assert not world.fate(other, Fate.DELIVERED).notifications
    assert not world.fate(other, Fate.GAVE_UP).notifications


@pytest.mark.parametrize("fate", Fate)
def test_each_fate_of_a_message_is_an_event_of_its_own_kind(world: World, fate: Fate) -> None:
    """Accepted is not delivered, delivered is not read, refused is not silent: in the journal as on the screen."""
    world.read({"smoke-a/smoke": 1.0})
    out = world.fate(world.sent[0], fate)
    event = out.events[0]
    assert (event.kind, event.code, event.who) == (fate.value.replace("_", "-"), "", "wang")
    assert event.args["key"] == world.sent[0].key and out.deliveries[0].fate is fate


def test_a_stranger_delivery_is_recorded(world: World) -> None:
    out = world.take(world.engine.delivery(Delivery("no3-7:1:first:1:wang:phone", Fate.GAVE_UP), world.now, True))
    assert [(e.kind, e.alarm) for e in out.events] == [("gave-up", "no3-7")]
    assert not out.notifications and not out.alarms


def test_the_boxs_own_alarm(world: World) -> None:
    world.system("cannot-record", True, why="read-only")
    assert world.outputs["board/sounder"] is True
    assert not world.system("cannot-record", True, why="read-only").events
    world.system("cannot-record", False)
    assert world.state("box-cannot-record") is S.RTN_UNACKED
    world.do("ack")
    assert not world.engine.alarms


def test_r24_what_stands_for_a_day_asks_for_a_repair_once() -> None:
    """By itself, as an event and on the alarm, also over a restart; not when it was over before."""
    day = 24 * 3_600_000
    school = plant()
    quiet = replace(school.policies["quiet"], repair=day)
    world = World(school=replace(school, policies={**school.policies, "quiet": quiet}))
    point = "line-a/link"
    world.read({point: 0.0})
    (a,) = [a for a in world.engine.alarms.values() if a.point == point]
    world.wait(day - 1_000)
    assert not world.engine.alarms[a.id].repair
    out = world.wait(1_000)
    assert [(e.kind, e.code, e.args["point"]) for e in out.events if e.kind == "repair" and e.alarm == a.id] == [
        ("repair", "time", point)
    ]
    assert world.engine.alarms[a.id].repair
    assert not [e for e in world.wait(day).events if e.kind == "repair" and e.alarm == a.id]
    world.restart()
    assert not [e for e in world.wait(day).events if e.kind == "repair" and e.alarm == a.id]


def test_a_text_that_ends_the_alarm_it_judges_is_answered(world: World) -> None:
    """2 to an alarm that does not latch and is gone already closes it: there is nothing left to ask the cause of."""
    world.read({"gas-k/gas": 25.0})
    world.wait(3_000)
    (alarm,) = world.engine.alarms.values()
    assert "wang" in alarm.told
    for _ in range(4):
        world.read({"gas-k/gas": 0.0})
        world.wait(10_000)
    world.read({"gas-k/gas": 0.0})
    assert world.engine.alarms[alarm.id].state is S.RTN_UNACKED
    (reply,) = world.do("text", "wang", text="2", proof="sms").replies
    assert reply.ok and reply.code == "result" and alarm.id not in world.engine.alarms
