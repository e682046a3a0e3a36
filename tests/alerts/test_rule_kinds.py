"""Rule kinds with memory, over several points, over other rules, over the clock: tables and properties over time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from engine_world import POINTS, START, World, plant
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlarmState, Condition, Rule, Scalar, Truth
from alerts.plant import Calendar, Point, Span
from alerts.registry import RULES
from alerts.rules.combination import all_of, any_of, opposite, parse, rests_on
from alerts.rules.rate import BINS
from alerts.rules.scene import HOURS, Memory, Scene, Usual
from drivers.reading import Now, Quality, Reading

G, U, Z, F = Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.FAULT
BREACHED, CLEAR, UNKNOWN = Truth.BREACHED, Truth.CLEAR, Truth.UNKNOWN
SCHOOL = plant()
MINUTE = 60_000
Sample = tuple[int, float | None, Quality]  # ms after START, value, quality


def walk(kind: str, params: dict[str, Scalar], samples: Iterable[Sample], *, active: bool = False) -> list[Condition]:
    """The Conditions of one point, its memory handed on."""
    rule = Rule("r", kind, "fault", ("rc-1/current",), params, 0, 0, "quiet")
    memory: Memory = None
    out = []
    for ms, value, quality in samples:
        now = Now(START.wall + ms, START.mono + ms)
        view = {"rc-1/current": Reading("rc-1/current", value, quality, now, "" if value is not None else "silent")}
        condition, memory = RULES[kind].evaluate(rule, "rc-1/current", Scene(SCHOOL, view, now, lambda *_: active), memory)
        out.append(condition)
    return out


def truths(found: list[Condition]) -> list[Truth]:
    return [c.truth for c in found]


RISE: dict[str, Scalar] = {"rise": 10.0, "return_at": 5.0, "window": 3 * MINUTE, "samples": 8.0, "gap": MINUTE}


def ramp(per_minute: float, minutes: float, *, every: int = 5_000, start: float = 30.0, at: int = 0) -> list[Sample]:
    return [(at + t, start + per_minute * t / MINUTE, G) for t in range(0, int(minutes * MINUTE), every)]


# rate


@pytest.mark.parametrize(("per_minute", "truth"), [(9.9, CLEAR), (10.1, BREACHED), (0.0, CLEAR), (-30.0, CLEAR)])
def test_r16_rise_of_a_cable(per_minute: float, truth: Truth) -> None:
    found = walk("rate", RISE, ramp(per_minute, 4))
    assert truths(found)[:8] == [UNKNOWN] * 8 and found[-1].truth is truth


def test_rate_says_on_what_it_rests() -> None:
    evidence = walk("rate", RISE, ramp(12, 4))[-1].evidence
    assert evidence["rise"] == pytest.approx(12, abs=0.01) and evidence["rise_limit"] == 10
    assert int(evidence["samples"]) >= 30 and int(evidence["over"]) >= 160


@pytest.mark.parametrize("wrong", [150.0, -40.0, 90.0])
@pytest.mark.parametrize("where", [0, 10, 30, 46])
def test_one_odd_value_is_no_rise(wrong: float, where: int) -> None:
    samples = ramp(0, 4)
    samples[where] = (samples[where][0], wrong, G)
    assert BREACHED not in truths(walk("rate", {**RISE, "rise": 25.0, "samples": 30.0}, samples))


def test_a_gap_forgets_what_was_before() -> None:
    """Cool before the power cut, warm after it: nobody measured that slope."""
    found = walk("rate", RISE, ramp(0, 1.5) + ramp(0, 2, start=80, at=165_000))
    assert BREACHED not in truths(found)
    assert found[18].truth is UNKNOWN and found[-1].truth is CLEAR


def test_lost_values_do_not_make_a_rise() -> None:
    samples = [(t, v if n % 3 else None, q if n % 3 else F) for n, (t, v, q) in enumerate(ramp(12, 4))]
    found = walk("rate", RISE, samples)
    assert all(c.truth is UNKNOWN for c, (_, v, _) in zip(found, samples, strict=True) if v is None)
    assert next(c for c in reversed(found) if c.truth is not UNKNOWN).truth is BREACHED


def test_an_active_rise_ends_at_its_return_limit() -> None:
    assert walk("rate", RISE, ramp(7, 4), active=True)[-1].truth is BREACHED
    assert walk("rate", RISE, ramp(4, 4), active=True)[-1].truth is CLEAR


@given(st.lists(st.floats(-1, 1), min_size=60, max_size=60), st.floats(-8, 25))
def test_noise_does_not_decide(noise: list[float], per_minute: float) -> None:
    """Noise of ±1 °C over 5 minutes moves the slope by less than 1.7 °C a minute."""
    samples = [(t, v + n, q) for (t, v, q), n in zip(ramp(per_minute, 5), noise, strict=True)]
    last = walk("rate", {**RISE, "window": 5 * MINUTE, "samples": 30.0}, samples)[-1]
    if abs(per_minute - 10) > 1.7:
        assert last.truth is (BREACHED if per_minute > 10 else CLEAR)


def test_the_memory_of_a_rate_is_bounded() -> None:
    rule, memory, view = Rule("r", "rate", "fault", ("d/p",), RISE, 0, 0, "quiet"), None, {}
    for t, v, q in ramp(1, 30, every=100):
        now = Now(START.wall + t, START.mono + t)
        view["d/p"] = Reading("d/p", v, q, now)
        _, memory = RULES["rate"].evaluate(rule, "d/p", Scene(SCHOOL, view, now, lambda *_: False), memory)
    assert isinstance(memory, tuple) and len(memory) <= BINS + 1


# stuck

STILL: dict[str, Scalar] = {"after": 60 * MINUTE, "span": 0.0}


def test_stuck_needs_its_whole_time_and_a_movement_to_clear() -> None:
    still = [(m * MINUTE, 21.5, G) for m in range(0, 70)]
    found = walk("stuck", STILL, [*still, (70 * MINUTE, 21.6, G)])
    assert found[59].truth is UNKNOWN and found[60].truth is BREACHED and found[-1].truth is CLEAR
    assert found[60].evidence == {"value": 21.5, "still": 3600}


def test_silence_is_no_stillness() -> None:
    samples = [(0, 21.5, G), (59 * MINUTE, 21.5, G), (61 * MINUTE, 21.5, G), (62 * MINUTE, None, F)]
    assert truths(walk("stuck", STILL, samples)) == [UNKNOWN] * 4


def test_a_restart_does_not_clear_a_stuck_value() -> None:
    """The memory is gone: the same value again says nothing, and UNKNOWN clears no alarm."""
    assert truths(walk("stuck", STILL, [(0, 21.5, G), (MINUTE, 21.5, G)], active=True)) == [UNKNOWN, UNKNOWN]


# chattering

CHATTER: dict[str, Scalar] = {"times": 3.0, "within": MINUTE}


def test_three_comings_in_a_minute_chatter() -> None:
    flaps = [(s * 1000, float(n % 2), G) for n, s in enumerate((0, 5, 10, 15, 20, 25))]
    found = walk("chatter", CHATTER, flaps)
    assert truths(found) == [UNKNOWN] * 5 + [BREACHED]
    assert found[-1].evidence == {"times": 3, "within": 60}


def test_slow_changes_do_not_chatter() -> None:
    assert BREACHED not in truths(walk("chatter", CHATTER, [(s * 31_000, float(s % 2), G) for s in range(40)]))


def test_chattering_ends_only_when_it_was_watched() -> None:
    assert truths(walk("chatter", CHATTER, [(s * 10_000, 0.0, G) for s in range(7)])) == [UNKNOWN] * 6 + [CLEAR]


def test_d15_an_hour_of_flapping_is_one_alarm_and_one_note() -> None:
    notes = Rule("chattering", "chatter", "fault", ("smoke-a/smoke",), CHATTER, 0, 10 * MINUTE, "quiet")
    smoke = Rule("smoke", "state", "fire", ("smoke-a/smoke",), {"equals": 1.0}, 0, 0, "fire")
    world = World(school=plant(rules=(smoke, notes)))
    for second in range(3_600):
        world.wait(1_000)
        world.read({"smoke-a/smoke": float(second % 2)})
    raised = [e for e in world.events if e.kind == "raised"]
    assert [e.args["rule"] for e in raised] == ["smoke", "chattering"]
    assert world.state("chattering") is AlarmState.UNACKED
    told = [n for n in world.sent if n.person == "wang" and n.step == "first"]
    assert len(told) == 1


# k of n

ROOM = tuple(Point(f"t-{n}/t", f"t-{n}", "temperature", "room-a", f"温度{n}", 30_000) for n in range(3))
HOT = Rule(
    "hot",
    "k_of_n",
    "heat",
    ("t-0/t",),
    {"k": 2.0, "high": 60.0, "return_at": 55.0},
    0,
    0,
    "fire",
    parts=tuple(p.id for p in ROOM),
)


@pytest.mark.parametrize(
    ("seen", "active", "truth"),
    [
        ("hot hot hot", False, BREACHED),
        ("hot hot cool", False, BREACHED),
        ("hot hot dead", False, BREACHED),
        ("hot cool cool", False, CLEAR),
        ("hot cool dead", False, UNKNOWN),
        ("cool cool dead", False, CLEAR),
        ("cool dead dead", False, UNKNOWN),
        ("cool cool? cool?", False, UNKNOWN),
        ("hot? hot? cool", False, BREACHED),
        ("warm warm cool", False, CLEAR),
        ("warm warm cool", True, BREACHED),
        ("never never hot", False, UNKNOWN),
    ],
)
def test_two_of_three(seen: str, active: bool, truth: Truth) -> None:
    values = {"hot": (61.0, G), "cool": (20.0, G), "warm": (57.0, G), "dead": (None, F), "hot?": (61.0, U), "cool?": (20.0, U)}
    view = {
        p.id: Reading(p.id, *values[w], START, "" if values[w][0] else "silent")
        for p, w in zip(ROOM, seen.split(), strict=True)
        if w != "never"
    }
    condition, _ = RULES["k_of_n"].evaluate(HOT, "t-0/t", Scene(SCHOOL, view, START, lambda *_: active), None)
    assert condition.truth is truth
    if truth is BREACHED:
        assert int(condition.evidence["count"]) >= 2 and condition.evidence["of"] == 3


# deviation from the usual

NEAR: dict[str, Scalar] = {"set": 300.0, "share": 0.8, "return_share": 0.72, "above": 50.0}


@pytest.mark.parametrize(
    ("value", "usual", "active", "truth"),
    [
        (239.0, None, False, CLEAR),
        (240.0, None, False, UNKNOWN),  # no history yet: nobody can say, and nobody is called
        (299.0, None, True, UNKNOWN),  # known no longer: an open warning stays
        (240.0, 200.0, False, CLEAR),  # an old circuit that always leaks 200 mA
        (251.0, 200.0, False, BREACHED),
        (250.0, 200.0, False, CLEAR),
        (239.0, 100.0, False, CLEAR),
        (230.0, 100.0, True, BREACHED),  # return below 90 % of the pre-warning
        (215.0, 100.0, True, CLEAR),
        (245.0, 200.0, True, BREACHED),
        (240.0, 200.0, True, CLEAR),
    ],
)
def test_r15_prewarning(value: float, usual: float | None, active: bool, truth: Truth) -> None:
    table = {"rc-1/current": tuple(Usual(usual, 9, 4.0, 300) if usual is not None else None for _ in range(HOURS))}
    rule = Rule("w", "deviation", "electrical-warning", ("rc-1/current",), NEAR, 0, 0, "quiet")
    view = {"rc-1/current": Reading("rc-1/current", value, G, START)}
    condition, _ = RULES["deviation"].evaluate(
        rule, "rc-1/current", Scene(SCHOOL, view, START, lambda *_: active, usual=table), None
    )
    assert condition.truth is truth
    if truth is BREACHED and usual is not None:
        assert (condition.evidence["usual"], condition.evidence["usual_days"]) == (usual, 9)
        assert (condition.evidence["usual_sigma"], condition.evidence["usual_hours"]) == (4.0, 300)
        assert condition.evidence["sigmas"] == round((value - usual) / 4.0, 1)
        assert isinstance(condition.evidence["hour"], int)


def test_the_hour_is_the_schools() -> None:
    """START is 10:00 in UTC+8; only that hour is known, and a day without school has its own."""
    hour = (START.wall // 3_600_000 + 8) % 24
    view = {"rc-1/current": Reading("rc-1/current", 260.0, G, START)}
    rule = Rule("w", "deviation", "electrical-warning", ("rc-1/current",), NEAR, 0, 0, "quiet")
    for off, clock_ok, truth in ((False, True, CLEAR), (False, False, UNKNOWN), (True, True, UNKNOWN)):
        day = datetime.fromtimestamp(START.wall / 1000, ZoneInfo(SCHOOL.timezone)).date().isoformat()
        plant = replace(SCHOOL, calendar=Calendar(holidays=(Span("假", day, day),))) if off else SCHOOL
        table = {"rc-1/current": tuple(Usual(230.0, 15) if h == hour else None for h in range(HOURS))}
        scene = Scene(plant, view, START, lambda *_: False, clock_ok, usual=table)
        assert RULES["deviation"].evaluate(rule, "rc-1/current", scene, None)[0].truth is truth


# combination


@pytest.mark.parametrize("a", list(Truth))
@pytest.mark.parametrize("b", list(Truth))
def test_kleene(a: Truth, b: Truth) -> None:
    rank = {CLEAR: 0, UNKNOWN: 1, BREACHED: 2}
    assert rank[all_of((a, b))] == min(rank[a], rank[b])
    assert rank[any_of((a, b))] == max(rank[a], rank[b])
    assert rank[opposite(a)] == 2 - rank[a]


@pytest.mark.parametrize(
    ("expr", "node"),
    [
        ("a", ("a", ())),
        ("a and b or c", ("or", (("and", (("a", ()), ("b", ()))), ("c", ())))),
        ("a and (b or not c-1)", ("and", (("a", ()), ("or", (("b", ()), ("not", (("c-1", ()),))))))),
        ("not not a", ("not", (("not", (("a", ()),)),))),
    ],
)
def test_expressions(expr: str, node: object) -> None:
    assert parse(expr) == node


@pytest.mark.parametrize("expr", ["", "a and", "a b", "(a", "a)", "and a", "a + b", "not"])
def test_a_wrong_expression_is_told(expr: str) -> None:
    with pytest.raises(ValueError, match="·"):
        parse(expr)


def combined(expr: str, points: tuple[Point, ...] = POINTS) -> World:
    gas = Rule("gas", "threshold", "gas-1", ("gas-k/gas",), {"high": 20.0}, 0, 0, "quiet")
    ids = tuple(p.id for p in points if p.id in ("smoke-a/smoke", "smoke-k/smoke"))
    smoke = Rule("smoke", "state", "fire", ids, {"equals": 1.0}, 0, 0, "quiet")
    both = Rule("both", "combination", "warning", ("gas-k/gas",), {"expr": expr}, 0, 0, "quiet")
    return World(school=plant(rules=(both, gas, smoke), points=points))


def test_a_combination_takes_the_points_of_its_zone() -> None:
    world = combined("gas and smoke")
    world.read({"gas-k/gas": 25.0, "smoke-a/smoke": 1.0, "smoke-k/smoke": 0.0})
    assert world.state("both") is AlarmState.NORMAL  # the smoke is in another room
    world.read({"smoke-k/smoke": 1.0})
    assert world.state("both") is AlarmState.UNACKED
    assert world.alarm("both").evidence["because"] == "gas smoke"


def test_a_combination_carries_unknown() -> None:
    world = combined("gas and not smoke")
    world.read({"gas-k/gas": 25.0})
    assert world.state("both") is AlarmState.NORMAL  # smoke-k was never heard
    world.read({"smoke-k/smoke": 0.0})
    assert world.state("both") is AlarmState.UNACKED
    world.dead("smoke-k/smoke")
    world.dead("gas-k/gas")
    world.do("ack")
    assert world.state("both") is AlarmState.ACKED  # unknown clears nothing
    world.read({"gas-k/gas": 5.0})
    assert world.state("both") is AlarmState.NORMAL


def test_a_combination_clears_after_its_off_delay() -> None:
    """Its operands may say the same for minutes: the end of the off-delay needs another judgement all the same."""
    world = combined("gas and not smoke")
    world = World(school=plant(rules=tuple(replace(r, off_delay=600_000) if r.id == "both" else r for r in world.school.rules)))
    world.read({"gas-k/gas": 25.0, "smoke-k/smoke": 0.0})
    world.do("ack")
    for _ in range(70):
        world.wait(10_000)
        world.read({"gas-k/gas": 5.0, "smoke-k/smoke": 0.0})
    assert world.state("both") is AlarmState.NORMAL


def test_what_is_not_installed_does_not_breach() -> None:
    world = combined("gas or smoke", tuple(p for p in POINTS if p.id != "smoke-k/smoke"))
    rule = next(r for r in world.school.rules if r.id == "both")
    assert rests_on(rule, "gas-k/gas", world.school) == {"gas": (("gas", "gas-k/gas"),), "smoke": ()}
    world.read({"gas-k/gas": 25.0})
    world.do("ack")
    world.read({"gas-k/gas": 5.0})
    assert world.state("both") is AlarmState.NORMAL


# timetable: START.wall is some day; hours are set by the table

DAY = 1_782_086_400_000  # Monday 2026-06-22 00:00 UTC = 08:00 in the school


@pytest.mark.parametrize(
    ("hours", "value", "quality", "clock_ok", "truth"),
    [
        (1, 1.0, G, True, CLEAR),  # 09:00 of a Monday
        (12, 1.0, G, True, BREACHED),  # 20:00
        (12, 0.0, G, True, CLEAR),
        (12, 0.0, U, True, UNKNOWN),
        (12, None, F, True, UNKNOWN),
        (12, 1.0, G, False, UNKNOWN),  # nobody knows what time it is
        (5 * 24 + 2, 1.0, G, True, BREACHED),  # Saturday 10:00
        (1, 1.0, U, True, UNKNOWN),
    ],
)
def test_a_door_out_of_hours(hours: int, value: float | None, quality: Quality, clock_ok: bool, truth: Truth) -> None:
    rule = Rule("d", "timetable", "intrusion", ("store-1/door",), {"equals": 1.0, "during": "closed"}, 0, 0, "quiet")
    now = Now(DAY + hours * 60 * MINUTE, 0)
    view = {"store-1/door": Reading("store-1/door", value, quality, now, "" if value is not None else "x")}
    scene = Scene(SCHOOL, view, now, lambda *_: False, clock_ok)
    assert RULES["timetable"].evaluate(rule, "store-1/door", scene, None)[0].truth is truth


# every kind over time

PARAMS: dict[str, dict[str, Scalar]] = {
    "rate": RISE, "stuck": {"after": 2 * MINUTE, "span": 0.0}, "chatter": CHATTER, "deviation": NEAR,
    "threshold": {"high": 20.0, "return_at": 18.0}, "state": {"equals": 1.0}, "no_data": {},
}  # fmt: skip


@given(
    st.sampled_from(sorted(PARAMS)),
    st.lists(
        st.tuples(st.integers(0, 120_000), st.sampled_from([0.0, 1.0, 19.0, 25.0, 260.0]), st.sampled_from(list(Quality)))
    ),
    st.booleans(),
)
def test_only_good_readings_clear(kind: str, steps: list[tuple[int, float, Quality]], active: bool) -> None:
    """Whatever came before, a reading that is not GOOD never clears, and a memory survives anything."""
    at, samples = 0, []
    for wait, value, quality in steps:
        at += wait
        samples.append((at, None if quality >= Z else value, quality))
    for condition, (_, _, quality) in zip(walk(kind, PARAMS[kind], samples, active=active), samples, strict=True):
        assert condition.truth is not CLEAR or quality is G
        assert all(not (isinstance(v, float) and math.isnan(v)) for v in condition.evidence.values())


def test_memories_belong_to_their_point() -> None:
    """Two cables: the calm one does not inherit the slope of the other."""
    rc = next(p for p in POINTS if p.id == "rc-1/current")
    points = (*POINTS, replace(rc, id="rc-2/current", device="rc-2"))
    rule = Rule("rise", "rate", "electrical-warning", ("rc-1/current", "rc-2/current"), RISE, 0, 0, "quiet")
    world = World(school=plant(rules=(rule,), points=points))
    for step in range(48):
        world.wait(5_000)
        world.read({"rc-1/current": 30 + step * 1.5, "rc-2/current": 30.0})
    assert [a.point for a in world.engine.alarms.values()] == ["rc-1/current"]
