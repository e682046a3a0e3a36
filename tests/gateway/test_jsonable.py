"""Compiled sites and alarm snapshots survive the way to JSON and back, and a wrong shape is told, not guessed."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.model import Alarm, Mark, Notification, Outcome, Policy, Rule, Step
from alerts.plant import Building, OutputPoint, Person, Plant, Point, Shift, Zone
from drivers.profile import Channel, Device, Limits, Profile, ScaleFrom
from gateway.jsonable import from_jsonable, to_jsonable
from gateway.site import VERSION, BusConfig, ChannelConfig, Site, UplinkConfig, site_from_json, site_to_json

KINDS = [Alarm, Mark, Notification, Policy, Rule, Step, Building, OutputPoint, Person, Point, Shift, Zone, Channel, Device]
KINDS += [Limits, Profile, ScaleFrom, BusConfig, ChannelConfig, UplinkConfig]
# two channels show what many would; a channel's own shapes are drawn beside them
PROFILES = st.builds(Profile, channels=st.lists(st.builds(Channel), max_size=2).map(tuple))
DRAWN = {Profile: PROFILES, Device: st.builds(Device, profile=PROFILES)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_value_type_survives_json(kind: type) -> None:
    @given(DRAWN.get(kind, st.builds(kind)))
    def check(value: object) -> None:
        assume(not re.search(r"\b(nan|inf)\b", repr(value)))  # they have no JSON form and become null
        there = json.loads(json.dumps(to_jsonable(value)))
        back = from_jsonable(kind, there)
        assert to_jsonable(back) == to_jsonable(value)

    check()


def test_a_whole_site_survives() -> None:
    plant = Plant("s", "学校", "校", "Asia/Shanghai", {}, {"z": Zone("z", "走廊", "b", "corridor")}, {}, {}, (), {}, (), {})
    site = Site(VERSION, "d", "site.yaml", "00", "/var/lib/x", plant, (BusConfig("a", "modbus-tcp"),), (), UplinkConfig(), ())
    assert site_from_json(site_to_json(site)) == site


def test_equal_profiles_of_a_site_are_one_object() -> None:
    @given(PROFILES, PROFILES)
    def check(one: Profile, other: Profile) -> None:
        assume(not re.search(r"\b(nan|inf)\b", repr((one, other))) and one != other)
        devices = tuple(Device(f"d{n}", profile, "a", n, 1000) for n, profile in enumerate((one, other, one)))
        plant = Plant("s", "学校", "校", "Asia/Shanghai", {}, {}, {}, {}, (), {}, (), {})
        site = Site(VERSION, "d", "site.yaml", "00", "/var/lib/x", plant, (), devices, UplinkConfig(), ())
        first, second, third = (device.profile for device in site_from_json(site_to_json(site)).devices)
        assert first is third and first is not second and (first, second) == (one, other)

    check()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"v": VERSION - 1}, "compile it again"),
        ([], "compile it again"),
        ({"v": VERSION, "district": 3}, "Site.district: str is expected"),
        ({"v": VERSION}, "missing"),
        ({"v": VERSION, "buses": [{"id": "a", "type": "x", "baud": True}]}, r"Site.buses\[0\].baud"),
    ],
)
def test_a_wrong_shape_is_told(data: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        site_from_json(json.dumps(data))


def test_empty_outcome_is_empty() -> None:
    assert Outcome().empty
