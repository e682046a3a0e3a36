"""How much people are told: limits of channels, storms with their digests, day lists, budgets of faults."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest
from engine_world import World
from people_world import MIN, NOON, T0, alarm, plant

from alerts.budget import BURST, CALL, LIMITS, Budget, counted
from alerts.channels.aliyun import template
from alerts.channels.faults import Unfit
from alerts.channels.registry import CHANNELS
from alerts.digest import ROOM, _fitting, _message
from alerts.kinds import KINDS
from alerts.messages_people import NOTES
from alerts.model import Fate, Notification, Rule, Severity
from alerts.plant import Building, Plant, Point, Zone
from alerts.render import args_for, render
from drivers.reading import Now
from gateway.config.model import ChannelConfigFile

HOUR = 60 * MIN


def campus(buildings: int, points: int, channels: tuple[str, ...] = ("sms", "robot")) -> Plant:
    """Many smoke detectors in many buildings; everybody has these channels."""
    base = plant()
    zones = {f"z{b}": Zone(f"z{b}", f"{b}号楼走廊", f"b{b}", "corridor") for b in range(buildings)}
    found = {f"d{n}/smoke": Point(f"d{n}/smoke", f"d{n}", "smoke", f"z{n % buildings}", "烟感", 10**12) for n in range(points)}
    return replace(
        base,
        buildings={f"b{b}": Building(f"b{b}", f"{b}号楼", "teaching") for b in range(buildings)},
        zones=zones,
        points=found,
        people={id: replace(p, channels=channels, zones=()) for id, p in base.people.items()},
        rules=(Rule("smoke", "state", "fire", tuple(found), {"equals": 1.0}, 0, 0, "fire"),),
        channels={"sms": "modem", "voice": "aliyun-voice", "robot": "dingtalk"},
        shifts=(),
    )


def named(text: str) -> set[int]:
    """Every 编号 that a text names, ranges too."""
    out: set[int] = set()
    for first, last in re.findall(
        r"(?<![\d:])(\d{2,3})(?:-(\d{2,3}))?(?![\d:])", text.split("编号")[-1].split("。")[0] if "编号" in text else text
    ):
        out |= set(range(int(first), int(last or first) + 1))
    return out


def test_d14_500_alarms_in_a_minute() -> None:
    world = World(campus(10, 500), now=Now(NOON, 1_000_000))
    at: dict[int, int] = {}
    sent: list[tuple[int, Notification]] = []
    for second in range(130):
        if second < 60:
            burst = range(second * 500 // 60, (second + 1) * 500 // 60)
            out = world.read({f"d{n}/smoke": 1.0 for n in burst})
            at |= {a.number: world.now.mono for a in world.engine.alarms.values() if a.number not in at}
            sent += [(world.now.mono, n) for n in out.notifications]
        sent += [(world.now.mono, n) for n in world.wait(1_000).notifications]
    assert len(at) == 500
    seen: dict[int, int] = {}
    for mono, n in sent:
        alarm = world.engine.alarms[n.alarm]
        for number in named(n.text) if n.message == "storm" else {alarm.number}:
            seen.setdefault(number, mono)
    late = {
        number: seen.get(number, 10**12) - start for number, start in at.items() if seen.get(number, 10**12) - start > 60_000
    }
    assert not late, f"{len(late)} alarms were named late or never: {sorted(late.items())[:5]}"
    first: dict[str, int] = {}
    for a in world.engine.alarms.values():
        first.setdefault(world.school.zones[world.school.points[a.point].zone].building, at[a.number])
    soon = {b: min(mono for mono, n in sent if building(world, n) == b) - start for b, start in first.items()}
    assert max(soon.values()) <= 5_000, f"the first alarm of a building waited: {soon}"
    told = {world.school.zones[world.school.points[world.engine.alarms[n.alarm].point].zone].building for mono, n in sent}
    assert told == first.keys()
    per_person: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, n in sent:
        per_person[n.channel, n.person] += n.reason != CALL
    assert max(v for (c, _), v in per_person.items() if c == "sms") <= 11
    for window in range(0, 130):
        robots = sum(
            1 for mono, n in sent if n.channel == "robot" and window * 1000 <= mono - 1_000_000 < window * 1000 + 60_000
        )
        assert robots <= 18
    own = Counter(n.person for mono, n in sent if n.message != "storm" and n.reason != CALL and mono < 1_060_000)
    assert max(own.values()) <= 10 + BURST, "the first of each building, then they come together"
    everyone = Counter(n.person for _, n in sent if n.reason != CALL)
    assert max(Counter(n.person for _, n in sent if n.reason == CALL).values(), default=0) <= 3, "a ring a minute"
    assert all(count < 30 for count in everyone.values()), everyone


def building(world: World, n: Notification) -> str:
    return world.school.zones[world.school.points[world.engine.alarms[n.alarm].point].zone].building


def mixed() -> World:
    """Three electrical alarms of one building within a minute, as a short circuit gives them, and a smoke detector beside them."""
    base = campus(1, 5)
    electrical = tuple(p for p in base.points if p != "d3/smoke")
    rules = (
        Rule("leak", "state", "electrical", electrical, {"equals": 1.0}, 0, 0, "electrical"),
        Rule("smoke", "state", "fire", ("d3/smoke",), {"equals": 1.0}, 0, 0, "fire"),
    )
    world = World(replace(base, rules=rules), now=Now(NOON, 1_000_000))
    for n in range(3):
        world.read({f"d{n}/smoke": 1.0})
        world.wait(1_000)
    return world


def test_r1_r3_electrical_alarms_hold_no_fire_of_their_building_back() -> None:
    world = mixed()
    fire = {(n.person, n.message) for n in world.read({"d3/smoke": 1.0}).notifications}
    assert fire >= {("wang", "fire.first"), ("li", "fire.first")}, "in the same moment, in its own words"
    assert world.read({"d4/smoke": 1.0}).notifications == (), "what is no worse than what was told comes together, as ever"


@pytest.mark.parametrize("channels", [("sms",), ("voice",), ("robot",)])
def test_r3_what_lesser_alarms_have_used_up_leaves_room_for_a_fire(channels: tuple[str, ...]) -> None:
    """After a noisy hour of electrical alarms, each in another building, the limits of the channels hold the guard's fire back not."""
    base = campus(20, 20, channels)
    electrical = tuple(p for p in base.points if p != "d19/smoke")
    rules = (
        Rule("leak", "state", "electrical", electrical, {"equals": 1.0}, 0, 0, "electrical"),
        Rule("smoke", "state", "fire", ("d19/smoke",), {"equals": 1.0}, 0, 0, "fire"),
    )
    world = World(replace(base, rules=rules), now=Now(NOON, 1_000_000))
    for n in range(19):
        world.read({f"d{n}/smoke": 1.0})
        if channels != ("robot",):
            world.wait(90_000)
    assert any(o.by == "storm" and o.person == "wang" for a in world.engine.alarms.values() for o in a.owed), "no room for more"
    out = world.read({"d19/smoke": 1.0})
    assert ("wang", "fire.first", channels[0]) in [(n.person, n.message, n.channel) for n in out.notifications]
    limit = LIMITS[world.school.channels[channels[0]]]
    mine = [n for n in world.sent if n.person == "wang" and n.reason != CALL]
    assert len(mine) <= (limit.person or limit.channel)


def test_what_the_bureau_is_called_for_names_the_school_first_in_every_form() -> None:
    """A template has no field for it, and a digest had none: a call that says 火警 and a corridor is of no use in another town."""
    base = campus(1, 8, ("voice",))
    world = World(
        replace(base, people=base.people | {"shen": replace(base.people["shen"], channels=("sms",))}), now=Now(NOON, 1_000_000)
    )
    found = [n for p in range(8) for n in world.read({f"d{p}/smoke": 1.0}).notifications]
    found += [n for _ in range(200) for n in world.wait(1_000).notifications]
    bureau = [n for n in found if n.person == "shen"]
    assert bureau and all(n.fields["kind"].startswith(world.school.short) for n in bureau)
    assert not any(n.fields["kind"].startswith(world.school.short) for n in found if n.person == "wang")
    worst = world.alarm_at("d7/smoke")
    people = world.school.people
    made = {id: _message("storm", [worst], 3, "05-07", people[id], "sms", world.school, world.now) for id in ("shen", "wang")}
    assert made["shen"].text == f"{world.school.short}又有3条报警：05-07。最重：火警0号楼走廊。回1收到"
    assert made["shen"].fields["kind"] == f"{world.school.short}火警等3条"
    assert made["wang"].text.startswith("又有3条报警") and made["shen"].message == made["wang"].message == "storm"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_becomes_of_the_worst_alarm_of_a_digest_takes_no_word_from_the_others(restarted: bool) -> None:
    """It waits in a queue or for its second attempt, while somebody ends the one it names first."""
    world = World(campus(1, 8, ("sms", "robot")), now=Now(NOON, 1_000_000))
    found = [n for p in range(8) for n in world.read({f"d{p}/smoke": 1.0}).notifications]
    found += [n for _ in range(20) for n in world.wait(1_000).notifications]
    (digest,) = [n for n in found if (n.person, n.message) == ("wang", "storm")]
    others = [a.id for a in world.engine.alarms.values() if a.number in named(digest.text) and a.id != digest.alarm]
    assert len(others) > 2
    world.do("result", "li", digest.alarm, result="false", cause="蚊香", on_site=True)
    world.read({world.engine.alarms[digest.alarm].point: 0.0})
    world.do("reset", "feng", digest.alarm)
    assert digest.alarm not in world.engine.alarms and others[0] in world.engine.alarms
    if restarted:
        assert "wang" in [n.person for n in world.restart(1_000, unsent=(digest,)).notifications if n.message == "storm"]
    else:
        assert world.engine.wanted(digest.key)
        world.fate(digest, Fate.TRY_AGAIN, 1_000)
        assert [n.key for n in world.wait(1_000).notifications if n.message == "storm"] == [digest.key]


def test_many_tests_together_are_told_as_tests_and_ring_nobody() -> None:
    """The technician sets off five detectors in a minute: the officer's telephone must not tell of a fire (people's rule 6)."""
    world = World(campus(1, 8, ("sms",)), now=Now(NOON, 1_000_000))
    world.do("maintenance", "feng", building="b0", technician="贾师傅", rooms="z0", until=world.now.wall + HOUR)
    for n in range(5):
        world.read({f"d{n}/smoke": 1.0})
        world.wait(2_000)
    told = [n for _ in range(30) for n in world.wait(1_000).notifications]
    assert [(n.person, n.message, n.rung) for n in told] == [("feng", "storm.test", False)]
    assert told[0].text == "测试！非真实报警。又有2条：04-05，0号楼走廊。若有真的，请回2和编号"
    assert told[0].fields["kind"] == "维保非真实火警等2条"


def test_r31_a_template_and_a_call_say_that_a_test_is_none_and_know_no_end() -> None:
    """消防设备提醒：…发出${kind}信号，请立即到现场查看: what is no alarm says so in ${kind}, and what is over is not said at all."""
    world = World(campus(1, 1, ("voice",)), now=Now(NOON, 1_000_000))
    out = world.do("rehearse", "feng", points="d0/smoke")
    assert out.notifications and {n.fields["kind"] for n in out.notifications} == {"测试非真实火警"}
    world = World(campus(1, 1, ("voice",)), now=Now(NOON, 1_000_000))
    for n in world.read({"d0/smoke": 1.0}).notifications:
        assert n.fields["kind"] == "火警"
        world.fate(n, Fate.READ)
    world.do("result", "wang", result="false", cause="蚊香", on_site=True)
    world.read({"d0/smoke": 0.0})
    ends = world.do("reset", "feng").notifications
    assert ends and not any(n.fields for n in ends)
    with pytest.raises(Unfit):
        template(ends[0])


def test_at_the_bureau_the_first_fire_of_each_school_goes_at_once() -> None:
    school = campus(1, 1, ("sms",))
    budget, duty, now = Budget(school), school.people["wang"], Now(NOON, 1_000_000)
    for n in range(5):
        fire = replace(alarm("school-fire", f"no{n}/x", "fire"), evidence={"school": f"{n}中"}, severity=Severity.FIRE)
        assert budget.decide(fire, duty, now) == ("send", "sms")
        budget.sent(fire, duty, now)
    assert budget.decide(fire, duty, now)[0] == "storm", "the second one of a school comes with others"


def test_r3_a_digest_names_the_worst_first_and_what_it_is() -> None:
    world = mixed()
    held = [replace(world.alarm_at("d0/smoke"), id=f"e{n}", number=2 * n + 1) for n in range(40)]
    fire = replace(held[0], id="f", point="d3/smoke", kind="fire", severity=KINDS["fire"].severity, number=90)
    listed, words = _fitting([*held, fire], world.school, "storm", "zh")
    assert listed[0] is fire and "90" in words.split() and len(words) <= ROOM["storm"]
    assert "最重：火警0号楼走廊" in render("storm", args_for(fire, world.school, world.now, "", "zh") | {"list": words}, "zh")


def test_d14_voice_at_most_five_an_hour_and_person_with_failovers_and_second_attempts() -> None:
    """Every call is refused: what fails over to a robot counts there, what is tried again counts again."""
    world = World(campus(4, 60, ("sms", "voice", "robot")), now=Now(NOON, 1_000_000))
    sent: list[tuple[int, Notification]] = []
    for second in range(50):
        out = list(world.read({f"d{n}/smoke": 1.0 for n in range(second * 3, min(60, second * 3 + 3))}).notifications)
        out += world.wait(1_000).notifications
        for n in out:
            sent.append((world.now.mono, n))
            fate = Fate.TRY_AGAIN if n.channel == "voice" and n.attempt == 1 else Fate.GAVE_UP
            more = world.fate(n, fate, 1_000) if n.channel != "robot" else world.fate(n, Fate.ACCEPTED)
            sent += [(world.now.mono, m) for m in more.notifications]
            for m in more.notifications:
                sent += [(world.now.mono, x) for x in world.fate(m, Fate.ACCEPTED).notifications]
    most = Counter((n.channel, n.person) for _, n in sent)
    assert max(v for (c, _), v in most.items() if c == "voice") <= LIMITS["aliyun-voice"].person
    assert max(v for (c, _), v in most.items() if c == "sms") <= LIMITS["modem"].person
    robots = [mono for mono, n in sent if n.channel == "robot"]
    assert all(sum(t <= x < t + 60_000 for x in robots) <= LIMITS["dingtalk"].channel for t in robots)
    open_ = world.engine.alarms.values()
    reached = {e.alarm for e in world.events if e.kind == "accepted" and e.who == "wang"}
    together = set().union(*(named(n.text) for n in world.sent if (n.person, n.message) == ("wang", "storm")))
    lost = [a.number for a in open_ if a.id not in reached and a.number not in together]
    assert not [n for n in lost if not any(o.person == "wang" for a in open_ for o in a.owed if a.number == n)], (
        "a fire was dropped"
    )


def test_d14_what_no_channel_may_carry_is_told_in_a_digest() -> None:
    """Twenty fires, one a minute, and no call gets through at once: second attempts count too, and the last find no room."""
    world = World(campus(20, 20, ("sms", "voice")), now=Now(NOON, 1_000_000))
    tried: set[tuple[str, str]] = set()  # alarm and person of each call that was to be tried again
    told: set[tuple[str, str]] = set()
    for n in range(20):
        waiting = [*world.read({f"d{n}/smoke": 1.0}).notifications, *world.wait(65_000).notifications]
        while waiting:
            sent = waiting.pop()
            again = sent.channel == "voice" and sent.attempt == 1
            waiting += world.fate(sent, Fate.TRY_AGAIN if again else Fate.ACCEPTED, 1_000).notifications
            (tried if again else told).add((sent.alarm, sent.person))
    left = [(id, person) for id, person in sorted(tried - told) if id in world.engine.alarms]
    digests = {
        who: set().union(*(named(n.text) for n in world.sent if (n.person, n.message) == (who, "storm"))) for _, who in left
    }
    owed = {(a.id, o.person) for a in world.engine.alarms.values() for o in a.owed}
    assert left, "the limit was reached"
    assert [x for x in left if x not in owed and world.engine.alarms[x[0]].number not in digests[x[1]]] == []


def test_the_limits_name_every_channel_type_of_the_registry_and_of_the_site_file() -> None:
    kinds = get_args(ChannelConfigFile.model_fields["type"].annotation)
    assert LIMITS.keys() == CHANNELS.keys() == set(kinds)


def test_the_end_of_an_alarm_over_the_limit_is_spared_and_said_so() -> None:
    world = World(campus(1, 30, ("sms",)), now=Now(NOON, 1_000_000))
    for n in range(12):
        for sent in world.read({f"d{n}/smoke": 1.0}).notifications:
            world.fate(sent, Fate.ACCEPTED)
        world.do("result", "feng", world.alarm_at(f"d{n}/smoke").id, result="false", cause="蚊香", on_site=True)
        world.read({f"d{n}/smoke": 0.0})
        world.do("reset", "feng", world.alarm_at(f"d{n}/smoke").id)
        world.wait(61_000)
    per = Counter(n.person for n in world.sent if n.channel == "sms")
    assert max(per.values()) <= LIMITS["modem"].person
    assert any(e.kind == "spared" and e.code == "limit" for e in world.events)


def test_d14_a_restart_between_holding_back_and_telling_loses_nobody() -> None:
    world = World(campus(1, 20), now=Now(NOON, 1_000_000))
    for n in range(10):
        world.read({f"d{n}/smoke": 1.0})
    held = {a.number for a in world.engine.alarms.values() if any(o.by == "storm" and o.person == "wang" for o in a.owed)}
    assert held
    world.restart(1_000)
    texts = [n.text for _ in range(40) for n in world.wait(1_000).notifications if n.person == "wang" and n.message == "storm"]
    assert held <= set().union(*(named(t) for t in texts))


def test_a_digest_goes_by_cloud_text_and_voice_too() -> None:
    world = World(campus(1, 20, ("voice",)), now=Now(NOON, 1_000_000))
    for n in range(10):
        world.read({f"d{n}/smoke": 1.0})
    digests = [n for _ in range(40) for n in world.wait(1_000).notifications if n.message == "storm"]
    assert digests and all(json.loads(template(n))["kind"].startswith("火警等") for n in digests)


def test_an_answer_takes_the_alarm_out_of_the_digest() -> None:
    world = World(campus(1, 20), now=Now(NOON, 1_000_000))
    for n in range(10):
        world.read({f"d{n}/smoke": 1.0})
    world.do("ack", "sun")
    assert [n for _ in range(30) for n in world.wait(1_000).notifications if n.message == "storm"] == []


def test_fire_never_waits_for_a_budget() -> None:
    budget, school, now = Budget(campus(3, 3)), campus(3, 3), Now(T0, 0)
    world = World(school, now=Now(T0, 1_000_000))
    world.read({"d0/smoke": 1.0})
    fire = world.alarm("smoke")
    for role in ("head", "officer", "duty"):
        person = next(p for p in school.people.values() if p.role == role)
        for _ in range(2):
            assert budget.decide(fire, person, now)[0] == "send"
            budget.sent(fire, person, now)
    assert not counted(fire) and [k for k, v in KINDS.items() if v.fire and counted(replace(fire, kind=k))] == []


def test_d14_a_full_channel_is_passed_over_and_a_full_person_waits() -> None:
    school = campus(1, 1, ("sms", "voice"))
    budget, wang, now = Budget(school), school.people["wang"], Now(NOON, 0)
    used = []
    while channel := budget.channel(wang, now, Severity.FIRE):
        budget.carried(channel, "wang", now)
        used.append(channel)
    assert Counter(used) == {"sms": 11, "voice": 5} and used[0] == "sms"
    assert budget.channel(school.people["li"], now, Severity.FIRE) == "sms"  # limits are of one person
    assert budget.channel(wang, Now(NOON, HOUR), Severity.FIRE) == "sms"


def test_an_officer_has_six_faults_a_day_and_none_at_night() -> None:
    school = plant()
    budget, officer = Budget(school), school.people["feng"]
    fault = alarm("warning", "leak-1/leak-1", "warning")
    for _ in range(6):
        assert budget.decide(fault, officer, Now(NOON, 0))[0] == "send"
        budget.sent(fault, officer, Now(NOON, 0))
    assert budget.decide(fault, officer, Now(NOON, 0)) == ("list", "")
    assert budget.decide(fault, officer, Now(NOON + 24 * HOUR, 24 * HOUR))[0] == "send"
    assert budget.decide(fault, school.people["li"], Now(T0, 0)) == ("list", "")
    assert budget.decide(fault, school.people["chen"], Now(NOON, 0)) == ("list", "")  # the head gets no fault of its own
    for kind in ("comm-sleep", "mains", "tamper", "cannot-record", "cannot-call"):
        point = "smoke-1/smoke"
        assert budget.decide(alarm(kind, point, kind), school.people["li"], Now(T0, 0))[0] == "send"


def test_day_lists_at_half_past_seven_and_two() -> None:
    base = plant()
    rule = Rule("no-data", "no_data", "comm", ("smoke-1/smoke", "smoke-2/smoke"), {}, 0, 0, "comm")
    quiet = {p: replace(v, stale=10**12) for p, v in base.points.items()}
    world = World(replace(base, rules=(rule,), shifts=(), points=quiet), now=Now(T0 + 4 * HOUR, 1_000_000))  # 06:14
    world.dead("smoke-1/smoke")
    world.dead("smoke-2/smoke")
    told = []
    while world.now.wall < T0 + 14 * HOUR:
        told += [(n.person, n.message, n.text, world.now.wall - T0) for n in world.wait(10 * MIN).notifications]
    lists = [t for t in told if t[1] == "list"]
    assert [(p, at) for p, _, _, at in lists] == [("feng", 5 * HOUR + 20 * MIN)], (
        "of the looks every ten minutes the one after 07:30"
    )
    assert lists[0][2].startswith("待办2条：三号宿舍楼二层东走廊烟感无数据；三号宿舍楼三层烟感无数据")


def test_d11_a_day_list_does_not_wait_for_the_year_in_which_a_wrong_clock_put_its_fault() -> None:
    base = plant()
    rule = Rule("no-data", "no_data", "comm", ("smoke-1/smoke",), {}, 0, 0, "comm")
    quiet = {p: replace(v, stale=10**12) for p, v in base.points.items()}
    year = 365 * 24 * HOUR
    world = World(replace(base, rules=(rule,), shifts=(), points=quiet), now=Now(T0 + 4 * HOUR + year, 1_000_000))
    world.dead("smoke-1/smoke")
    world.now = Now(world.now.wall - year, world.now.mono)  # 06:14, and the time service has come
    told = [n for _ in range(12) for n in world.wait(10 * MIN).notifications if n.message == "list"]
    assert [n.person for n in told] == ["feng"]


@pytest.mark.parametrize("by", ROOM)
def test_the_list_fits_its_message(by: str) -> None:
    assert NOTES[by].longest["list"] == ROOM[by]


def test_r10_a_fire_rings_on_when_the_texts_of_the_hour_are_spent() -> None:
    """requirements 1.2: at most 11 texts an hour and person, with modem rings between; it loops until somebody answers."""
    world = World(campus(1, 1, ("sms",)), now=Now(T0, 1_000_000))
    sent = list(world.read({"d0/smoke": 1.0}).notifications)
    told: list[tuple[int, Notification]] = [(0, n) for n in sent]
    for _ in range(238):
        told += [(world.now.mono - 1_000_000, n) for n in world.wait(15_000).notifications]
    wang = [(at, n) for at, n in told if n.person == "wang"]
    texts, calls = [at for at, n in wang if n.reason != CALL], [at for at, n in wang if n.reason == CALL]
    assert len(texts) <= 11 and all(n.rung for _, n in wang)
    rings = sorted(texts + calls)
    assert max(b - a for a, b in pairwise(rings)) <= 2 * MIN and rings[-1] > 55 * MIN
    world.do("ack", "li")
    assert not [n for n in world.wait(2 * MIN).notifications if n.person == "wang" and n.reason == CALL]


@pytest.mark.parametrize("channels", [("robot",), ("robot", "sms")])
def test_r10_a_robot_says_the_same_once_in_five_minutes_and_the_telephone_rings_between(channels: tuple[str, ...]) -> None:
    world = World(campus(1, 1, channels), now=Now(T0, 1_000_000))
    told = [(0, n) for n in world.read({"d0/smoke": 1.0}).notifications if n.person == "wang"]
    for _ in range(80):
        told += [(world.now.mono - 1_000_000, n) for n in world.wait(15_000).notifications if n.person == "wang"]
    said = [(at, n.message) for at, n in told if n.channel == "robot"]
    assert len(said) >= 4 and all(b - a >= 5 * MIN for a, word in said for b, same in said if same == word and b > a)
    rings = [at for at, n in told if n.channel == "sms"]
    assert not told[1:] or len(channels) == 1 or max(b - a for a, b in pairwise([0, *rings])) <= 2 * MIN


def test_r10_who_has_a_text_that_cannot_ring_is_called_beside_it() -> None:
    """A robot or a cloud text wakes nobody: the call goes at once, not when the text has failed."""
    world = World(campus(1, 1, ("robot", "voice")), now=Now(T0, 1_000_000))
    sent = [n for n in world.read({"d0/smoke": 1.0}).notifications if n.person == "wang"]
    assert [(n.channel, n.rung) for n in sent] == [("robot", True), ("voice", True)] and len({n.key for n in sent}) == 2
    text, call = sent
    assert not world.fate(text, Fate.GAVE_UP).notifications, "its call is under way: no second one"
    assert not any(a.kind == "cannot-call" for a in world.engine.alarms.values())
    world.fate(call, Fate.GAVE_UP)
    assert any(a.kind == "cannot-call" for a in world.engine.alarms.values()), "neither has got through"


def test_r10_a_call_that_fails_beside_a_text_that_came_is_no_failure_to_reach() -> None:
    world = World(campus(1, 1, ("robot", "voice")), now=Now(T0, 1_000_000))
    text, call = (n for n in world.read({"d0/smoke": 1.0}).notifications if n.person == "wang")
    world.fate(text, Fate.DELIVERED)
    world.fate(call, Fate.GAVE_UP)
    assert not any(a.kind == "cannot-call" for a in world.engine.alarms.values())
    again = [n for n in world.wait(60_000).notifications if n.person == "wang"]
    assert [n.channel for n in again] == ["robot", "voice"]
    for n in again:
        world.fate(n, Fate.GAVE_UP)
    assert any(a.kind == "cannot-call" for a in world.engine.alarms.values()), "what came before says nothing of now"


def test_limits_are_those_of_the_requirements() -> None:
    assert (LIMITS["modem"].person, LIMITS["aliyun-voice"].person, LIMITS["dingtalk"].channel) == (11, 5, 18)
