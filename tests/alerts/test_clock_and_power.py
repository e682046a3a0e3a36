"""Escalation under a wall clock that jumps (D11), over time without power (D12), and replies that fit one SMS."""

from __future__ import annotations

import string
from dataclasses import replace
from itertools import pairwise

import pytest
from engine_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from people_world import T0
from people_world import plant as real_plant

from alerts import mark_replies
from alerts.model import Rule
from alerts.render import units
from alerts.replies import TEXTS, numbers
from drivers.reading import Now

YEAR = 365 * 86_400_000
STEPS = [("wang", 0), ("li", 60_000)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([-10 * YEAR, YEAR, -3_600_000, 60_000, 0]), min_size=7, max_size=7))
def test_d11_a_jumping_wall_clock_moves_no_step(jumps: list[int]) -> None:
    world = World()
    told = [(n.person, 0) for n in world.read({"smoke-a/smoke": 1.0}).notifications]
    start = world.now.mono
    for jump in jumps:
        world.now = Now(world.now.wall + jump, world.now.mono)
        for _ in range(10):
            told += [(n.person, world.now.mono - start) for n in world.wait(1_000).notifications if n.severity > 1]
    assert [(p, at - at % 2_000) for p, at in told if p in ("wang", "li")] == STEPS


@pytest.mark.parametrize("off", [70_000, 3_600_000])
def test_d12_what_came_due_without_power_is_sent_once_at_boot(off: int) -> None:
    world = World()
    world.read({"smoke-a/smoke": 1.0})
    world.wait(10_000)
    out = world.restart(off)
    assert [(n.person, n.step) for n in out.notifications] == [("li", "again")]
    assert [n.step for _ in range(20) for n in world.wait(1_000).notifications if n.alarm.endswith("-2")] == []


def test_d12_with_an_unset_clock_it_is_sent_too() -> None:
    world = World()
    world.read({"smoke-a/smoke": 1.0})
    world.wait(10_000)
    world.clock_ok = False
    assert [(n.person, n.step) for n in world.restart(3_600_000).notifications] == [("li", "again")]


def test_d12_a_second_without_power_moves_no_repetition() -> None:
    """A fire that nobody answers rings on: after a start at the same moments as without one."""
    smoke = Rule("smoke", "state", "fire", ("smoke-1/smoke",), {"equals": 1.0}, 0, 0, "fire")
    calm, cut = (World(replace(real_plant(), rules=(smoke,)), now=Now(T0, 1_000_000)) for _ in range(2))
    for world in (calm, cut):
        world.read({"smoke-1/smoke": 1.0})
        for _ in range(66):
            world.wait(10_000)
    calm.wait(1_000)
    cut.restart(1_000)
    told = [
        [(n.person, n.step, world.now.wall) for _ in range(120) for n in world.wait(10_000).notifications]
        for world in (calm, cut)
    ]
    assert told[0] and told[1] == told[0]


LONGEST = {
    "p": "欧阳建国",
    "number": "99",
    "minutes": "99",
    "real": "真泄漏",
    "k": "99",
    "numbers": "01-12 14-17 19 21-23等",
    "one": "01",
    "n": "99",
}


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_what_people_are_answered_fits_one_sms(code: str) -> None:
    zh, en = TEXTS[code]
    fields = {name for _, name, _, _ in string.Formatter().parse(zh) if name}
    room = {
        "list": "国" * 58
        if code == "state"
        else "忘记第二把锁、盘点未登记、保管人不在、锁故障、强行开启、其他"  # the longest list of causes of a real result
        if code == "ask.cause-real"
        else "蚊香、吸烟、水蒸气、油烟、灰尘施工、喷雾消毒、杀虫、昆虫、受潮、设备老化、线路干扰、人为触碰、找不到原因"
    }
    assert fields <= LONGEST.keys() | room.keys()
    assert units(zh.format(**LONGEST, **room)) <= 70
    if "list" not in fields:
        latin = LONGEST | {"real": "real", "numbers": "01-12 14-17 19 21-23"}
        assert len(en.format(**latin)) <= 160 and en.isascii()


def test_no_code_is_answered_in_two_ways() -> None:
    assert not TEXTS.keys() & mark_replies.TEXTS.keys()


def test_numbers_as_ranges() -> None:
    world = World()
    for point in ("smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "smoke-k/smoke"):
        world.read({point: 1.0})
    found = sorted((a for a in world.engine.alarms.values()), key=lambda a: a.number)
    assert all(b.number == a.number + 1 for a, b in pairwise(found))
    assert numbers(found) == "01-04" and numbers(found[:1]) == "01" and numbers([found[0], found[2]]) == "01 03"
