"""The world with the clock in the hand: seed, weather, stories second by second, interlocks, gas, pins, faults."""

from __future__ import annotations

import pytest
from simulator_play import MORNING, Play, Recorder

from drivers.simulator.stories import ALL, NAMES, STORIES, Say, timeline
from drivers.simulator.world import World

READ_STORE_INPUTS = bytes.fromhex("02 00 00 00 08")
QUIET = {  # highest and lowest natural value that no default limit may touch
    "temperature": (5, 44), "humidity": (20, 74), "gas": (0, 10), "pressure": (0.15, 1.0), "level": (2, 4),
    "t-1": (0, 59), "leak-1": (0, 239), "leak-7": (0, 239), "voltage-l1": (200, 250), "frequency": (49, 51),
}  # fmt: skip


def values(play: Play) -> list[float]:
    return [d.get(name) for d in play.world._by_wire.values() for name in d.signals]


def test_the_same_seed_gives_the_same_campus() -> None:
    rows = []
    for seed in (7, 7, 8):
        play = Play(seed)
        rows.append([])
        for second in (0, 100, 3600, 40_000):
            play.to(second, step=20_000)
            rows[-1].append(values(play))
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]


def test_day_and_night_and_noise_but_never_an_alarm(play: Play) -> None:
    seen: dict[str, set[float]] = {}
    for hour in range(1, 49):
        play.to(hour * 3600.0, step=1800)
        for device in play.world._by_wire.values():
            for name in device.signals:
                seen.setdefault(name, set()).add(device.get(name))
    for name, (low, high) in QUIET.items():
        assert low <= min(seen[name]) and max(seen[name]) <= high, name
    assert max(seen["temperature"]) - min(seen["temperature"]) > 5
    assert not [e for e in play.log.entries if e["what"] == "change"], (
        "nature is not logged, only what a story or a master does"
    )


def test_fire(play: Play) -> None:
    play.stage.start("fire", MORNING)
    play.to(100)
    assert play.world.get("dorm-301-th", "temperature") == pytest.approx(48, abs=0.1)
    assert play.world.get("dorm-leak", "leak-3") == 255
    assert play.world.get("dorm-smoke-5", "smoke") == 0
    play.to(700)
    assert play.log.changes("dorm-smoke-5", 2) == [(120, 1), (600, 0)]
    assert play.log.changes("dorm-smoke-6", 2) == [(220, 1), (600, 0)]
    play.to(800)
    assert play.world.get("dorm-301-th", "temperature") < 25
    assert play.told[0].startswith("fire: 3号宿舍301室")


def test_leak_falls_only_with_valve_shut_and_fan_running(play: Play) -> None:
    play.stage.start("leak", MORNING)
    play.to(60)
    assert play.world.get("kitchen-gas-1", "gas") == pytest.approx(22, abs=2)
    assert play.world.get("kitchen-gas-2", "gas") < 20
    play.to(200)
    assert play.world.get("kitchen-gas-1", "gas") == pytest.approx(45, abs=2)
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 00 FF 00"))  # fan
    play.to(400)
    assert play.world.get("kitchen-io", "di-1") == 1
    assert play.world.get("kitchen-gas-1", "gas") > 40, "the fan alone does not help while gas flows"
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 01 FF 00"))  # valve
    play.to(410)
    assert play.world.get("kitchen-gas-1", "gas") < 40
    play.to(600)
    assert play.world.get("kitchen-gas-1", "gas") < 3
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 01 00 00"))  # opened again: mended meanwhile
    play.to(700)
    assert play.world.get("kitchen-gas-1", "gas") < 3


def test_a_shut_valve_without_fan_keeps_the_gas_in_the_room(play: Play) -> None:
    play.stage.start("leak", MORNING)
    play.to(60)
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 01 FF 00"))
    play.to(300)
    assert play.world.get("kitchen-gas-1", "gas") == pytest.approx(22, abs=2), "neither rises (valve) nor falls (no fan)"


def test_feedback_follows_after_its_time(play: Play) -> None:
    play.to(10)
    play.world.ask("rs485-b", 12, bytes.fromhex("0F 00 00 00 02 01 03"))
    play.to(30)
    assert play.log.changes("kitchen-relay") == [(10, 1), (10, 1)]
    assert play.log.changes("kitchen-io", 0) == [(12, 1)]
    assert play.log.changes("kitchen-io", 1) == [(13, 1)]
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 00 FF 00"))  # on already: written, nothing changes
    play.to(40)
    assert play.log.changes("kitchen-io", 0) == [(12, 1)]
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 00 00 00"))
    play.to(50)
    assert play.log.changes("kitchen-io", 0) == [(12, 1), (42, 0)]
    assert [e["values"] for e in play.log.entries if e["what"] == "write"] == [[1, 1], [1], [0]]


def test_two_locks(play: Play) -> None:
    play.stage.start("two-locks", MORNING)
    play.to(200)
    assert play.log.changes("store-io", 1) == [(0.5, 0), (182, 1)]
    assert play.log.changes("store-io", 0) == [(20, 0), (180, 1)]
    assert play.log.changes("store-io", 2) == [(120, 0), (184, 1)]


def test_bus_cut_silences_one_line_and_it_comes_back(play: Play) -> None:
    play.stage.start("bus-cut", MORNING)
    play.to(10)
    assert play.world.ask("rs485-b", 13, READ_STORE_INPUTS) is None
    assert play.world.ask("rs485-a", 21, READ_STORE_INPUTS) is not None
    play.to(299)
    assert play.world.ask("rs485-b", 13, READ_STORE_INPUTS) is None
    play.to(301)
    assert play.world.ask("rs485-b", 13, READ_STORE_INPUTS) is not None


def test_power(play: Play) -> None:
    play.stage.start("power", MORNING)
    play.to(10)
    assert play.world.get("power-io", "di-1") == 0
    assert [play.world.get("meter", f"voltage-l{n}") for n in (1, 2, 3)] == [0, 0, 0]
    play.to(200)
    assert play.world.get("power-io", "di-1") == 1
    assert all(play.world.get("meter", f"voltage-l{n}") > 200 for n in (1, 2, 3))


def test_the_whole_story_is_all_of_them_in_a_row(play: Play) -> None:
    assert len(timeline(ALL)) == sum(len(story) for story in STORIES.values())
    play.stage.start(ALL, MORNING)
    play.to(max(t for t, _ in timeline(ALL)) + 1, step=5)
    lines = [action.zh for _, action in timeline(ALL) if isinstance(action, Say)]
    assert [e["zh"] for e in play.log.entries if e["what"] == "story"] == lines
    assert play.told == [f"story: {line}" for line in lines]
    assert play.world.ask("rs485-b", 13, READ_STORE_INPUTS) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_story_leaves_no_bit_behind(name: str) -> None:
    play = Play()
    bits = [(d.unit.id, s.name) for d in play.world._by_wire.values() for s in d.model.signals if s.binary]
    before = [play.world.get(*bit) for bit in bits]
    play.stage.start(name, MORNING)
    play.to(max(t for t, _ in timeline(name)) + 10, step=5)
    assert [play.world.get(*bit) for bit in bits] == before


def test_a_pinned_register_stays_until_freed_or_told_by_a_story(play: Play) -> None:
    play.world.set_register("rs485-a", 11, "holding", 1, 777)
    play.world.set_register("rs485-a", 25, "discrete", 2, 0)
    play.to(100)
    assert play.world.get("dorm-301-th", "temperature") == pytest.approx(77.7)
    play.world.free_register("rs485-a", 11, "holding", 1)
    play.to(101)
    assert play.world.get("dorm-301-th", "temperature") < 30
    play.stage.start("fire", play.log.second)
    play.to(250)
    assert play.world.get("dorm-smoke-5", "smoke") == 1


def test_a_stuck_fan(play: Play) -> None:
    """Pinning its feedback makes a commanded fan fail, for the tests of that fault."""
    play.world.set_register("rs485-b", 11, "discrete", 0, 0)
    play.world.ask("rs485-b", 12, bytes.fromhex("05 00 00 FF 00"))
    play.to(20)
    assert play.world.get("kitchen-io", "di-1") == 0


def test_ledger_holds_what_was_told(play: Play) -> None:
    reply = play.world.ask("rs485-b", 13, READ_STORE_INPUTS)
    assert reply is not None
    play.world.sent(reply)
    last = play.log.entries[-1]
    assert (last["what"], last["unit"], last["space"], last["address"]) == ("read", 13, "discrete", 0)
    assert last["values"] == [1, 1, 1, 0, 1, 0, 0, 0]
    refused = play.world.ask("rs485-b", 13, bytes.fromhex("02 00 09 00 08"))
    assert refused is not None and refused.body == bytes.fromhex("82 02")
    play.world.sent(refused)
    assert play.log.entries[-1] is last, "a refusal tells no value"


def test_no_ledger_unless_asked_for() -> None:
    log = Recorder()
    world = World(1, log, lambda: MORNING)
    reply = world.ask("rs485-b", 13, READ_STORE_INPUTS)
    assert reply is not None
    world.sent(reply)
    assert log.entries == []


def test_modes_of_a_device(play: Play) -> None:
    seen = {}
    for mode in ("dead", "slow", "garble", "wrong-unit", "normal"):
        play.world.set_unit("tcp", 6, mode)
        seen[mode] = play.world.ask("tcp", 6, bytes.fromhex("04 00 00 00 02"))
    assert seen["dead"] is None
    assert seen["slow"] is not None and seen["slow"].late > 0
    assert seen["wrong-unit"] is not None and seen["wrong-unit"].unit == 7
    assert seen["normal"] is not None and (seen["normal"].unit, seen["normal"].late) == (6, 0)


@pytest.mark.parametrize(("line", "unit", "mode"), [("tcp", 99, "dead"), ("tcp", 6, "asleep"), ("x", 6, "dead")])
def test_unknown_devices_and_modes_are_refused(play: Play, line: str, unit: int, mode: str) -> None:
    with pytest.raises(ValueError, match="no unit"):
        play.world.set_unit(line, unit, mode)
