"""One fault instead of many (R36), lost detection per sleeping building, the lightning of story 11; first-up, flood and groups (R35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from engine_world import POINTS, RULES, World, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.book import Book
from alerts.flood import groups
from alerts.kinds import KINDS
from alerts.marks import MINUTE
from alerts.model import AlarmState, Policy, Rule, Severity, Step
from alerts.parents import HIDEABLE
from alerts.plant import Person, Point, Sleep
from drivers.reading import Now
from gateway.config import library

MAINS = Point("box-io/mains", "box-io", "mains", "kitchen", "市电", 30_000, "line-b")
PARTS = (("smoke", "smoke"), ("fault", "device-fault"), ("dirt", "contamination"))
UG3 = tuple(Point(f"ug3/{n}", "ug3", q, "room-a", n, 30_000, "line-a") for n, q in PARTS)
FLOODING = ("smoke-a/smoke", "smoke-k/smoke", "gas-k/gas", "rc-1/current", "line-a/link", *(f"d{n}/mains" for n in range(14)))
LATCHING = {"fire", "heat", "manual", "flow", "gas-2", "store", "panic", "electrical", "tamper"}


def school(sleeping: bool = False) -> World:
    points = (*POINTS, *UG3, MAINS)
    bussed = tuple(p.id for p in points if p.bus and p.id != MAINS.id)
    dorm = tuple(p for p in bussed if p.startswith(("smoke-a", "smoke-b", "heat", "call", "ug3")))
    rules = [r for r in RULES if r.kind != "no_data"]
    rules.append(Rule("mains", "state", "mains", (MAINS.id,), {"equals": 0.0}, 0, 0, "mains"))
    if sleeping:
        rules.append(Rule("no-data-sleep", "no_data", "comm-sleep", dorm, {}, 0, 0, "comm-sleep"))
    rest = tuple(p for p in bussed if not sleeping or p not in dorm)
    rules.append(Rule("no-data", "no_data", "comm", rest, {}, 0, 0, "quiet"))
    made = plant(tuple(rules), points)
    more = {
        "mains": Policy("mains", (Step("mains", "unacked", 0, ("duty", "leader"), "mains"),), result_asked=False),
        "comm-sleep": Policy("comm-sleep", (
            Step("first", "unacked", 0, ("duty", "keeper"), "comm.sleep"),
            Step("patrol", "always", 3_600_000, ("duty",), "comm.sleep", every=3_600_000),
        ), result_asked=False),
    }  # fmt: skip
    return World(replace(made, policies={**made.policies, **more}))


def heads(world: World) -> list[str]:
    return sorted(a.point for a in world.engine.alarms.values() if not a.parent)


def test_r36_a_dead_device_is_one_fault() -> None:
    world = school()
    world.read({p.id: None for p in UG3})
    assert len(heads(world)) == 1 and len(world.engine.alarms) == 3
    assert world.engine.alarms[world.journal_id(heads(world)[0])].evidence["count"] == 3
    head = heads(world)[0]
    world.read({head: 0.0})
    left = [p for p in heads(world) if p != head]
    assert len(left) == 1, "the others are still one fault of their own"


def test_r36_a_dead_line_is_one_fault_and_its_points_are_unknown() -> None:
    world = school()
    world.read({"line-a/link": 0.0})
    world.read({p.id: None for p in (*UG3, POINTS[0], POINTS[1])})
    assert heads(world) == ["line-a/link"]
    assert all(world.engine.view[p.id].value is None for p in UG3)
    world.read({"line-a/link": 1.0})
    assert len([h for h in heads(world) if h != "line-a/link"]) == 3, "what is still dead is shown, one fault per device"


def test_suppression_never_hides_fire_gas_or_a_breach() -> None:
    assert all(KINDS[k].suppressible and KINDS[k].severity <= Severity.FAULT for k in HIDEABLE)
    world = school()
    world.read({"smoke-a/smoke": 1.0, "gas-k/gas": 45.0})
    world.read({MAINS.id: 0.0, "line-a/link": 0.0, "line-b/link": 0.0})
    assert not any(a.parent for a in world.engine.alarms.values() if a.severity >= Severity.BREACH)


def test_lightning() -> None:
    """Story 11: one 停电, one lost-detection call for the sleeping building, patrol prompts, recovery once."""
    world = school(sleeping=True)
    world.read({MAINS.id: 0.0})
    world.read({"line-a/link": 0.0, "line-b/link": 0.0})
    world.read({p.id: None for p in (*POINTS, *UG3) if p.bus})
    told = [(n.person, n.message) for n in world.sent]
    assert sorted(told) == [("li", "mains.unknown"), ("wang", "comm.sleep"), ("wang", "mains.unknown"), ("zhou", "comm.sleep")]
    assert len(heads(world)) == 2
    head = next(a for a in world.engine.alarms.values() if a.kind == "comm-sleep" and not a.parent)
    assert head.evidence["count"] == 7
    before = len(world.sent)
    for _ in range(60):
        world.wait(MINUTE)
    assert [(n.person, n.message) for n in world.sent[before:]] == [("wang", "comm.sleep")], "an hourly patrol prompt"
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    world.do("ack", "wang", "all")
    before = len(world.sent)
    world.read({MAINS.id: 1.0, "line-a/link": 1.0, "line-b/link": 1.0})
    world.read({p.id: 0.0 for p in (*POINTS, *UG3) if p.bus})
    ends = [(n.person, n.message) for n in world.sent[before:]]
    assert sorted(ends) == [
        ("li", "recover.other"),
        ("wang", "recover.fault"),
        ("wang", "recover.other"),
        ("zhou", "recover.fault"),
    ]
    assert not world.engine.alarms


def test_r36_lines_that_come_back_one_by_one_are_one_recovery() -> None:
    """The detector that spoke for the building returns first: another goes on with its number, its answer and its messages."""
    world = school(sleeping=True)
    points = [p.id for p in (*POINTS, *UG3) if p.bus]
    world.read(dict.fromkeys(points))
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    world.do("ack", "wang", "all")
    head = next(a for a in world.engine.alarms.values() if a.kind == "comm-sleep" and not a.parent)
    before = len(world.sent)
    world.read({head.point: 0.0})
    heir = next(a for a in world.engine.alarms.values() if a.kind == "comm-sleep" and not a.parent)
    assert (heir.number, heir.acked_by, heir.told) == (head.number, "wang", head.told) and heir.id != head.id
    assert world.sent[before:] == [], "nothing has recovered yet, and nothing has begun anew"
    world.read(dict.fromkeys(points, 0.0))
    assert sorted((n.person, n.message) for n in world.sent[before:]) == [("wang", "recover.fault"), ("zhou", "recover.fault")]


def dormitory(nap_room: bool = False) -> World:
    """People sleep in both rooms of the dormitory at night; `nap_room`: in one of them at noon instead. The shipped policy; 15:00."""
    world = school(sleeping=True)
    night, noon = (Sleep(21 * 60 + 30, 6 * 60 + 30),), (Sleep(12 * 60, 14 * 60 + 30),)
    zones = world.school.zones | {
        "room-a": replace(world.school.zones["room-a"], sleep=night),
        "room-b": replace(world.school.zones["room-b"], sleep=noon if nap_room else night),
    }
    policies = world.school.policies | {"comm-sleep": library.load(library.data_dir()).policies["comm-sleep"]}
    patient = {id: replace(p, stale=10**9) for id, p in world.school.points.items()}  # nobody polls them for hours here
    at = int(datetime(2026, 3, 4, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
    return World(replace(world.school, zones=zones, points=patient, policies=policies), now=Now(at, 50_000_000))


def rung(world: World, since: int = 0) -> list[str]:
    return sorted(n.person for n in world.sent[since:] if n.message == "comm.sleep" and n.rung)


def test_lost_detection_of_a_nap_room_hides_none_where_people_sleep_at_night() -> None:
    world = dormitory(nap_room=True)
    world.dead("smoke-b/smoke")
    world.wait(8 * 3_600_000)
    assert rung(world) == [], "23:00: nobody sleeps there now"
    world.dead("smoke-a/smoke")
    assert rung(world) == ["wang", "zhou"]


def test_a_dormitory_that_goes_dark_beside_one_detector_that_was_answered_is_told_at_once() -> None:
    """One has been dead since the afternoon and somebody has answered; at 23:00 the whole line dies. Then it is one fault again."""
    world = dormitory()
    world.dead("smoke-b/smoke")
    assert world.do("ack", "wang", "all").replies[-1].ok
    world.wait(8 * 3_600_000)
    before = len(world.sent)
    world.read({"line-a/link": 0.0})
    world.read(dict.fromkeys(("smoke-a/smoke", "heat-a/heat", "call-a/manual")))
    assert rung(world, before) == ["wang", "zhou"]
    assert "3个" in next(n.text for n in world.sent[before:] if n.message == "comm.sleep")
    assert world.do("ack", "wang", "all").replies[-1].ok
    (head,) = [a for a in world.engine.alarms.values() if a.kind == "comm-sleep" and not a.parent]
    assert (head.point, head.evidence["count"]) == ("smoke-b/smoke", 4)
    before = len(world.sent)
    for _ in range(60):
        world.wait(MINUTE)
    assert {n.person for n in world.sent[before:] if n.message == "comm.sleep"} == {"wang", "zhou"}
    assert len([n for n in world.sent[before:] if n.message == "comm.sleep"]) == 2, "one prompt an hour, of the whole house"


def test_whoever_was_rung_for_a_dark_house_hears_that_it_is_over() -> None:
    """Also where it has become one fault with the detector of the afternoon, of which others had been told."""
    world = dormitory()
    world.dead("smoke-b/smoke")
    assert world.do("ack", "wang", "all").replies[-1].ok
    world.wait(400 * MINUTE)  # 21:40; wang was told as the night began
    assert world.do("take", "li").replies[-1].ok
    world.dead("smoke-a/smoke")
    assert rung(world) == ["li", "zhou"]
    assert world.do("ack", "zhou", "all", proof="sms").replies[-1].ok
    world.wait(1_000)
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    before = len(world.sent)
    for point in ("smoke-a/smoke", "smoke-b/smoke"):
        world.read({point: 0.0})
    ends = sorted(n.person for n in world.sent[before:] if n.message == "recover.fault")
    assert ends == ["li", "wang", "zhou"]


def test_an_answer_outlives_the_detector_that_it_was_given_to() -> None:
    """Two more die at night and are answered; the one that spoke for both comes back. Nobody is called for the other again."""
    world = dormitory()
    world.dead("smoke-b/smoke")
    assert world.do("ack", "wang", "all").replies[-1].ok
    world.wait(8 * 3_600_000)
    for point in ("smoke-a/smoke", "heat-a/heat"):
        world.dead(point)
    assert world.do("ack", "zhou", "all", proof="sms").replies[-1].ok
    world.wait(1_000)
    before = len(world.sent)
    world.read({"smoke-a/smoke": 0.0})
    for _ in range(20):
        world.wait(MINUTE)
    assert [n for n in world.sent[before:] if n.message == "comm.sleep"] == []
    assert heads(world) == ["smoke-b/smoke"] and world.alarm_at("smoke-b/smoke").evidence["count"] == 2


def test_a_detector_that_is_switched_off_hides_none_that_dies_beside_it() -> None:
    """The painter's detector hangs on no line; nobody is told of it, and the one that dies at 23:00 is another matter."""
    world = dormitory()
    args = {"points": "smoke-b/smoke", "why": "喷漆", "until": world.now.wall + 12 * 3_600_000}
    assert world.do("out-of-service", "sun", **args).replies[-1].ok
    world.dead("smoke-b/smoke")
    world.wait(8 * 3_600_000)
    assert rung(world) == []
    world.dead("smoke-a/smoke")
    assert rung(world) == ["wang", "zhou"]


def test_every_keeper_of_a_house_that_goes_dark_is_rung_and_none_of_another() -> None:
    """One fault speaks for both wings: the keeper of the other one sleeps there too."""
    world = dormitory()
    more = (
        Person("west", "西楼管", "keeper", channels=("phone",), zones=("room-b",)),
        Person("cook", "食堂管理员", "keeper", channels=("phone",), zones=("kitchen",)),
    )
    world = World(replace(world.school, people=world.school.people | {p.id: p for p in more}), now=world.now)
    world.wait(8 * 3_600_000)
    world.dead("smoke-a/smoke")
    world.dead("smoke-b/smoke")
    assert rung(world) == ["wang", "west", "zhou"]
    world.do("ack", "west", proof="sms")
    assert {a.state.value for a in world.engine.alarms.values() if a.kind == "comm-sleep" and not a.parent} == {"acked"}


def test_a_dormitory_that_goes_dark_when_everybody_was_called_in_vain_is_told_again() -> None:
    """Nobody has answered for one detector, and no call is left; three hours later the rest of the house dies."""
    world = dormitory()
    world.wait(8 * 3_600_000)
    world.dead("smoke-b/smoke")
    for _ in range(5):
        world.wait(MINUTE)
    world.dead("heat-a/heat")
    assert rung(world) == ["wang", "zhou"], "the calls for the first go on"
    for _ in range(180):
        world.wait(MINUTE)
    assert rung(world) == ["li", "wang", "zhou"]
    world.dead("smoke-a/smoke")
    assert rung(world) == ["li", "wang", "wang", "zhou", "zhou"]
    assert world.do("ack", "wang", "all").replies[-1].ok
    assert heads(world) == ["smoke-b/smoke"]


def test_what_dies_of_one_cause_rings_once_however_soon_it_is_answered() -> None:
    """A slow device is noticed a minute after a quick one, and the guard has answered by then."""
    world = dormitory()
    world.wait(8 * 3_600_000)
    world.dead("smoke-b/smoke")
    world.wait(10_000)
    assert world.do("ack", "wang", "all").replies[-1].ok
    for wait, point in ((50_000, "smoke-a/smoke"), (60_000, "heat-a/heat")):
        world.wait(wait)
        world.dead(point)
    assert rung(world) == ["wang", "zhou"] and heads(world) == ["smoke-b/smoke"]
    world.wait(180_000)
    world.dead("call-a/manual")
    assert rung(world) == ["wang", "wang", "zhou", "zhou"]


def test_r36_what_nobody_was_told_of_is_over_when_it_is_gone() -> None:
    """Who answers the one fault answers those under it: after a dead line no list of recovered rows asks for answers."""
    world = school(sleeping=True)
    points = [p.id for p in (*POINTS, *UG3) if p.bus]
    world.read({"line-a/link": 0.0, "line-b/link": 0.0} | dict.fromkeys(points))
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    told = {a.point for a in world.engine.alarms.values() if a.told}
    world.read(dict.fromkeys(points, 0.0))
    assert {a.point for a in world.engine.alarms.values()} == {*told, "line-a/link", "line-b/link"}
    assert {e.args["parent"] for e in world.events if e.kind == "closed"} <= {
        e.alarm for e in world.events if e.kind == "raised"
    }
    world.read({"line-a/link": 1.0, "line-b/link": 1.0})
    assert {a.point for a in world.engine.alarms.values()} == {*told, "line-a/link", "line-b/link"}, "these wait for an answer"
    world.do("ack", "wang", "all")
    assert not world.engine.alarms


def test_r36_what_somebody_was_told_of_before_waits_for_an_answer() -> None:
    told = Policy("quiet", (Step("first", "unacked", 0, ("duty",), "line"),), result_asked=False)
    plain = school().school
    world = World(replace(plain, policies={**plain.policies, "quiet": told}))
    world.read({"line-a/link": 0.0})
    for n in world.sent[:]:
        world.fate(n, world.ACCEPTED)
    assert world.alarm("line").told
    world.read({MAINS.id: 0.0})
    assert world.alarm("line").parent == world.alarm("mains").id
    world.read({"line-a/link": 1.0})
    assert world.alarm("line").state.value == "rtn_unacked"


def test_d19_a_head_that_ends_as_a_test_leaves_no_fault_under_it() -> None:
    """Found by a walk: a door's lost contact was back, a walk test ended it, and the faults under it hung under nothing."""
    world = World()
    world.wait(30_000)
    head = world.alarm_at("store-1/door")
    under = {a.id for a in world.engine.alarms.values() if a.parent == head.id}
    assert under, "the lock and the climate of one device are one fault"
    world.read({"store-1/door": 0.0})
    world.do("ack")
    world.do("walk", "sun", points="smoke-a/smoke", until=world.now.wall + 3_600_000)
    standing = world.engine.alarms
    assert head.id not in standing and under <= standing.keys()
    assert {standing[i].parent for i in under} <= {"", *under}, "what they hang under stands"


def test_d19_a_flood_that_is_over_at_a_start_is_not_left_due() -> None:
    """Found by a walk: after the tick the caller would have been asked to come again at once."""
    world = World()
    world.wait(30_000)
    world.read({"smoke-a/smoke": 1.0})
    world.read({"gas-k/gas": 45.0})
    assert "flood" in [m.kind for m in world.engine.marks.values()]
    world.restart(100_000)
    world.wait(0)
    due = world.engine.next_due()
    assert due is not None and due > world.now.mono


def test_first_up_per_building() -> None:
    world = school()
    world.read({"smoke-a/smoke": 1.0})
    world.read({"heat-a/heat": 1.0, "smoke-k/smoke": 1.0})
    first = {a.point for a in world.engine.alarms.values() if a.first_up}
    assert first == {"smoke-a/smoke", "smoke-k/smoke"}
    world.restart(1_000)
    assert {a.point for a in world.engine.alarms.values() if a.first_up} == first


def flooded() -> World:
    points = tuple(Point(f"d{n}/mains", f"d{n}", "mains", "kitchen", "市电", 30_000) for n in range(14))
    many = Rule("many", "state", "warning", tuple(p.id for p in points), {"equals": 0.0}, 0, 0, "quiet")
    rules = (*(r for r in RULES if r.kind != "no_data"), many)
    return World(plant(rules, (*POINTS, *points)))


def test_r35_a_flood_is_flagged_and_fire_and_gas_2_stand_alone() -> None:
    world = flooded()
    for n in range(11):
        assert [m.kind for m in world.engine.marks.values()] == [], n
        world.read({f"d{n}/mains": 0.0})
    assert [m.kind for m in world.engine.marks.values() if m.kind != "daily"] == ["flood"]
    assert [e.kind for e in world.events if e.kind == "flood"] == ["flood"]
    world.read({"smoke-k/smoke": 1.0, "gas-k/gas": 45.0})
    found = groups(world.engine.alarms.values(), world.school)
    assert [len(g.alarms) for g in found] == [1, 1, 11]
    assert {world.engine.alarms[g.alarms[0]].kind for g in found[:2]} == {"fire", "gas-2"}
    world.restart(MINUTE)
    assert [m.kind for m in world.engine.marks.values() if m.kind != "daily"] == ["flood"]
    for _ in range(12):
        world.wait(MINUTE)
    assert "flood" not in [m.kind for m in world.engine.marks.values()], "over when fewer than five came in ten minutes"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FLOODING), max_size=25))
def test_r35_groups_lose_nothing_and_hide_no_fire(raised: list[str]) -> None:
    world = flooded()
    for point in raised:
        world.read({point: {"gas-k/gas": 45.0, "rc-1/current": 400.0}.get(point, float("smoke" in point))})
    alarms = [a for a in world.engine.alarms.values() if a.number]
    found = groups(alarms, world.school)
    assert sorted(i for g in found for i in g.alarms) == sorted(a.id for a in alarms)
    for alarm in alarms:
        if alarm.severity >= Severity.BREACH:
            assert [g.alarms for g in found if alarm.id in g.alarms] == [(alarm.id,)]


def test_d15_a_flapping_input_is_one_alarm_one_note_and_few_repeats() -> None:
    """1 Hz for an hour, and somebody answers each time it rings."""
    world = World(plant(tuple(r for r in RULES if r.kind != "no_data")))
    for second in range(3_600):
        world.read({"smoke-a/smoke": float(second % 2)})
        world.wait(1_000)
        if world.engine.alarms and second % 60 == 59:
            world.do("ack")
    assert [e.kind for e in world.events].count("raised") == 1
    assert [e.kind for e in world.events].count("chattering") == 1
    firsts = [n for n in world.sent if n.step == "first" and n.person == "wang"]
    assert len(firsts) <= 1 + 60 // 10 + 1


def test_r14_mute_stops_sound_only_and_a_new_alarm_sounds_again() -> None:
    world = World(plant(tuple(r for r in RULES if r.kind != "no_data")))
    world.read({"smoke-a/smoke": 1.0})
    world.do("silence")
    assert not world.outputs["board/sounder"] and world.alarm("smoke").state.value == "unacked"
    world.wait(5 * MINUTE)
    assert world.outputs["board/sounder"], "re-alarm after five minutes unanswered"
    world.do("silence")
    world.read({"smoke-k/smoke": 1.0})
    assert world.outputs["board/sounder"], "a new alarm sounds again at once"


@pytest.mark.parametrize("kind", [k.id for k in KINDS.values() if k.latching])
def test_r12_latching_kinds_are_those_of_the_list(kind: str) -> None:
    assert kind in LATCHING or KINDS[kind].severity >= Severity.WARNING


def test_r36_d19_a_point_that_stays_dead_is_shown_the_moment_its_answered_line_is_back(world: World) -> None:
    """Nothing else changes in that step: only what has ended tells that a fault hangs under nothing."""
    world.read({"line-a/link": 0.0})
    world.dead("smoke-a/smoke")
    assert world.alarm_at("smoke-a/smoke").parent == world.alarm("line").id
    world.do("ack", "wang", "all")
    world.read({"line-a/link": 1.0})
    assert world.alarm_at("smoke-a/smoke").parent == "" and "line-a/link" not in {a.point for a in world.engine.alarms.values()}


def test_r36_the_number_of_a_fault_that_goes_on_for_another_is_free_again() -> None:
    """Each hand-over gave one away for good; above 99 the 编号 has three digits, above 999 nobody can answer by SMS."""
    book = Book()
    world = school(sleeping=True)
    world.read({"smoke-a/smoke": 1.0})
    one, other = (replace(world.alarm("smoke"), id=id, point=id, number=0) for id in ("one", "other"))
    for alarm in (one, other):
        book.put(replace(alarm, number=book.free_number()), None)
    book.put(replace(one, number=1, state=AlarmState.NORMAL), None)
    book.put(replace(other, number=1), None)  # it goes on with the number people know
    assert [book.free_number() for _ in range(2)] == [3, 3], "in turn, as before"
    for n in range(3, 100):
        book.put(replace(one, id=f"x{n}", point=f"x{n}", number=book.free_number()), None)
    assert book.free_number() == 2
