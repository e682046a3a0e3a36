"""The people's table of §3, row by row: who is told when, by the shipped policies, and which rules run under which of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_world import POINTS, World, plant
from people_world import POLICIES
from ruamel.yaml import YAML

from alerts.kinds import KINDS
from alerts.model import Rule
from alerts.plant import OutputPoint, Point
from gateway.config import library

RULES = Path(__file__).parents[2] / "config" / "rules"
MIN = 60
Row = tuple[str, dict[str, dict[int, set[str]]], int]
ALL = {"everyone"}
# event of the table -> (policy, {when: {seconds: who}}, loop seconds). "listed": told in the lists of 07:30 and 14:00.
SCHOOL = {"unacked": {0: {"duty"}, 60: {"duty", "second", "leader"}, 180: {"head"}}}
TABLE: dict[str, Row] = {
    "Fire, one automatic detector": (
        "fire",
        {
            "unacked": {0: {"duty", "keeper"}, 60: {"second", "leader"}, 90: {"duty", "keeper"}, 120: {"head", "bureau"},
                        180: {"duty", "keeper", "second", "leader", "head"}},
            "unverified": {180: {"leader"}, 300: {"head", "bureau"}, 360: {"duty", "keeper", "leader", "head"}},
        },
        60,
    ),
    "Fire confirmed or real": (
        "fire-confirmed",
        {"always": {0: ALL | {"bureau"}}, "unacked": {60: ALL}, "unverified": {180: {"leader"}, 300: {"leader", "head"}}},
        60,
    ),
    "called real after detectors confirmed it": ("fire-real", {"always": {0: ALL | {"bureau"}}}, 0),
    "Gas level 1": (
        "gas-1", {"unacked": {0: {"keeper"}}, "not-falling": {180: {"duty"}, 300: {"officer"}}}, 0,
    ),
    "too little or too much oxygen": ("oxygen", {"unacked": {0: {"keeper"}, 180: {"duty"}, 300: {"officer"}}}, 0),
    "Gas level 2": ("gas-2", {"unacked": {0: ALL | {"bureau"}, 60: ALL}, "unverified": {180: {"head"}}}, 60),
    "Electrical alarm": (
        "electrical",
        {"unacked": {0: {"electrician", "duty", "keeper"}, 300: {"officer"}, 600: {"leader"}}, "unverified": {1800: {"officer"}}},
        0,
    ),
    "Electrical warning": ("electrical-warning", {"unacked": {0: {"electrician"}}, "listed": {0: {"electrician"}}}, 0),
    "One lock open, door closed": ("lock", {"unacked": {0: {"holder"}}}, 0),  # after the rule's 120 s, while the store chirps
    "Door open with one lock, forced": (
        "store",
        {"unacked": {0: {"holder", "officer", "leader", "head", "bureau"}, 60: {"leader"}, 120: {"head"}, 300: {"bureau"}},
         "unverified": {600: {"head"}}},
        0,
    ),
    "proof missing for 5 min": (
        "store-deviation",
        {"unacked": {0: {"holder", "officer", "leader"}, 60: {"leader"}, 120: {"head"}, 300: {"bureau"}},
         "unverified": {600: {"head"}}},
        0,
    ),
    "each holder is asked for the proof": ("store-proof", {"unacked": {0: {"holder"}}}, 0),
    "the store is open longer than declared": ("store-ask", {"unacked": {0: {"holder", "officer"}}}, 0),
    "the store needs care": ("store-care", {"unacked": {0: {"holder", "officer"}, 600: {"duty", "keeper"}}}, 0),
    "fewer than two holders count": ("store-list", {"listed": {0: {"officer"}}}, 0),
    "Panic button": (
        "panic",
        {"unacked": {0: {"duty", "keeper", "leader", "head", "bureau"}, 60: {"duty", "keeper", "leader", "head"},
                     120: {"duty", "keeper", "leader", "head"}}, "unverified": {180: {"head"}}},
        0,
    ),
    "Detection lost where people sleep": (
        "comm-sleep",
        {"asleep": {0: {"duty", "keeper"}, 600: {"leader"}, 1800: {"bureau"}}, "listed": {0: {"officer"}}},
        0,
    ),
    "The box cannot record": ("cannot-record", {"unacked": {0: {"duty", "leader"}, 60: {"duty", "leader"}, 120: {"officer"}}}, 0),
    "The box cannot call": ("cannot-call", {"unacked": {0: {"duty", "leader"}, 60: {"duty", "leader"}, 120: {"officer"}}}, 0),
    "Tamper": ("tamper", {"unacked": {0: {"duty", "keeper"}}, "listed": {0: {"officer"}}}, 0),
    "Intrusion": (
        "intrusion",
        {"unacked": {0: {"duty", "keeper", "leader"}, 60: {"duty", "keeper", "leader"}, 120: {"head", "bureau"}},
         "unverified": {180: {"head"}}},
        0,
    ),
    "Mains lost at the box": ("mains", {"unacked": {30: {"duty", "leader"}}}, 0),  # 30 s: the message counts what went dark
    "An output did not follow": ("output", {"unacked": {0: {"duty", "keeper"}, 60: {"leader"}}}, 0),
    "Other fault": ("fault", {"listed": {0: {"officer"}}}, 0),
    "no data": ("comm", {"listed": {0: {"officer"}}}, 0),
    "a line down": ("line", {"listed": {0: {"officer"}}}, 0),
    "climate, cold store": ("warning", {"listed": {0: {"officer"}}}, 0),
    "climate of a chemicals store": ("climate", {"daily": {0: {"holder", "officer"}}}, 0),
    "pressure": ("water", {"listed": {0: {"officer"}}}, 0),
    "supervisory": ("supervisory", {"listed": {0: {"officer"}}}, 0),
    "Sample cabinet without power or > 8 °C for 30 min": ("cold", {"unacked": {0: {"keeper"}, 1800: {"duty"}}}, 0),
    # at the bureau, by its own roster
    "a school's fire nobody answers": ("school-fire", SCHOOL, 180),
    "a school's gas alarm nobody answers": ("school-gas", SCHOOL, 180),
    "another alarm of a school that the bureau must see to": ("school-alarm", SCHOOL, 180),
    "a school's box is heard and its reports are not": ("reports", {"unacked": {1800: {"duty"}, 2400: {"leader"}}}, 0),
    "a school's box is silent": ("silent", {"unacked": {1800: {"duty"}, 2400: {"leader"}}}, 0),
}  # fmt: skip
RUN_UNDER = {"fire": {"fire"}, "heat": {"fire"}, "manual": {"fire"}, "flow": {"fire"}} | {  # kind of alarm -> its policies
    "store": {"store", "store-deviation"},
    "store-care": {"store-care", "store-list"},
    "warning": {"warning", "climate"},
    "fault": {"fault", "reports"},
    "toxic-1": {"gas-1"},
    "toxic-2": {"gas-2"},
}


# Steps that the table wants as one text, or that nobody need be woken for; every other one is rung: a text and a call.
TEXT_ONLY = {
    "gas-1/first", "oxygen/first", "lock/holders", "mains/first", "comm-sleep/patrol", "electrical-warning/first", "tamper/first",
    "climate/daily", "cold/first", "cold/duty", "store-proof/holders", "store-ask/first", "store-care/first", "store-care/duty",
    "output/first", "output/leader",
}  # fmt: skip


def test_r10_who_must_act_now_is_rung_and_nobody_else() -> None:
    told = {f"{p.id}/{s.id}": s.rung for p in POLICIES.values() for s in p.steps if not s.listed}
    assert {name for name, rung in told.items() if not rung} == TEXT_ONLY
    for event in ("panic", "store", "store-deviation", "intrusion", "electrical", "fire", "fire-confirmed", "gas-2"):
        assert all(s.rung for s in POLICIES[event].steps), event
    assert {s.id for s in POLICIES["comm-sleep"].steps if s.rung and not s.listed} == {"first", "leader", "bureau"}


@pytest.mark.parametrize("event", TABLE)
def test_r10_the_row_of_the_table(event: str) -> None:
    policy, rows, loop = TABLE[event]
    found: dict[str, dict[int, set[str]]] = {}
    for step in POLICIES[policy].steps:
        row = found.setdefault("listed" if step.listed else step.during or step.when, {})
        row.setdefault(step.after // 1000, set()).update(step.to)
    assert (found, POLICIES[policy].loop // 1000) == (rows, loop)


def test_every_policy_is_a_row_and_whoever_names_duty_names_the_nearest_keeper() -> None:
    assert sorted(policy for policy, _, _ in TABLE.values()) == sorted(POLICIES)
    # the box itself stands in no keeper's zone, nor does a school at the bureau
    alone = {"cannot-record", "cannot-call", "mains", "school-fire", "school-gas", "school-alarm", "silent", "reports"}
    later = {"cold", "gas-1", "oxygen"}  # its keeper was told first
    for id, policy in POLICIES.items():
        for step in policy.steps:
            assert "duty" not in step.to or "keeper" in step.to or id in alone | later, (id, step.id)


def test_hourly_patrol_prompts_and_a_wait_while_gas_falls() -> None:
    (patrol,) = [s for s in POLICIES["comm-sleep"].steps if s.every]
    assert patrol.every == 3600_000 and {s.during for s in POLICIES["gas-1"].steps if s.after} == {"not-falling"}


def shipped() -> list[dict[str, Any]]:
    return [r for path in sorted(RULES.glob("*.yaml")) for r in YAML(typ="safe").load(path.read_text("utf-8"))["rules"]]


@pytest.mark.parametrize("rule", shipped(), ids=lambda r: r["id"])
def test_every_shipped_rule_runs_under_the_policy_of_its_kind(rule: dict[str, Any]) -> None:
    kind = rule["alarm"]
    assert kind in KINDS and rule["policy"] in RUN_UNDER.get(kind, {kind})
    assert KINDS[kind].latching or not POLICIES[rule["policy"]].result_asked


def test_a_sample_cabinet_without_power_is_not_a_power_cut_of_the_school() -> None:
    rules = {r["id"]: r for r in shipped()}
    power, mains = rules["sample-cabinet-power"], rules["mains"]
    assert (power["alarm"], power["quantities"], power["zones"], power["on_delay"]) == (
        "cold",
        ["mains"],
        ["sample-cabinet"],
        "30m",
    )
    assert "sample-cabinet" not in mains.get("zones", []) and mains.get("group") == power.get("group") == "mains"


def air(quantity: str, *ids: str) -> World:
    """A kitchen with one sensor of this quantity beside what hangs there, judged by these shipped rules under the shipped policies."""
    shelf = library.load(library.data_dir())
    given = [shelf.rules[id] for id in ids]
    rules = tuple(
        Rule(r.id, r.kind, r.alarm, ("air/x",), r.params, r.on_delay, r.off_delay, r.policy, r.zh, r.en) for r in given
    )
    school = plant(rules, (*POINTS, Point("air/x", "air", quantity, "kitchen", "传感器", 30_000, "line-b")))
    return World(replace(school, policies=shelf.policies))


def test_r20_oxygen_that_sinks_calls_duty_after_three_minutes_however_fast_it_sinks() -> None:
    """Gas that falls goes away; oxygen that falls is what kills."""
    world = air("oxygen", "oxygen-low", "oxygen-high")
    for n in range(200):
        world.read({"air/x": 20.9 - 0.04 * n})
        world.wait(1_000)
    assert world.alarm("oxygen-low").raised.mono < world.now.mono - 150_000
    world.wait(20_000)
    told = {(n.person, n.message) for n in world.sent}
    assert ("wang", "oxygen") in told and not any(n.message.startswith("gas.") for n in world.sent)
    first = next(n.text for n in world.sent)
    assert first.startswith("氧气异常！食堂后厨19.5%VOL，氧气不足，") and "。正在排风。撤人，开门窗，勿动火。" in first


@pytest.mark.parametrize(
    ("level", "value", "message", "words", "bureau"),
    [
        (1, 100.0, "toxic.l1", "有毒气偏高（低限）！食堂后厨100ppm，", ""),
        (2, 200.0, "toxic.l2", "有毒气泄漏（高限）！食堂后厨200ppm，", "三中毒气泄漏！食堂后厨200ppm，"),
    ],
)
def test_r20_a_gas_that_poisons_is_not_told_as_one_that_burns(
    level: int, value: float, message: str, words: str, bureau: str
) -> None:
    world = air("toxic-gas", f"toxic-gas-{level}")
    (rule,) = world.school.rules
    world = World(replace(world.school, rules=(replace(rule, params={"high": value, "return_at": value - 1}),)))
    world.read({"air/x": value})
    world.wait(3_000)
    assert {n.message for n in world.sent} == {message} | ({"toxic.bureau"} if bureau else set())
    assert all(n.text.startswith(bureau if n.person == "gu" else words) for n in world.sent)
    assert (KINDS[f"toxic-{level}"].demands, KINDS[f"toxic-{level}"].severity) == (
        KINDS[f"gas-{level}"].demands,
        KINDS[f"gas-{level}"].severity,
    )


@pytest.mark.parametrize(
    ("rule", "value", "acts", "after", "first", "later"),
    [
        ("combustible-gas-2", 45.0, True, 60, "正在关阀", "已关阀"),
        ("combustible-gas-2", 45.0, False, 60, "正在关阀", "阀门未关严"),
        ("combustible-gas-1", 22.0, True, 180, "正在排风", "排风机已启动"),
        ("combustible-gas-1", 22.0, False, 180, "正在排风", "排风未启动"),
    ],
)
def test_r21_who_is_called_later_is_told_what_has_come_of_it(
    rule: str, value: float, acts: bool, after: int, first: str, later: str
) -> None:
    """A valve that has not closed is not told a minute later as one that is being closed."""
    world = air("combustible-gas", rule)
    points = {"valve-k/shut": Point("valve-k/shut", "valve-k", "valve", "kitchen", "燃气阀", 30_000, "line-b")}
    valve = {"board/valve": OutputPoint("board/valve", "valve", zone="kitchen", feedback="valve-k/shut")}
    world = World(replace(world.school, points=world.school.points | points, outputs=world.school.outputs | valve))
    for second in range(after + 5):
        world.read({"air/x": value} | dict.fromkeys(("fan-k/run", "valve-k/shut"), float(acts and second > 1)))
        world.wait(1_000)
    told = [n.text for n in world.sent if n.message.startswith("gas.l")]
    assert f"。{first}。" in told[0] and f"。{later}。" in told[-1]


@pytest.mark.parametrize(
    ("rule", "quantity", "value", "language", "words"),
    [
        ("pressure-high", "pressure", 0.8, "zh", "待办1条：食堂后厨传感器水压过高。看屏幕或回0"),
        ("pressure-low", "pressure", 0.1, "zh", "待办1条：食堂后厨传感器水压偏低。看屏幕或回0"),
        ("valve-closed", "valve", 1.0, "zh", "待办1条：食堂后厨传感器消防阀门关闭。看屏幕或回0"),
        ("contamination", "contamination", 1.0, "zh", "待办1条：食堂后厨传感器需清洗。看屏幕或回0"),
        ("valve-closed", "valve", 1.0, "en", "1 to see to: 食堂后厨 传感器 Fire-water valve closed. See the screen or reply 0"),
    ],
)
def test_the_day_list_says_what_was_found_and_not_only_of_what_kind(
    rule: str, quantity: str, value: float, language: str, words: str
) -> None:
    world = air(quantity, rule)
    points = {id: replace(p, stale=10**9) for id, p in world.school.points.items()}
    people = {id: replace(p, language=language) for id, p in world.school.people.items()}
    world = World(replace(world.school, points=points, people=people))
    world.read({"air/x": value})
    for _ in range(2):
        world.wait(10 * 3_600_000)
    assert [n.text for n in world.sent if n.message == "list"] == [words]
