"""停用, 维保, 试运行, tests: who may, until when, what is told, and that nothing comes back unproven. Engine stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import POINTS, RULES, World, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import marks
from alerts.marks import DAY, HOUR, KINDS, MINUTE, REASONS, left
from alerts.model import AlarmState, Mark, Result, Rule, Stage
from alerts.plant import Point, Shift
from drivers.reading import Now

S = AlarmState
SMOKES = "smoke-a/smoke,smoke-b/smoke"


CALM = tuple(r for r in RULES if r.kind != "no_data")  # a school where nobody minds that points are silent in a test


@pytest.fixture
def world() -> World:
    return World(plant(CALM))


def off(world: World, points: str = "smoke-a/smoke", ms: int = HOUR, person: str = "sun", **args: str | int) -> str:
    """Out of service for `ms`; gives the code of the reply."""
    given = {"why": "喷漆", "points": points, "until": world.now.wall + ms} | args
    return world.do("out-of-service", person, **given).replies[0].code


def switched(world: World) -> list[Mark]:
    """What somebody has switched; the count of the day's line is nobody's doing."""
    return [m for m in world.engine.marks.values() if m.kind != "daily"]


def mark(world: World, kind: str = "out-of-service") -> Mark:
    (found,) = [m for m in world.engine.marks.values() if m.kind == kind]
    return found


def told(world: World, since: int = 0) -> list[tuple[str, str]]:
    """Who got what of alarms and marks; the weekly test of every phone is another matter."""
    return [(n.person, n.message) for n in world.sent[since:] if n.message != "test.phone"]


@pytest.mark.parametrize(
    ("person", "args", "code"),
    [
        ("wang", {}, "refused.role"),
        ("zhou", {}, "refused.role"),
        ("fitter", {}, "refused.role"),
        ("sun", {"points": "nobody/knows"}, "refused.place"),
        ("sun", {"why": "随便"}, "refused.why"),
        ("sun", {"why": "动火"}, "refused.needs-permit"),
        ("sun", {"why": "动火", "permit": "D-12"}, "refused.needs-keeper"),
        ("sun", {"why": "施工"}, "refused.needs-consent"),
        ("sun", {"why": "施工", "consent": "wang"}, "refused.needs-consent"),
        ("sun", {"why": "其他"}, "refused.needs-text"),
        ("sun", {"until": 5}, "refused.until"),
        ("sun", {"ms": 13 * HOUR}, "refused.too-long"),
        ("sun", {"why": "施工", "consent": "li", "ms": 31 * DAY}, "refused.too-long"),
    ],
)
def test_out_of_service_asks_for_what_it_needs(world: World, person: str, args: dict[str, str | int], code: str) -> None:
    before = len(world.events)
    assert off(world, person=person, **args) == code
    assert [e.kind for e in world.events[before:]] == ["refused"] and not switched(world)


@pytest.mark.parametrize(
    ("args", "most"),
    [
        ({"why": "动火", "permit": "D-12", "keeper": "李师傅"}, 12 * HOUR),
        ({"why": "施工", "consent": "li"}, 30 * DAY),
        ({"why": "更换设备", "consent": "head"}, 30 * DAY),
        ({"why": "放假断电"}, 90 * DAY),
    ],
)
def test_out_of_service_is_kept_with_who_why_and_until(world: World, args: dict[str, str | int], most: int) -> None:
    assert off(world, ms=most, measure="每小时巡查", **args) == "out-of-service"
    m = mark(world)
    assert (m.who, m.why, m.stage, m.points) == ("sun", args["why"], Stage.ON, ("smoke-a/smoke",))
    assert m.until is not None and m.until.wall - world.now.wall == most
    assert m.facts["measure"] == "每小时巡查"
    (event,) = [e for e in world.events if e.kind == "mark-began"]
    assert (event.alarm, event.who, event.args["why"], event.args["mark_kind"]) == (m.id, "sun", args["why"], "out-of-service")


def test_a_zone_a_device_or_a_building_is_named_at_once(world: World) -> None:
    for where, points in (("zone", 4), ("device", 1), ("building", 7)):
        name = {"zone": "room-a", "device": "smoke-b", "building": "canteen"}[where]
        reply = world.do("out-of-service", "sun", why="喷漆", until=world.now.wall + HOUR, **{where: name}).replies[0]
        assert reply.ok, reply
        got = {"zone": 3, "device": 1, "building": 7}[where]
        assert len(next(m for m in world.engine.marks.values() if m.id == f"no3-{reply.seq}").points) == got, points


def test_states_go_on_and_nobody_is_rung(world: World) -> None:
    off(world)
    world.read({"smoke-a/smoke": 1.0})
    alarm = world.alarm("smoke")
    assert (alarm.state, alarm.mode, alarm.mark) == (S.UNACKED, "out-of-service", mark(world).id)
    assert not world.sent and not world.outputs["board/sounder"]
    world.wait(10 * MINUTE)
    assert not world.sent
    world.read({"smoke-b/smoke": 1.0})
    assert not world.alarm_at("smoke-b/smoke").confirmed, "one of the two is switched off, so it is no confirmation"
    assert {n.alarm for n in world.sent} == {world.journal_id("smoke-b/smoke")}


def test_an_alarm_that_waits_for_its_result_cannot_be_switched_off(world: World) -> None:
    world.read({"smoke-a/smoke": 1.0})
    assert off(world) == "refused.open-alarm"
    world.do("result", result="false", cause="蚊香", on_site=True)
    assert off(world) == "out-of-service"


def test_what_still_burns_when_the_time_is_over_rings_at_once(world: World) -> None:
    off(world)
    world.read({"smoke-a/smoke": 1.0})
    world.wait(HOUR)
    assert told(world) == [("sun", "oos.expire"), ("sun", "test.alarm")], "first it counts as a test alarm"
    world.wait(30 * MINUTE)
    assert mark(world).stage is Stage.UNVERIFIED
    assert ("wang", "fire.first") in told(world), "nobody said that it was one"
    assert world.outputs["board/sounder"]


def test_what_happened_while_switched_off_does_not_ring_afterwards(world: World) -> None:
    off(world)
    world.read({"smoke-a/smoke": 1.0})
    world.read({"smoke-a/smoke": 0.0})
    world.wait(HOUR)
    world.wait(40 * MINUTE)
    assert told(world) == [("sun", "oos.expire")]
    assert world.state("smoke") is S.RTN_UNACKED, "and it stays listed until a person has dealt with it (R12)"
    world.read({"smoke-a/smoke": 1.0})
    assert ("wang", "fire.first") in told(world), "but a new one does"


def test_back_by_test_alarm_only(world: World) -> None:
    """R32: a bagged detector looks healthy."""
    off(world, SMOKES)
    assert world.do("back", "sun").replies[0].code == "back"
    assert mark(world).stage is Stage.RETURNING
    world.read({"smoke-a/smoke": 1.0})
    alarm = world.alarm("smoke")
    assert (alarm.mode, alarm.severity) == ("test", 7)
    assert told(world) == [("sun", "test.alarm")] and not world.outputs["board/sounder"]
    assert left(mark(world)) == ("smoke-b/smoke",)
    world.read({"smoke-a/smoke": 0.0})
    assert world.state("smoke") is S.NORMAL, "only a test: nobody has to reset it"
    closed = next(e for e in world.events if e.kind == "closed")
    assert closed.args["result"] == "test"
    world.wait(30 * MINUTE)
    assert (mark(world).stage, left(mark(world))) == (Stage.UNVERIFIED, ("smoke-b/smoke",))
    world.read({"smoke-b/smoke": 1.0})
    assert ("wang", "fire.first") in told(world), "an unproven detector rings as ever"
    assert not switched(world), "and has proven itself"


def test_points_without_a_latching_alarm_come_back_by_a_good_reading(world: World) -> None:
    world.read({"fan-k/run": 0.0})
    off(world, "fan-k/run,smoke-a/smoke")
    world.do("back", "sun")
    assert left(mark(world)) == ("smoke-a/smoke",)


def test_the_painter(world: World) -> None:
    """Story 7: reminder at the end, five give a test alarm, the sixth stays 停用·未验证 and is listed."""
    six = [f"smoke-{n}/smoke" for n in range(6)]
    extra = tuple(replace(POINTS[0], id=p, device=p.split("/")[0], zone="kitchen") for p in six)
    rules = tuple(replace(r, points=tuple(six)) if r.id == "smoke" else r for r in CALM)
    world = World(plant(rules, (*POINTS, *extra)))
    assert off(world, ",".join(six), 4 * HOUR) == "out-of-service"
    world.wait(4 * HOUR)
    assert told(world) == [("sun", "oos.expire")]
    assert "食堂后厨6点（喷漆）" in world.sent[0].text
    for point in six[:5]:
        world.read({point: 1.0})
        world.read({point: 0.0})
    assert {p for p, m in told(world)} == {"sun"}, "nobody else was rung"
    world.wait(30 * MINUTE)
    assert (mark(world).stage, left(mark(world))) == (Stage.UNVERIFIED, (six[5],))
    world.restart(DAY)
    assert (mark(world).stage, left(mark(world))) == (Stage.UNVERIFIED, (six[5],))
    assert not world.engine.alarms


def test_two_hours_more_by_reply(world: World) -> None:
    off(world)
    world.wait(HOUR)
    assert world.do("extend", "wang", proof="sms").replies[0].code == "refused.role"
    assert world.do("extend", "sun", proof="sms").replies[0].code == "extended"
    m = mark(world)
    assert (m.stage, m.until) == (Stage.ON, Now(world.now.wall + 2 * HOUR, world.now.mono + 2 * HOUR))
    for _ in range(10):
        assert world.do("extend", "sun").replies[0].code == "extended"
    assert world.do("extend", "sun").replies[0].code == "refused.too-long"


def test_the_leader_on_duty_may_by_night_until_eight(world: World) -> None:
    """START is 16:00 in Shanghai."""
    assert off(world, person="li") == "refused.role"
    school = replace(plant(CALM), shifts=(Shift("leader", "li", 0, 1440),))
    night = World(school, now=Now(world.now.wall + 6 * HOUR, world.now.mono))
    assert off(night, person="li", ms=11 * HOUR) == "refused.leader-until"
    assert off(night, person="li", ms=9 * HOUR) == "out-of-service"
    assert night.do("extend", "li").replies[0].code == "refused.leader-until"
    other = World(replace(school, shifts=(Shift("leader", "head", 0, 1440),)), now=night.now)
    assert off(other, person="li") == "refused.role", "not the leader on duty"


def test_planned_for_the_holidays(world: World) -> None:
    """Story 10, first half: from-to, one mark for a building, no fault storm, and it can be called off."""
    begin = world.now.wall + DAY
    reply = world.do(
        "out-of-service", "sun", why="放假断电", building="dorm", until=begin + 45 * DAY, **{"from": begin}
    ).replies[0]
    assert reply.ok and mark(world).stage is Stage.PLANNED
    world.read({"smoke-a/smoke": 1.0})
    assert world.outputs["board/sounder"], "not yet"
    assert world.do("back", "sun").replies[0].code == "cancelled"
    assert not switched(world)


@pytest.mark.parametrize("off", [False, True])
def test_what_was_planned_begins_at_its_time_also_when_the_box_was_off_then(world: World, off: bool) -> None:
    begin = world.now.wall + DAY
    world.do("out-of-service", "sun", why="放假断电", building="dorm", until=begin + 45 * DAY, **{"from": begin})
    if off:
        world.restart(2 * DAY)
        world.wait(0)
    else:
        world.wait(DAY - 1)
        assert mark(world).stage is Stage.PLANNED
        world.wait(1)
    assert mark(world).stage is Stage.ON
    sent = len(world.sent)
    world.read({"smoke-a/smoke": 1.0})
    assert told(world, sent) == [] and not world.outputs.get("board/sounder"), "nobody sleeps there"


@pytest.mark.parametrize(("off", "stage"), [(HOUR, Stage.ON), (5 * HOUR, Stage.RETURNING)])
def test_what_is_switched_off_until_six_is_over_at_six_also_after_a_start_without_a_clock(
    world: World, off: int, stage: Stage
) -> None:
    """Power is back before the network: how long it was gone is known only when the clock is set. Until then it goes on."""
    switched_off = world.do("out-of-service", "sun", points="smoke-a/smoke", why="喷漆", until=world.now.wall + 2 * HOUR)
    assert switched_off.replies[0].ok
    world.clock_ok = False
    world.restart(off)
    world.wait(MINUTE)
    assert mark(world).stage is Stage.ON
    world.clock_ok = True
    world.wait(1_000)
    assert mark(world).stage is stage and bool([n for n in world.sent if n.message == "oos.expire"]) is (off > 2 * HOUR)
    if stage is Stage.ON:
        world.wait(HOUR - MINUTE - 1_000)
        assert mark(world).stage is Stage.RETURNING


def test_summer() -> None:
    """Story 10: one 停用 line for 45 days, no message, and afterwards the two that did not come back are named."""
    world = World(plant(tuple(replace(r, points=tuple(p for p in r.points if p[:2] in ("sm", "he", "ca") and p[-7:] != "k/smoke"))
                              if r.kind == "no_data" else r for r in RULES)))  # fmt: skip
    world.do("out-of-service", "sun", why="放假断电", building="dorm", until=world.now.wall + 45 * DAY)
    for point in ("smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "call-a/manual"):
        world.dead(point)
    world.wait(MINUTE)
    world.wait(44 * DAY)
    world.restart(HOUR)
    assert not told(world) and "out-of-service" in [m.kind for m in world.engine.marks.values()]
    assert {a.mode for a in world.engine.alarms.values()} == {"out-of-service"}
    world.wait(23 * HOUR)
    assert told(world) == [("sun", "oos.expire")]
    world.read({"smoke-a/smoke": 0.0, "call-a/manual": 0.0})
    for point in ("smoke-a/smoke", "call-a/manual"):
        world.read({point: 1.0})
        world.read({point: 0.0})
    world.wait(30 * MINUTE)
    assert mark(world).stage is Stage.UNVERIFIED and set(left(mark(world))) == {"smoke-b/smoke", "heat-a/heat"}
    assert "fire.first" not in {m for _, m in told(world)}


def test_maintenance_goes_to_technician_and_officer_only(world: World) -> None:
    """Story 8: 60 tests, no phone outside rings, a row each; the one real smoke in another building rings as ever."""
    until = world.now.wall + 4 * HOUR
    args = {"building": "dorm", "technician": "jia", "rooms": "room-a", "until": until}
    assert world.do("maintenance", "wang", **args).replies[0].code == "refused.role"
    assert world.do("maintenance", "sun", **{**args, "technician": ""}).replies[0].code == "refused.needs-technician"
    assert world.do("maintenance", "sun", **{**args, "rooms": "kitchen"}).replies[0].code == "refused.rooms"
    assert world.do("maintenance", "sun", **{**args, "rooms": ""}).replies[0].code == "refused.rooms"
    assert world.do("maintenance", "sun", **{**args, "until": until + 5 * HOUR}).replies[0].code == "refused.too-long"
    assert world.do("maintenance", "sun", **args).replies[0].code == "maintenance"
    for n in range(30):
        for point in ("smoke-a/smoke", "heat-a/heat"):
            before = len(world.sent)
            world.read({point: 1.0})
            assert {p for p, _ in told(world, before)} == (
                {"jia", "sun"} if n == 0 else set(told(world, before) and ["jia", "sun"])
            )
            for note in world.sent[before:]:
                world.fate(note, world.ACCEPTED)
            world.read({point: 0.0})
            world.do("result", "jia", world.journal_id(point), result="test")
            world.do("reset", "sun", world.journal_id(point))
        world.wait(2 * MINUTE)
    assert {p for p, _ in told(world)} == {"jia", "sun"} and {m for _, m in told(world)} >= {"maint.alarm"}
    assert not any(e.kind == "output" and e.code == "on" for e in world.events)
    rows = [x for x in mark(world, "maintenance").lines if x.what == "test"]
    assert len(rows) == 60 and len([x for x in mark(world, "maintenance").lines if x.what == "phone"]) == 60
    world.read({"smoke-k/smoke": 1.0})
    assert world.outputs["board/sounder"] and ("wang", "fire.first") in told(world)


def test_a_sensor_that_alarms_only_with_another_needs_no_test_alarm_to_come_back() -> None:
    """Nobody can heat two thermometers of a room to 60 degrees; the one that was switched off gives a good reading and is back."""
    room = tuple(Point(f"t-{n}/t", f"t-{n}", "temperature", "room-a", f"温度{n}", 10**9) for n in range(2))
    parts = tuple(p.id for p in room)
    hot = Rule("hot", "k_of_n", "heat", parts[:1], {"k": 2.0, "high": 60.0, "return_at": 55.0}, 0, 0, "fire", parts=parts)
    world = World(plant((*CALM, hot), (*POINTS, *room)))
    world.read(dict.fromkeys(parts, 20.0))
    assert not any(marks.to_walk(p, world.school) or marks.must_be_tested(p, world.school) for p in parts)
    assert off(world, points=parts[0]) == "out-of-service"
    assert world.do("back", "sun").replies[0].ok
    world.wait(marks.CLEARING)
    assert not switched(world)


def test_of_a_long_list_none_is_left_out() -> None:
    """Thirty detectors for the painter, thirty rooms for the technician: more words than a remark may have."""
    extra = [replace(POINTS[0], id=f"smoke-d3-f2-{n:02}/smoke", device=f"smoke-d3-f2-{n:02}") for n in range(30)]
    zones = {f"room-{n:03}": replace(plant().zones["room-a"], id=f"room-{n:03}") for n in range(30)}
    school = plant(CALM, (*POINTS, *extra))
    world = World(replace(school, zones=school.zones | zones))
    assert off(world, points=",".join(p.id for p in extra)) == "out-of-service"
    assert set(mark(world).points) == {p.id for p in extra}
    maintained(world, rooms=",".join(zones))
    assert mark(world, "maintenance").facts["rooms"] == ",".join(zones)


def maintained(world: World, rooms: str = "room-a") -> None:
    args = {"building": "dorm", "technician": "jia", "rooms": rooms, "until": world.now.wall + 4 * HOUR}
    assert world.do("maintenance", "sun", **args).replies[0].ok


@pytest.mark.parametrize("answered", [False, True])
def test_a_detector_that_is_tested_again_has_a_second_row_with_its_seconds(world: World, answered: bool) -> None:
    """F5: whether the technician has answered the first test or not, the second one rings and is written down too."""
    maintained(world)
    for _ in range(2):
        before = len(world.sent)
        world.read({"smoke-a/smoke": 1.0})
        assert {p for p, m in told(world, before) if m == "maint.alarm"} == {"jia", "sun"}
        world.wait(2_000)
        for note in world.sent[before:]:
            world.fate(note, world.ACCEPTED)
        if answered:
            world.do("ack", "jia")
        world.wait(MINUTE)
        world.read({"smoke-a/smoke": 0.0})
        world.wait(20_000)  # less than what flapping is elsewhere
    lines = mark(world, "maintenance").lines
    assert [x.what for x in lines] == ["test", "phone", "test", "phone"]
    assert [x.value for x in lines if x.what == "phone"] == [2.0, 2.0]


def test_what_maintenance_leaves_behind_is_over_with_it_and_nobody_is_told_of_a_fire(world: World) -> None:
    maintained(world)
    world.read({"smoke-a/smoke": 1.0, "heat-a/heat": 0.0})
    world.read({"smoke-a/smoke": 0.0})
    assert world.alarm("smoke").mode == "maintenance", "until its end somebody may still say 这是真的"
    world.do("end", "sun")
    assert not world.engine.alarms
    assert {m for _, m in told(world)} == {"maint.alarm"}


def test_what_stands_when_maintenance_ends_is_real(world: World) -> None:
    maintained(world)
    world.read({"smoke-a/smoke": 1.0})
    world.do("end", "sun")
    assert world.alarm("smoke").mode == "" and ("wang", "fire.first") in told(world)


def test_this_is_real_ends_the_maintenance(world: World) -> None:
    maintained(world)
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", "jia", result="real", cause="用火")
    assert not switched(world)
    alarm = world.alarm("smoke")
    assert (alarm.mode, alarm.confirmed) == ("", True)
    assert {"wang", "li", "head"} <= {p for p, m in told(world) if m in ("fire.multi", "fire.real")}
    assert world.outputs["board/evac-dorm"]


def test_two_detectors_together_where_nobody_works_are_real(world: World) -> None:
    maintained(world, rooms="room-b")
    world.read({"smoke-a/smoke": 1.0})
    world.wait(61_000)
    world.read({"heat-a/heat": 1.0})
    assert mark(world, "maintenance").stage is Stage.ON, "61 s apart"
    world.wait(10_000)
    world.read({"smoke-b/smoke": 1.0})
    assert mark(world, "maintenance").stage is Stage.ON, "there he works"
    world.wait(10_000)
    world.read({"call-a/manual": 1.0})
    assert not switched(world)
    assert world.outputs["board/evac-dorm"] and world.outputs["board/sounder"]
    assert [e.code for e in world.events if e.kind == "maintenance-broken"] == ["together"]


def test_trial_running_rings_the_school_and_never_the_bureau(world: World) -> None:
    rung = replace(world.school.policies["fire"], steps=(*world.school.policies["fire"].steps,))
    step = replace(rung.steps[0], id="bureau", to=("bureau",), message="fire.bureau", after=120_000)
    school = replace(world.school, policies={**world.school.policies, "fire": replace(rung, steps=(*rung.steps, step))})
    world = World(school)
    assert world.do("trial", "fitter", building="dorm").replies[0].code == "trial"
    assert world.do("trial", "fitter").replies[0].ok, "the whole site, beside one building"
    assert world.do("accept", "sun", "1").replies[0].code == "refused.needs-sheet"
    world.read({"smoke-a/smoke": 1.0})
    world.wait(10 * MINUTE)
    assert {"wang", "li"} <= {p for p, _ in told(world)} and "gu" not in {p for p, _ in told(world)}
    for number in ("1", "2"):
        assert world.do("accept", "sun", number, sheet="V-1", signed="孙主管").replies[0].code == "accepted"
    assert not switched(world)
    world.wait(2 * MINUTE)
    assert "gu" in {p for p, _ in told(world)}, "unanswered after acceptance: the bureau too"


def test_a_trial_that_is_never_accepted_is_listed_and_rings_again(world: World) -> None:
    world.do("trial", "sun")
    world.wait(30 * DAY)
    assert mark(world, "trial").stage is Stage.UNVERIFIED
    assert world.events[-1].kind == "mark-unverified"


def test_r31_test_mode_ends_by_itself_with_a_notice(world: World) -> None:
    """R31: marked TEST, to whoever tests, never to the bureau; at most two hours."""
    assert (
        world.do("test", "fitter", points="smoke-a/smoke", until=world.now.wall + 3 * HOUR).replies[0].code
        == "refused.too-long"
    )
    assert world.do("test", "sun", points="smoke-a/smoke", until=world.now.wall + 2 * HOUR).replies[0].code == "test"
    world.read({"smoke-a/smoke": 1.0})
    assert world.alarm("smoke").mode == "test" and told(world) == [("sun", "test.alarm")]
    assert not world.outputs["board/sounder"]
    world.wait(2 * HOUR)
    assert not switched(world)
    assert told(world)[1:] == [("sun", "test.over"), ("wang", "fire.first")], "it still burns: from the beginning"


def test_d19_what_was_real_then_in_test_and_is_real_again_is_told_by_keys_of_its_own(world: World) -> None:
    """A far side that has seen a key before may drop it as a repetition."""
    world.read({"gas-k/gas": 39.0})
    world.wait(3_000)
    first = [n.key for n in world.sent if n.step == "first"]
    world.do("test", "sun", points="gas-k/gas", until=world.now.wall + HOUR)
    world.do("end", "sun")
    again = [n.key for n in world.sent if n.step == "first"][len(first) :]
    assert first and again and not set(first) & set(again)


def test_alarm_test_goes_through_the_whole_chain(world: World) -> None:
    assert world.do("rehearse", "wang", points="smoke-a/smoke").replies[0].code == "refused.role"
    assert world.do("rehearse", "sun", points="line-a/none").replies[0].code == "refused.place"
    assert world.do("rehearse", "sun", points="smoke-a/smoke").replies[0].code == "rehearsal"
    alarm = world.alarm("box-rehearsal")
    assert (alarm.kind, alarm.mode) == ("fire", "rehearsal")
    assert told(world) == [("wang", "test.chain")] and world.outputs["board/sounder"]
    assert "模拟报警" in world.sent[0].text
    world.wait(MINUTE)
    assert told(world)[-1] == ("li", "test.chain")
    assert not world.outputs["board/evac-dorm"]
    assert world.do("result", "wang", result="real").replies[0].code == "refused.rehearsal"
    world.do("ack")
    assert not world.outputs["board/sounder"]
    world.do("result", "wang", result="test")
    assert not world.engine.alarms and not switched(world)


def test_a_simulated_alarm_ends_by_itself(world: World) -> None:
    world.do("rehearse", "sun", points="gas-k/gas")
    assert world.alarm("box-rehearsal").kind == "gas-2"
    assert not world.outputs["board/valve"] and not world.outputs["board/fan"]
    world.restart(MINUTE)
    assert world.alarm("box-rehearsal").mode == "rehearsal"
    world.wait(10 * MINUTE)
    assert not world.engine.alarms and not switched(world)


def test_the_third_false_alarm_in_thirty_days_is_flagged_and_it_rings_on(world: World) -> None:
    for n in range(3):
        world.read({"smoke-a/smoke": 1.0})
        world.do("result", result="false", cause="蚊香", on_site=True)
        world.read({"smoke-a/smoke": 0.0})
        world.do("reset")
        assert [e.kind for e in world.events if e.kind == "clean-or-replace"] == (["clean-or-replace"] if n == 2 else [])
        world.wait(10 * DAY - 1)
    flag = mark(world, "false-alarms")
    assert (flag.why, len(flag.lines), flag.points) == ("清洗或更换", 3, ("smoke-a/smoke",))
    world.restart(1_000)
    before = len(world.sent)
    world.read({"smoke-a/smoke": 1.0})
    assert ("wang", "fire.first") in told(world, before)
    world.do("result", result="false", cause="蚊香", on_site=True)
    assert len(mark(world, "false-alarms").lines) == 3, "the first one is older than 30 days by now"
    world.do("result", result="real")
    assert len(mark(world, "false-alarms").lines) == 2, "a result that is corrected counts no longer"
    world.wait(31 * DAY)
    assert not switched(world)


def test_flags_end_by_time_with_an_event_after_a_crash_at_each_commit(world: World) -> None:
    """Every flag survives a restart at every step of its life, with who, why and until."""
    steps = [
        lambda w: off(w, SMOKES),
        lambda w: w.do("test", "sun", points="heat-a/heat", until=w.now.wall + HOUR),
        lambda w: w.do("trial", "sun", building="canteen"),
        lambda w: w.read({"smoke-a/smoke": 1.0}),
        lambda w: w.wait(HOUR),
        lambda w: w.read({"smoke-b/smoke": 1.0}),
        lambda w: w.wait(30 * MINUTE),
    ]
    straight, crashed = World(plant(CALM)), World(plant(CALM))
    for do in steps:
        do(straight)
        do(crashed)
        crashed.restart(0, same_boot=True)
        a, b = ({m.kind: m for m in w.engine.marks.values()} for w in (straight, crashed))
        assert {k: (m.stage, m.who, m.why, m.points, m.until) for k, m in a.items()} == {
            k: (m.stage, m.who, m.why, m.points, m.until) for k, m in b.items()
        }
    assert sorted(told(straight)) == sorted(told(crashed))


@settings(max_examples=200, deadline=None)
@given(
    ms=st.integers(1, 12 * HOUR),
    waits=st.lists(st.sampled_from([1, MINUTE, 29 * MINUTE, HOUR, 5 * HOUR, 12 * HOUR]), max_size=8),
    tests=st.lists(st.sampled_from(["smoke-a/smoke", "smoke-b/smoke"]), max_size=3),
)
def test_a_point_comes_back_only_by_a_test_alarm(ms: int, waits: list[int], tests: list[str]) -> None:
    """Whatever the times: an untested point never leaves its mark, and never counts as back."""
    world = World(plant(CALM))
    off(world, SMOKES, ms)
    for wait in waits:
        world.wait(wait)
    rest = {"smoke-a/smoke", "smoke-b/smoke"}
    for point in tests:
        if next(iter(switched(world)), None) and mark(world).stage is not Stage.ON:
            rest.discard(point)
        world.read({point: 1.0})
        world.read({point: 0.0})
    found = [m for m in world.engine.marks.values() if m.kind == "out-of-service"]
    assert (set(marks.left(found[0])) if found else set()) == rest
    assert marks.KINDS["out-of-service"].back and set(REASONS) and KINDS


def test_a_result_is_data_of_its_occurrence_not_of_the_mark(world: World) -> None:
    off(world)
    world.read({"smoke-a/smoke": 1.0})
    world.do("result", result="real", cause="用火")
    alarm = world.alarm("smoke")
    assert (alarm.mode, alarm.result) == ("", Result.REAL), "a person's word ends any mode at once"
    assert world.outputs["board/evac-dorm"]


@pytest.mark.parametrize("same_boot", [True, False])
def test_r31_what_is_switched_off_ends_at_its_time_although_nothing_was_written_for_hours_before_a_restart(
    world: World, same_boot: bool
) -> None:
    """The journal's last word is the 停用 itself; five quiet hours later the process ends and another begins."""
    off(world, ms=6 * HOUR)
    until = mark(world).until
    world.restart(5 * HOUR, same_boot=same_boot)
    new = mark(world).until
    assert until is not None and new is not None and new.wall == until.wall
    assert new.mono - world.now.mono == until.wall - world.now.wall
    world.wait(HOUR - 1)
    assert mark(world).stage is Stage.ON
    world.wait(1)
    assert mark(world).stage is Stage.RETURNING


def test_a_point_that_is_no_longer_configured_does_not_stay_out_of_service_for_ever(world: World) -> None:
    """A broken detector was taken out and replaced by one of another name: nobody can give the old one a test alarm."""
    off(world, SMOKES)
    rules = tuple(replace(r, points=tuple(p for p in r.points if p != "smoke-a/smoke")) for r in CALM)
    world.restart(1_000, school=plant(rules, tuple(p for p in POINTS if p.id != "smoke-a/smoke")))
    assert left(mark(world)) == ("smoke-a/smoke", "smoke-b/smoke"), "a configuration on trial may yet be taken back"
    world.wait(HOUR)
    assert left(mark(world)) == ("smoke-b/smoke",), "the other one waits for its test alarm as ever"
    assert [(x.what, x.about) for x in mark(world).lines] == [("removed", "smoke-a/smoke")]
    world.read({"smoke-b/smoke": 1.0})
    world.read({"smoke-b/smoke": 0.0})
    world.wait(5 * MINUTE)
    assert not switched(world)


def test_r37_on_trial_too_the_whole_list_is_told_of_a_confirmed_fire_once_and_not_once_per_detector(world: World) -> None:
    world.do("trial", "sun", building="dorm")
    world.read({"smoke-a/smoke": 1.0})
    assert ("head", "fire.multi") in [(n.person, n.message) for n in world.read({"smoke-b/smoke": 1.0}).notifications]
    third = world.read({"heat-a/heat": 1.0}).notifications
    assert [(n.person, n.message) for n in third] == [("wang", "fire.first")]
    out = world.do("result", "wang", world.alarm("heat").id, result="real")
    assert {(n.person, n.message) for n in out.notifications} >= {("li", "fire.real"), ("head", "fire.real")}
    assert world.alarm("heat").policy.id == "fire-real"
