"""Trying an output: on for its seconds, journaled, refused and ended by a fire, never in the way of an alarm."""

from __future__ import annotations

import pytest
from engine_world import World

from alerts.authority import OUTPUTS
from alerts.model import Outcome, Scalar
from alerts.trial import LONGEST


def attempt(world: World, person: str = "fitter", output: Scalar = "board/fan", seconds: Scalar = 5) -> Outcome:
    return world.do("output-test", person=person, output=output, seconds=seconds)  # type: ignore[arg-type]


def test_on_for_its_seconds_then_off_and_both_in_the_journal(world: World) -> None:
    out = attempt(world)
    assert (out.replies[0].ok, out.replies[0].code) == (True, "output-test")
    assert out.outputs == {"board/fan": True}
    assert [(e.kind, e.who, e.code) for e in out.events] == [("output-test", "fitter", "output-test"), ("output", "", "on")]
    assert world.engine.next_due() is not None
    world.wait(4_900)
    assert world.outputs["board/fan"] is True
    world.wait(200)
    assert world.outputs["board/fan"] is False
    assert world.events[-1].code == "off"


@pytest.mark.parametrize(
    ("person", "output", "seconds", "code"),
    [
        ("wang", "board/fan", 5, "refused.role"),
        ("gu", "board/fan", 5, "refused.role"),
        ("fitter", "board/nothing", 5, "refused.output"),
        ("fitter", 7, 5, "refused.output"),
        ("fitter", "board/fan", 0, "refused.seconds"),
        ("fitter", "board/fan", LONGEST + 1, "refused.seconds"),
        ("fitter", "board/fan", True, "refused.seconds"),
        ("fitter", "board/fan", "5", "refused.seconds"),
        ("nobody", "board/fan", 5, "refused.person"),
    ],
)
def test_refusals_switch_nothing_and_are_journaled(
    world: World, person: str, output: Scalar, seconds: Scalar, code: str
) -> None:
    out = attempt(world, person, output, seconds)
    assert (out.replies[0].ok, out.replies[0].code) == (False, code)
    assert out.outputs == {} and out.events[0].kind == "refused"


@pytest.mark.parametrize("person", ["fitter", "sun", "head", "root"])
def test_who_may(world: World, person: str) -> None:
    assert world.school.people[person].role in OUTPUTS
    assert attempt(world, person).replies[0].ok


def test_an_open_fire_refuses_it_even_when_answered(world: World) -> None:
    world.read({"smoke-k/smoke": 1.0})
    assert attempt(world).replies[0].code == "refused.fire"
    world.do("ack")
    assert attempt(world).replies[0].code == "refused.fire"


def test_a_fire_ends_it_at_once(world: World) -> None:
    attempt(world, output="board/chirp", seconds=30)
    out = world.read({"smoke-k/smoke": 1.0})
    assert out.outputs == {"board/chirp": False, "board/sounder": True}


def test_its_end_leaves_on_what_an_alarm_wants(world: World) -> None:
    attempt(world, output="board/fan", seconds=5)
    world.read({"gas-k/gas": 45.0})
    world.wait(5_100)
    assert world.outputs["board/fan"] is True


def test_a_fan_that_does_not_run_is_a_fault(world: World) -> None:
    attempt(world, seconds=20)
    world.wait(11_000)
    assert any(a.kind == "output" for a in world.engine.alarms.values())
