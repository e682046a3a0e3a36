"""D8 in the line's machine under virtual time: every fault thousands of times, and whatever hypothesis thinks of. No I/O."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from field_far import words
from field_virtual import CHARACTER, LATENCY, RATES, SILENCE, Undrained, VirtualLine, ask, line, sealed
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bus import DeviceFault, GarbledAnswer, NoAnswer, Refused, WrongAnswer
from drivers.modbus.line import BABBLE, Line, Question
from drivers.modbus.pdu import check_write

FAULTS = tuple(RATES)
OWN_COST = ("good", "duplicated")  # what must give a value; of an echoed answer half


def polls(machine: Line, far: VirtualLine, count: int, seed: int, until_wrong: bool = False) -> tuple[int, Counter[str]]:
    """(misattributed, results by kind). Questions differ in unit, function and address, and often have the same shape."""
    choose, wrong, seen = random.Random(seed), 0, Counter[str]()
    for _ in range(count):
        unit, function, address = choose.randint(1, 3), choose.choice((3, 3, 4)), choose.randrange(1000)
        registers = choose.choice((4, 4, 4, 4, 6))
        far.now += choose.choice((0.0, 0.0, 0.001, 0.05))
        try:
            found = far.run(machine.transact(ask(unit, function, address, registers), far.now))
        except DeviceFault as fault:
            seen[type(fault).__name__] += 1
        else:
            seen["value"] += 1
            if found != words(unit, function, address, registers, far.number):
                wrong += 1
                if until_wrong:
                    break
    return wrong, seen


def judge(far: VirtualLine, wrong: int, seen: Counter[str], least: int) -> None:
    polled, hours = sum(seen.values()), far.now / 3600
    print(
        f"\nmachine: {polled} polls in {hours:.1f} virtual hours, {wrong} misattributed; far end {dict(far.log)}; {dict(seen)}"
    )
    assert wrong == 0 and far.early == 0
    assert all(far.log[fault] >= least for fault in FAULTS), "every fault must have happened often enough"
    assert seen["value"] >= sum(far.log[kind] for kind in OWN_COST), "a fault costs its own poll, not its neighbours"


def test_d8_every_fault_five_thousand_times_in_the_machine() -> None:
    far = VirtualLine(RATES, 1)
    judge(far, *polls(line(), far, 68_000, 1), 5_000)


@pytest.mark.soak
def test_d8_a_million_polls_in_the_machine() -> None:
    far = VirtualLine({fault: 0.02 for fault in FAULTS}, 2)
    judge(far, *polls(line(), far, 1_000_000, 2), 19_000)


@pytest.mark.parametrize("seed", range(5))
def test_d8_without_the_drain_it_fails_within_a_thousand_polls(seed: int) -> None:
    far = VirtualLine(RATES, seed)
    wrong, seen = polls(line(Undrained), far, 1_000, seed, until_wrong=True)
    print(f"\nwithout the drain: first misattributed value after {sum(seen.values())} polls")
    assert wrong > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_d8_each_fault_alone_on_every_second_question(fault: str) -> None:
    far = VirtualLine({fault: 0.5}, 3)
    wrong, seen = polls(line(), far, 2_000, 3)
    assert wrong == 0 and far.early == 0 and far.log[fault] > 900
    assert seen["value"] >= far.log["good"], seen


@pytest.mark.parametrize("lump", [0.001, 0.016])
def test_d8_an_adapter_that_hands_bytes_over_in_lumps(lump: float) -> None:
    """All but the doubled answer, of which no promise is made when the adapter holds it back longer than the silence."""
    far = VirtualLine({fault: 0.08 for fault in FAULTS if fault != "duplicated"}, 4, lump)
    wrong, seen = polls(line(), far, 5_000, 4)
    assert wrong == 0 and seen["value"] >= far.log["good"]


# ---- whatever hypothesis thinks of

NOISE = st.binary(min_size=1, max_size=12)
EVENT = st.tuples(
    st.sampled_from((*FAULTS, "good", "good")),
    st.integers(1, 3),  # unit
    st.sampled_from((3, 4)),
    st.integers(0, 3),  # address
    st.integers(3, 5),  # registers
    st.floats(0, 2),  # seconds until the next question
    st.one_of(st.none(), st.tuples(st.floats(0, 0.7), NOISE)),  # noise so long after the question
)


class Scripted(VirtualLine):
    """Does the faults it is told, with noise on top."""

    script: tuple[str, tuple[float, bytes] | None] = ("good", None)

    def answer(self, frame: bytes, end: float, fault: str) -> None:
        fault, noise = self.script
        super().answer(frame, end, fault)
        if noise is not None:
            self.say(noise[1], end + noise[0])


@settings(max_examples=300)
@given(st.lists(EVENT, max_size=25), st.integers(0, 1 << 16))
def test_d8_no_order_of_faults_and_noise_gives_a_wrong_value(events: list[tuple[object, ...]], seed: int) -> None:
    """A flipped CRC that fits by chance (1 in 65,536) apart, which noise inside a frame cannot be told from."""
    far, machine = Scripted({}, seed), line()
    for fault, unit, function, address, registers, pause, noise in events:
        far.script = (fault, noise)  # type: ignore[assignment]
        try:
            found = far.run(machine.transact(ask(unit, function, address, registers), far.now))  # type: ignore[arg-type]
        except DeviceFault:
            pass
        else:
            assert found == words(unit, function, address, registers, far.number)  # type: ignore[arg-type]
        far.now += pause  # type: ignore[operator]


@settings(max_examples=200)
@given(st.lists(st.floats(0, 1.4), min_size=13, max_size=13), st.floats(0, 0.99))
def test_a_good_answer_is_taken_whatever_its_pauses(pauses: list[float], when: float) -> None:
    """Up to 1.5 characters between bytes (Modbus over serial line 1.02, 2.5.1.1), begun at any moment before the time-out."""
    far, machine = VirtualLine({}, 1), line()
    question = ask(1, 3, 0, 4)
    body = b"\x01\x03\x08" + bytes(range(8))

    def answer(frame: bytes, end: float, fault: str) -> None:
        at = end + when * (LATENCY - CHARACTER)
        for byte, pause in zip(sealed(body), pauses, strict=True):
            at = far.say(bytes((byte,)), at, pause * CHARACTER)

    far.answer = answer  # type: ignore[method-assign]
    assert far.run(machine.transact(question, 0.0)) == (0x0001, 0x0203, 0x0405, 0x0607)


# ---- one rule each


class Quiet(VirtualLine):
    """Says only what the test lets it say: `says`, one entry a question, each (seconds after its end, bytes)."""

    says: list[list[tuple[float, bytes]]]

    def answer(self, frame: bytes, end: float, fault: str) -> None:
        for after, data in self.says.pop(0) if self.says else []:
            self.say(data, end + after)


ONE = sealed(b"\x01\x03\x02\x00\x2a")


def said(*says: list[tuple[float, bytes]]) -> tuple[Quiet, Line]:
    far = Quiet({}, 1)
    far.says = list(says)
    return far, line()


def read(far: Quiet, machine: Line, gap: float = 0.0) -> tuple[int, ...]:
    question = ask(1, 3, 0, 1)
    return far.run(machine.transact(Question(question.frame, 7, False, question.check, LATENCY, gap), far.now))


def test_after_a_time_out_nothing_is_asked_for_one_more_latency() -> None:
    far, machine = said([], [(0.01, ONE)])
    with pytest.raises(NoAnswer):
        read(far, machine)
    assert far.now == pytest.approx(8 * CHARACTER + 2 * LATENCY)
    assert read(far, machine) == (42,)


def test_a_refusal_is_an_answer_and_needs_no_drain() -> None:
    far, machine = said([(0.01, sealed(b"\x01\x83\x02"))])
    with pytest.raises(Refused):
        read(far, machine)
    assert far.now == pytest.approx(8 * CHARACTER + 0.01 + 6 * CHARACTER), "one character later than it could: a wake-up less"


def test_a_refusal_of_a_long_read_is_seen_at_its_fifth_byte() -> None:
    far, machine = said([(0.01, sealed(b"\x01\x83\x02"))])
    with pytest.raises(Refused):
        far.run(machine.transact(ask(1, 3, 0, 125), 0.0))
    assert far.now == pytest.approx(8 * CHARACTER + 0.01 + 5 * CHARACTER)


def test_the_silence_and_the_gap_of_the_device() -> None:
    far, machine = said([(0.01, ONE)], [(0.01, ONE)])
    read(far, machine)
    before = far.now
    read(far, machine, gap=0.02)
    assert far.now - before == pytest.approx(SILENCE + 0.02 + 8 * CHARACTER + 0.01 + 7 * CHARACTER)
    assert machine.waits == 1 and machine.noise == 0


def test_bytes_that_nobody_asked_for_start_the_silence_anew() -> None:
    far, machine = said([(0.01, ONE)])
    far.say(b"\xff\x00", 0.001)
    far.now = 0.1
    assert read(far, machine) == (42,)
    assert far.now == pytest.approx(0.1 + SILENCE + 8 * CHARACTER + 0.01 + 7 * CHARACTER) and machine.noise == 2


def test_latency_is_counted_from_the_end_of_the_question_to_the_first_byte() -> None:
    far, machine = said([(0.02, ONE)])
    read(far, machine)
    assert machine.took == pytest.approx((0.02 + CHARACTER) * 1000) and machine.heard == ONE


def test_a_line_that_is_never_silent_is_left_alone_and_recovers() -> None:
    far, machine = said([(0.0, b"\x55" * 3000)], [(0.01, ONE)])
    for _ in range(2):
        with pytest.raises(GarbledAnswer):
            read(far, machine)
    assert far.number == 1, "the second question was not even asked"
    assert far.now < 8 * CHARACTER + LATENCY + 3 * BABBLE
    far.now += 3000 * CHARACTER
    assert read(far, machine) == (42,)


def write(far: Quiet, machine: Line) -> None:
    request = b"\x06\x00\x05\x00\x07"
    far.run(
        machine.transact(Question(sealed(b"\x01" + request), 8, True, lambda p: check_write(request, p), LATENCY, 0.0), far.now)
    )


WROTE = sealed(b"\x01\x06\x00\x05\x00\x07")


def test_on_a_line_that_echoes_a_write_needs_the_devices_own_answer() -> None:
    echo = -8 * CHARACTER
    asked = ask(1, 3, 0, 1).frame
    far, machine = said([(echo, asked), (0.01, ONE)], [(echo, WROTE)], [(echo, WROTE), (0.01, WROTE)])
    assert read(far, machine) == (42,)
    with pytest.raises(NoAnswer):
        write(far, machine)
    write(far, machine)


def test_before_the_first_read_a_write_is_listened_out() -> None:
    """That may have been an echo, and the true answer still to come."""
    far, machine = said([(0.01, WROTE), (0.2, ONE)], [(0.01, ONE)])
    write(far, machine)
    assert far.now > 0.2 + LATENCY and machine.noise == len(ONE)


def test_d8_a_cut_answer_is_garbled() -> None:
    far, machine = said([(0.01, ONE[:4])])
    with pytest.raises(GarbledAnswer):
        read(far, machine)
    assert far.now == pytest.approx(8 * CHARACTER + 2 * LATENCY), "the same as silence"


def test_noise_does_not_shorten_the_wait_for_a_late_answer() -> None:
    """Found by hypothesis: five bytes of noise look like a cut exception, and the true answer comes almost 2 latencies late."""
    far, machine = said([(0.0, b"\x00\x80\x00\x00\x00"), (1.9 * LATENCY, ONE)], [(0.2, sealed(b"\x01\x03\x02\x00\x2b"))])
    with pytest.raises(GarbledAnswer):
        read(far, machine)
    assert read(far, machine) == (43,)


def test_another_unit_is_a_stranger_on_the_line() -> None:
    far, machine = said([(0.01, sealed(b"\x02\x03\x02\x00\x2a"))])
    with pytest.raises(WrongAnswer):
        read(far, machine)
    assert far.now > 0.01 + LATENCY


def test_a_long_answer_that_begins_at_the_last_moment_is_waited_for() -> None:
    body = b"\x01\x03\xfa" + bytes(250)
    far, machine = said([(LATENCY - 2 * CHARACTER, sealed(body))])
    assert far.run(machine.transact(ask(1, 3, 0, 125), 0.0)) == (0,) * 125
