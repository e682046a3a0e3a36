"""The figures of R34 from events alone."""

from __future__ import annotations

from typing import Any

from engine_world import RULES, World, plant
from hypothesis import given
from hypothesis import strategies as st

from alerts.kpi import DAY, kpi
from drivers.reading import Now

NOW = Now(1_800_000_000_000, 1_000)


def event(kind: str, alarm: str, ago: int, **args: Any) -> dict[str, Any]:
    return {"kind": kind, "alarm": alarm, "wall": NOW.wall - ago, "args": args}


def test_r34_figures_of_a_real_run() -> None:
    world = World(plant(tuple(r for r in RULES if r.kind != "no_data")))
    for n in range(4):
        world.read({"smoke-a/smoke": 1.0})
        world.do("result", result="real" if n == 3 else "false", cause="用火" if n == 3 else "蚊香", on_site=True)
        world.read({"smoke-a/smoke": 0.0})
        world.do("reset", "sun")
        world.wait(20_000)
    world.read({"rc-1/current": 400.0})
    world.wait(DAY + 1)
    bodies = [{"kind": e.kind, "alarm": e.alarm, "wall": e.at.wall, "args": dict(e.args)} for e in world.events]
    k = kpi(bodies, tuple(world.engine.alarms.values()), world.now, operators=2, span=2 * DAY)
    assert (k.raised, k.worst, k.floods, k.chattering) == (5, 5, 0, ("smoke-a/smoke",))
    assert (k.standing, k.stale) == (1, 1)
    assert (k.real, k.false, k.false_rate) == (1, 3, 0.75)
    assert k.flagged == ("smoke-a/smoke",) and k.school_flag
    assert k.rate == 5 * 600_000 / (2 * DAY) / 2


def test_r34_tests_count_for_nothing_and_floods_are_counted() -> None:
    calm = [event("raised", f"a{n}", 3_600_000 + n, point=f"p{n}") for n in range(11)]
    flood = kpi(sorted(calm, key=lambda e: e["wall"]), (), NOW, 1)
    assert (flood.worst, flood.floods, flood.false_rate) == (11, 1, None)
    tested = [*calm, *(event("mode", f"a{n}", 10, mode="maintenance") for n in range(11))]
    assert kpi(tested, (), NOW, 1).raised == 0


def test_r34_gas_that_rises_through_three_levels_does_not_chatter() -> None:
    levels = [event("raised", f"a{n}", 60_000 - n, point="p", rule=f"gas-{n}") for n in range(3)]
    assert kpi(levels, (), NOW, 1).chattering == ()
    assert kpi([{**e, "args": {**e["args"], "rule": "gas-1"}} for e in levels], (), NOW, 1).chattering == ("p",)


@given(st.lists(st.tuples(st.integers(0, 40 * DAY), st.integers(0, 5)), max_size=60))
def test_r34_nothing_older_than_the_span_counts(found: list[tuple[int, int]]) -> None:
    events = [event("raised", f"a{n}", ago, point=f"p{p}") for n, (ago, p) in enumerate(sorted(found, reverse=True))]
    k = kpi(events, (), NOW, 1)
    assert k.raised == sum(ago <= 30 * DAY for ago, _ in found)
    assert 0 <= k.worst <= k.raised and k.rate >= 0
