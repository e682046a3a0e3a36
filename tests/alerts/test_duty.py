"""Who is on duty: the rota over midnight and weekdays, holes, roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_world import plant

from alerts.calendar import local
from alerts.duty import POSTS, on_duty
from alerts.plant import Shift


def wall(text: str, zone: str = "Asia/Shanghai") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "duty"),
    [
        ("2026-03-04 06:59:59", "li"),
        ("2026-03-04 07:00:00", "wang"),
        ("2026-03-04 18:59:59", "wang"),
        ("2026-03-04 19:00:00", "li"),
        ("2026-03-04 23:59:59", "li"),
        ("2026-03-05 00:00:00", "li"),
    ],
)
def test_day_and_night(at: str, duty: str) -> None:
    assert on_duty(plant(), wall(at))["duty"] == (duty,)


@pytest.mark.parametrize(
    ("at", "leader"),
    [
        ("2026-03-06 17:59", ("sun", "zhou")),  # Friday, before the shift: a hole
        ("2026-03-06 18:00", ("zhou",)),
        ("2026-03-07 07:59", ("zhou",)),  # the shift that began on Friday
        ("2026-03-07 08:00", ("sun", "zhou")),
        ("2026-03-07 18:00", ("sun", "zhou")),  # Saturday has none
        ("2026-03-06 07:00", ("sun", "zhou")),  # Thursday's night has none
    ],
)
def test_a_night_shift_belongs_to_the_day_it_begins(at: str, leader: tuple[str, ...]) -> None:
    p = replace(plant(), shifts=(Shift("leader", "zhou", 18 * 60, 8 * 60, (5,)),))
    assert on_duty(p, wall(at))["leader"] == leader


def test_sunday_night_reaches_into_monday() -> None:
    p = replace(plant(), shifts=(Shift("duty", "zhao", 22 * 60, 6 * 60, (7,)),))
    assert on_duty(p, wall("2026-03-09 05:59"))["duty"] == ("zhao",)
    assert on_duty(p, wall("2026-03-09 06:00"))["duty"] == ("wang", "li", "zhao")


def test_two_people_on_one_post_and_a_stranger_in_the_rota() -> None:
    p = replace(plant(), shifts=(Shift("duty", "li", 0, 0), Shift("duty", "gone", 0, 0), Shift("duty", "wang", 0, 0)))
    assert on_duty(p, wall("2026-03-09 05:59"))["duty"] == ("li", "wang")


def test_the_plants_time_zone_decides() -> None:
    p = replace(plant(), timezone="Europe/Paris")
    assert on_duty(p, wall("2026-03-04 12:00"))["duty"] == ("li",)  # 05:00 in Paris
    assert local(p, wall("2026-03-04 12:00")).hour == 5


def test_roles_and_stand_ins() -> None:
    found = on_duty(plant(), wall("2026-03-04 12:00"))
    assert found["officer"] == ("feng",) and found["head"] == ("chen",) and found["electrician"] == ("chu",)
    assert found["bureau"] == ("shen",) and found["holder"] == ("wei", "jiang") and found["keeper"] == ("wu", "zheng")
    few = replace(plant(), people={"feng": plant().people["feng"]})
    alone = on_duty(few, wall("2026-03-04 12:00"))
    assert {alone[name] for name in (*POSTS, "head", "electrician")} == {("feng",)}
    assert alone["bureau"] == alone["holder"] == alone["keeper"] == ()


minutes = st.integers(0, 1439)
shifts = st.builds(
    Shift,
    st.sampled_from(POSTS),
    st.sampled_from(["wang", "li", "nobody"]),
    minutes,
    minutes,
    st.sets(st.integers(1, 7)).map(lambda days: tuple(sorted(days))),
)


@given(st.lists(shifts, max_size=5), st.integers(0, 4_000_000_000_000))
def test_never_nobody(rota: list[Shift], at: int) -> None:
    found = on_duty(replace(plant(), shifts=tuple(rota)), at)
    assert all(found[post] for post in POSTS)
    assert {p for post in POSTS for p in found[post]} <= set(plant().people)
