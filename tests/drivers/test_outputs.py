"""Desired outputs: levels that are written again whenever the world may differ, with pauses that grow and end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from field_site import relay, smoke
from hypothesis import given
from hypothesis import strategies as st

from drivers.outputs import FIRST_PAUSE, LONGEST_PAUSE, SHARE, Outputs
from drivers.reading import Now, Quality, Reading


def outputs() -> Outputs:
    return Outputs({d.id: d for d in (relay(), smoke(1))})


def saw(on: bool, channel: str = "fan", quality: Quality = Quality.GOOD) -> list[Reading]:
    value = float(on) if quality is Quality.GOOD else None
    return [Reading(f"relay/{channel}", value, quality, Now(0, 0), "" if value is not None else "x")]


def write(o: Outputs) -> list[tuple[str, bool]]:
    wishes = o.wanted("relay", 0)
    for wish in wishes:
        o.written(wish, 0)
    return [(w.output.id, w.on) for w in wishes]


def test_what_a_channel_shows_is_held_against_the_output_that_is_wanted() -> None:
    """A relay board has two outputs for each relay: a level, and one with the board's own timer."""
    device = relay()
    fan = device.profile.outputs[0]
    both = replace(device.profile, outputs=(fan, replace(fan, id="pulse")))
    o = Outputs({"relay": replace(device, profile=both)})
    o.want("relay/fan", True)
    write(o)
    o.seen(saw(False), 0)
    assert [w.output.id for w in o.wanted("relay", 0)] == ["fan"]


def test_a_wish_is_due_at_once_and_then_done() -> None:
    o = outputs()
    assert o.due(0) is None
    o.want("relay/fan", True)
    found = o.due(0)
    assert found is not None and found.id == "relay" and o.wait(0) == 0
    assert write(o) == [("fan", True)]
    o.seen(saw(True), 10)
    assert o.due(10**9) is None
    o.want("relay/fan", True)
    assert o.due(10**9) is None, "the same wish again is nothing new"
    o.want("relay/fan", False)
    assert write(o) == [("fan", False)]


@pytest.mark.parametrize("output", ["relay/none", "none/fan", "relay", "smoke1/fan"])
def test_an_unknown_output(output: str) -> None:
    with pytest.raises(KeyError):
        outputs().want(output, True)


def test_a_wish_changed_while_it_is_written_stays_open() -> None:
    o = outputs()
    o.want("relay/fan", True)
    (wish,) = o.wanted("relay", 0)
    o.want("relay/fan", False)
    o.want("relay/pump", True)
    o.written(wish, 0)
    assert write(o) == [("fan", False), ("pump", True)]


def test_a_mismatch_is_written_again_with_growing_pauses_until_it_holds() -> None:
    o, now, pauses = outputs(), 0, []
    o.want("relay/fan", True)
    for _ in range(8):
        write(o)
        o.seen(saw(False), now)
        pauses.append(o.wait(now))
        assert o.due(now + pauses[-1] - 1) is None and o.due(now + pauses[-1]) is not None
        now += pauses[-1]
    assert pauses[0] == FIRST_PAUSE and pauses == sorted(pauses) and pauses[-1] == LONGEST_PAUSE
    write(o)
    o.seen(saw(True), now)
    o.seen(saw(False), now + 1000)
    assert o.wait(now + 1000) == FIRST_PAUSE, "it held: the next mismatch begins anew"


def test_what_is_not_good_says_nothing() -> None:
    o = outputs()
    o.want("relay/fan", True)
    write(o)
    o.seen(saw(False, quality=Quality.FAULT), 0)
    o.seen(saw(False, "pump"), 0)
    assert o.due(10**9) is None


def test_a_device_that_cannot_be_written_takes_a_tenth_of_the_line() -> None:
    o, now = outputs(), 0
    o.want("relay/fan", True)
    assert o.failed("relay", now, 600) and o.wait(now) == FIRST_PAUSE, "the second attempt comes soon: one frame may get lost"
    for _ in range(5):
        assert not o.failed("relay", now, 600)
        assert o.wait(now) == SHARE * 600


def test_a_new_wish_does_not_wait_for_an_old_pause() -> None:
    o = outputs()
    o.want("relay/fan", True)
    o.failed("relay", 0, 600)
    o.want("relay/fan", False)
    assert o.due(0) is not None


def test_after_a_loss_everything_is_applied_again() -> None:
    o = outputs()
    o.want("relay/fan", True)
    o.want("relay/pump", False)
    write(o)
    o.lost("relay")
    o.failed("relay", 0, 0)
    assert o.due(0) is None
    o.back("relay")
    assert o.due(0) is not None and write(o) == [("fan", True), ("pump", False)]


@given(st.lists(st.tuples(st.sampled_from(["want", "write", "fail", "lost", "back", "read"]), st.booleans()), max_size=30))
def test_in_the_end_the_world_is_as_wanted(steps: list[tuple[str, bool]]) -> None:
    """Whatever happened: once the device works, what was wanted last is what it has, and nothing more is written."""
    o, now, wanted, world = outputs(), 0, False, True
    o.want("relay/fan", wanted)
    for what, on in steps:
        now += 100
        if what == "want":
            wanted = on
            o.want("relay/fan", on)
        elif what == "write":
            world = dict(write(o)).get("fan", world)
        elif what == "fail":
            o.failed("relay", now, 50)
        elif what == "lost":
            world = on  # the device restarted
            o.lost("relay")
        elif what == "back":
            o.back("relay")
        else:
            o.seen(saw(world), now)
    for _ in range(3):
        now += 10_000
        if o.due(now):
            world = dict(write(o)).get("fan", world)
        o.seen(saw(world), now)
    assert world == wanted and o.due(now + 10**6) is None
