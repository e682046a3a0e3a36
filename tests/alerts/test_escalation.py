"""Escalation as stories: at each time exactly these messages and no other; and what must hold for every policy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_world import MIN, NOON, POLICIES, SEC, T0, acked, alarm, brief, plant

from alerts.duty import on_duty
from alerts.escalation import LOOK, Scene, closing, due, failover, hurried, next_due
from alerts.kinds import KINDS
from alerts.machine import step
from alerts.model import Alarm, AlarmState, Input, Notification, Result, Severity
from drivers.reading import Now

PLANT = plant()
EVERYONE = ["chen", "chu", "feng", "jiang", "li", "sun", "wang", "wei", "wu", "zhao", "zheng", "zhou"]


def tick(a: Alarm, at: int, where: object = PLANT, wall: int = T0, **scene: object) -> tuple[Alarm, tuple[Notification, ...]]:
    return due(a, Scene(where, Now(wall + at, at), on_duty(where, wall + at), **scene))  # type: ignore[arg-type]


def story(a: Alarm, until: int, every: int = SEC, wall: int = T0) -> tuple[Alarm, dict[int, list[tuple[str, str]]]]:
    """Everything that is sent, by second; the engine's own way: asked each time next_due has come."""
    sent: dict[int, list[tuple[str, str]]] = {}
    waits = any(s.during for s in a.policy.steps)
    start = max((d.at for d in a.done), default=-1) + 1
    for at in range(start - start % every, until + 1, every):
        coming = next_due(a, Now(wall + at, at))
        new, notes = tick(a, at, wall=wall)
        if notes:
            assert coming is not None and coming <= at + (LOOK if waits else 0)
            sent[at // SEC] = brief(notes)
        a = new
    return a, sent


def to_all(people: list[str], message: str) -> list[tuple[str, str]]:
    return [(p, message) for p in people]


def test_r10_nobody_answers_a_fire() -> None:
    _, sent = story(alarm(), 300 * SEC)
    again = to_all(["chen", "li", "sun", "wu", "zhao"], "fire.again")
    assert sent == {
        0: to_all(["li", "wu"], "fire.first"),
        60: to_all(["sun", "zhao"], "fire.again"),
        90: to_all(["li", "wu"], "fire.first"),
        120: [("chen", "fire.again"), ("shen", "fire.bureau")],
        180: again,
        240: again,
        300: again,
    }


def test_r24_the_climate_of_a_store_is_one_message_a_day_at_ten() -> None:
    """Raised at 12:14: nothing that day, then 10:00 of each day, answered or not; not by a clock that is not set."""
    a = alarm("warning", "io-1/door", "climate", wall=NOON)
    _, sent = story(a, 50 * 60 * MIN, every=MIN, wall=NOON)
    daily = to_all(["feng", "jiang", "wei"], "warning")
    assert {second // 60: notes for second, notes in sent.items()} == {22 * 60 - 14: daily, 46 * 60 - 14: daily}
    late, notes = tick(a, 23 * 60 * MIN, wall=NOON)
    assert brief(notes) == daily and tick(late, 23 * 60 * MIN + SEC, wall=NOON)[1] == ()
    assert tick(a, 23 * 60 * MIN, wall=NOON, clock_ok=False)[1] == ()
    early = replace(a, raised=Now(NOON, 0), state=AlarmState.ACKED, acked=Now(NOON + MIN, MIN))
    assert brief(tick(early, 23 * 60 * MIN, wall=NOON)[1]) == daily
    assert tick(replace(a, state=AlarmState.RTN_UNACKED), 23 * 60 * MIN, wall=NOON)[1] == ()


def test_r10_the_sleepy_one() -> None:
    a, _ = tick(alarm(), 0)
    a, sent = story(acked(a, 30 * SEC), 450 * SEC)
    late = to_all(["chen", "li", "sun", "wu"], "fire.unverified")
    assert sent == {
        210: [("sun", "fire.unverified")],
        270: [("sun", "fire.unverified")],
        330: [("chen", "fire.unverified"), ("shen", "fire.bureau")],
        390: late,
        450: late,
    }


def test_r10_the_coil() -> None:
    a, _ = tick(alarm(), 0)
    a = acked(a, 30 * SEC)
    a = replace(
        a, result=Result.FALSE, result_by="wu", result_at=Now(T0 + 2 * MIN, 2 * MIN), cause="蚊香", state=AlarmState.LATCHED
    )
    assert next_due(a, Now(T0, 0)) is None
    assert story(a, 900 * SEC, 30 * SEC)[1] == {}
    end = replace(a, state=AlarmState.NORMAL)
    notes = closing(end, PLANT, Now(T0 + 5 * MIN, 5 * MIN))
    assert brief(notes) == [("li", "recover.fire"), ("wu", "recover.fire")]
    assert notes[0].text == "已结束：三号宿舍楼二层东走廊02:14火警，吴宿管02:16核实误报，02:19复位。编号07"
    assert {n.severity for n in notes} == {Severity.INFO} and {n.reason for n in notes} == {"closing"}


def test_at_the_bureau_nobody_more_is_called_once_the_school_has_answered() -> None:
    a = replace(alarm("school-fire", policy="school-fire"), evidence={"school": "三中", "what_zh": "火警", "answered": False})
    rung, sent = story(a, 70 * SEC)
    assert list(sent) == [0, 60]
    answered = replace(rung, evidence={**a.evidence, "answered": True})
    assert next_due(answered, Now(T0, 0)) is None and story(answered, 900 * SEC, 70 * SEC)[1] == {}


def test_r11_confirmed_fire_tells_the_whole_school_and_the_bureau_at_once() -> None:
    a = alarm(policy="fire-confirmed", confirmed=True)
    _, sent = story(a, 120 * SEC)
    everyone = to_all(EVERYONE, "fire.multi")
    assert sent == {0: sorted([*everyone, ("shen", "fire.bureau")]), 60: everyone, 120: everyone}


def test_a_real_fire_is_told_once_although_it_has_its_result() -> None:
    a = acked(alarm(policy="fire-confirmed", at=60 * SEC, confirmed=True), 60 * SEC)
    a = replace(a, result=Result.REAL, result_by="wu", state=AlarmState.LATCHED)
    _, sent = story(a, 600 * SEC, 10 * SEC)
    assert sent == {60: sorted([*to_all(EVERYONE, "fire.real"), ("shen", "fire.bureau")])}


def test_gas_level_2_loops_in_both_phases() -> None:
    a, sent = story(alarm("gas-2", "gas-1/gas"), 120 * SEC)
    everyone = to_all(EVERYONE, "gas.l2")
    assert sent == {0: sorted([*everyone, ("shen", "gas.bureau")]), 60: everyone, 120: everyone}
    _, sent = story(acked(a, 130 * SEC), 400 * SEC)
    assert sent == {310: [("chen", "unverified")], 370: [("chen", "unverified")]}


def test_gas_level_1_pauses_while_it_is_gone() -> None:
    a, sent = story(alarm("gas-1", "gas-1/gas"), 170 * SEC)
    assert sent == {0: [("zheng", "gas.l1")]}
    gone = replace(a, state=AlarmState.RTN_UNACKED)
    assert story(gone, 900 * SEC, 10 * SEC)[1] == {} and next_due(gone, Now(0, 0)) is None
    assert story(a, 400 * SEC)[1] == {180: [("li", "gas.l1")], 300: [("feng", "gas.l1")]}


def test_a_flapping_smoke_detector_does_not_put_off_the_next_step() -> None:
    a, _ = tick(alarm(), 0)
    a = replace(a, state=AlarmState.RTN_UNACKED)
    a, sent = story(a, 60 * SEC)
    assert sent == {60: to_all(["sun", "zhao"], "fire.again")}
    a = replace(a, state=AlarmState.UNACKED, occurrence=2)
    assert list(story(a, 121 * SEC)[1]) == [90, 120]


@pytest.mark.parametrize(
    ("which", "first", "at_300"),
    [
        ("A", to_all(["feng", "jiang", "sun", "wei"], "store.single"), [("shen", "bureau.other")]),
        (
            "none",
            sorted([*to_all(["chen", "feng", "jiang", "sun", "wei"], "store.forced"), ("shen", "bureau.other")]),
            [("shen", "bureau.other")],
        ),
    ],
)  # fmt: skip
def test_store(which: str, first: list[tuple[str, str]], at_300: list[tuple[str, str]]) -> None:
    word = "store.forced" if which == "none" else "store.single"
    _, sent = story(alarm("store", "io-1/door", evidence={"which": which}), 310 * SEC)
    assert sent == {0: first, 60: [("sun", word)], 120: [("chen", word)], 300: at_300}


def test_a_stand_in_is_not_robbed_of_a_message_by_a_step_that_does_not_apply() -> None:
    few = replace(PLANT, people={i: p for i, p in PLANT.people.items() if p.role != "head"})
    _, notes = due(
        alarm("store", "io-1/door", evidence={"which": "A"}), Scene(few, Now(T0, 0), on_duty(few, T0))
    )  # the officer stands in for the head of the forced step
    assert ("feng", "store.single") in brief(notes)


@pytest.mark.parametrize(
    ("kind", "point", "wall", "sent"),
    [
        ("lock", "io-1/door", T0, {0: to_all(["jiang", "wei"], "lock")}),
        ("electrical-warning", "leak-1/leak-1", NOON, {0: [("chu", "elec.warn-state")]}),
        ("electrical-warning", "leak-1/leak-1", T0, {}),
        ("electrical-warning", "leak-1/leak-1", NOON + 3 * 24 * 60 * MIN, {}),  # Saturday
        ("tamper", "smoke-1/smoke", T0, {0: to_all(["li", "wu"], "tamper")}),
        ("tamper", "smoke-1/smoke", NOON, {}),
        ("mains", "io-1/mains", T0, {30: to_all(["li", "sun"], "mains.unknown")}),
        ("comm", "smoke-1/smoke", T0, {}),
        ("water", "smoke-1/smoke", T0, {}),
        ("line", "rs485-a/link", T0, {}),
        ("output", "relay/valve", T0, {0: to_all(["li", "zheng"], "output"), 60: [("sun", "output")]}),
        (
            "cannot-record",
            "box/cannot-record",
            T0,
            {
                0: to_all(["li", "sun"], "cannot-record"),
                60: to_all(["li", "sun"], "cannot-record"),
                120: [("feng", "cannot-record")],
            },
        ),
        (
            "cannot-call",
            "box/cannot-call",
            T0,
            {
                0: to_all(["li", "sun"], "cannot-call"),
                60: to_all(["li", "sun"], "cannot-call"),
                120: [("feng", "cannot-call")],
            },
        ),
        (
            "panic",
            "io-1/panic",
            T0,
            {
                0: [("chen", "panic"), ("li", "panic"), ("shen", "bureau.other"), ("sun", "panic"), ("zheng", "panic")],
                60: to_all(["chen", "li", "sun", "zheng"], "panic"),
                120: to_all(["chen", "li", "sun", "zheng"], "panic"),
            },
        ),
        ("electrical", "leak-1/leak-1", T0, {0: to_all(["chu", "li", "zheng"], "elec.state"), 300: [("feng", "elec.state")]}),
    ],
)  # fmt: skip
def test_who_else(kind: str, point: str, wall: int, sent: dict[int, list[tuple[str, str]]]) -> None:
    assert story(alarm(kind, point, wall=wall), 310 * SEC, wall=wall)[1] == sent


def test_where_people_sleep_the_patrol_is_prompted_hourly_until_it_is_back() -> None:
    a, sent = story(alarm("comm-sleep"), 20 * MIN, 10 * SEC)
    assert sent == {0: to_all(["li", "wu"], "comm.sleep"), 600: [("sun", "comm.sleep")]}
    known, sent = story(acked(a, 20 * MIN), 125 * MIN, 10 * SEC)
    prompt = to_all(["li", "wu"], "comm.sleep")
    assert sent == {1800: [("shen", "bureau.other")], 3600: prompt, 7200: prompt}
    back = replace(a, state=AlarmState.RTN_UNACKED)
    assert next_due(back, Now(0, 0)) is None
    text = closing(replace(known, state=AlarmState.NORMAL), PLANT, Now(T0 + 125 * MIN, 125 * MIN))[0].text
    assert text == "已恢复：三号宿舍楼二层东走廊烟感04:19恢复监测，中断2小时。编号07"


def test_lost_detection_rings_in_sleeping_time_only() -> None:
    evening = T0 - int(7.5 * 60) * MIN  # 18:44 of the day before: sleeping time begins at 21:30
    a, sent = story(alarm("comm-sleep", wall=evening), 3 * 60 * MIN, MIN, wall=evening)
    assert sent == {166 * 60: to_all(["li", "wu"], "comm.sleep"), 176 * 60: [("sun", "comm.sleep")]}
    assert [(o.person, o.by) for o in a.owed] == [("feng", "list")]  # by day it stands in the list
    a, sent = story(a, 12 * 60 * MIN, MIN, wall=evening)
    assert sorted(sent)[-1] == (166 + 8 * 60) * 60  # prompts until 06:30, then quiet
    a, sent = story(a, 27 * 60 * MIN, MIN, wall=evening)
    assert min(sent) == (166 + 24 * 60) * 60 and sent[min(sent)] == to_all(["li", "wu"], "comm.sleep")


def test_with_an_unset_clock_it_counts_as_sleeping_time() -> None:
    a = alarm("comm-sleep", wall=NOON)
    assert tick(a, 0, wall=NOON)[1] == ()
    assert brief(tick(a, 0, wall=NOON, clock_ok=False)[1]) == to_all(["wang", "wu"], "comm.sleep")


def test_gas_level_1_calls_duty_only_while_it_is_not_falling() -> None:
    a, _ = tick(alarm("gas-1", "gas-1/gas"), 0)
    a, sent = tick(a, 180 * SEC, falling=frozenset({"gas-1/gas"}))
    assert sent == () and next_due(a, Now(0, 180 * SEC)) == 190 * SEC
    assert brief(tick(a, 200 * SEC)[1]) == [("li", "gas.l1")]


def test_call_next_now_and_who_cannot_come_is_not_called_again() -> None:
    a, _ = tick(alarm(), 0)
    a = replace(hurried(a, Now(T0, 10 * SEC)), declined=("li",))
    a, sent = tick(a, 10 * SEC)
    assert brief(sent) == to_all(["sun", "zhao"], "fire.again")
    _, sent = story(a, 200 * SEC)
    assert sent == {
        40: [("wu", "fire.first")],
        70: [("chen", "fire.again"), ("shen", "fire.bureau")],
        130: to_all(["chen", "sun", "wu", "zhao"], "fire.again"),
        190: to_all(["chen", "sun", "wu", "zhao"], "fire.again"),
    }


def test_call_next_calls_somebody_who_has_not_been_called_yet() -> None:
    """The next step by time rings the same two a second time; whoever asks for the next person means the head."""
    a, _ = tick(alarm(), 0)
    a, _ = tick(hurried(a, Now(T0, 10 * SEC)), 10 * SEC)
    a, sent = tick(replace(hurried(a, Now(T0, 20 * SEC)), declined=("sun",)), 20 * SEC)
    assert brief(sent) == [("chen", "fire.again"), ("li", "fire.first"), ("shen", "fire.bureau"), ("wu", "fire.first")]
    a, sent = tick(hurried(a, Now(T0, 30 * SEC)), 30 * SEC)
    assert brief(sent) == to_all(["chen", "li", "wu", "zhao"], "fire.again"), "nobody is left: all of them"


def test_call_next_before_a_result_calls_the_next_who_was_not_asked_for_it() -> None:
    """The leader was called while nobody had answered; of the missing result he hears first all the same."""
    a, _ = tick(alarm(), 0)
    a, _ = tick(a, 60 * SEC)
    a = step(a, Input.ACK, Now(T0, 70 * SEC), who="li").alarm
    assert brief(tick(hurried(a, Now(T0, 80 * SEC)), 80 * SEC)[1]) == [("sun", "fire.unverified")]


def test_an_answer_starts_the_result_timer_whatever_was_hurried_before() -> None:
    a = hurried(tick(alarm(), 0)[0], Now(T0, 10 * SEC))
    b = step(a, Input.ACK, Now(T0, 20 * SEC), who="li").alarm
    assert b.ahead == 0 and next_due(b, Now(T0, 20 * SEC)) == 200 * SEC


def test_if_nobody_can_come_somebody_is_called_all_the_same() -> None:
    a = replace(alarm(), declined=("li", "wu"))
    assert brief(tick(a, 0)[1]) == to_all(["li", "wu"], "fire.first")


def test_what_is_listed_rings_nobody_and_who_was_told_is_not_listed() -> None:
    a, sent = tick(alarm("comm"), 0)
    assert sent == () and [(o.person, o.by) for o in a.owed] == [("feng", "list")]
    a, sent = tick(alarm("electrical-warning", "leak-1/leak-1", wall=NOON), 0, wall=NOON)
    assert brief(sent) == [("chu", "elec.warn-state")] and a.owed == ()
    a, sent = tick(alarm("electrical-warning", "leak-1/leak-1"), 0)
    assert sent == () and [(o.person, o.by) for o in a.owed] == [("chu", "list")]


@pytest.mark.parametrize("changes", [{"parent": "no3-3"}, {"state": AlarmState.PENDING}, {"state": AlarmState.NORMAL}])
def test_suppressed_pending_and_closed_alarms_say_nothing(changes: dict[str, object]) -> None:
    a = alarm(**changes)
    assert tick(a, 10 * MIN) == (a, ()) and next_due(a, Now(0, 0)) is None


def test_what_came_due_while_the_box_was_off_is_sent_once() -> None:
    a, notes = tick(alarm(), 10 * MIN)
    assert brief(notes) == [
        *to_all(["chen", "li"], "fire.again"),
        ("shen", "fire.bureau"),
        *to_all(["sun", "wu", "zhao"], "fire.again"),
    ]
    assert tick(a, 10 * MIN) == (a, ()) and next_due(a, Now(0, 0)) == 11 * MIN


@pytest.mark.parametrize("result", [Result.FALSE, Result.DRILL, Result.TEST, Result.REMOVED])
def test_a_result_other_than_real_ends_even_what_an_answer_does_not(result: Result) -> None:
    for a in (alarm("comm-sleep"), alarm(policy="fire-confirmed", confirmed=True)):
        assert next_due(acked(a, 0), Now(0, 0)) is not None
        assert next_due(replace(acked(a, 0), result=result), Now(0, 0)) is None


def test_a_step_that_finds_nobody_goes_to_duty_but_a_missing_bureau_does_not() -> None:
    few = replace(PLANT, people={i: p for i, p in PLANT.people.items() if p.role not in ("keeper", "bureau")})
    assert brief(tick(alarm("gas-1", "gas-1/gas"), 0, few)[1]) == [("li", "gas.l1")]
    a = alarm("comm-sleep")
    assert brief(tick(a, 30 * MIN, few)[1]) == to_all(["li", "sun"], "comm.sleep")


def test_the_holders_are_those_of_the_store() -> None:
    one = replace(PLANT, holders={"store": ("wei", "gone")})
    assert brief(tick(alarm("lock", "io-1/door"), 0, one)[1]) == [("wei", "lock")]
    none = replace(PLANT, holders={})
    assert brief(tick(alarm("lock", "io-1/door"), 0, none)[1]) == to_all(["jiang", "wei"], "lock")


def test_minutes_count_from_what_the_step_counts_from() -> None:
    a, _ = tick(alarm(), 0)
    _, (n,) = tick(acked(a, 90 * SEC), 270 * SEC)
    assert "李保安已收到，3分钟无结果" in n.text


def test_keepers_of_the_building_when_the_zone_has_none() -> None:
    assert "wu" in [n.person for n in tick(alarm(point="smoke-2/smoke"), 0)[1]]


def test_a_person_without_a_channel_is_passed_over_and_not_told_of_the_end() -> None:
    mute = replace(PLANT, people=PLANT.people | {"li": replace(PLANT.people["li"], channels=())})
    a, notes = tick(alarm(), 0, mute)
    assert [n.person for n in notes] == ["wu"] and a.told == ("wu",)


def test_failover_walks_the_persons_channels() -> None:
    _, (n, *_) = tick(alarm(), 0)
    assert n.key == "no3-7:1:first:1:li:phone" and n.reason == "unacked/0"
    other = failover(replace(n, attempt=2), PLANT)
    assert other is not None
    assert (other.key, other.channel, other.reason, other.attempt) == ("no3-7:1:first:1:li:console", "console", "failover", 1)
    assert other.text == n.text and failover(other, PLANT) is None
    gone = failover(replace(n, channel="sold"), PLANT)
    assert gone is not None and gone.channel == "phone"


def test_the_bureau_reads_the_schools_name_first_and_a_phone_to_call() -> None:
    _, sent = tick(alarm(), 120 * SEC)
    (text,) = [n.text for n in sent if n.person == "shen"]
    assert text == "三中火警！三号宿舍楼二层东走廊02:14报警，2分钟无人响应。校方李保安13800000001。回1收到。编号07"


def test_speed_divides_times_and_not_the_words() -> None:
    fast = plant(speed=7)
    steps = tuple(replace(s, after=s.after // 7) for s in POLICIES["fire"].steps)
    a = replace(alarm(), policy=replace(POLICIES["fire"], steps=steps, loop=MIN // 7))
    _, notes = tick(a, 120 * SEC // 7, fast)
    assert any("2分钟无人响应" in n.text for n in notes if n.person == "shen")


@given(
    st.sampled_from(sorted(KINDS.keys() & POLICIES.keys())),
    st.lists(st.integers(0, 200 * SEC), max_size=25),
    st.integers(0, 25),
    st.integers(0, 25),
)
def test_what_holds_for_every_policy(kind: str, gaps: list[int], ack_at: int, result_at: int) -> None:
    """Whenever it is asked: nobody twice for one step and round, the loop keeps its distance, ack and result stop."""
    a, at, keys, loops = alarm(kind), 0, set(), {}
    for i, gap in enumerate(gaps):
        at += gap
        if i == ack_at and a.acked is None:
            a = acked(a, at)
        if i == result_at:
            a = replace(acked(a, at) if a.acked is None else a, result=Result.FALSE)
        coming = next_due(a, Now(T0 + at, at))
        a, notes = tick(a, at)
        waits = LOOK if any(s.during for s in a.policy.steps) else 0
        assert bool(notes) <= (coming is not None and coming <= at + waits)
        assert len({n.person for n in notes}) == len(notes)
        whens = {s.id: s.when for s in a.policy.steps}
        for n in notes:
            assert n.key not in keys and n.person in a.told
            keys.add(n.key)
            assert not (a.acked and whens[n.step] == "unacked") and not (not a.acked and whens[n.step] == "unverified")
            assert a.result is None
        for d in a.done:
            before = loops.get(d.step)
            if before is not None and before != d:
                every = next(s.every for s in a.policy.steps if s.id == d.step)
                assert d.rounds == before.rounds + 1 and (every or d.at - before.at >= a.policy.loop > 0)
            loops[d.step] = d
        after = next_due(a, Now(T0 + at, at))
        assert after is None or after > at


@pytest.mark.parametrize("name", ["fire", "fire-confirmed", "gas-2"])
def test_fire_and_gas_never_end_by_themselves(name: str) -> None:
    kind = "gas-2" if name == "gas-2" else "fire"
    a, _ = story(alarm(kind, policy=name, confirmed=True), 60 * MIN, 30 * SEC)
    assert next_due(a, Now(0, 0)) == 61 * MIN
    b, _ = story(acked(a, 60 * MIN), 120 * MIN, 30 * SEC)
    assert (coming := next_due(b, Now(0, 0))) is not None and coming <= 121 * MIN
