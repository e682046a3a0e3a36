"""The shipped rules at work: what value becomes an alarm after how long, at what value it is over, and whether it clears by itself."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from alerts.engine import Engine
from alerts.kinds import KINDS
from alerts.model import AlarmState, Command, Rule
from alerts.plant import Person, Plant, Point, Zone
from drivers.reading import Now, Quality, Reading
from gateway.config import library
from gateway.shipped import data_dir

S = AlarmState
SHELF = library.load(library.data_dir())
HOURS, MIN = 3_600, 60
START = Now(1_782_086_400_000 + 3_600_000, 50_000_000)
# (rule, quantity, a value that is none yet, one that is, s until the alarm, one at which it still stands, one at which it is over)
# None: a bit has nothing between. The numbers are those of the requirements, in their order.
ROWS = [
    ("residual-current-alarm", "residual-current", 299.0, 300.0, 0, 270.0, 269.0),  # R15
    ("cable-temperature-warning", "cable-temperature", 59.0, 60.0, MIN, 55.0, 54.0),  # R16
    ("cable-temperature-alarm", "cable-temperature", 69.0, 70.0, 0, 65.0, 64.0),
    ("arc-fault", "arc-fault", 0.0, 1.0, 0, None, 0.0),  # R17
    ("combustible-gas-1", "combustible-gas", 19.0, 20.0, 3, 18.0, 17.0),  # R19
    ("combustible-gas-2", "combustible-gas", 39.0, 40.0, 0, 38.0, 37.0),
    ("oxygen-low", "oxygen", 19.5, 19.4, 3, 19.7, 19.8),  # R20
    ("oxygen-high", "oxygen", 23.4, 23.5, 3, 23.2, 23.1),
    ("store-temperature-warning", "temperature", 27.9, 28.0, 30 * MIN, 27.0, 26.9),  # R24
    ("store-temperature-high", "temperature", 29.9, 30.0, 2 * HOURS, 29.0, 28.9),
    ("store-humidity-warning", "humidity", 74.0, 75.0, 30 * MIN, 72.0, 71.0),
    ("store-humidity-high", "humidity", 79.0, 80.0, 2 * HOURS, 77.0, 76.0),
    ("pressure-low", "pressure", 0.14, 0.139, 5 * MIN, 0.149, 0.15),  # R25
    ("pressure-critical", "pressure", 0.10, 0.099, 30, 0.109, 0.11),
    ("pressure-indoor-low", "pressure", 0.07, 0.069, 5 * MIN, 0.079, 0.08),
    ("pressure-high", "pressure", 0.71, 0.72, 30, 0.68, 0.67),
    ("cold-store-warm", "temperature", 7.9, 8.1, 30 * MIN, 7.0, 6.9),  # R26
    ("cold-store-critical", "temperature", 9.9, 10.1, 10 * MIN, 8.0, 7.9),
    ("cold-store-freezing", "temperature", 0.0, -0.1, 30 * MIN, 0.4, 0.5),
    ("freezer-warm", "temperature", -12.1, -11.9, 30 * MIN, -14.0, -14.1),
    ("sample-cabinet-warm", "temperature", 7.9, 8.1, 30 * MIN, 7.0, 6.9),
    ("smoke", "smoke", 0.0, 1.0, 0, None, 0.0),  # R12
    ("heat", "heat", 0.0, 1.0, 0, None, 0.0),
    ("manual-call", "manual-call", 0.0, 1.0, 0, None, 0.0),
    ("flow", "flow", 0.0, 1.0, 0, None, 0.0),
    ("panic", "panic", 0.0, 1.0, 0, None, 0.0),
    ("tamper", "tamper", 0.0, 1.0, 0, None, 0.0),
    ("mains", "mains", 1.0, 0.0, 5, None, 1.0),  # R13
]


class Room:
    """One point, one shipped rule, and a hand on the time."""

    def __init__(self, id: str, quantity: str) -> None:
        r = SHELF.rules[id]
        rule = Rule(r.id, r.kind, r.alarm, ("d/x",), r.params, r.on_delay, r.off_delay, r.policy, r.zh, r.en)
        plant = Plant(
            "no3", "登封市第三中学", "三中", "Asia/Shanghai", {}, {"z": Zone("z", "后厨", "", "kitchen")},
            {"d/x": Point("d/x", "d", quantity, "z", "传感器", 10**9)}, {"wu": Person("wu", "吴国强", "officer")}, (), {},
            (rule,), SHELF.policies,
        )  # fmt: skip
        self.now, self.asked = START, 0
        self.engine = Engine(plant, boot="b", now=START, clock_ok=True)
        self.engine.restore((), now=START, saved=None, same_boot=True)

    def read(self, value: float) -> None:
        self.engine.readings([Reading("d/x", value, Quality.GOOD, self.now)], self.now, True)

    def wait(self, ms: int) -> None:
        self.now = Now(self.now.wall + ms, self.now.mono + ms)
        self.engine.tick(self.now, True)

    def do(self, verb: str, **args: str | bool) -> str:
        self.asked += 1
        cmd = Command(f"c{self.asked}", verb, "wu", "local", self.now.wall + 30_000, "", args)
        return self.engine.command(cmd, self.now, True).replies[0].code

    @property
    def state(self) -> AlarmState:
        return next((a.state for a in self.engine.alarms.values()), S.NORMAL)


@pytest.mark.parametrize(("id", "quantity", "none", "bad", "after", "still", "good"), ROWS, ids=[row[0] for row in ROWS])
def test_r12_r13_r15_r16_r17_r19_r20_r24_r25_r26_from_the_value_to_the_end(
    id: str, quantity: str, none: float, bad: float, after: int, still: float | None, good: float
) -> None:
    room, off = Room(id, quantity), SHELF.rules[id].off_delay
    room.read(none)
    room.wait(3 * HOURS * 1_000)
    room.read(none)
    assert room.state is S.NORMAL
    room.read(bad)
    if after:
        room.wait(after * 1_000 - 1)
        assert room.state is S.PENDING
        room.wait(1)
    assert room.state is S.UNACKED
    for value in (still,) if still is not None else ():
        room.read(value)
        room.wait(HOURS * 1_000)
        room.read(value)
        assert room.state is S.UNACKED, "back below its limit, not yet below where it is over"
    room.read(good)
    if off:
        room.wait(off - 1)
        room.read(good)
        assert room.state is S.UNACKED, "not for long enough"
        room.wait(1)
        room.read(good)
    assert room.state is S.RTN_UNACKED, "over, and listed until somebody answers"
    room.do("ack")
    latching = KINDS[SHELF.rules[id].alarm].latching
    assert room.state is (S.LATCHED if latching else S.NORMAL)
    if latching and SHELF.policies[SHELF.rules[id].policy].result_asked:
        assert room.do("reset") == "refused.no-result" and room.state is S.LATCHED
        room.do("result", result="false", cause="找不到原因", on_site=True)
        room.do("reset")
        assert room.state is S.NORMAL


@pytest.mark.parametrize(
    ("id", "key", "accepted", "advised"),
    [
        ("residual-current-alarm", "high", [20, 1000], [300, 500]),  # R15
        ("cable-temperature-alarm", "high", [45, 140], None),  # R16
    ],
)
def test_r15_r16_what_a_site_may_set(id: str, key: str, accepted: list[float], advised: list[float] | None) -> None:
    rules = YAML(typ="safe").load((data_dir() / "rules" / "electrical.yaml").read_text("utf-8"))["rules"]
    (rule,) = [r for r in rules if r["id"] == id]
    assert (rule["limits"][key], rule.get("advised", {}).get(key)) == (accepted, advised)
