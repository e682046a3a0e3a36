"""The window over a line's counters, and what hours of them say in words; before a living line in test_tools_living."""

from __future__ import annotations

import dataclasses
import json

import pytest

from drivers.bus import BusStats, Counts
from drivers.profile import Device
from drivers.reading import Now
from gateway.config.library import data_dir, only_profiles
from gateway.counters import HALF_DAY, Counters, stats_from
from gateway.longrun import ENOUGH, troubles
from gateway.symptoms import WORDS

HOUR = 3_600_000


def at(ms: int) -> Now:
    return Now(1_700_000_000_000 + ms, ms)


def stats(**kinds: int) -> BusStats:
    counts = Counts(questions=sum(kinds.values()), latency_max=40.0, **kinds)
    return BusStats(counts, {3: counts}, reopenings=kinds.get("down", 0), waits=1, noise=2)


def test_the_window_begins_at_the_start_and_then_half_a_day_to_a_day_back() -> None:
    now = [stats(good=10)]
    counters = Counters({"a": lambda: now[0]}, at(0))
    counters.look(at(HALF_DAY - 1))
    hours, seen = stats_from(json.loads(json.dumps(counters.of("a", at(HOUR)))))
    assert (hours, seen) == (1.0, now[0])
    counters.look(at(HALF_DAY))  # ten questions lie before this mark
    now[0] = stats(good=10, garbled=5)
    assert stats_from(counters.of("a", at(2 * HALF_DAY - 1)))[1].total.questions == 15
    counters.look(at(2 * HALF_DAY))
    now[0] = stats(good=11, garbled=5, down=2)
    hours, seen = stats_from(counters.of("a", at(2 * HALF_DAY + HOUR)))
    assert hours == 13.0 and (seen.total.questions, seen.total.garbled, seen.units[3].good, seen.reopenings) == (8, 5, 1, 2)
    with pytest.raises(KeyError):
        counters.of("panel", at(0))


@pytest.fixture(scope="module")
def devices() -> dict[int, Device]:
    profile = only_profiles(data_dir(), None).profiles["jxct-th"]
    return {unit: Device(f"d{unit}", profile, "a", unit, 5_000) for unit in (1, 2, 3, 4)}


GOOD = Counts(questions=1_000, good=1_000, latency_max=40.0)


def told(devices: dict[int, Device], units: dict[int, Counts], **line: int) -> list[tuple[str, str]]:
    total = Counts(questions=sum(c.questions for c in units.values()))
    return [(c.about, c.symptom) for c in troubles(BusStats(total, units, **line), devices)]


def counts(**kinds: int) -> Counts:
    """Of a thousand questions, the rest good."""
    good = 1_000 - sum(kinds.values())
    return Counts(questions=1_000, good=good, latency_max=40.0 if good else None, **kinds)


@pytest.mark.parametrize(
    ("kinds", "symptom"),
    [
        ({"silent": 1_000}, "silent"),
        ({"silent": 30}, "drops"),
        ({"garbled": 2}, "flipped"),
        ({"wrong": 5}, "misanswers"),
        ({"refused": 100}, "refuses"),
    ],
)
def test_a_device_that_errs_for_hours_is_named_in_words(
    devices: dict[int, Device], kinds: dict[str, int], symptom: str
) -> None:
    assert told(devices, {1: GOOD, 2: counts(**kinds), 3: GOOD}) == [("d2", symptom)]
    assert all(WORDS[symptom])


def test_what_one_question_in_a_thousand_does_is_no_complaint(devices: dict[int, Device]) -> None:
    assert not told(devices, {1: counts(silent=1, garbled=1, wrong=1), 2: GOOD})
    assert not told(devices, {1: counts(refused=99)}), "that many a scan may be refused"
    few = Counts(questions=ENOUGH - 1, garbled=ENOUGH - 1)
    assert not told(devices, {1: few}), "too few questions to say anything"
    unplugged = Counts(questions=1_000, good=5, garbled=5, down=990)
    assert not told(devices, {1: unplugged}), "what never reached the line is not enough to say anything of the device"
    assert not told(devices, {77: counts(garbled=500)}), "a unit that a scan asked, and no device of the site"


def test_what_most_devices_show_is_the_lines_and_its_share_their_mean(devices: dict[int, Device]) -> None:
    units = {1: counts(garbled=10), 2: counts(garbled=20), 3: counts(garbled=30), 4: GOOD}
    (one,) = troubles(BusStats(Counts(), units), devices)
    assert (one.about, one.symptom, one.share) == ("", "flipped", 0.02) and "A/B swapped" in one.en


def test_a_time_out_that_is_nearly_used_up_explains_the_silences(devices: dict[int, Device]) -> None:
    tight = dataclasses.replace(counts(silent=30), latency_max=0.9 * devices[1].profile.limits.latency)
    assert told(devices, {1: tight, 2: GOOD}) == [("d1", "tight")]


def test_a_port_that_was_lost_and_noise_are_the_lines(devices: dict[int, Device]) -> None:
    assert told(devices, {1: GOOD}, reopenings=2) == [("", "reopened")]
    assert told(devices, {1: GOOD}, noise=2_000) == [], "two bytes an answer are a transceiver turning round"
    assert told(devices, {1: GOOD}, noise=2_001) == [("", "noise")]
