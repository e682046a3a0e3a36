"""The sums of a line's load by hand, and whether fire points can be heard in time."""

from __future__ import annotations

import pytest
from field_site import WARM, device, smoke, warm
from hypothesis import given
from hypothesis import strategies as st

from drivers.load import RESERVE, faster, late, load
from drivers.pace import pace
from drivers.profile import Limits

LINE = pace("modbus-rtu", 9600, "8N1")


def test_the_sums_of_the_load() -> None:
    """9600 8N1: a character is 1.0417 ms. 5 registers: (8 + 3.5 + 5 + 10 + 3.5) characters + 5 ms = 36.25 ms.

    1 bit: (20 + 1) characters + 5 ms = 26.875 ms. Gap: 20 ms a question. A tenth is kept for the dead.
    """
    slow = device("slow", 3, WARM, period=2_000, limits=Limits(gap=20))
    found = load([warm(1, 1_000), smoke(2), slow], LINE)
    assert found.share == pytest.approx(0.03625 + 0.026875 + (0.03625 + 0.02) / 2 + 0.1)
    assert found.lines[0] == "1 × p-warm1: 1 × 36 ms ÷ 1 s = 4%"
    assert found.lines[-1] == "掉线预留 reserve for the dead 10%"


def test_devices_of_one_model_stand_in_one_line() -> None:
    twins = [smoke(1), smoke(1), smoke(1)]
    assert load(twins, LINE).lines[0] == "3 × p-smoke1: 1 × 27 ms ÷ 1 s = 8%"


@given(st.sampled_from([1_200, 9_600, 19_200]))
def test_eleven_bits_take_a_tenth_more(baud: int) -> None:
    ten, eleven = ((load([warm(1)], pace("modbus-rtu", baud, f)).share - RESERVE) * 5 - 0.005 for f in ("8N1", "8E1"))
    assert eleven == pytest.approx(1.1 * ten, rel=1e-4)


def test_above_19200_baud_the_silence_is_fixed() -> None:
    """115200 8N1: a character is 86.8 us. 27 characters of 5 registers' frames less the silences: 23 + 2 × 1.75 ms + 5 ms."""
    assert (load([warm(1)], pace("modbus-rtu", 115_200, "8N1")).share - RESERVE) * 5 == pytest.approx(
        23 * 10 / 115_200 + 0.0085
    )


def test_a_network_has_a_load_too() -> None:
    assert (load([warm(1)], pace("modbus-tcp", 9600, "8N1")).share - RESERVE) * 5 == pytest.approx(0.007)


def test_the_plan_of_a_line_with_fire_points_is_the_one_that_counts() -> None:
    """100 registers in a row: one read of 203 characters alone, two of at most 60 beside a detector."""
    from drivers.profile import Channel

    long = device(
        "long", 9, tuple(Channel(f"c{n}", "count", "holding", n) for n in range(100)), limits=Limits(max_registers=125)
    )
    assert load([long], LINE).lines[0].startswith("1 × p-long: 1 × ")
    assert load([long, smoke(1)], LINE).lines[0].startswith("1 × p-long: 2 × ")


def test_the_lowest_baud_rate_that_would_do() -> None:
    many = [smoke(n) for n in range(40)]  # 40 × 26.875 ms a second
    assert load(many, LINE).share == pytest.approx(1.075 + 0.1)
    assert faster(many, "modbus-rtu", 9600, "8N1", 0.8) == 19_200
    assert faster(many, "modbus-tcp", 9600, "8N1", 0.8) is None
    assert faster([smoke(n) for n in range(400)], "modbus-rtu", 9600, "8N1", 0.8) is None


def test_r2_a_device_that_holds_the_line_too_long_for_the_fire_points() -> None:
    """300 ms twice and 25 ms of frames and silences, beside a period of 1.4 s: 1.4 + 0.625 + 0.027 s."""
    slow = device("slow", 3, WARM, limits=Limits(latency=300))
    assert late([smoke(1), slow], LINE) is None
    found = late([smoke(1, 1_400), slow], LINE)
    assert found is not None and (found.fire.id, found.slow.id) == ("smoke1", "slow")
    assert (found.holds, found.own, found.age) == (626, 27, 2_053)


def test_one_fire_device_alone_waits_for_nobody() -> None:
    assert late([smoke(1, 2_000)], LINE) is None and late([warm(1)], LINE) is None


def test_on_a_network_a_lost_answer_is_not_waited_out() -> None:
    slow = device("slow", 3, WARM, limits=Limits(latency=900))
    assert late([smoke(1), slow], LINE) is not None
    assert late([smoke(1), slow], pace("modbus-tcp", 9600, "8N1")) is None
