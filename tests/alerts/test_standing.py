"""Which of several marks of one point speaks for its alarms."""

from __future__ import annotations

from itertools import permutations

import pytest
from engine_world import World

from alerts.model import Mark, Stage
from alerts.standing import Standing
from drivers.reading import Now

POINT = "smoke-a/smoke"


def mark(id: str, kind: str, stage: Stage) -> Mark:
    return Mark(id, 1, kind, stage, "sun", "喷漆", Now(0, 0), None, (POINT,))


@pytest.mark.parametrize(
    ("marks", "speaks"),
    [
        ([mark("no3-9", "out-of-service", Stage.ON), mark("no3-10", "test", Stage.ON)], "no3-10"),
        # while its points are given their test alarms, what was switched off is in test like the other: the older one speaks
        ([mark("no3-9", "out-of-service", Stage.RETURNING), mark("no3-10", "test", Stage.ON)], "no3-9"),
        ([mark("no3-9", "maintenance", Stage.ON), mark("no3-10", "out-of-service", Stage.ON)], "no3-10"),
    ],
)
def test_d19_the_mark_that_speaks_is_the_same_in_whatever_order_a_restart_puts_them_back(
    marks: list[Mark], speaks: str
) -> None:
    world = World()
    world.read({POINT: 1})
    alarm = world.alarm_at(POINT)
    for order in permutations(marks):
        standing = Standing(world.school)
        for one in order:
            standing.put(one)
        found = standing.of_alarm(alarm)
        assert found is not None and found.id == speaks
