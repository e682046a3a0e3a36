"""What a line protocol has told of every point: doubt before the first word, silence, reset, isolation, addresses nobody listed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ruamel.yaml import YAML

from drivers.framers.telegram import LineProtocol, Telegram
from drivers.profile import Device, Profile, profile_from_dict
from drivers.reading import Now, Quality, Reading
from drivers.registry import FRAMERS
from drivers.told import ISOLATED, NOT_HEARD, NOT_KNOWN, NOT_WATCHED, WORD_HOLDS, Told

PROFILES = Path(__file__).resolve().parents[3] / "config" / "profiles"
GOOD, UNCERTAIN, FAULT = Quality.GOOD, Quality.UNCERTAIN, Quality.FAULT
GST, PRINTER, LOCKS, UPS = (FRAMERS[n] for n in ("gst5000-rs485", "ld128en-printer", "wkly-lock", "megatec-ups"))


def profile(id: str) -> Profile:
    return profile_from_dict(YAML(typ="safe", pure=True).load((PROFILES / f"{id}.yaml").read_text("utf-8")), id)


PANEL = Device("panel", profile("fire-panel"), "line", 0, 5000)
SMOKE = Device("s1", profile("panel-smoke"), "line", 0, 5000, "365089")
HEAT = Device("h1", profile("panel-heat"), "line", 0, 5000, "365090")


class Line:
    """A Told with its clock, and the latest Reading of every point."""

    def __init__(self, protocol: LineProtocol = GST, devices: tuple[Device, ...] = (PANEL, SMOKE, HEAT)) -> None:
        self.ms = 1_000_000
        self.told = Told("line", protocol, devices, self.now)
        self.view: dict[str, Reading] = {}
        self.see(self.told.opened(self.now))

    @property
    def now(self) -> Now:
        return Now(self.ms, self.ms)

    def see(self, readings: list[Reading]) -> list[Reading]:
        self.view |= {r.point: r for r in readings}
        return readings

    def say(self, telegram: Telegram) -> list[Reading]:
        return self.see(self.told.take(telegram, self.now))

    def wait(self, ms: int) -> None:
        self.ms += ms
        self.see(self.told.all(self.now))

    def reset(self) -> None:
        self.say(Telegram("", said="复位", reset=True))

    def at(self, point: str) -> tuple[float | None, Quality, str]:
        r = self.view[point]
        return r.value, r.quality, r.fault


def fire(address: str = "365089", value: float = 1.0, said: str = "") -> Telegram:
    return Telegram(address, {"fire": value}, said or f"{address} 火警")


def test_nothing_is_normal_before_the_panel_has_said_so() -> None:
    line = Line()
    assert {(r.quality, r.fault) for p, r in line.view.items()} == {(UNCERTAIN, NOT_HEARD)}
    assert "line/link" not in line.view, "nor is the line up before anything came"
    line.say(Telegram(""))
    assert line.at("line/link") == (1, GOOD, "")
    assert line.at("s1/smoke") == (0, UNCERTAIN, NOT_HEARD), "a heartbeat proves the line, not the detectors"
    line.reset()
    assert all(r.value == 0 and r.quality is GOOD for p, r in line.view.items() if p != "line/link")


def test_an_event_is_a_reading_of_its_device_at_once_with_the_panels_words_and_time() -> None:
    line = Line()
    line.reset()
    (reading,) = line.say(Telegram("365089", {"fire": 1.0}, "365089 火警 5#楼", "2008-12-02 17:24"))
    assert (reading.point, reading.value, reading.quality, reading.said, reading.stamp) == (
        "s1/smoke", 1, GOOD, "365089 火警 5#楼", "2008-12-02 17:24",
    )  # fmt: skip
    assert line.say(Telegram("365089", {"fire": 1.0}, "365089 火警 5#楼", "2008-12-02 17:24")) == [], (
        "said three times, one event"
    )
    assert line.at("h1/heat") == (0, GOOD, "")


def test_the_panels_reset_returns_points_to_normal_but_not_the_isolated() -> None:
    line = Line()
    line.say(fire())
    line.say(Telegram("365090", {"isolated": 1.0}, "屏蔽"))
    line.reset()
    assert line.at("s1/smoke") == (0, GOOD, "")
    assert line.at("h1/isolated") == (1, GOOD, "")
    assert line.at("h1/heat") == (0, UNCERTAIN, ISOLATED), "a detector that is isolated is not normal"
    line.say(Telegram("365090", {"isolated": 0.0}, "屏蔽解除"))
    assert line.at("h1/heat") == (0, GOOD, "")


def test_an_isolated_detector_that_fires_all_the_same_is_heard() -> None:
    line = Line()
    line.reset()
    line.say(Telegram("365089", {"isolated": 1.0}))
    line.say(fire())
    assert line.at("s1/smoke") == (1, UNCERTAIN, ISOLATED)


def test_r5_a_supervised_panel_that_falls_silent_is_a_fault_within_its_limit_and_not_normal_afterwards() -> None:
    line = Line()
    line.reset()
    line.say(fire("365090"))
    line.wait(GST.silence)
    assert line.at("s1/smoke")[1] is GOOD
    line.wait(1_000)
    assert GST.silence <= 100_000 and line.at("s1/smoke")[:2] == (None, FAULT) and "100秒" in line.at("s1/smoke")[2]
    assert line.at("line/link")[:2] == (0, GOOD)
    line.say(Telegram(""))
    line.wait(1_000)
    assert line.at("line/link") == (1, GOOD, "")
    assert line.at("s1/smoke") == (0, UNCERTAIN, NOT_HEARD), "who knows what was said meanwhile"
    assert line.at("h1/heat") == (1, UNCERTAIN, NOT_HEARD), "a fire stays what it was"


def test_a_panel_never_heard_is_a_fault_too() -> None:
    line = Line()
    line.wait(GST.silence + 1)
    assert line.at("line/link")[0] == 0 and line.at("s1/smoke")[1] is FAULT


def test_a_line_that_nothing_supervises_is_never_shown_as_normal_for_long() -> None:
    """A panel that prints nothing is as it should be, and so looks a cut cable."""
    line = Line(PRINTER, (PANEL, dataclasses.replace(SMOKE, address="004-004")))
    assert line.at("line/link") == (1, UNCERTAIN, NOT_WATCHED)
    line.reset()
    assert line.at("line/link") == (1, GOOD, "") and line.at("s1/smoke") == (0, GOOD, "")
    line.wait(WORD_HOLDS)
    assert line.at("s1/smoke") == (0, GOOD, "")
    line.wait(1)
    assert line.at("s1/smoke") == (0, UNCERTAIN, NOT_WATCHED) and line.at("line/link") == (1, UNCERTAIN, NOT_WATCHED)
    line.reset()
    assert line.at("s1/smoke") == (0, GOOD, ""), "a reset at the panel proves the line"


def test_an_unplugged_port_is_a_fault_of_every_point() -> None:
    line = Line(PRINTER)
    line.reset()
    line.see(line.told.closed("拔了", line.now))
    assert line.at("s1/smoke") == (None, FAULT, "拔了") and line.at("line/link")[:2] == (0, GOOD) and not line.told.up
    line.see(line.told.opened(line.now))
    assert line.at("s1/smoke") == (0, UNCERTAIN, NOT_HEARD) and line.told.up


def test_fires_of_addresses_nobody_listed_are_never_lost() -> None:
    line = Line()
    line.reset()
    addresses = [f"00000{n}" for n in range(1, 7)]
    for address in addresses:
        (reading,) = line.say(fire(address))
        assert (reading.value, reading.quality) == (1, GOOD) and address in reading.said
    assert [line.at(f"panel/fire-{n}")[0] for n in ("1", "2", "3", "more")] == [1, 1, 1, 1]
    assert "000001" in line.view["panel/fire-1"].said, "each in a point of its own while there are points"
    for address in addresses[3:]:
        assert line.at("panel/fire-more")[0] == 1
        line.say(fire(address, 0.0))
    assert line.at("panel/fire-more")[0] == 0, "normal when the last of them is"
    line.reset()
    line.say(fire("000009"))
    assert line.at("panel/fire-1")[0] == 1 and "000009" in line.view["panel/fire-1"].said


def test_what_a_listed_device_has_no_channel_for_is_not_lost_either() -> None:
    line = Line()
    line.reset()
    line.say(Telegram("365089", {"feedback": 1.0}, "365089 反馈"))
    assert line.at("panel/feedback")[0] == 1 and line.at("s1/smoke")[0] == 0
    line.say(Telegram("", {"other": 1.0}, "主机自身"))
    assert line.at("panel/other")[0] == 1 and line.told.unplaced == 0


def test_an_event_without_any_point_is_counted_with_its_words() -> None:
    line = Line(GST, (SMOKE,))
    assert line.say(fire("000001")) != [] or line.told.unplaced == 1
    assert line.told.last_unplaced == "fire 000001 火警"


def test_every_signal_of_a_panel_has_a_point_at_the_panel() -> None:
    assert {c.signal for c in PANEL.profile.channels if c.unlisted} == GST.signals


def test_a_detector_of_unknown_state_is_a_fault() -> None:
    line = Line()
    line.reset()
    line.say(Telegram("365089", {"fire": None}, "状态不明"))
    assert line.at("s1/smoke") == (None, FAULT, NOT_KNOWN)


def test_each_lock_is_a_point_and_each_board_answers_for_itself() -> None:
    boards = tuple(Device(f"b{n}", profile("wkly-lock"), "line", 0, 5000, str(n)) for n in (0, 1))
    line = Line(LOCKS, boards)
    assert line.view == {}, "an answer may still come"
    line.say(Telegram("0", {"lock-1": 1.0, "lock-2": 0.0, "lock-3": None}))
    assert [line.at(f"b0/lock-{n}")[:2] for n in (1, 2, 3)] == [(1, GOOD), (0, GOOD), (None, FAULT)]
    line.wait(LOCKS.silence + 1)
    assert line.at("b0/lock-1")[1] is FAULT
    line.say(Telegram("0", {"lock-1": 0.0}))
    line.wait(1)
    assert line.at("b0/lock-1") == (0, GOOD, "")
    assert line.at("b1/lock-1")[1] is FAULT, "the other board is dead"
    assert line.at("b0/lock-9")[1] is FAULT, "a lock the board does not have"


def test_a_ups_gives_values_and_faults() -> None:
    line = Line(UPS, (Device("ups", profile("megatec-ups"), "line", 0, 5000),))
    line.say(
        Telegram("", {"mains": 0.0, "battery-low": 1.0, "input": 226.0, "temperature": None, "frequency": 999.0, "beeper": 1.0})
    )
    assert line.at("ups/mains") == (0, GOOD, "") and line.at("ups/battery-low")[0] == 1 and line.at("ups/input")[0] == 226
    assert line.at("ups/temperature")[1] is FAULT and line.at("ups/frequency")[1] is FAULT
    assert line.told.unplaced == 0, "what nobody wants of an image is no lost event"
