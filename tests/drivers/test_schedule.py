"""The schedule in virtual time: fire slots, nobody starves, no drift, what the dead may cost, who is told to be stale."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from field_site import SMOKE, WARM, device, smoke, warm
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.plan import is_fire
from drivers.profile import Device
from drivers.schedule import DEAD_AFTER, FIRE_AGE, LONGEST_FIRE_REST, LONGEST_REST, STEP, Schedule, stale_after


@dataclass
class Line:
    """A line in virtual time: a good poll costs `good` ms, a failed one `bad` (time-out and drain)."""

    devices: list[Device]
    good: int = 40
    bad: int = 600
    dead: set[str] = field(default_factory=set)
    now: int = 0
    dead_time: int = 0
    polls: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # when each good poll ended, or each try

    worst: dict[str, int] = field(default_factory=dict)
    looked: int = 0
    stale: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.devices, self.now, self.worst)

    def run(self, until: int) -> None:
        while self.now < until:
            found = self.schedule.next(self.now)
            if found is None:
                wait = self.schedule.wait(self.now)
                assert wait > 0, "nothing to ask, yet not waiting: the poller would spin"
                self.now += wait
                continue
            if found.id in self.dead:
                self.now += self.bad
                self.dead_time += self.bad
                self.schedule.bad(found.id, self.now, self.bad)
            else:
                self.now += self.good
                self.schedule.good(found.id, self.now, self.good)
            self.polls[found.id].append(self.now)
            if self.now >= self.looked + 1_000:
                self.looked = self.now
                for silent in self.schedule.stale(self.now):
                    self.stale[silent.id].append(self.now)

    def widest(self, device: str, start: int, end: int) -> int:
        """The longest time without a poll within start..end."""
        times = [start, *(t for t in self.polls[device] if start <= t <= end), end]
        return max(b - a for a, b in itertools.pairwise(times))


@given(
    fire=st.integers(1, 10), others=st.integers(0, 6), dead_fire=st.integers(0, 8), dead_others=st.integers(0, 8),
    good=st.integers(10, 60), bad=st.integers(20, 600),
)  # fmt: skip
def test_fire_slots_hold_whatever_is_dead(
    fire: int, others: int, dead_fire: int, dead_others: int, good: int, bad: int
) -> None:
    """32 devices at most; living fire devices load the line to 60 % at most. Once the dead are known, ≤ 2 s."""
    devices = [smoke(n) for n in range(fire)] + [warm(n) for n in range(others)]
    gone = [smoke(100 + n) for n in range(dead_fire)] + [warm(100 + n) for n in range(dead_others)]
    line = Line(devices + gone, good, bad, {d.id for d in gone})
    known = 30_000
    line.run(150_000)
    for n in range(fire):
        assert line.widest(f"smoke{n}", known, 150_000) <= 2_000


@given(dead_fire=st.integers(0, 8), bad=st.integers(20, 600))
def test_devices_dying_together_delay_a_living_fire_device_once(dead_fire: int, bad: int) -> None:
    """Nobody can know who is dead before asking: the first round costs one time-out each, and no more than that."""
    devices = [smoke(n) for n in range(12)]
    line = Line(devices, 40, bad)
    line.run(20_000)
    line.dead = {f"smoke{n}" for n in range(dead_fire)}
    line.run(80_000)
    assert line.widest("smoke11", 20_000, 80_000) <= 2_000 + dead_fire * bad
    assert line.widest("smoke11", 20_000 + 2_000 + 2 * dead_fire * bad, 80_000) <= 2_000


@settings(max_examples=40)
@given(
    dead=st.integers(1, 20), living=st.integers(0, 12), fire=st.booleans(), bad=st.integers(20, 700), good=st.integers(10, 70)
)
def test_d9_all_the_dead_together_cost_a_tenth(dead: int, living: int, fire: bool, bad: int, good: int) -> None:
    make = smoke if fire else warm
    gone = [make(100 + n) for n in range(dead)]
    line = Line([*gone, *(smoke(n) for n in range(living))], good, bad, {d.id for d in gone})
    line.run(60_000)
    spent = line.dead_time
    line.run(660_000)
    assert line.dead_time - spent <= 600_000 // 10 + bad


@given(fire=st.integers(0, 10), others=st.integers(1, 10), dead=st.integers(0, 8))
def test_nobody_starves(fire: int, others: int, dead: int) -> None:
    """Line loaded to 76 % by the living; others are late by no more than what a probe and the fire devices take."""
    gone = [warm(100 + n) for n in range(dead)]
    devices = [*(smoke(n) for n in range(fire)), *(warm(n) for n in range(others))]
    line = Line([*devices, *gone], 60, 600, {d.id for d in gone})
    line.run(200_000)
    for n in range(others):
        assert line.widest(f"warm{n}", 60_000, 200_000) <= 5_000 + 5_000
    for d in gone:
        assert line.widest(d.id, 60_000, 200_000) <= LONGEST_REST + dead * 600 * 10 + 1_000, "a dead one is probed for ever"


def test_a_dead_device_is_probed_even_on_a_line_that_is_never_idle() -> None:
    """Others always overdue: the dead one still gets its share, and its return is noticed."""
    devices = [warm(n, 1_000) for n in range(40)]  # 40 × 40 ms a second: 160 %
    line = Line([*devices, warm(100)], 40, 600, {"warm100"})
    line.run(100_000)
    line.dead = set()
    line.run(100_000 + 2 * LONGEST_REST)
    assert line.polls["warm100"][-1] > 100_000


def test_fire_devices_come_first_on_a_line_that_is_never_idle() -> None:
    line = Line([*(warm(n, 1_000) for n in range(60)), smoke(1)], 40)  # 60 × 40 ms a second: 240 %
    line.run(60_000)
    assert line.widest("smoke1", 2_000, 60_000) <= 2_000


@settings(max_examples=20)
@given(st.lists(st.sampled_from([500, 1_000, 1_700, 5_000, 60_000]), min_size=1, max_size=6), st.integers(1, 60))
def test_no_drift(periods: list[int], good: int) -> None:
    """Over an hour each device is polled once per beat: as often as the hour has periods."""
    devices = [device(f"d{n}", n, WARM, period=p) for n, p in enumerate(periods)]
    line = Line(devices, good)
    line.run(3_600_000)
    for d in devices:
        assert abs(len(line.polls[d.id]) - 3_600_000 / d.period) <= 1


def test_first_polls_are_staggered() -> None:
    line = Line([smoke(n) for n in range(10)], good=1)
    line.run(1_000)
    starts = [line.polls[f"smoke{n}"][0] for n in range(10)]
    assert starts == [1 + 100 * n for n in range(10)]


def test_d23_the_slow_ones_too_are_asked_within_ten_seconds_of_a_start() -> None:
    devices = [device(f"d{n}", n, WARM, period=20_000) for n in range(1, 33)]
    line = Line(devices, good=20)
    line.run(10_000)
    assert all(len(line.polls[d.id]) == 1 for d in devices)


def test_missed_beats_are_not_made_up_for() -> None:
    schedule = Schedule([warm(1, 1_000)], 0)
    schedule.good("warm1", 5_400)
    assert schedule.next(5_500) is None and schedule.wait(5_500) == 500


def test_asked_early_the_beat_still_comes() -> None:
    """A person's question in between does not put the next poll off."""
    schedule = Schedule([warm(1, 1_000)], 0)
    schedule.good("warm1", 10)
    schedule.good("warm1", 500)
    assert schedule.wait(600) == 400


def test_a_fire_device_that_just_failed_waits_for_those_that_answer() -> None:
    schedule = Schedule([smoke(1), smoke(2), warm(3)], 0)
    schedule.bad("smoke1", 600, 600)
    schedule.good("smoke2", 640)
    order = []
    while (found := schedule.next(5_000)) is not None:
        order.append(found.id)
        schedule.good(found.id, 5_000)
    assert order == ["smoke2", "smoke1", "warm3"]


def test_one_failure_is_asked_again_on_the_beat() -> None:
    schedule = Schedule([smoke(1)], 0)
    schedule.bad("smoke1", 600, 600)
    assert schedule.next(1_000) is not None


@pytest.mark.parametrize("make, longest", [(smoke, LONGEST_FIRE_REST), (warm, LONGEST_REST)])
def test_probes_back_off_and_one_answer_ends_it(make: object, longest: int) -> None:
    d = make(1)  # type: ignore[operator]
    line = Line([d], bad=100, dead={d.id})
    line.run(600_000)
    rests = [b - a for a, b in zip(line.polls[d.id], line.polls[d.id][1:], strict=False)][DEAD_AFTER - 1 :]
    assert rests == sorted(rests) and rests[-1] == longest + 100
    line.dead = set()
    line.run(600_000 + 3 * longest)
    good = [t for t in line.polls[d.id] if t > 600_000]
    assert good[0] <= 600_000 + longest + 200 and good[2] - good[1] == d.period


def test_a_line_that_is_down_is_not_the_devices_failure() -> None:
    schedule = Schedule([smoke(1)], 0)
    for n in range(1, 9):
        schedule.missed("smoke1", n * 1_000)
        assert schedule.next(n * 1_000 + 1_000) is not None


def test_an_empty_line_waits() -> None:
    schedule = Schedule([], 0)
    assert schedule.next(0) is None and schedule.wait(0) > 0


def test_which_devices_are_fire() -> None:
    assert is_fire(smoke(1)) and not is_fire(warm(1)) and is_fire(device("both", 1, (*WARM, *SMOKE)))


@settings(max_examples=25)
@given(
    fire=st.integers(1, 12), others=st.integers(1, 8), dead=st.integers(0, 8), good=st.integers(10, 60), slow=st.integers(100, 900),
)  # fmt: skip
def test_r2_a_slow_dead_device_never_makes_a_fire_slot_late(fire: int, others: int, dead: int, good: int, slow: int) -> None:
    """Its question may hold the line nearly a second, as `check` allows beside a period of 1 s. Ten minutes, every gap ≤ 2 s.

    The dead have been dead from the start: their first round meets the fire devices' slots like any other.
    """
    gone = [warm(100 + n) for n in range(dead)]
    devices = [*(smoke(n) for n in range(fire)), *(warm(n) for n in range(others)), *gone]
    line = Line(devices, good, slow, {d.id for d in gone}, worst={d.id: slow for d in devices})
    line.run(600_000)
    for n in range(fire):
        assert line.widest(f"smoke{n}", 0, 600_000) <= FIRE_AGE + good


def test_what_could_not_be_asked_is_told_to_be_stale_and_what_does_not_answer_is_not() -> None:
    """A question that never fits between the fire slots: the check refuses it, a poller that runs all the same says so."""
    devices = [smoke(1), warm(2, 5_000), warm(3, 5_000)]
    line = Line(devices, 40, 600, {"warm3"}, worst={"warm2": 2_000, "warm3": 600})
    line.run(61_000)
    assert not line.polls["warm2"] and [t // 1_000 for t in line.stale["warm2"]] == [15, 30, 45, 60]
    assert line.polls["warm3"] and not line.stale["warm3"] and not line.stale["smoke1"]


@pytest.mark.parametrize(
    "quantity, period, limit",
    [("smoke", 1_000, 3_000), ("residual-current", 5_000, 15_000), ("door", 20_000, 30_000), ("temperature", 5_000, 15_000),
     ("temperature", 1_000, 15_000), ("temperature", 20_000, 60_000)],
)  # fmt: skip
def test_d10_how_long_a_point_may_be_silent(quantity: str, period: int, limit: int) -> None:
    assert stale_after(quantity, period) == limit


def test_only_a_living_fire_device_interrupts_a_long_cycle() -> None:
    schedule = Schedule([smoke(1), warm(2)], 0)
    assert schedule.fire(0, "warm2") is not None
    assert schedule.fire(0, "smoke1") is None, "it is being asked"
    schedule.good("smoke1", 40, 40)
    assert schedule.fire(500, "warm2") is None
    schedule.bad("smoke1", 1_600, 600)
    assert schedule.fire(10_000, "warm2") is None, "one that just failed waits for its turn"


def test_the_count_of_the_dead() -> None:
    line = Line([smoke(1), smoke(2)], dead={"smoke1"})
    line.run(5_000)
    assert line.schedule.dead == 1
    line.dead = set()
    line.run(30_000)
    assert line.schedule.dead == 0


def test_d9_eight_of_32_dead_on_a_9600_baud_line() -> None:
    """16 detectors at 1 s and 16 others at 5 s, 28 ms a question, 626 ms a lost one: an hour, in virtual time.

    The living keep at least 90 % of their rate from the moment eight die; once these are known no detector waits over 2 s.
    """
    devices = [*(smoke(n) for n in range(16)), *(warm(100 + n) for n in range(16))]
    worst = {d.id: 626 for d in devices}
    line = Line(devices, good=28, bad=626, worst=worst)
    line.run(60_000)
    line.dead = {*(f"smoke{n}" for n in range(4)), *(f"warm{100 + n}" for n in range(4))}
    line.run(3_660_000)
    for d in (d for d in devices if d.id not in line.dead):
        polls = [t for t in line.polls[d.id] if t > 60_000]
        assert len(polls) >= 0.9 * 3_600_000 / d.period
        if is_fire(d):
            assert line.widest(d.id, 70_000, 3_660_000) <= FIRE_AGE


@given(started=st.integers(0, 10_000), devices=st.integers(1, 9), away=st.booleans())
def test_lines_that_start_at_any_moment_ask_together(started: int, devices: int, away: bool) -> None:
    """At whole steps of the clock, also after an outage; else the processor wakes up for each line by itself."""
    line = Line([smoke(n) for n in range(devices)], good=1, bad=1, now=started)
    line.dead = {"smoke0"} if away else set()
    line.run(started + 20_000)
    line.dead = set()
    line.run(started + 60_000)
    for polls in line.polls.values():
        assert polls[-1] % STEP in range(1, devices + 1), "one after the other from a step on"
