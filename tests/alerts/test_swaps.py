"""Planned swaps: who may, when they are in force, whom they make responsible, and that they survive a restart."""

from __future__ import annotations

import pytest
from engine_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from test_desk import HOUR, MIDNIGHT, MIN, at, duty_now, until

from alerts import swaps
from alerts.duty import turns
from alerts.model import Mark, Stage
from drivers.reading import Now
from gateway.rota import rota_json

SEVEN, TEN = MIDNIGHT + 7 * HOUR, MIDNIGHT + 22 * HOUR  # wang's turn begins, li's turn begins
DAY = 24 * HOUR


def swap(world: World, person: str, **args: object) -> str:
    given = {"post": "duty", "start": TEN, "from": "li", "to": "wang", **args}
    return world.do("swap", person, **given).replies[0].code  # type: ignore[arg-type]


def mark(world: World) -> Mark:
    (found,) = [m for m in world.engine.desk.marks.values() if m.kind == "swap"]
    return found


def answer(world: World, person: str, **args: bool) -> str:
    return world.do("swap-answer", person, mark(world).id, **args).replies[0].code


def test_one_proposes_the_other_agrees_and_is_asked_to_take_over() -> None:
    world = at(12 * 60)
    assert swap(world, "li", to="zhou") == "swap.proposed"
    assert answer(world, "li", agree=True) == "refused.role", "not by the one who proposed it"
    assert answer(world, "wang", agree=True) == "refused.role", "nor by somebody else"
    assert answer(world, "zhou", agree=True) == "swap.agreed"
    assert [(e.who, e.code) for e in world.events if e.kind == "swap"] == [("li", "proposed"), ("zhou", "agreed")]
    world.restart(HOUR)
    assert until(world, 21 * 60 + 47) == [("zhou", "shift.take")], "the new one is asked, after a restart too"
    world.do("take", "zhou")
    assert duty_now(world) == ("zhou",) and until(world, 22 * 60 + 10) == []
    assert until(world, 31 * 60 + 10, 5 * MIN)[-1:] != [], "the next morning it is wang's turn again"
    assert not [m for m in world.engine.desk.marks.values() if m.kind == "swap"], "it is over with its turn"


def test_an_officers_word_is_enough_and_the_swapped_leader_has_the_leaders_rights() -> None:
    world = at(12 * 60)
    assert (
        world.do("swap", "feng", post="leader", start=MIDNIGHT + DAY, to="zhou", **{"from": "sun"}).replies[0].code
        == "swap.agreed"
    )
    world.now = Now(MIDNIGHT + DAY + 2 * HOUR, world.now.mono + 14 * HOUR)
    args = {"points": "smoke-1/smoke", "why": "喷漆", "until": world.now.wall + HOUR}
    assert world.do("out-of-service", "sun", **args).replies[0].code == "refused.role"  # type: ignore[arg-type]
    assert world.do("out-of-service", "zhou", **args).replies[0].ok, "it is his night now"  # type: ignore[arg-type]


def test_for_a_turn_in_return_and_taken_back() -> None:
    world = at(12 * 60)
    assert swap(world, "li", to="wang", back=SEVEN + DAY) == "swap.proposed"
    assert answer(world, "wang", agree=True) == "swap.agreed"
    desk = world.engine.desk
    found = rota_json(world.school, tuple(desk.marks.values()), world.now.wall, 2)
    assert [(t["person"], t["by"]) for t in found["turns"] if t["post"] == "duty" and t["start"] in (TEN, SEVEN + DAY)] == [
        ("wang", "li"),
        ("li", "wang"),
    ]
    assert swap(world, "li") == "refused.swap-turn", "swapped already: that is taken back first"
    assert answer(world, "zhao") == "refused.role"
    assert answer(world, "wang") == "swap.over"
    assert until(world, 21 * 60 + 47) == [("li", "shift.take")], "the rota counts again"


@pytest.mark.parametrize(
    "person, args, code",
    [
        ("zhao", {}, "refused.role"),
        ("wu", {"to": "zhao"}, "refused.role"),
        ("chu", {"from": "chu"}, "refused.role"),
        ("li", {"to": "li"}, "refused.swap-who"),
        ("li", {"to": "chu"}, "refused.swap-who"),
        ("li", {"to": "nobody"}, "refused.swap-who"),
        ("li", {"start": TEN + MIN}, "refused.swap-turn"),
        ("li", {"start": TEN - DAY}, "refused.swap-turn"),
        ("li", {"start": "22:00"}, "refused.swap-turn"),
        ("li", {"post": "cook"}, "refused.swap-turn"),
        ("li", {"back": TEN + DAY}, "refused.swap-turn"),
        ("li", {"to": "zhao"}, "refused.swap-busy"),
    ],
)
def test_what_is_no_swap_is_refused_and_changes_nothing(person: str, args: dict[str, object], code: str) -> None:
    world = at(12 * 60)
    assert swap(world, person, **args) == code
    assert not [m for m in world.engine.desk.marks.values() if m.kind == "swap"]
    assert [e.code for e in world.events if e.kind == "refused"] == [code]


def test_a_proposal_that_nobody_answers_is_void_when_its_turn_begins() -> None:
    world = at(21 * 60)
    swap(world, "li", to="zhou")
    assert ("zhou", "shift.take") not in until(world, 21 * 60 + 59)
    until(world, 22 * 60 + 1)
    assert world.do("swap-answer", "zhou", "no3-1", agree=True).replies[0].code == "refused.swap-gone"


def test_whoever_was_asked_already_need_not_answer_any_more() -> None:
    world = at(21 * 60 + 40)
    assert until(world, 21 * 60 + 50) == [("li", "shift.take")]
    assert world.do("swap", "feng", post="duty", start=TEN, to="zhou", **{"from": "li"}).replies[0].code == "swap.agreed"
    assert until(world, 21 * 60 + 52) == [("zhou", "shift.take")]
    world.do("take", "zhou")
    assert "shift.missed" not in {m for _, m in until(world, 22 * 60 + 5)}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["li", "wang", "zhao"]), st.integers(0, 6), st.sampled_from(["zhou", "sun", "wang", "li"])),
        max_size=6,
    )
)
def test_no_swap_adds_or_takes_away_a_turn(wanted: list[tuple[str, int, str]]) -> None:
    world = at(12 * 60)
    for one, day, other in wanted:
        start = (SEVEN if one == "wang" else TEN) + day * DAY
        world.do("swap", "feng", post="duty", start=start, to=other, **{"from": one})
    agreed = swaps.in_force(m for m in world.engine.desk.marks.values() if m.stage is Stage.ON)
    plain, now = (turns(world.school, "duty", TEN - DAY, TEN + 9 * DAY, s) for s in ({}, agreed))
    assert sorted((t.start, t.end) for t in plain) == sorted((t.start, t.end) for t in now)
    assert sum(a.person != b.person for a, b in zip(plain, now, strict=True)) == len(agreed)
