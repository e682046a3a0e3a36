"""Drills: the marked message to every phone with its record (D26), evacuation with head counts, and a fire in the middle of one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from engine_world import RULES, World, plant
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.aliyun import template
from alerts.drill import heads
from alerts.drillplan import plan
from alerts.marks import DAY, HOUR, MINUTE
from alerts.model import AlarmState, Fate, Line, Mark, Stage
from alerts.plant import Calendar, Sleep, Span, Zone
from alerts.proof import digest, record
from alerts.record import Record
from drivers.reading import Now


@pytest.fixture
def world() -> World:
    return World(plant(tuple(r for r in RULES if r.kind != "no_data")))


def last(world: World, kind: str) -> Mark:
    return next(m for m in reversed(world.ended) if m.kind == kind)


def test_d26_one_button_walks_every_channel_to_every_person(world: World) -> None:
    """A marked message, the times of each, and a hash in the chain that nobody can change the record without."""
    assert world.do("drill-start", "wang", kind="calls").replies[0].code == "refused.role"
    assert world.do("drill-start", "sun", kind="calls").replies[0].code == "drill-calls"
    sent = {(n.person, n.channel) for n in world.sent}
    wanted = {
        (p.id, c) for p in world.school.people.values() if p.role not in ("bureau", "viewer", "technician") for c in p.channels
    }
    assert sent == wanted and {n.message for n in world.sent} == {"drill.call"}
    assert all("通信演练，无需到场" in n.text and "D01" in n.text for n in world.sent)
    said = json.loads(template(world.sent[0]))  # cloud texts and voice take nothing but a template's fields
    assert (said["kind"], said["place"], said["code"]) == ("通信演练", "演练无需到场", "D01")
    world.wait(2_000)
    for n in world.sent[:]:
        world.fate(n, Fate.GAVE_UP if n.channel == "robot" else Fate.ACCEPTED)
    assert len(world.sent) == len(wanted), "the channel is what is tried: no other stands in"
    assert not world.engine.alarms, "and a dead one is a line of the record"
    world.wait(3_000)
    for n in world.sent[:3]:
        world.fate(n, Fate.DELIVERED)
    assert world.do("ack", "wang", proof="sms").replies[0].code == "drill-answer"
    key = world.do("text", "sun", world.sent[0].alarm, text="1", proof="key")
    assert key.replies[0].code == "drill-answer", "a key pressed in the drill's call"
    world.restart(MINUTE)
    world.do("drill-end", "sun")
    done = last(world, "call-drill")
    made = record(done, world.school)
    phones = {(p["person"], p["channel"]): p for p in made["phones"]}
    assert phones["wang", "phone"]["accepted"] == 2.0 and phones["wang", "phone"]["delivered"] == 5.0
    assert phones["wang", "robot"]["gave-up"] == 2.0
    assert made["answers"]["wang"] == 5.0 and made["answers"]["li"] is None
    (end,) = [e for e in world.events if e.kind == "drill-end"]
    assert end.args["sha256"] == digest(made) and end.args["answers"] == 2
    forged = replace(done, lines=tuple(replace(x, value=1.0) if x.what == "answered" else x for x in done.lines))
    assert digest(record(forged, world.school)) != end.args["sha256"]


def faults(world: World) -> set[str]:
    return {a.point for a in world.engine.alarms.values() if a.kind == "fault" and a.state.value in ("unacked", "acked")}


def test_d26_a_channel_by_which_nothing_got_through_is_a_fault_until_something_does(world: World) -> None:
    world.do("drill-start", "sun", kind="calls")
    for n in world.sent[:]:
        world.fate(n, Fate.GAVE_UP if n.channel == "robot" else Fate.ACCEPTED)
    assert faults(world) == set(), "the drill is not over"
    world.do("drill-end", "sun")
    assert faults(world) == {"box/drill-robot"}
    world.restart(MINUTE)
    assert faults(world) == {"box/drill-robot"}
    world.do("drill-start", "sun", kind="calls")
    before = len(world.sent)
    assert before
    for n in [n for n in world.sent if n.channel == "robot"][-1:]:
        world.fate(n, Fate.ACCEPTED)
    assert faults(world) == set(), "what gets through proves it"


def test_a_channel_that_is_no_longer_there_is_no_fault(world: World) -> None:
    world.do("drill-start", "sun", kind="calls")
    for n in world.sent[:]:
        world.fate(n, Fate.GAVE_UP if n.channel == "robot" else Fate.ACCEPTED)
    world.do("drill-end", "sun")
    without = {id: replace(p, channels=tuple(c for c in p.channels if c != "robot")) for id, p in world.school.people.items()}
    world.restart(MINUTE, school=replace(world.school, people=without))
    assert faults(world) == set()


def test_a_channel_that_says_nothing_in_a_drill_is_a_fault_and_one_without_time_is_not_judged(world: World) -> None:
    world.do("drill-start", "sun", kind="calls")
    world.wait(MINUTE - 1)
    world.do("drill-end", "sun")
    assert faults(world) == set()
    world.do("drill-start", "sun", kind="calls")
    world.fate(next(n for n in reversed(world.sent) if n.channel == "phone"), Fate.ACCEPTED)
    world.wait(MINUTE)
    world.do("drill-end", "sun")
    assert faults(world) == {"box/drill-robot"}


def test_d26_a_1_answers_the_drill_and_not_the_older_test_of_the_phone(world: World) -> None:
    """A bare 1 is for the newest question (people's §2.3): else the record says that nobody answered who had left the test open."""
    world.engine.desk.ask(Record(9_000, world.now, True), "T", ["wang"], world.now.wall + DAY, {"s": "三中", "t": "10:00"})
    world.wait(MINUTE)
    world.do("drill-start", "sun", kind="calls")
    assert world.do("text", "wang", text="1", proof="sms").replies[0].code == "drill-answer"
    assert world.do("text", "wang", text="1", proof="sms").replies[0].code == "answered.T"
    assert world.do("text", "wang", text="1", proof="sms").replies[0].code == "drill-answer", "nothing else is asked"
    world.do("drill-end", "sun")
    assert record(last(world, "call-drill"), world.school)["answers"]["wang"] == 0.0


def test_a_communication_drill_ends_by_itself(world: World) -> None:
    world.do("drill-start", "sun", kind="calls")
    world.wait(30 * MINUTE)
    kinds = {m.kind for m in world.engine.marks.values()}
    assert "drills-held" in kinds and "call-drill" not in kinds
    assert [e.code for e in world.events if e.kind == "drill-end"] == ["time"]


def test_evacuation_from_t0_to_head_count(world: World) -> None:
    assert world.do("drill-start", "sun", kind="evacuation", buildings="dorm,canteen").replies[0].code == "drill-start"
    assert {n.message for n in world.sent} == {"drill.start"} and "gu" not in {n.person for n in world.sent}
    assert all(n.text.startswith("演练！非真实火情") for n in world.sent)
    assert not world.outputs["board/evac-dorm"]
    world.wait(95_000)
    assert world.do("ack", "zhou", proof="sms").replies[0].code == "drill-count", "the keeper's 1 says that it is empty"
    world.wait(5_000)
    assert world.do("drill-empty", "zhou", text="应到410实到408").replies[0].code == "drill-empty"
    world.wait(60_000)
    assert world.do("drill-empty", "wang", building="lab").replies[0].code == "refused.drill-building"
    world.do("drill-empty", "wang", building="canteen", expected=30, counted=30)
    world.wait(40_000)
    world.do("drill-empty", "zhou", text="410/410")  # two have been found: the count is another one, the time is not
    assert world.do("drill-end", "sun").replies[0].ok
    made = record(last(world, "drill"), world.school)
    assert made["buildings"] == [
        {"building": "dorm", "empty": 95.0, "expected": 410, "counted": 410},
        {"building": "canteen", "empty": 160.0, "expected": 30, "counted": 30},
    ]
    final = [n for n in world.sent if n.message == "drill.end"]
    assert "应答2/" in final[0].text and "食堂160秒" in final[0].text


def test_the_drill_and_the_fire(world: World) -> None:
    """Story 9: 这不是演练！to all and to whoever it would have told; the record says where it was broken off."""
    world.do("drill-start", "sun", kind="evacuation")
    before = len(world.sent)
    world.wait(20_000)
    world.read({"smoke-k/smoke": 1.0})
    broke = [n for n in world.sent[before:] if n.message == "drill.break"]
    assert {n.person for n in broke} == {
        p.id for p in world.school.people.values() if p.channels and p.role not in ("bureau", "technician")
    }
    assert all(n.text.startswith("这不是演练！食堂后厨") for n in broke)
    assert len(broke) == len({n.person for n in broke}) == len(world.sent[before:]), "one message each"
    assert world.outputs["board/sounder"]
    assert not [m for m in world.engine.marks.values() if m.kind == "drill"]
    done = last(world, "drill")
    made = record(done, world.school)
    assert made["broken_by"] == world.journal_id("smoke-k/smoke") == made["ended"]
    assert [e.kind for e in world.events if e.kind.startswith("drill-")] == ["drill-start", "drill-break"]
    assert not [m for m in world.engine.marks.values() if m.kind == "drills-held"], "a broken one does not count as held"
    world.wait(MINUTE)
    assert ("li", "fire.again") in [(n.person, n.message) for n in world.sent], "and the fire goes on being told"


def test_a_fault_or_a_test_breaks_no_drill(world: World) -> None:
    world.do("test", "sun", points="smoke-a/smoke", until=world.now.wall + HOUR)
    world.do("drill-start", "sun", kind="evacuation")
    world.read({"smoke-a/smoke": 1.0, "line-b/link": 0.0})
    world.system("cannot-call", True, person="wang", channel="phone")
    assert not [n for n in world.sent if n.message == "drill.break"] and world.state("box-cannot-call") is AlarmState.UNACKED
    assert [m.kind for m in world.engine.marks.values() if m.kind == "drill"] == ["drill"]


def test_a_box_that_cannot_call_breaks_no_drill_and_forbids_none(world: World) -> None:
    """The drill is how a repaired channel is proven; and 立即去看 is no word for the box itself."""
    world.system("cannot-call", True)
    assert world.do("drill-start", "sun", kind="calls").replies[0].code == "drill-calls"
    world.system("cannot-record", True)
    assert "drill-break" not in world.kinds() and not [n for n in world.sent if n.message == "drill.break"]


@pytest.mark.parametrize("kind", ["nap-room", "classroom"])
def test_no_drill_in_examinations_naps_or_alarms(world: World, kind: str) -> None:
    exams = Calendar(exams=(Span("期末考试", "2027-01-15", "2027-01-15"),))
    school = replace(world.school, calendar=exams)
    assert World(school).do("drill-start", "sun", kind="calls").replies[0].code == "refused.drill-exam"
    nap = Zone("nap", "午睡室", "dorm", kind, (Sleep(15 * 60, 17 * 60),))
    napping = World(replace(world.school, zones={**world.school.zones, "nap": nap}))
    assert napping.do("drill-start", "sun", kind="evacuation").replies[0].code == "refused.drill-nap"
    assert napping.do("drill-start", "sun", kind="evacuation", buildings="canteen").replies[0].ok
    assert napping.do("drill-start", "sun", kind="calls").replies[0].code == "refused.drill-on"
    world.read({"smoke-a/smoke": 1.0})
    assert world.do("drill-start", "sun", kind="calls").replies[0].code == "refused.drill-alarm"


@pytest.mark.parametrize(
    ("text", "found"),
    [("应到410实到408", (410, 408)), ("410/408", (410, 408)), ("1 30 30", (1, 30)), ("都出来了", None), ("410", None)],
)
def test_head_counts_as_leaders_write_them(text: str, found: tuple[int, int] | None) -> None:
    assert heads(text) == found


@given(st.text())
def test_any_text_is_read_or_left(text: str) -> None:
    found = heads(text)
    assert found is None or all(n is not None and n >= 0 for n in found)


def held(kind: str, day: date) -> Mark:
    at = Now(int((day - date(1970, 1, 1)).days) * DAY + 4 * HOUR, 0)
    return Mark("m", 1, "drills-held", Stage.ON, "", "", at, None, lines=(Line(kind, "d", "sun", at),))


@pytest.mark.parametrize(
    ("kind", "last", "today", "state"),
    [
        ("school", None, date(2026, 10, 20), "overdue"),
        ("school", date(2026, 10, 5), date(2026, 10, 20), "done"),
        ("school", date(2026, 9, 30), date(2026, 10, 1), "due"),
        ("school", date(2026, 8, 31), date(2026, 10, 1), "overdue"),
        ("kindergarten", date(2026, 7, 1), date(2026, 10, 1), "due"),
        ("kindergarten", date(2026, 10, 1), date(2026, 12, 31), "done"),
        ("kindergarten", date(2026, 6, 30), date(2026, 12, 31), "overdue"),
    ],
)
def test_which_drills_are_due(kind: str, last: date | None, today: date, state: str) -> None:
    """Schools monthly, kindergartens quarterly."""
    wall = int((today - date(1970, 1, 1)).days) * DAY + 4 * HOUR
    school = replace(plant(), kind=kind)
    rows = plan(school, [held("drill", last)] if last else [], wall)
    assert next(r.state for r in rows if r.kind == "drill") == state
