"""What `check` warns of in the rota: holes within 14 days, people on duty who can be reached in one way only or by none that rings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from people_world import NOON, plant

from alerts.plant import Plant, Shift
from gateway.config.findings import render
from gateway.config.rostercheck import roster_findings
from gateway.site import ChannelConfig

MODEM = (ChannelConfig("sms", "modem", {"port": "/dev/x"}),)
DAY = (Shift("duty", "wang", 7 * 60, 19 * 60), Shift("duty", "li", 19 * 60, 7 * 60))


def school(shifts: tuple[Shift, ...] = DAY, channels: tuple[str, ...] = ("sms", "voice")) -> Plant:
    base = plant()
    people = {id: replace(p, channels=channels) for id, p in base.people.items()}
    return replace(base, shifts=shifts, people=people, channels={"sms": "modem", "voice": "aliyun-voice", "screen": "console"})


def codes(plant: Plant) -> list[str]:
    return [f.code for f in roster_findings("site.yaml", plant, MODEM, NOON)]


def test_a_whole_rota_with_two_ways_is_in_order() -> None:
    assert codes(school()) == []


def test_a_hole_of_next_week_is_named_with_its_time() -> None:
    (found,) = roster_findings("site.yaml", school((replace(DAY[0], last="2026-03-10"), DAY[1])), MODEM, NOON)
    assert found.code == "CFG-098" and found.warning and "03-11 07:00" in render(found) and "03-11 19:00" in render(found)


def test_a_hole_in_a_month_is_no_matter_yet() -> None:
    assert codes(school((replace(DAY[0], last="2026-04-10"), DAY[1]))) == []


@pytest.mark.parametrize("channels", [("sms",), ("sms", "screen"), ()])
def test_one_way_to_the_person_on_duty_is_too_few(channels: tuple[str, ...]) -> None:
    """The screen on the box is no second way: it is heard there only."""
    found = [f for f in roster_findings("site.yaml", school(DAY, channels), MODEM, NOON)]
    assert {f.path for f in found if f.code == "CFG-099"} == {"people.wang", "people.li", "people.zhao"}


@pytest.mark.parametrize(
    ("channels", "ring", "wakes"),
    [
        (("sms", "robot"), "all", True),
        (("sms", "robot"), "none", False),
        (("cloud", "robot"), "all", False),
        (("robot", "voice"), "none", True),
    ],
)
def test_whoever_is_on_duty_needs_a_channel_that_calls(channels: tuple[str, ...], ring: str, wakes: bool) -> None:
    """people's §3: rung is a text and a call."""
    made = school(DAY, channels)
    made = replace(made, channels={**made.channels, "robot": "dingtalk", "cloud": "aliyun-sms"})
    found = roster_findings("site.yaml", made, (ChannelConfig("sms", "modem", {"ring": ring}),), NOON)
    assert {f.path for f in found if f.code == "CFG-100"} == (set() if wakes else {"people.wang", "people.li", "people.zhao"})
