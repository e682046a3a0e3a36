"""The inbox: fire is never dropped and always first, the slow lane keeps the latest per point, nothing grows without bound."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.plant import Plant, Point
from drivers.reading import Now, Quality, Reading
from gateway import inbox as module
from gateway.inbox import MOST, Inbox, overtaking


def reading(point: str, value: float) -> Reading:
    return Reading(point, value, Quality.GOOD, Now(0, 0))


@given(st.lists(st.tuples(st.sampled_from(["fire/a", "fire/b", "slow/a", "slow/b"]), st.integers(0, 9))))
def test_fire_keeps_everything_and_slow_keeps_the_latest(given_: list[tuple[str, int]]) -> None:
    inbox = Inbox({"fire/a", "fire/b"})
    for point, value in given_:
        inbox.readings([reading(point, value)])
    fire = [(r.point, r.value) for r in inbox.take_fire()]
    slow = {r.point: r.value for r in inbox.take_slow()}
    assert fire == [(p, v) for p, v in given_ if p.startswith("fire")]
    assert slow == {p: v for p, v in given_ if p.startswith("slow")}
    assert inbox.depth == 0


def test_an_engine_behind_its_inbox_costs_memory_for_points_not_for_time() -> None:
    inbox = Inbox({"fire/a"})
    for value in range(10_000):
        inbox.readings([reading(f"slow/{value % 50}", value)])
    assert inbox.depth == 50
    assert inbox.overtaken == 9_950
    assert {r.value for r in inbox.take_slow()} == set(range(9_950, 10_000))


def test_r3_slow_readings_come_in_bites_so_that_fire_can_pass_between() -> None:
    inbox = Inbox({"fire/a"})
    inbox.readings([reading(f"slow/{n}", 0) for n in range(MOST + 1)])
    assert len(inbox.take_slow()) == MOST
    inbox.readings([reading("fire/a", 1)])
    assert [r.point for r in inbox.take_fire()] == ["fire/a"]
    assert len(inbox.take_slow()) == 1


async def test_waiting_ends_with_the_first_news_and_starts_again_when_all_is_taken() -> None:
    inbox = Inbox({"fire/a"})
    waiting = asyncio.ensure_future(inbox.wait(30))
    inbox.readings([reading("fire/a", 1)])
    await asyncio.wait_for(waiting, 5)
    inbox.settle()
    await asyncio.wait_for(inbox.wait(30), 5)  # not everything was taken: do not sleep on it
    inbox.take_fire()
    inbox.settle()
    assert asyncio.ensure_future(inbox.wait(30)).cancel()


def test_the_button_that_answers_overtakes_as_fire_does() -> None:
    kinds = {"smoke": "s/smoke", "ack-button": "io/button", "door": "io/door", "combustible-gas": "g/gas"}
    points = {id: Point(id, id.partition("/")[0], quantity, "z", "", 1_000) for quantity, id in kinds.items()}
    plant = Plant("s", "s", "s", "Asia/Shanghai", {}, {}, points, {}, (), {}, (), {})
    assert "io/button" in overtaking(plant) and "s/smoke" in overtaking(plant) and "io/door" not in overtaking(plant)
    inbox = Inbox(overtaking(plant))
    inbox.readings([reading("io/door", 1.0), reading("io/button", 1.0), reading("io/button", 0.0)])
    assert [r.value for r in inbox.take_fire()] == [1.0, 0.0], "a short press is kept"


async def test_r3_slow_readings_gather_after_others_were_taken_and_fire_does_not_wait_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GATHER", 20.0)
    inbox = Inbox({"fire/a"})
    inbox.readings([reading("slow/a", 1)])
    await asyncio.wait_for(inbox.wait(60), 5)  # the first after a pause is taken at once
    inbox.take_slow()
    inbox.settle()
    waiting = asyncio.ensure_future(inbox.wait(60))
    await asyncio.sleep(0)
    inbox.readings([reading("slow/b", 1)])
    assert not (await asyncio.wait({waiting}, timeout=0.05))[0], "it was to gather"
    inbox.readings([reading("fire/a", 1)])
    await asyncio.wait_for(waiting, 5)


async def test_what_has_gathered_is_taken_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER", 0.01)
    inbox = Inbox({"fire/a"})
    inbox.readings([reading("slow/a", 1)])
    inbox.take_slow()
    inbox.settle()
    waiting = asyncio.ensure_future(inbox.wait(60))
    await asyncio.sleep(0)
    inbox.readings([reading("slow/b", 1)])
    await asyncio.wait_for(waiting, 5)
    assert [r.point for r in inbox.take_slow()] == ["slow/b"]
