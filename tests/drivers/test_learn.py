"""Refused holes and values are found by halving: few questions, nothing readable given up, and asked for again in time."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.learn import AGAIN, Cell, Learned
from drivers.pace import USUAL
from drivers.plan import Read
from drivers.profile import Channel, Limits, Profile, ValidIf


def learned(addresses: list[int], **limits: int) -> Learned:
    channels = tuple(Channel(f"c{a}", "count", "holding", a) for a in addresses)
    return Learned(Profile("p", "v", "m", "k", "map", "s", channels, limits=Limits(max_registers=125, **limits)), USUAL)


def ask(device: Learned, missing: set[int], most: int = 125) -> tuple[set[str], int]:
    """One cycle against a device without `missing` that gives `most` registers at once: channels read, questions refused."""
    refused = 0
    while True:
        found: set[str] = set()
        cells: set[Cell] = set()
        for read in device.plan():
            if missing & set(range(read.address, read.address + read.count)) or read.count > most:
                refused += 1
                if device.refused(read, 0):
                    assert read not in device.plan(), "a refused question is never asked again as it was"
                    break
            else:
                found |= set(read.channels)
                cells |= set(read.cells())
        else:
            device.settled(cells)
            return found, refused


@pytest.mark.parametrize("hole", range(1, 32))
def test_one_bad_hole_among_31_is_found_by_halving(hole: int) -> None:
    device = learned([2 * n for n in range(32)])  # 0, 2, … 62: one question over 31 holes
    assert len(device.plan()) == 1
    found, refused = ask(device, {2 * hole - 1})
    assert len(found) == 32 and refused <= math.ceil(math.log2(31)) + 1
    assert device.holes == {("holding", 2 * hole - 1)} and len(device.plan()) == 2, "every other hole is still read over"
    assert ask(device, {2 * hole - 1}) == (found, 0), "and it is never asked for again"


def test_a_value_of_its_own_that_is_refused_is_left_out_and_tried_again_in_time() -> None:
    device = learned([0, 1, 2, 3, 4])
    found, refused = ask(device, {3})
    assert found == {"c0", "c1", "c2", "c4"} and device.missing() == ("c3",) and refused <= 4
    assert not device.forgive(AGAIN - 1) and device.forgive(AGAIN)
    assert device.missing() == () and ask(device, set())[0] == {"c0", "c1", "c2", "c3", "c4"}


def test_a_run_of_values_that_are_refused_costs_two_questions_each_not_a_search_each() -> None:
    """A panel's card whose map ends after its 100 devices, read by the profile for 240."""
    device = learned(list(range(240)))
    found, refused = ask(device, set(range(100, 240)))
    assert len(found) == 100 and len(device.missing()) == 140
    assert refused <= 2 * 140 + 16
    assert len(device.plan()) == 1 and not device.apart, "what only served to search is forgotten"


def test_what_is_asked_for_again_is_asked_for_alone_and_one_at_a_time() -> None:
    """So a value that is refused for good costs one question a minute, and takes no neighbour with it."""
    device = learned([0, 1, 2, 3, 4])
    ask(device, {2, 3})
    assert device.forgive(AGAIN) and [r.channels for r in device.plan()] == [("c0", "c1"), ("c2",), ("c4",)]
    found, refused = ask(device, {2, 3})
    assert (found, refused, device.missing()) == ({"c0", "c1", "c4"}, 1, ("c2", "c3"))


def test_a_device_that_was_only_starting_is_given_everything_back_at_once() -> None:
    """It refused for some seconds what it has: the first value it gives after all says so of the others."""
    device = learned(list(range(40)))
    ask(device, set(range(8, 40)))
    assert len(device.missing()) == 32 and device.forgive(AGAIN)
    ask(device, set())
    assert not device.missing() and len(ask(device, set())[0]) == 40 and len(device.plan()) == 1


def test_where_everything_is_refused_one_value_after_the_other_is_asked_for_at_every_poll() -> None:
    device, asked = learned([0, 5, 9]), []
    ask(device, set(range(100)))
    for _ in range(4):
        assert device.forgive(1), "its time has not come, but nothing else is left"
        (read,) = device.plan()
        asked.append(read.address)
        device.refused(read, len(asked))
    assert sorted(asked[:3]) == [0, 5, 9] and asked[3] == asked[0]


def test_a_device_that_gives_fewer_at_once_than_its_profile_says() -> None:
    device = learned(list(range(40)))
    found, refused = ask(device, set(), most=16)
    assert len(found) == 40 and refused <= 4 and not device.missing()


def test_a_device_that_refuses_everything_has_nothing_left_to_ask() -> None:
    device = learned([0, 5, 9])
    assert ask(device, set(range(100)))[0] == set() and device.plan() == () and len(device.missing()) == 3


@settings(max_examples=60)
@given(st.sets(st.integers(0, 120), min_size=1, max_size=24), st.sets(st.integers(0, 120), max_size=6))
def test_whatever_can_be_read_is_read(addresses: set[int], missing: set[int]) -> None:
    device = learned(sorted(addresses))
    found, _ = ask(device, missing)
    assert found == {f"c{a}" for a in addresses - missing}
    assert set(device.missing()) == {f"c{a}" for a in addresses & missing}


@settings(max_examples=100)
@given(
    st.sets(st.integers(0, 60), min_size=1, max_size=24), st.sets(st.integers(0, 60), max_size=12), st.sets(st.integers(0, 60))
)
def test_so_it_is_where_values_hang_on_a_register_that_is_refused(
    addresses: set[int], missing: set[int], helped: set[int]
) -> None:
    """Their own registers lie between those that are read and are asked for no more: what they are must not be forgotten.

    When the device gives that register after all, every value is found.
    """
    valid = (ValidIf("holding", 200, 1, (0,), "not valid"),)
    device = learned(sorted(addresses))
    channels = tuple(replace(c, valid_if=valid) if c.address in helped else c for c in device.profile.channels)
    device = Learned(replace(device.profile, channels=channels), USUAL)
    found, _ = ask(device, missing | {200})
    assert found == {f"c{a}" for a in addresses - missing - helped}
    assert found | set(device.missing()) == {f"c{a}" for a in addresses}, "what is not read is known to be missing"
    now = AGAIN
    while device.missing() and any(f"c{a}" not in found for a in addresses - missing):
        device.forgive(now)
        found, _ = ask(device, missing)
        now += 1
        assert now < 2 * AGAIN
    assert found == {f"c{a}" for a in addresses - missing}


def test_blocks_of_bits_are_not_cut() -> None:
    device = learned([0, 1], bit_block=8)
    assert not device.refused(Read("holding", 0, 2, ("c0", "c1")), 0)
