"""The line of 07:30: who gets it, what it counts, once a day, also after a restart."""

from __future__ import annotations

from dataclasses import replace

from engine_world import World
from test_desk import HOUR, at, school, until

from alerts import daily
from alerts.model import Result
from alerts.plant import Calendar, Span
from alerts.render import units

DAY = 24 * HOUR
SEVEN_THIRTY = 24 * 60 + 450


def lines(world: World) -> list[tuple[str, str]]:
    return [(n.person, n.text) for n in world.sent if n.message == "daily"]


def fire(world: World, result: Result, cause: str) -> None:
    world.read({"smoke-1/smoke": 1.0})
    world.do("result", "feng", result=result.value, cause=cause, on_site=True)
    world.read({"smoke-1/smoke": 0.0})
    world.do("reset", "feng")


def morning(world: World) -> list[tuple[str, str]]:
    """Everything told until Thursday 08:00."""
    until(world, SEVEN_THIRTY + 30)
    return lines(world)


def test_r32_head_and_officer_get_one_line_with_the_counts_of_yesterday() -> None:
    world = at(10 * 60)
    fire(world, Result.FALSE, "蚊香")
    fire(world, Result.REAL, "用火")
    world.system("line", True, point="line-a/link")
    world.do("out-of-service", "feng", points="smoke-2/smoke", why="放假断电", until=world.now.wall + 30 * DAY)
    told = morning(world)
    assert sorted(p for p, _ in told) == ["chen", "feng"]
    assert {t for _, t in told} == {"昨日三中：火警2误报1故障1（未修1）停用1巡查无记录。待办：演练逾期"}
    assert {n.channel for n in world.sent if n.message == "daily"} == {"phone"}


def test_an_alarm_of_the_night_stands_in_the_line_of_that_morning_and_in_no_other() -> None:
    world = at(10 * 60)
    until(world, 26 * 60 + 14)  # 02:14 of Thursday
    fire(world, Result.FALSE, "蚊香")
    assert {("火警1误报1" in t) for _, t in morning(world)} == {True}
    before = len(lines(world))
    until(world, SEVEN_THIRTY + 24 * 60 + 1)
    assert {("火警0误报0" in t) for _, t in lines(world)[before:]} == {True}


def test_nothing_happened() -> None:
    world = at(10 * 60)
    world.do("drill-start", "feng", kind="calls")
    world.do("drill-end", "feng")
    fact = "昨日三中：火警0误报0故障0（未修0）停用0巡查无记录。待办："
    assert {t.startswith(fact) for _, t in morning(world)} == {True}


def test_it_comes_once_a_day_and_not_again_after_a_restart() -> None:
    world = at(10 * 60)
    assert len(morning(world)) == 2
    world.restart(60_000)
    until(world, SEVEN_THIRTY + 4 * 60)
    assert len(lines(world)) == 2
    until(world, SEVEN_THIRTY + 24 * 60 + 1)
    assert len(lines(world)) == 4


def test_counts_outlive_a_restart() -> None:
    world = at(10 * 60)
    fire(world, Result.FALSE, "蚊香")
    world.restart(60_000)
    assert all("火警1误报1" in t for _, t in morning(world)) and lines(world)


def test_a_box_that_was_off_at_half_past_seven_tells_before_noon_and_not_after() -> None:
    for hours, expected in ((25, 4), (29, 2)):
        world = at(7 * 60)
        until(world, 8 * 60)
        world.restart(hours * HOUR)
        for _ in range(3):
            world.wait(15_000)
        assert len(lines(world)) == expected


def test_a_box_installed_at_ten_does_not_begin_with_a_line_about_yesterday() -> None:
    world = at(10 * 60)
    world.wait(15_000)
    assert not lines(world)


def test_with_an_unset_clock_nobody_knows_that_it_is_morning() -> None:
    world = at(7 * 60 + 31)
    world.clock_ok = False
    world.wait(60_000)
    assert not lines(world)
    world.clock_ok = True
    world.wait(15_000)
    assert len(lines(world)) == 2


def test_on_a_holiday_the_officer_alone_gets_it() -> None:
    span = Span("清明", "2026-03-04", "2026-03-06")
    world = World(replace(school(), calendar=Calendar(holidays=(span,))), now=at(7 * 60).now)
    until(world, 8 * 60)
    assert [p for p, _ in lines(world)] == ["feng"]


def test_tested_and_hidden_ones_are_not_counted_and_what_is_unproven_stays_in_it() -> None:
    world = at(10 * 60)
    world.do("test", "feng", points="smoke-1/smoke", until=world.now.wall + HOUR)
    world.read({"smoke-1/smoke": 1.0})
    world.read({"smoke-1/smoke": 0.0})
    world.do("out-of-service", "feng", points="smoke-2/smoke", why="喷漆", until=world.now.wall + HOUR)
    (text,) = {t for _, t in morning(world)}
    assert text.startswith("昨日三中：火警0误报0") and "停用1" in text and text.endswith("待办：1点未验证、演练逾期")


def test_what_must_be_done_fits() -> None:
    items = [f"{n}条待核实" for n in (1, 22, 333)]
    assert units(daily._fitting(items, 14)) <= 14
    assert daily._fitting([], 14) == "无"


def test_a_day_list_of_counts_is_kept_three_days() -> None:
    world = at(10 * 60)
    for _ in range(6):
        fire(world, Result.FALSE, "蚊香")
        world.wait(DAY)
    (mark,) = [m for m in world.engine.marks.values() if m.kind == "daily"]
    assert len([k for k in mark.facts if k.endswith(".fire")]) <= daily.KEPT
