"""A new device is given its address: what is done, and each way in which it can go wrong. On a line of simple devices, and on a pty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from tool_devices import ALL

from drivers.asking import Heard
from drivers.fields import ProfileError
from drivers.plan import Read
from drivers.profile import profile_from_dict, profile_to_dict
from drivers.readdress import WORDS, Verdict, free, look, readdress
from drivers.switch import never_switched

TH = ALL["jxct-th"]
SET = {id for id, p in ALL.items() if p.unit_at and p.unit_at.write}


@dataclass
class Unit:
    """Keeps its address in a register; `obeys`: reply | power | never | refuses | dies."""

    unit: int
    obeys: str = "reply"
    at: int = 0x0100
    register: int = field(init=False)

    def __post_init__(self) -> None:
        self.register = self.unit


class Line:
    """A line of such devices: two with one address are heard as garbage."""

    def __init__(self, *units: Unit, down: bool = False) -> None:
        self.units, self.down, self.writes = list(units), down, []  # type: ignore[var-annotated]

    def _speakers(self, unit: int) -> list[Unit]:
        return [u for u in self.units if u.unit == unit and u.obeys != "dead"]

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        if self.down:
            return Heard("down")
        there = self._speakers(unit)
        if not there:
            return Heard("silent")
        if len(there) > 1:
            return Heard("garbled")
        return Heard("good", (there[0].register if read.address == there[0].at else 0,))

    async def set(self, unit: int, function: int, address: int, value: int, latency: int) -> Heard:
        self.writes.append((unit, function, address, value))
        for one in self._speakers(unit):
            if one.obeys == "refuses":
                return Heard("refused", code=4)
            if one.obeys in ("reply", "power"):
                one.register = value
            if one.obeys == "reply":
                one.unit = value
            if one.obeys == "dies":
                one.obeys = "dead"
        return Heard("good")


async def no_wait(_: float) -> None:
    return None


async def moved(line: Line, new: int = 12, old: int = 1, taken: Sequence[int] = (2, 3), profile: str = "jxct-th") -> Verdict:
    return await readdress(line, ALL[profile], old, new, taken, no_wait)


async def test_one_device_alone_gets_its_address_and_is_found_there() -> None:
    line = Line(Unit(1))
    assert await moved(line) == Verdict("done", 12)
    assert line.writes == [(1, 6, 0x0100, 12)] and line.units[0].unit == 12


@pytest.mark.parametrize(
    ("units", "code", "writes"),
    [
        ((), "nobody", 0),
        ((Unit(1), Unit(1)), "two", 0),
        ((Unit(1), Unit(12)), "taken", 0),
        ((Unit(1, at=7),), "other", 0),
        ((Unit(1, "refuses"),), "refused", 1),
        ((Unit(1, "never"),), "ignored", 1),
        ((Unit(1, "power"),), "power", 1),
        ((Unit(1, "dies"),), "lost", 1),
    ],
)
async def test_what_can_go_wrong_is_told_apart(units: tuple[Unit, ...], code: str, writes: int) -> None:
    line = Line(*(Unit(u.unit, u.obeys, u.at) for u in units))
    assert (await moved(line)).code == code
    assert len(line.writes) == writes, "nothing is written before it is known who is there"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"new": 2}, "taken"), ({"old": 3}, "configured"), ({"new": 0}, "range"), ({"new": 253}, "range"), ({"new": 1}, "same"),
        ({"profile": "calectro-ug3"}, "no-register"), ({"profile": "lx47le"}, "no-register"), ({"profile": "wkly-lock"}, "no-register"),
    ],
)  # fmt: skip
async def test_nothing_is_asked_of_what_may_not_be_done(more: dict[str, object], code: str) -> None:
    if more.get("profile", TH.id) not in ALL:
        return
    line = Line(Unit(1))
    assert (await moved(line, **more)).code == code and not line.writes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("units", "taken", "verdict"),
    [
        ((Unit(1),), (2, 3), Verdict("new", 4)),
        ((Unit(1), Unit(4)), (2, 3), Verdict("new", 5)),  # somebody has 4 whom the site file does not know
        ((), (2, 3), Verdict("nobody")),
        ((Unit(4),), (2, 3), Verdict("moved", 4)),  # changed, and then the power went before anybody wrote its label
        ((Unit(4, at=7),), (2, 3), Verdict("nobody")),  # another model there is none of ours
        ((Unit(1), Unit(1)), (), Verdict("two")),
        ((Unit(1, at=7),), (), Verdict("other")),
        ((Unit(1),), (1,), Verdict("configured")),
        ((Unit(1),), range(2, 248), Verdict("full")),
    ],
)
async def test_looking_for_the_new_one_says_who_is_there_and_writes_nothing(
    units: tuple[Unit, ...], taken: Sequence[int], verdict: Verdict
) -> None:
    line = Line(*(Unit(u.unit, u.obeys, u.at) for u in units))
    assert await look(line, TH, taken) == verdict and not line.writes


async def test_a_look_at_a_dead_line_or_for_a_model_that_takes_no_address() -> None:
    assert (await look(Line(Unit(1), down=True), TH, ())).code == "line"
    assert (await look(Line(Unit(1)), ALL["calectro-ug3"], ())).code == "no-register"


async def test_a_line_that_is_down_says_so() -> None:
    assert (await moved(Line(Unit(1), down=True))).code == "line"


def test_the_next_free_address_leaves_the_one_that_new_devices_come_with() -> None:
    assert (free((), 1), free((2, 3, 5), 1), free(range(1, 248), 1)) == (2, 4, 0)


def test_every_register_has_its_source_and_none_is_of_a_panel_lock_breaker_or_output() -> None:
    assert {"jxct-th", "wall-th", "qdy-pressure"} <= SET
    for id in SET:
        profile = ALL[id]
        assert profile.unit_at is not None and profile.unit_at.page, id
        assert not never_switched(profile.kind, (c.quantity for c in profile.channels)) and not profile.outputs, id


def test_every_verdict_has_its_words() -> None:
    for code in WORDS:
        zh, en = Verdict(code).words(1, 12)
        assert zh and en and "{" not in zh + en


@pytest.mark.parametrize("kind", ["lock", "breaker", "fire-panel"])
def test_r18_the_address_of_a_lock_breaker_or_panel_is_never_written(kind: str) -> None:
    if not never_switched(kind, ()):
        pytest.fail(f"{kind} is no kind that R18 keeps hands off")
    data = profile_to_dict(TH) | {"kind": kind}
    with pytest.raises(ProfileError, match="address"):
        profile_from_dict(data, "x.yaml")
