"""Engine stories: readings in, states, messages and outputs out. The fire, the leak, the lock, the cut line, the restart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import POINTS, RULES, World, plant

from alerts.model import AlarmState, Delivery, Fate, Result, Rule
from alerts.plant import Point
from drivers.reading import Quality, Reading

S = AlarmState


def test_r12_fire_from_reading_to_reset(world: World) -> None:
    out = world.read({"smoke-a/smoke": 1.0})
    alarm = world.alarm("smoke")
    assert (alarm.state, alarm.number, alarm.id) == (S.UNACKED, 1, "no3-2")
    assert out.outputs == {"board/sounder": True}
    assert [(n.person, n.step) for n in out.notifications] == [("wang", "first")]

    assert world.do("ack").replies[0].code == "acked"
    assert world.state("smoke") is S.ACKED
    assert world.outputs["board/sounder"] is False

    world.read({"smoke-a/smoke": 0.0})
    assert world.state("smoke") is S.LATCHED
    assert world.do("reset", "sun").replies[0].code == "refused.no-result"
    assert world.do("result", result="false", cause="蚊香", on_site=True).replies[0].ok
    assert world.alarm("smoke").result is Result.FALSE
    assert world.do("reset").replies[0].ok
    assert not world.engine.alarms
    assert world.kinds() == ["raised", "acked", "gone", "refused", "result", "counted", "reset"]
    assert [e.seq for e in world.events] == list(range(1, len(world.events) + 1))


def test_r12_sensor_returns_and_the_alarm_stays(world: World) -> None:
    """R12: latched; gone without an answer is still listed, and a reset is refused."""
    world.read({"smoke-a/smoke": 1.0})
    world.read({"smoke-a/smoke": 0.0})
    assert world.state("smoke") is S.RTN_UNACKED
    assert world.do("reset", "sun").replies[0].code == "refused.no-ack"
    world.do("result", "sun", result="real", cause="用火")
    assert world.state("smoke") is S.LATCHED
    assert world.do("reset", "sun").replies[0].ok


def test_r12_reset_while_active_is_refused(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", result="false", cause="蚊香", on_site=True)
    out = world.do("reset")
    assert out.replies[0].code == "refused.not-gone"
    assert [e.kind for e in out.events] == ["refused"]
    assert world.state("smoke") is S.ACKED


def test_what_the_screen_showed_is_recorded_with_the_press_done_or_refused(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    refused = world.do("reset", seen="/ · 未处理 · 报警").events
    done = world.do("result", result="real", seen="/alarms · 已收到").events
    assert [(e.kind, e.args["on_screen"]) for e in refused] == [("refused", "/ · 未处理 · 报警")]
    assert [(e.kind, e.args.get("on_screen")) for e in done if e.code == "result"] == [("result", "/alarms · 已收到")]
    assert not any("on_screen" in e.args for e in world.do("ack").events), "a text message or a key shows nothing"


def test_unknown_never_clears(world: World) -> None:
    """A dead sensor freezes nothing and clears nothing; it is a fault of its own and a running off-delay ends."""
    world.read({"gas-k/gas": 45.0})
    world.read({"gas-k/gas": 10.0})
    world.wait(5_000)
    world.dead("gas-k/gas")
    assert world.state("gas-2") is S.UNACKED
    assert world.state("no-data") is S.UNACKED
    assert world.alarm("gas-2").off_due is None
    world.wait(60_000)
    assert world.state("gas-2") is S.UNACKED
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.UNACKED, "the off-delay starts again"
    world.wait(10_000)
    assert world.state("gas-2") is S.UNACKED, "time alone clears nothing"
    world.read({"gas-k/gas": 10.0}, quality=Quality.UNCERTAIN)
    assert world.state("gas-2") is S.UNACKED, "an uncertain reading clears nothing"
    world.read({"gas-k/gas": 10.0})
    world.wait(10_000)
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.RTN_UNACKED


def test_breach_then_silence_is_an_alarm(world: World) -> None:
    world.read({"gas-k/gas": 22.0})
    assert world.state("gas-1") is S.PENDING
    world.dead("gas-k/gas")
    assert world.engine.next_due() == world.now.mono + 3_000
    world.wait(3_000)
    assert world.state("gas-1") is S.UNACKED


def test_a_short_breach_is_cancelled(world: World) -> None:
    world.read({"gas-k/gas": 22.0})
    world.wait(2_999)
    world.read({"gas-k/gas": 10.0})
    world.wait(10_000)
    assert world.kinds() == ["pending", "cancelled"]
    assert not world.sent


def test_r19_gas_levels(world: World) -> None:
    """R19: level 1 after 3 s with return 2 below and by itself; level 2 at once, latched."""
    world.read({"gas-k/gas": 20.0})
    world.wait(3_000)
    assert world.outputs["board/fan"] is True
    world.do("ack")
    world.read({"gas-k/gas": 18.5})
    for _ in range(4):
        world.wait(10_000)
        world.read({"gas-k/gas": 18.0})
    assert world.state("gas-1") is S.ACKED, "not yet below the return limit"
    for _ in range(4):
        assert world.state("gas-1") is S.ACKED
        world.read({"gas-k/gas": 17.0})
        world.wait(10_000)
    world.read({"gas-k/gas": 17.0})
    assert world.state("gas-1") is S.NORMAL
    assert world.outputs["board/fan"] is False
    world.read({"gas-k/gas": 40.0})
    assert world.state("gas-2") is S.UNACKED
    assert {o for o, on in world.outputs.items() if on} == {"board/sounder", "board/room", "board/fan", "board/valve"}


def test_r21_fan_without_feedback_is_a_fault(world: World) -> None:
    """R21: commanded and not seen running in 10 s."""
    world.read({"gas-k/gas": 45.0})
    assert world.engine.next_due() is not None
    world.wait(9_999)
    assert world.state("box-feedback") is S.NORMAL
    world.wait(1)
    assert world.alarm("box-feedback").point == "board/fan"
    world.read({"fan-k/run": 1.0})
    assert world.state("box-feedback") is S.RTN_UNACKED


def test_r21_a_fan_that_runs_is_no_fault(world: World) -> None:
    world.read({"gas-k/gas": 45.0})
    world.read({"fan-k/run": 1.0})
    world.wait(20_000)
    assert world.state("box-feedback") is S.NORMAL


def test_r14_silence_stops_sound_only(world: World) -> None:
    """R14: a new alarm sounds again, and the same one after five unanswered minutes."""
    world.read({"smoke-a/smoke": 1.0})
    assert world.do("silence").outputs == {"board/sounder": False}
    assert world.state("smoke") is S.UNACKED
    assert world.read({"smoke-k/smoke": 1.0}).outputs == {"board/sounder": True}
    world.do("silence", "wang", "all")
    assert world.outputs["board/sounder"] is False
    world.wait(299_999)
    assert world.outputs["board/sounder"] is False
    world.wait(1)
    assert world.outputs["board/sounder"] is True


def test_a_latched_alarm_that_is_gone_and_unanswered_sounds_again_too(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("silence")
    world.read({"smoke-a/smoke": 0.0})
    world.wait(299_999)
    assert world.outputs["board/sounder"] is False
    world.wait(1)
    assert world.outputs["board/sounder"] is True
    world.do("silence")
    world.do("ack")
    world.wait(300_000)
    assert world.outputs["board/sounder"] is False


def test_the_same_alarm_again(world: World) -> None:
    """A breach after LATCHED: same alarm, new occurrence, escalation from the start, the old result no longer counts."""
    world.read({"smoke-a/smoke": 1.0})
    first = world.alarm("smoke")
    world.do("result", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    world.wait(1_000)
    told = len(world.sent)
    world.read({"smoke-a/smoke": 1.0})
    again = world.alarm("smoke")
    assert (again.id, again.occurrence, again.result, again.acked) == (first.id, 2, None, None)
    assert world.outputs["board/sounder"] is True
    assert [n.person for n in world.sent[told:]] == ["wang"]


def test_flapping_does_not_put_off_the_next_step(world: World) -> None:
    """A breach after RTN_UNACKED: the steps go on from the first raise, and nobody is told twice for one."""
    world.read({"smoke-a/smoke": 1.0})
    for _ in range(6):
        world.wait(5_000)
        world.read({"smoke-a/smoke": 0.0})
        world.wait(5_000)
        world.read({"smoke-a/smoke": 1.0})
    assert world.alarm("smoke").occurrence == 7
    assert [(n.person, n.step) for n in world.sent] == [("wang", "first"), ("li", "again")]


def test_ack_pauses_and_a_result_ends(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.wait(10_000)
    world.do("ack")
    world.wait(120_000)
    assert [n.step for n in world.sent] == ["first"], "the unanswered steps stop"
    assert world.engine.next_due() is not None
    world.wait(60_000)
    assert [n.step for n in world.sent] == ["first", "result"], "three minutes without a result"
    world.do("result", "li", result="false", cause="水蒸气")
    world.wait(3_600_000)
    assert [n.step for n in world.sent] == ["first", "result"]


def test_r37_second_detector_confirms(world: World) -> None:
    """R37: two points of one building; everybody told once, the building's evacuation signal on, the other building's off."""
    world.read({"smoke-a/smoke": 1.0})
    assert world.outputs["board/evac-dorm"] is False
    told = len(world.sent)
    world.wait(10_000)
    world.read({"smoke-b/smoke": 1.0})
    assert {n.person for n in world.sent[told:]} == {"wang", "li", "head"}
    assert {n.message for n in world.sent[told:]} == {"fire.multi"}
    assert all(a.confirmed for a in world.engine.alarms.values())
    assert world.outputs["board/evac-dorm"] is True
    assert world.outputs["board/evac-canteen"] is False
    assert world.kinds().count("confirmed") == 2
    told = len(world.sent)
    world.read({"heat-a/heat": 1.0})
    assert [n.person for n in world.sent[told:]] == ["wang"], "the whole list is told once, not once per detector"


def held(seconds: int = 60) -> World:
    """A school that has its smoke detectors held for so long."""
    rules = tuple(replace(r, on_delay=seconds * 1_000) if r.id == "smoke" else r for r in RULES)
    return World(plant(rules))


@pytest.mark.parametrize("second", ["smoke-b/smoke", "heat-a/heat"])
def test_r37_only_a_single_smoke_detector_is_held(second: str) -> None:
    """With a second point of the building nothing is left to be verified, whichever of them comes first."""
    for first, then in (("smoke-a/smoke", second), (second, "smoke-a/smoke")):
        world = held()
        world.read({first: 1.0})
        world.wait(5_000)
        assert world.outputs["board/evac-dorm"] is False
        world.read({then: 1.0})
        assert world.engine.next_due() == world.now.mono + 1
        world.wait(1)
        assert {a.state for a in world.engine.alarms.values()} == {S.UNACKED} and len(world.engine.alarms) == 2
        assert world.outputs["board/sounder"] is True and world.outputs["board/evac-dorm"] is True
        assert {n.person for n in world.sent if n.message == "fire.multi"} == {"wang", "li", "head"}


def test_r37_what_burns_elsewhere_or_is_tested_ends_no_hold() -> None:
    world = held()
    world.do("out-of-service", "sun", points="smoke-b/smoke", why="喷漆", until=world.now.wall + 3_600_000, measure="巡查")
    world.read({"smoke-a/smoke": 1.0, "smoke-b/smoke": 1.0, "smoke-k/smoke": 1.0})
    world.wait(59_000)
    assert not world.sent and world.outputs["board/sounder"] is False
    world.wait(1_000)
    assert world.outputs["board/sounder"] is True and world.outputs["board/evac-dorm"] is False


def test_r37_one_smoke_detector_never_empties_a_building(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0, "smoke-k/smoke": 1.0})
    world.wait(600_000)
    assert not any(a.confirmed for a in world.engine.alarms.values())
    assert world.outputs["board/evac-dorm"] is False


def test_r37_two_hot_points_of_one_room_confirm_together() -> None:
    """One alarm of a rule k-of-n is two points of one building."""
    room = tuple(Point(f"t-{n}/t", f"t-{n}", "temperature", "room-a", f"温度{n}", 30_000) for n in range(3))
    parts = tuple(p.id for p in room)
    hot = Rule("hot", "k_of_n", "heat", parts[:1], {"k": 2.0, "high": 60.0, "return_at": 55.0}, 0, 0, "fire", parts=parts)
    world = World(school=plant((hot,), (*POINTS, *room)))
    world.read({"t-0/t": 70.0, "t-1/t": 20.0, "t-2/t": 20.0})
    assert not world.outputs["board/evac-dorm"]
    world.read({"t-1/t": 65.0})
    assert world.outputs["board/evac-dorm"] and world.alarm("hot").confirmed
    assert all("等2处报警" in n.text for n in world.sent if n.message == "fire.multi")
    assert {n.message for n in world.sent} == {"fire.multi"}


@pytest.mark.parametrize(
    ("off", "told"),
    [(["t-0/t"], True), (["t-2/t"], True), (["t-0/t,t-1/t"], True), (["t-1/t,t-2/t"], False), (["t-1/t", "t-2/t"], False)],
)
def test_a_sensor_out_of_service_silences_only_what_it_saw_itself(off: list[str], told: bool) -> None:
    """The alarm of a room stands at its first sensor; two others see the fire. What only those see that are switched off is quiet."""
    room = tuple(Point(f"t-{n}/t", f"t-{n}", "temperature", "room-a", f"温度{n}", 30_000) for n in range(3))
    parts = tuple(p.id for p in room)
    hot = Rule("hot", "k_of_n", "heat", parts[:1], {"k": 2.0, "high": 60.0, "return_at": 55.0}, 0, 0, "fire", parts=parts)
    world = World(school=plant((hot,), (*POINTS, *room)))
    world.read(dict.fromkeys(parts, 20.0))
    for points in off:
        args = {"why": "喷漆", "until": world.now.wall + 3_600_000}
        assert world.do("out-of-service", "sun", points=points, **args).replies[-1].ok
    world.read({"t-1/t": 70.0, "t-2/t": 65.0})
    assert world.outputs["board/sounder"] is told and bool(world.sent) is told
    assert world.alarm("hot").mode == ("" if told else "out-of-service")


def test_r37_a_person_confirms(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("ack")
    told = len(world.sent)
    world.do("result", "zhou", result="real")
    assert {n.person for n in world.sent[told:]} == {"wang", "li", "head"}
    assert world.outputs["board/evac-dorm"] is True


def test_a_fire_confirmed_by_detectors_and_then_found_real_is_told_once_more(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0, "smoke-b/smoke": 1.0})
    told = len(world.sent)
    world.do("result", "wang", "1", result="real")
    assert [(n.person, n.message) for n in world.sent[told:]] == [(p, "fire.real") for p in ("wang", "li", "head")]
    assert world.outputs["board/evac-dorm"] is True
    told = len(world.sent)
    world.do("result", "wang", "2", result="real")
    world.do("result", "li", "1", result="real")
    assert len(world.sent) == told, "once, not once per detector or per person"
    assert len({n.key for n in world.sent}) == len(world.sent)


def test_a_false_alarm_that_was_real_after_all_is_told(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0, "smoke-b/smoke": 1.0})
    for number in ("1", "2"):
        world.do("result", "wang", number, result="false", cause="蚊香", on_site=True)
    assert world.outputs["board/evac-dorm"] is False
    told = len(world.sent)
    world.do("result", "li", "1", result="real")
    assert {n.person for n in world.sent[told:]} == {"wang", "li", "head"}
    assert world.outputs["board/evac-dorm"] is True


def test_a_fire_confirmed_anew_after_a_false_one_is_told_anew(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0, "smoke-b/smoke": 1.0})
    leader = next(a for a in world.engine.alarms.values() if a.policy.id == "fire-confirmed")
    world.do("result", "wang", str(leader.number), result="false", cause="蚊香", on_site=True)
    told = len(world.sent)
    world.read({"heat-a/heat": 1.0})
    assert {n.person for n in world.sent[told:]} == {"wang", "li", "head"}


def test_r37_a_manual_call_point_confirms_alone(world: World) -> None:
    world.read({"call-a/manual": 1.0})
    assert world.outputs["board/evac-dorm"] is True


def test_false_alarm_ends_the_evacuation_signal(world: World) -> None:
    world.read({"call-a/manual": 1.0})
    world.do("result", result="false", cause="人为触碰", on_site=True)
    assert world.outputs["board/evac-dorm"] is False


def test_store_opened_with_one_lock(world: World) -> None:
    """R22: one lock chirps, the door with one lock is an alarm that says which; both locks are no alarm."""
    world.read({"store-1/door": 0.0, "store-1/lock-a": 0.0, "store-1/lock-b": 0.0})
    world.read({"store-1/lock-a": 1.0})
    assert world.state("one-lock") is S.UNACKED
    assert world.outputs["board/chirp"] is True
    world.read({"store-1/door": 1.0})
    assert world.outputs["board/chirp"] is False
    assert world.alarm("single").evidence["which"] == "A"
    assert world.outputs["board/sounder"] is True


def test_store_opened_by_two(world: World) -> None:
    world.read({"store-1/door": 0.0, "store-1/lock-a": 0.0, "store-1/lock-b": 0.0})
    world.read({"store-1/lock-a": 1.0, "store-1/lock-b": 1.0})
    world.read({"store-1/door": 1.0})
    world.wait(5_000)
    assert world.state("single") is world.state("forced") is S.NORMAL


def test_r36_a_dead_line_is_one_fault(world: World) -> None:
    """R36: the points' own faults stand under the line's, stay in the log, and come out when it is back."""
    world.read({"line-a/link": 0.0})
    line = world.alarm("line")
    for point in ("smoke-a/smoke", "smoke-b/smoke"):
        world.dead(point)
    world.dead("gas-k/gas")
    parents = {a.point: a.parent for a in world.engine.alarms.values() if a.kind == "comm"}
    assert parents == {"smoke-a/smoke": line.id, "smoke-b/smoke": line.id, "gas-k/gas": ""}
    world.read({"line-a/link": 1.0})
    assert not any(a.parent for a in world.engine.alarms.values())


def test_a_line_reported_after_its_points(world: World) -> None:
    world.dead("smoke-a/smoke")
    world.read({"line-a/link": 0.0})
    assert world.alarm("no-data").parent == world.alarm("line").id


def test_a_dead_line_never_hides_a_fire(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.read({"line-a/link": 0.0})
    assert world.alarm("smoke").parent == ""


def test_r5_silent_points_become_faults(world: World) -> None:
    """A point never heard is no data once its limit is over, and one that falls silent too."""
    world.read({"smoke-a/smoke": 0.0})
    world.wait(20_000)
    world.read({"smoke-a/smoke": 0.0})
    assert world.engine.next_due() is not None
    world.wait(10_000)
    assert {a.point for a in world.engine.alarms.values()} == {p.id for p in POINTS if p.bus} - {"smoke-a/smoke"}
    world.wait(20_000)
    assert "smoke-a/smoke" in {a.point for a in world.engine.alarms.values()}
    assert world.engine.view["smoke-a/smoke"].quality is Quality.STALE


def test_a_breach_inside_one_batch_is_seen(world: World) -> None:
    readings = [Reading("smoke-a/smoke", v, Quality.GOOD, world.now) for v in (0.0, 1.0, 0.0)]
    world.take(world.engine.readings(readings, world.now, True))
    assert world.state("smoke") is S.RTN_UNACKED


def test_numbers_go_round_so_that_a_late_answer_meets_no_new_alarm(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.read({"smoke-k/smoke": 1.0})
    assert {a.point: a.number for a in world.engine.alarms.values()} == {"smoke-a/smoke": 1, "smoke-k/smoke": 2}
    world.read({"smoke-a/smoke": 0.0})
    world.do("result", "sun", "1", result="false", cause="蚊香")
    world.do("reset", "sun", "01")
    world.read({"smoke-b/smoke": 1.0})
    assert {a.point: a.number for a in world.engine.alarms.values()} == {"smoke-b/smoke": 3, "smoke-k/smoke": 2}
    assert world.do("result", "sun", "1", result="real").replies[0].code == "refused.not-found"


def test_after_99_the_numbers_begin_again(world: World) -> None:
    world.read({"smoke-k/smoke": 1.0})
    for n in range(2, 101):
        world.read({"call-a/manual": 1.0})
        assert world.alarm("manual").number == (n if n < 100 else 2), "01 is still open"
        world.do("result", "sun", str(world.alarm("manual").number), result="test")
        world.read({"call-a/manual": 0.0})
        world.do("reset", "sun", str(world.alarm("manual").number))


def test_closing_is_told_to_those_who_were_told(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", result="false", cause="蚊香", on_site=True)
    world.read({"smoke-a/smoke": 0.0})
    out = world.do("reset")
    assert [(n.person, n.reason) for n in out.notifications] == [("wang", "closing")]


def test_an_event_holds_no_text_and_no_name(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    (n,) = world.sent
    (event,) = [e for e in world.events if e.kind == "notified"]
    assert event.who == "wang"
    assert "王建国" not in str(event)
    assert n.text not in str(event) and event.args["key"] == n.key
    assert not {"text", "text_hash"} & event.args.keys(), "an unsalted hash can be guessed back; the journal adds a salted one"


def test_an_event_keeps_nothing_of_what_the_provider_said(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    (n,) = world.sent
    delivery = Delivery(n.key, Fate.GAVE_UP, "sms-17", "13800000001 is switched off")
    out = world.take(world.engine.delivery(delivery, world.now, world.clock_ok))
    (event,) = [e for e in out.events if e.kind == "gave-up"]
    assert event.args == {"key": n.key}
    assert out.deliveries == (delivery,)


def test_a_rule_without_its_policy_does_not_start() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        World(plant((replace(RULES[0], policy="nowhere"),)))


def test_r14_a_new_alarm_ends_every_silence(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("silence")
    world.read({"gas-k/gas": 45.0})
    assert not any(a.silenced for a in world.engine.alarms.values())


def test_a_fault_ends_no_silence(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    world.do("silence")
    world.dead("gas-k/gas")
    assert world.alarm("smoke").silenced


def test_r36_a_hidden_fault_rings_nobody(world: World) -> None:
    """R36, with a policy that would ring; once the line is back it does."""
    ringing = World(
        plant(
            (
                *(r for r in RULES if r.kind != "no_data"),
                replace(next(r for r in RULES if r.kind == "no_data"), policy="cannot-call"),
            )
        )
    )
    ringing.read({"line-a/link": 0.0})
    ringing.dead("smoke-a/smoke")
    ringing.wait(60_000)
    assert [n for n in ringing.sent if n.alarm == ringing.journal_id("smoke-a/smoke")] == []
    ringing.read({"line-a/link": 1.0})
    assert [n.person for n in ringing.sent if n.alarm == ringing.journal_id("smoke-a/smoke")] == ["li"]


def test_r13_the_off_delay_runs_out_first(world: World) -> None:
    world.read({"gas-k/gas": 45.0})
    for _ in range(2):
        world.read({"gas-k/gas": 10.0})
        assert world.state("gas-2") is S.UNACKED
        world.wait(5_000)
    world.read({"gas-k/gas": 10.0})
    assert world.state("gas-2") is S.RTN_UNACKED


def test_r21_a_fan_that_stops_is_a_fault_one_lost_answer_is_none(world: World) -> None:
    world.read({"gas-k/gas": 45.0})
    world.wait(3_000)
    world.read({"fan-k/run": 1.0})
    world.wait(60_000)
    world.read({"fan-k/run": 1.0})
    world.dead("fan-k/run", Quality.FAULT)
    world.wait(2_000)
    assert world.state("box-feedback") is S.NORMAL
    world.read({"fan-k/run": 1.0})
    world.read({"fan-k/run": 0.0})
    world.wait(9_999)
    assert world.state("box-feedback") is S.NORMAL
    world.wait(1)
    assert world.alarm("box-feedback").state is S.UNACKED


def test_another_judge_of_an_output_is_not_overruled(world: World) -> None:
    """The caller's own `output` alarm (a coil that reads back wrong) stands beside the missing feedback."""
    world.system("output", True, point="board/fan", why="read-back")
    world.read({"smoke-a/smoke": 0.0})
    assert world.alarm("box-output").state is S.UNACKED


def test_a_message_carries_the_fields_that_a_template_of_a_cloud_may_hold(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    fields = dict(world.sent[0].fields)
    assert (fields["place"], fields["kind"], fields["code"]) == ("二层东走廊", "火警", "01")
    assert len(fields["time"]) == 5 and fields["time"] in world.sent[0].text
