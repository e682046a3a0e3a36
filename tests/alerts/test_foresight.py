"""Who would be called: what the preview says is what the engine then does, for every policy, at any time, by any rota."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from people_world import MIN, NOON, POLICIES, T0, plant

from alerts import posts
from alerts.calendar import SLEEP
from alerts.duty import POSTS, turns
from alerts.foresight import Call, Foreseen, brought_about, foreseen, supposed
from alerts.model import Policy, Rule, Step
from alerts.plant import Plant, Shift
from alerts.standing import Standing
from drivers.reading import Now

HOUR = 60 * MIN
WINDOW = 35 * MIN  # how long the engine is watched
LATE = 10_000  # a step that waits for its condition is looked at again this often
KIND = {
    "store-deviation": "store",
    "store-list": "store-care",
    "climate": "warning",
    "reports": "fault",
}  # where the policy is not named like it
CASES = [(KIND.get(p, p), p) for p in POLICIES if p not in ("fire-confirmed", "fire-real")] + [
    (kind, "fire") for kind in ("heat", "manual", "flow")
]
PLACES = ("smoke-1/smoke", "gas-1/gas", "io-1/door", "arc-1/arc")
SMOKE = Rule("other", "state", "fire", ("smoke-2/smoke",), {"equals": 1.0}, 0, 0, "fire")
Said = tuple[int, str, str, str, str, str]  # after, step, person, channel, message, text


def school(kind: str, policy: str, point: str, shifts: tuple[Shift, ...] | None = None) -> Plant:
    base = plant()
    rule = Rule("r", "state", kind, (point,), {"equals": 1.0}, 0, 0, policy)
    return replace(
        base,
        points={id: replace(p, stale=10**12) for id, p in base.points.items()},
        rules=(rule, SMOKE),
        shifts=base.shifts if shifts is None else shifts,
    )


def preview(world: World) -> Foreseen:
    """Of the school's first rule, with all that the engine knows now."""
    engine, site, now = world.engine, world.school, world.now
    standing = Standing(site)
    for mark in engine.marks.values():
        standing.put(mark)
    shifts = [m for m in engine.desk.marks.values() if m.kind == "shift"]
    rule = site.rules[0]
    alarm = brought_about(supposed(rule, rule.points[0], site, now), engine.alarms.values(), standing, site, now)
    there = posts.foreseen(site, shifts, now.wall, world.clock_ok)
    return foreseen(alarm, site, there, engine.budget, now, clock_ok=world.clock_ok)


def said(calls: tuple[Call, ...], most: int) -> list[Said]:
    found = [(c.after, c.step, t.person, t.channel, t.message, t.text) for c in calls for t in c.told if not t.held]
    return sorted(one for one in found if one[0] <= most)


def done(world: World, answered: bool, most: int) -> list[Said]:
    """The alarm is raised, nobody or somebody answers, and time goes by."""
    begin, start, rule = world.now, len(world.sent), world.school.rules[0]
    who = world.engine.desk.posts(world.now, world.clock_ok)["duty"][0]
    world.read({rule.points[0]: 1.0})
    alarm = world.alarm(rule.id)
    if answered:
        start = len(world.sent)
        assert world.do("ack", who, alarm.id).replies[0].ok
    while (due := world.engine.next_due()) is not None and due - begin.mono <= most:
        world.wait(max(1, due - world.now.mono))
    found = [n for n in world.sent[start:] if n.alarm == alarm.id and n.step not in ("list", "storm")]
    number = f"{alarm.number:02d}"
    return sorted(
        (
            n.made.mono - begin.mono if n.made else -1,
            n.step,
            n.person,
            n.channel,
            n.message,
            n.text.replace(f"编号{number}", "编号00"),
        )
        for n in found
    )


def alike(one: list[Said], other: list[Said], waits: bool) -> bool:
    """The same people by the same messages, at the same times; what waits for a condition may be LATE."""
    if not waits:
        return one == other
    return [x[1:5] for x in one] == [y[1:5] for y in other] and all(
        0 <= y[0] - x[0] <= LATE for x, y in zip(one, other, strict=True)
    )


def quiet_until(site: Plant, wall: int) -> int:
    """Ms until the next change of shift: who then takes over, the preview can only suppose."""
    times = [t for p in POSTS for turn in turns(site, p, wall, wall + 9 * 24 * HOUR) for t in (turn.start, turn.end)]
    return min([t - wall - 1 for t in times if t > wall] + [WINDOW])


minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)
rota = st.lists(
    st.builds(Shift, st.sampled_from(POSTS), st.sampled_from(["wang", "li", "zhao", "sun", "feng"]), minutes, minutes),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CASES), st.sampled_from(PLACES), rota, st.integers(0, 60 * 24 * 60), st.booleans(),
    st.sampled_from(["", "", "out-of-service", "maintenance", "trial"]), st.booleans(), st.sampled_from(["", "zhao", "feng"]),
)  # fmt: skip
def test_the_preview_says_what_the_engine_does(
    case: tuple[str, str], point: str, shifts: list[Shift], minute: int, answered: bool, mode: str, burning: bool, taken: str
) -> None:
    kind, policy = case
    site = school(kind, policy, point, tuple(shifts))
    world = World(site, now=Now(T0 + minute * MIN, 1_000_000))
    if taken:
        world.do("take", taken)
    if mode == "out-of-service":
        world.do(mode, "feng", points=point, why="喷漆", until=world.now.wall + 2 * HOUR)
    elif mode == "maintenance":
        world.do(mode, "feng", building="dorm", technician="wang", until=world.now.wall + 2 * HOUR)
    elif mode == "trial":
        world.do(mode, "feng", building="dorm")
    if burning:
        world.read({"smoke-2/smoke": 1.0})  # and nobody is called for it any more
        world.do("result", "feng", world.alarm("other").id, result="real")
    most = quiet_until(site, world.now.wall)
    expected = preview(world)
    calls = expected.answered if answered else expected.unanswered
    last = max((c.after for c in calls), default=0)
    waits = any(c.during for c in calls)
    found = done(world, answered, min(most, last + (LATE if waits else 0)))
    assert alike(said(calls, min(most, last)), found, waits), (kind, policy, point)


def call_of(f: Foreseen, step: str) -> Call:
    return next(c for c in f.unanswered if c.step == step)


def test_a_fire_at_two_in_the_morning() -> None:
    world = World(school("fire", "fire", "smoke-1/smoke"), now=Now(T0, 1_000_000))
    found = preview(world)
    assert [(c.after // 1000, c.step, [t.person for t in c.told]) for c in found.unanswered] == [
        (0, "first", ["li", "wu"]), (60, "again", ["zhao", "sun"]), (90, "ring-again", ["li", "wu"]),
        (120, "head", ["chen"]), (120, "bureau", ["shen"]), (180, "all", ["li", "wu", "zhao", "sun", "chen"]),
    ]  # fmt: skip
    assert "火警！三号宿舍楼二层东走廊" in found.unanswered[0].told[0].text
    assert [c.after // MIN for c in found.answered] == [3, 4, 5, 5, 6]
    assert not world.sent and not world.engine.alarms, "nothing was told, nothing is remembered"


@pytest.mark.parametrize(
    "at, held",
    [(NOON, ""), (T0, "not-now")],
    ids=["by day the electrician is told", "at night the message is not one of the hour"],
)
def test_a_message_that_is_not_one_of_the_hour_says_so(at: int, held: str) -> None:
    found = preview(World(school("electrical-warning", "electrical-warning", "arc-1/arc"), now=Now(at, 1_000_000)))
    assert [t.held for t in found.unanswered[0].told] == [held]


def test_rest_at_night_and_enough_for_one_day_hold_a_fault_back() -> None:
    site = school("fault", "told", "arc-1/arc")
    site = replace(
        site, policies={**POLICIES, "told": Policy("told", (Step("one", "unacked", 0, ("officer", "head"), "comm.other"),))}
    )
    night, day = (preview(World(site, now=Now(at, 1_000_000))) for at in (T0, NOON))
    assert [(t.person, t.held) for t in night.unanswered[0].told] == [("feng", "night"), ("chen", "day")]
    assert [(t.person, t.held) for t in day.unanswered[0].told] == [("feng", ""), ("chen", "day")]


def test_a_hole_in_the_rota_and_a_person_without_a_channel_are_named() -> None:
    site = school("fire", "fire", "smoke-1/smoke", (Shift("duty", "wang", 7 * 60, 19 * 60),))
    site = replace(site, people={**site.people, "wu": replace(site.people["wu"], channels=())})
    first = preview(World(site, now=Now(T0, 1_000_000))).unanswered[0]
    assert first.holes == ("duty",) and {"wang", "li", "zhao"} <= {t.person for t in first.told}
    assert [(t.person, t.held) for t in first.told if t.held] == [("wu", "no-channel")]
    bare = school("gas-1", "gas-1", "arc-1/arc")
    bare = replace(bare, people={id: p for id, p in bare.people.items() if p.role != "keeper"})
    nobody = preview(World(bare, now=Now(T0, 1_000_000))).unanswered[0]
    assert nobody.empty == ("keeper",) and [(t.person, t.to) for t in nobody.told] == [("li", ())], "it goes to the duty post"


def test_a_lost_dormitory_is_called_in_the_coming_night_and_a_store_at_ten() -> None:
    site = school("comm-sleep", "comm-sleep", "smoke-1/smoke")
    world = World(site, now=Now(NOON, 1_000_000))
    calls = preview(world).unanswered
    night = {c.step: c.after for c in calls if c.during == "asleep"}
    start = SLEEP["dormitory"][0].start * MIN - (12 * 60 + 14) * MIN
    assert min(night.values()) == start and len(set(night)) == 4
    climate = preview(World(school("warning", "climate", "io-1/door"), now=Now(NOON, 1_000_000))).unanswered
    assert [c.after for c in climate] == [(21 * 60 + 46) * MIN], "ten o'clock tomorrow"


def test_what_is_switched_off_is_told_to_nobody_and_a_second_detector_to_everybody() -> None:
    world = World(school("fire", "fire", "smoke-1/smoke"), now=Now(T0, 1_000_000))
    world.do("out-of-service", "feng", points="smoke-1/smoke", why="喷漆", until=T0 + HOUR)
    off = preview(world)
    assert (off.alarm.mode, off.unanswered, off.answered) == ("out-of-service", (), ())
    burning = World(school("fire", "fire", "smoke-1/smoke"), now=Now(T0, 1_000_000))
    burning.read({"smoke-2/smoke": 1.0})
    burning.wait(MIN)
    second = preview(burning)
    assert second.alarm.confirmed and second.alarm.policy.id == "fire-confirmed"
    assert {t.message for c in second.unanswered for t in c.told} == {"fire.multi", "fire.bureau"}


def test_a_channel_that_is_full_is_passed_over() -> None:
    site = school("fire", "fire", "smoke-1/smoke", ())
    site = replace(site, channels={"phone": "aliyun-voice", "console": "console"})
    world = World(site, now=Now(T0, 1_000_000))
    calls = preview(world).unanswered
    assert said(calls, WINDOW) == done(world, False, max(c.after for c in calls))


def test_a_preview_counts_nothing_as_sent() -> None:
    site = replace(school("fire", "fire", "smoke-1/smoke", ()), channels={"phone": "aliyun-voice", "console": "console"})
    world = World(site, now=Now(T0, 1_000_000))
    first = preview(world)
    budget = world.engine.budget
    for _ in range(5):
        preview(world)
        foreseen(first.alarm, site, posts.foreseen(site, (), T0, True), budget, world.now)
    assert foreseen(first.alarm, site, posts.foreseen(site, (), T0, True), budget, world.now) == first == preview(world)


def test_a_post_taken_over_counts_until_its_end_and_then_the_rota() -> None:
    world = World(school("fire", "fire", "smoke-1/smoke"), now=Now(NOON, 1_000_000))
    world.do("take", "zhao")
    shifts = [m for m in world.engine.desk.marks.values() if m.kind == "shift"]
    there = posts.foreseen(world.school, shifts, NOON, True)
    at = [there(Now(NOON + hours * HOUR, 0))["duty"] for hours in (0, 6, 7, 19)]
    assert at == [("zhao",), ("zhao",), ("li",), ("wang",)], "the day's shift ends at 19:00"
    unset = posts.foreseen(world.school, shifts, NOON, False)
    assert unset(Now(NOON, 0))["duty"] == ("wang", "li"), "with an unset clock everybody of the rota"
