"""Which profile a device has: real maps from the profiles' own frames, told apart by what is answered and refused. And the survey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

import pytest
from tool_devices import ALL, KNOWN, PROFILES, image_of, named_right

from drivers.asking import Heard
from drivers.guess import Guess, Guesser
from drivers.modbus.frames import rtu_frame
from drivers.plan import Read
from drivers.profile import Channel, Profile, Within
from drivers.simulator.campus import UNITS
from drivers.simulator.device import Device as Simulated
from drivers.simulator.models import MODELS
from drivers.simulator.pdu import Refusal, Space
from drivers.survey import NOISE, PATIENT, QUICK, Found, Knocked, Lost, survey

Image = Mapping[tuple[str, int], int]


@dataclass
class FakeLine:
    """A line whose time is counted, not passed: 8 characters of 1 ms out, as many as needed back, a wait twice for silence.

    `slow`: unit -> ms until it answers; its answer to a question given up is heard during a later one, as on a real line.
    """

    devices: dict[int, Image]
    slow: dict[int, int] = field(default_factory=dict)
    now: int = 0
    asked: list[int] = field(default_factory=list)
    silent: int = 0
    kind: str = ""
    late: list[tuple[int, bytes]] = field(default_factory=list)
    questions: list[Read] = field(default_factory=list)
    lost: int = 0  # the question of this number never arrives

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        self.asked.append(unit)
        self.questions.append(read)
        if self.kind:
            return Heard(self.kind, text="gone")
        self.now += 8 + 4
        image = self.devices.get(unit)
        wait = self.slow.get(unit, 20)
        if len(self.asked) == self.lost:
            image = None
        if image is None or wait > latency:
            if image is not None:
                self.late.append((self.now + wait, rtu_frame(unit, b"\x83\x02")))
            self.silent += 1
            self.now += 2 * latency
            return Heard("silent", received=self._heard(), took=2 * latency)
        cells = [image.get(cell) for cell in read.cells()]
        self.now += wait + 9 + 2 * read.count
        if late := self._heard():
            return Heard("wrong", received=late)
        if any(cell is None for cell in cells):
            return Heard("refused", code=2, took=wait)
        return Heard("good", tuple(c or 0 for c in cells), took=wait)

    def _heard(self) -> bytes:
        due = b"".join(frame for when, frame in self.late if when <= self.now)
        self.late = [one for one in self.late if one[0] > self.now]
        return due


async def profiles() -> list[Profile]:
    return list(ALL.values())


def examine(image: Image, unit: int = 1, profiles: Iterable[Profile] = ALL.values()) -> Guess:
    guesser = Guesser(profiles, unit)
    while (read := guesser.next()) is not None:
        cells = [image.get(cell) for cell in read.cells()]
        if any(cell is None for cell in cells):
            guesser.refused(read, 2)
        else:
            guesser.heard(read, [c or 0 for c in cells])
    return guesser.guess()


async def found(line: FakeLine, units: range, *, patient: bool = False) -> list[Found]:
    return [e async for e in survey(line, list(units), profiles, patient=patient) if isinstance(e, Found)]


@pytest.mark.parametrize("id", PROFILES)
def test_every_profiles_own_registers_name_it(id: str) -> None:
    guess = examine(image_of(id, unit=7), unit=7)
    assert named_right(id, guess.profiles), guess.profiles
    assert guess.sure == (PROFILES[id].unit_at is not None)


def test_the_table_of_what_can_be_told_apart_names_what_there_is() -> None:
    assert set(PROFILES) >= KNOWN


@pytest.mark.parametrize(
    "image",
    [
        {},
        {("holding", 0x9000): 5},
        {("input", n): 0xFFFF for n in range(4)},
        {("holding", 0): 0x7FFF, ("holding", 1): 0x8001},
        {("coil", 77): 1, ("discrete", 88): 1},
    ],
)
def test_what_no_profile_explains_is_unknown(image: Image) -> None:
    """Not even one that is only written, of which nothing could be heard that speaks against it. A model added later may fit."""
    assert any(not p.channels for p in ALL.values())
    known = {id: p for id, p in ALL.items() if id in KNOWN or not p.channels}
    assert examine(image, profiles=known.values()) == Guess(())


@pytest.mark.parametrize("unit", [1, 7])
@pytest.mark.parametrize(
    "spaces", [("holding", "input", "coil", "discrete"), ("holding", "input"), ("holding",), ("input",), ("coil", "discrete")]
)
@pytest.mark.parametrize("many", [0x10000, 10, 2])
def test_zeros_alone_name_nobody(unit: int, spaces: tuple[str, ...], many: int) -> None:
    """A device that answers zero whatever it is asked may be anything. Bits that end somewhere are more than that."""
    guesser = Guesser(ALL.values(), unit)
    while (read := guesser.next()) is not None:
        if read.space in spaces and read.address + read.count <= many:
            guesser.heard(read, [0] * read.count)
        else:
            guesser.refused(read, 2)
    names = guesser.guess().profiles
    assert all(c.space in ("coil", "discrete") for name in names for c in ALL[name].channels), names
    assert not names or many < 0x10000
    assert guesser.guess().blank or names or many < 0x10000


def test_a_leak_detector_at_rest_is_known_by_its_length_of_cable() -> None:
    unit, image = campus_image("rle-ld1500")
    assert examine(image, unit).profiles == ("rle-ld1500",)
    bare = examine(dict(image) | {("input", 4): 0}, unit)
    assert bare.profiles == () and bare.blank, "all that its profile reads is zero"


MODELS_OF_THE_CAMPUS = {unit.model: unit for unit in UNITS}
ALIKE = {  # models of the campus whose maps are the same, or differ in nothing that can be read
    "jxct-th": {"jxct-th", "wall-th"},
    "generic-manual-call": {"generic-manual-call", "generic-panic"},
    "generic-smoke": {"generic-smoke", "generic-heat"},
    "generic-heat": {"generic-smoke", "generic-heat"},
    "qdy-pressure": {"qdy-pressure", "qdw-level"},
    "qdw-level": {"qdy-pressure", "qdw-level"},
}


def campus_device(model: str) -> tuple[int, Simulated]:
    """Such a device of the simulated campus when nothing happens, with its unit: its model's registers, not a profile's."""
    unit = MODELS_OF_THE_CAMPUS[model]
    device = Simulated(unit, MODELS[model], lambda *_: None)
    for name, rest in unit.rests.items():
        device.put(name, rest.base)
    return unit.unit, device


def campus_image(model: str) -> tuple[int, Image]:
    unit, device = campus_device(model)
    spans = ((space, first + n) for space, first, many in device.model.spans for n in range(many))
    return unit, {(space, address): device.raw(space, address) for space, address in spans}


@pytest.mark.parametrize("model", MODELS_OF_THE_CAMPUS)
def test_scan_names_every_model_of_the_campus(model: str) -> None:
    """11 of its 17 models by one name, 6 by two: their maps are the same."""
    unit, device = campus_device(model)
    guesser = Guesser(ALL.values(), unit)
    while (read := guesser.next()) is not None:
        try:
            guesser.heard(read, device.read(cast(Space, read.space), read.address, read.count))
        except Refusal as refusal:
            guesser.refused(read, refusal.code)
    assert set(guesser.guess().profiles) == ALIKE.get(model, {model})
    assert (len(MODELS_OF_THE_CAMPUS), len(ALIKE)) == (17, 6)


def test_a_placeholder_gives_way_to_a_documented_map_that_explains_as_much() -> None:
    """The school that was given the maker's table: the same registers, now documented. And never the other way round."""
    documented = replace(ALL["generic-smoke"], id="our-smoke", verified="map")
    image = {("discrete", 0): 0, ("discrete", 1): 1}
    named = examine(image, profiles=[*ALL.values(), documented])
    assert named.profiles == ("our-smoke",) and not named.placeholder
    hot = {("holding", n): 310 + n for n in range(4)}
    assert examine(hot).profiles == ("generic-cable-temperature",), "two of the four are no air sensor's"
    assert examine(hot).placeholder


def test_a_sign_that_reads_otherwise_excludes_its_profile() -> None:
    """Cable temperatures beside alarm contacts: what the duct smoke detector answers, but for its two key values."""
    image = {("discrete", n): 0 for n in range(4)} | {("holding", n): 310 + n for n in range(4)}
    assert "calectro-ug3" not in examine(image).profiles


@pytest.mark.parametrize("model", ["calectro-ug3", "waveshare-relay8"])
async def test_a_question_lost_on_the_way_names_nothing_else(model: str) -> None:
    unit, image = campus_image(model)
    for lost in range(2, 32):
        line = FakeLine({unit: image}, lost=lost)
        (one,) = await found(line, range(unit, unit + 1))
        assert one.guess.profiles == (model,), f"question {lost}"


async def test_a_device_that_keeps_silent_is_asked_twice_once_a_space() -> None:
    """It answers no exception for what it does not have. Each silence costs two waits, so the second look is not for every one."""

    class Quiet(FakeLine):
        async def ask(self, unit: int, read: Read, latency: int) -> Heard:
            heard = await super().ask(unit, read, latency)
            return Heard("silent", took=2 * latency) if heard.kind == "refused" else heard

    unit, image = campus_image("calectro-ug3")
    line = Quiet({unit: image})
    (one,) = await found(line, range(unit, unit + 1))
    again = sum(one == other for one, other in pairwise(line.questions))
    assert one.guess.profiles == ("calectro-ug3",) and 1 <= again <= 4


def test_maps_that_overlap_are_ambiguous_never_one_of_them() -> None:
    """Humidity first or temperature first: both readings are believable, and neither sensor's address can be read."""
    both = {("holding", 0): 253, ("holding", 1): 658}
    names = examine(both).profiles
    assert "renke-rs-ws-n01" in names
    told = examine(both | {("holding", 0x100): 1})
    assert set(told.profiles) & KNOWN == {"jxct-th", "wall-th"}


def test_an_unbelievable_value_excludes_a_profile_a_foreseen_fault_does_not() -> None:
    hot = examine({("holding", 0): 658, ("holding", 1): 3000})
    assert "renke-rs-ws-n01" not in hot.profiles, "300 degrees"
    fault = image_of("sga-gas", unit=1) | {("holding", 0x104): 3}
    assert "sga-gas" in examine(fault).profiles, "its unit register says ppm: the profile foresees it"


def test_a_broken_loop_is_foreseen_a_code_of_no_table_of_states_is_not() -> None:
    tank = Channel("tank", "level", "input", 700, within=Within(3600, 21000, "断线"))
    zone = Channel("zone", "panel-fire", "input", 701, states={0: 0, 16: 1})
    own = replace(PROFILES["sdm630"], id="own", channels=(tank, zone))
    for values, names in (((12_000, 16), ("own",)), ((0, 16), ("own",)), ((12_000, 5), ())):
        image = {("input", 700 + n): value for n, value in enumerate(values)}
        assert examine(image, profiles=[own]).profiles == names, values


async def test_scan_of_32_units_stays_within_ten_seconds_of_the_lines_time() -> None:
    """The figure of the requirement, counted in questions and time-outs under the line's clock."""
    line = FakeLine({17: image_of("jxct-th", unit=17)})
    (one,) = await found(line, range(1, 33))
    assert (one.unit, one.guess.profiles) == (17, ("jxct-th",))
    assert line.silent == 31, "an absent unit is asked once"
    assert line.now <= 10_000, f"{line.now} ms, {len(line.asked)} questions"


async def test_progress_is_told_of_every_unit() -> None:
    events = [e async for e in survey(FakeLine({}), [5, 9], profiles)]
    assert events == [Knocked(5, 1, 2), Knocked(9, 2, 2)]


@pytest.mark.parametrize("patient", [False, True])
async def test_a_device_that_takes_800_ms_is_found(patient: bool) -> None:
    """Without patience its late answer falls into a later question, is not taken for that unit's, and it is asked again."""
    line = FakeLine({3: image_of("jxct-th", unit=3), 6: image_of("sga-gas", unit=6)}, slow={3: 800})
    result = await found(line, range(1, 13), patient=patient)
    assert {(f.unit, f.guess.profiles, f.slow) for f in result} == {(3, ("jxct-th",), True), (6, ("sga-gas",), False)}
    assert all(f.state == "answers" for f in result)


async def test_exception_2_to_everything_is_alive_and_unknown() -> None:
    (one,) = await found(FakeLine({4: {}}), range(3, 6))
    assert (one.unit, one.state, one.code, one.guess) == (4, "refuses", 2, Guess(()))


async def test_the_end_of_the_line_ends_the_scan() -> None:
    line = FakeLine({}, kind="down")
    assert [e async for e in survey(line, [1, 2], profiles)] == [Lost("gone")]
    assert line.asked == [1]


async def test_garbage_from_one_address_is_named_so() -> None:
    class Clash(FakeLine):
        async def ask(self, unit: int, read: Read, latency: int) -> Heard:
            return Heard("garbled", received=b"\x05\x03\x02\x00") if unit == 5 else await super().ask(unit, read, latency)

    (one,) = await found(Clash({}), range(4, 7))
    assert (one.unit, one.state) == (5, "garbled")


async def test_a_line_of_nothing_but_noise_is_not_a_line_full_of_devices() -> None:
    """Two devices with one address is a fault of two devices; garbage at one address after the other is the line's."""

    class Noise(FakeLine):
        async def ask(self, unit: int, read: Read, latency: int) -> Heard:
            await super().ask(unit, read, latency)
            return Heard("garbled", received=b"\x5a\x00\xff")

    line = Noise({})
    events = [e async for e in survey(line, range(1, 33), profiles)]
    assert [e for e in events if not isinstance(e, Knocked)] == [Lost(NOISE)] and set(line.asked) == {1, 2, 3}


async def test_a_unit_whose_questions_only_another_answers_is_not_there() -> None:
    class Babbler(FakeLine):
        async def ask(self, unit: int, read: Read, latency: int) -> Heard:
            return Heard("wrong", received=rtu_frame(3, b"\x83\x02"))

    assert await found(Babbler({}), range(5, 7)) == []


def test_the_usual_wait_is_short_and_the_patient_one_longer_than_any_device() -> None:
    assert QUICK < 150 and max(p.limits.latency for p in PROFILES.values()) < PATIENT
