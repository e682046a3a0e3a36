"""The poller's loop: on a scripted line for what it decides, on a real pty for unplugging and re-plugging."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from field_far import PtyLine, RtuFar, crc16
from field_site import WARM, device, relay, smoke, warm

from drivers.bus import DeviceFault, LineDown, NoAnswer, Refused, Space, Trace
from drivers.framing import PortSettings
from drivers.lending import Exchange, LineBusy, Reader
from drivers.modbus.rtu import RtuBus
from drivers.poller import LESSONS, MISSING, Poller
from drivers.profile import Channel, Device, Limits
from drivers.reading import Now, Quality, Reading
from drivers.switch import Output


class LoopClock:
    def now(self) -> Now:
        ms = int(asyncio.get_running_loop().time() * 1000)
        return Now(1_700_000_000_000 + ms, ms)

    def ok(self) -> bool:
        return True


class Script:
    """A Bus whose world is a dict, and whose faults are set by the test."""

    def __init__(self) -> None:
        self.trace: Trace | None = None
        self.world: dict[tuple[int, Space, int], int] = {}
        self.faults: dict[int, DeviceFault] = {}  # unit -> what happens to every question
        self.write_faults: dict[int, DeviceFault] = {}
        self.missing: set[int] = set()  # addresses refused
        self.stuck: set[int] = set()  # units that confirm a write and do nothing
        self.reads: list[tuple[int, int, int]] = []
        self.writes: list[tuple[int, int, int]] = []
        self.before_write = 0  # reads before the first write
        self.then: dict[int, Callable[[], None]] = {}  # how many reads -> what happens when so many were asked

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        await asyncio.sleep(0.001)
        self.reads.append((unit, address, count))
        self.then.pop(len(self.reads), lambda: None)()
        if unit in self.faults:
            raise self.faults[unit]
        if self.missing & set(range(address, address + count)):
            raise Refused("no such address", 2)
        if self.trace is not None:
            self.trace(bytes([unit]), b"answer")
        return tuple(self.world.get((unit, space, address + n), 0) for n in range(count))

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        await asyncio.sleep(0.001)
        self.before_write = self.before_write or len(self.reads)
        self.writes.append((unit, address, values[0]))
        for faults in (self.faults, self.write_faults):
            if unit in faults:
                raise faults[unit]
        if unit not in self.stuck:
            self.world[unit, "coil", address] = int(values[0] == 0xFF00)

    async def close(self) -> None: ...


class Rig:
    def __init__(self, bus: Script | RtuBus, devices: list[Device]) -> None:
        self.seen: list[tuple[Reading, ...]] = []
        self.poller = Poller("line", bus, devices, lambda readings: self.seen.append(tuple(readings)), LoopClock())

    def last(self, point: str) -> Reading | None:
        return next((r for frame in reversed(self.seen) for r in frame if r.point == point), None)

    def value(self, point: str) -> float | None:
        found = self.last(point)
        return found.value if found else None

    async def until(self, true: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not true():
            assert time.monotonic() < end, f"did not happen; the last frames: {self.seen[-5:]}"
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(bus: Script | RtuBus, *devices: Device) -> AsyncIterator[Rig]:
    rig = Rig(bus, list(devices))
    task = asyncio.create_task(rig.poller.run())
    try:
        yield rig
        assert not task.done(), "the poller ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await rig.poller.close()


async def test_a_device_is_one_frame_of_readings() -> None:
    bus = Script()
    bus.world[3, "holding", 0], bus.world[3, "holding", 4] = 235, 512
    async with running(bus, warm(3, 50)) as rig:
        await rig.until(lambda: rig.last("warm3/humidity"))
        frame = next(f for f in rig.seen if f[0].point.startswith("warm3"))
        assert [(r.point, r.value, r.quality) for r in frame] == [
            ("warm3/temperature", 23.5, Quality.GOOD), ("warm3/humidity", 51.2, Quality.GOOD)]  # fmt: skip


async def test_a_dead_device_becomes_faults_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    bus = Script()
    bus.faults[1] = NoAnswer("silent as a stone")
    async with running(bus, smoke(1, 20), smoke(2, 20)) as rig:
        await rig.until(lambda: rig.last("smoke1/smoke") and len(bus.reads) > 30)
        dead = rig.last("smoke1/smoke")
        assert dead is not None and (dead.value, dead.quality, dead.fault) == (None, Quality.FAULT, "silent as a stone")
        assert rig.value("smoke2/smoke") == 0.0 and rig.value("line/link") == 1.0
        asked = sum(unit == 1 for unit, _, _ in bus.reads)
        assert asked < len(bus.reads) / 3, "a dead device is asked less and less"
        del bus.faults[1]
        await rig.until(lambda: rig.value("smoke1/smoke") == 0.0)
    told = [r.getMessage() for r in caplog.records if "smoke1" in r.getMessage()]
    assert len(told) == 2 and "is down: silent as a stone" in told[0] and "answers again" in told[1], "told once each way"


async def test_the_line_is_down_when_all_are_silent_and_up_when_one_answers() -> None:
    bus = Script()
    bus.faults = {1: NoAnswer("x"), 2: NoAnswer("x")}
    async with running(bus, smoke(1, 20), smoke(2, 20)) as rig:
        await rig.until(lambda: rig.value("line/link") == 0.0)
        del bus.faults[2]
        await rig.until(lambda: rig.value("line/link") == 1.0)
        assert sum(f[0].point == "line/link" for f in rig.seen) == 2, "said on change, not at every poll"


async def test_a_refusal_is_a_sign_of_life() -> None:
    bus = Script()
    bus.faults[1] = Refused("illegal function", 1)
    async with running(bus, smoke(1, 20)) as rig:
        await rig.until(lambda: len(bus.reads) > 5)
        fault = rig.last("smoke1/smoke")
        assert fault is not None and fault.fault == "illegal function" and rig.value("line/link") == 1.0


async def test_holes_that_a_device_refuses_are_left_out_from_then_on() -> None:
    bus = Script()
    bus.missing = {2}  # between temperature (0) and humidity (4)
    async with running(bus, warm(3, 20)) as rig:
        await rig.until(lambda: rig.value("warm3/humidity") is not None)
        assert bus.reads[0] == (3, 0, 5) and (3, 0, 1) in bus.reads and (3, 4, 1) in bus.reads
        assert bus.reads.count((3, 0, 5)) == 1


async def test_a_value_whose_register_is_refused_is_fault_with_words_the_rest_is_good() -> None:
    """Also from the second cycle on, when it is asked for no more."""
    far = Channel("far", "temperature", "holding", 1000)
    bus = Script()
    bus.missing = {1000}
    async with running(bus, device("d", 1, (*WARM, far), period=20)) as rig:
        await rig.until(lambda: sum(f[0].point.startswith("d/") for f in rig.seen) >= 3)
        assert rig.value("d/temperature") == 0.0
        fault = rig.last("d/far")
        assert fault is not None and fault.quality is Quality.FAULT and "no such register" in fault.fault
        assert bus.reads.count((1, 1000, 1)) == 1


async def test_a_panel_that_refuses_all_of_its_240_registers_holds_nobody_up() -> None:
    """Its card is another model. Each poll learns a part, and what it has learned in the end is told of every channel."""
    bus, places = Script(), tuple(Channel(f"d-{n}", "panel-state", "holding", n) for n in range(240))
    bus.missing = set(range(240))
    rig = Rig(bus, [device("panel", 9, places, limits=Limits(max_registers=100))])
    for _ in range(60):
        before = len(bus.reads)
        readings, _ = await rig.poller.once("panel")
        assert len(readings) == 240 and {r.quality for r in readings} == {Quality.FAULT}
        assert len(bus.reads) - before <= 3 * LESSONS
        if {r.fault for r in readings} == {MISSING}:
            break
    assert {r.fault for r in readings} == {MISSING}
    before = len(bus.reads)
    await rig.poller.once("panel")
    assert len(bus.reads) - before == 1, "and that it still lives is found out by one question a poll"
    bus.faults[9] = NoAnswer("无应答 no answer")
    readings, _ = await rig.poller.once("panel")
    assert {r.fault for r in readings} == {"无应答 no answer"}


async def test_a_wish_is_written_and_read_back_at_once_while_the_line_is_idle() -> None:
    """The device's own next poll is ten minutes off: only want() can have caused it."""
    bus = Script()
    async with running(bus, relay(period=600_000)) as rig:
        await rig.until(lambda: rig.last("relay/fan"))
        before = len(bus.reads)
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: rig.value("relay/fan") == 1.0)
        assert bus.writes == [(9, 0, 0xFF00)] and len(bus.reads) == before + 1


async def test_a_wish_goes_before_everything_that_is_due() -> None:
    bus = Script()
    async with running(bus, *(smoke(n, 1) for n in range(1, 9)), relay(period=600_000)) as rig:  # always something due
        await rig.until(lambda: len(bus.reads) > 20)
        before = len(bus.reads)
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: bus.writes)
        assert bus.before_write - before <= 1, "at most the question under way came first"


async def test_a_relay_switched_by_hand_is_switched_back() -> None:
    bus = Script()
    async with running(bus, relay(period=20)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: rig.value("relay/fan") == 1.0)
        bus.world[9, "coil", 0] = 0
        await rig.until(lambda: len(bus.writes) == 2)
        await rig.until(lambda: rig.value("relay/fan") == 1.0)
        assert bus.world[9, "coil", 0] == 1


async def test_a_stuck_relay_is_tried_again_without_taking_the_line() -> None:
    bus = Script()
    bus.stuck = {9}
    async with running(bus, relay(period=20), smoke(1, 20)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: len(bus.writes) >= 3)
        assert sum(unit == 1 for unit, _, _ in bus.reads) > 10 and rig.value("relay/fan") == 0.0


@pytest.mark.parametrize("fault", [NoAnswer("gone"), LineDown("unplugged")], ids=["device", "line"])
async def test_after_a_loss_the_wish_is_written_again(fault: DeviceFault) -> None:
    bus = Script()
    async with running(bus, relay(period=20)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: rig.value("relay/fan") == 1.0)
        bus.faults[9] = fault
        await rig.until(lambda: rig.value("line/link") == 0.0)
        lost = rig.last("relay/fan")
        assert lost is not None and lost.quality is Quality.FAULT and lost.fault == fault.text
        written = len(bus.writes)
        bus.faults.clear()
        await rig.until(lambda: rig.value("relay/fan") == 1.0 and len(bus.writes) > written)


@pytest.mark.parametrize("fault", [NoAnswer("gone"), LineDown("unplugged")], ids=["device", "line"])
async def test_the_first_answer_after_a_loss_ends_the_pause_of_the_outputs(fault: DeviceFault) -> None:
    """By then the pause has grown to seconds, in which the relay would be polled a hundred times."""
    bus = Script()
    bus.faults[9] = fault
    async with running(bus, relay(period=20)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: len(bus.reads) >= 7)
        bus.faults.clear()
        tries, before = len(bus.writes), len(bus.reads)
        await rig.until(lambda: len(bus.writes) > tries)
        await rig.until(lambda: rig.value("relay/fan") == 1.0)
        assert len(bus.reads) - before <= 5


async def test_a_write_that_the_device_refuses_is_tried_again_and_the_device_stays_alive() -> None:
    bus = Script()
    bus.write_faults[9] = Refused("busy", 6)
    async with running(bus, relay(period=20)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: len(bus.writes) >= 2)
        assert rig.value("relay/fan") == 0.0 and rig.value("line/link") == 1.0
        bus.write_faults.clear()
        await rig.until(lambda: rig.value("relay/fan") == 1.0)


async def test_a_relay_whose_readback_fails_does_not_starve_the_others() -> None:
    """The write is confirmed, the read is not: without a pause this would go on at highest priority for ever."""
    bus = Script()

    async with running(bus, relay(period=20), smoke(1, 20)) as rig:
        await rig.until(lambda: rig.last("relay/fan"))

        async def write(*args: object, **more: object) -> None:
            bus.writes.append((9, 0, 0))

        bus.write = write  # type: ignore[method-assign]
        bus.faults[9] = NoAnswer("x")
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: bus.writes)
        before = sum(unit == 1 for unit, _, _ in bus.reads)
        await rig.until(lambda: sum(unit == 1 for unit, _, _ in bus.reads) > before + 10)
        assert len(bus.writes) < 10


async def test_a_job_is_answered_with_its_frames_while_polling_goes_on() -> None:
    bus = Script()
    async with running(bus, smoke(1, 20), warm(3, 600_000)) as rig:
        await rig.until(lambda: len(bus.reads) > 3)
        readings, frames = await rig.poller.job("warm3")
        assert [r.point for r in readings] == ["warm3/temperature", "warm3/humidity"]
        assert frames == [(b"\x03", b"answer")]
        assert readings in rig.seen, "what a person read everybody sees"
        before = len(bus.reads)
        await rig.until(lambda: len(bus.reads) > before + 3)
        with pytest.raises(KeyError):
            await rig.poller.job("nobody")


async def test_r2_a_long_cycle_is_interrupted_by_fire_slots_and_outputs() -> None:
    """Eight questions of 60 ms each: nobody with a detector due every 50 ms waits for the eighth."""
    bus = Script()
    real = bus.read

    async def read(unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0) -> tuple[int, ...]:
        if unit == 3:
            await asyncio.sleep(0.06)
        return await real(unit, space, address, count, latency=latency, gap=gap)

    bus.read = read  # type: ignore[method-assign]
    many = tuple(Channel(f"c{n}", "count", "holding", 100 * n) for n in range(8))
    async with running(bus, smoke(1, 50), device("long", 3, many, period=100), relay(period=600_000)) as rig:
        await rig.until(lambda: (3, 100, 1) in bus.reads)
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: rig.last("long/c7"))
        units = [unit for unit, _, _ in bus.reads]
        assert not any(a == b == 3 for a, b in itertools.pairwise(units)), "a detector was asked between any two"
        assert bus.writes and bus.reads[bus.before_write :].count((3, 700, 1)), "and the relay switched before the cycle ended"
        assert rig.value("long/c0") == 0.0 and len([f for f in rig.seen if f[0].point == "long/c0"]) == 1, (
            "one frame all the same"
        )


def bank(period: int = 600_000) -> Device:
    """A relay whose coil is read first, and two registers that are two more questions."""
    more = tuple(Channel(f"c{n}", "count", "holding", 100 * n) for n in range(2))
    fan = Channel("fan", "fan-run", "coil", 0, type="bit")
    return device("relay", 9, (fan, *more), period=period, outputs=(Output("fan", 5, 0, 0xFF00, 0, "fan"),))


async def test_r2_a_fire_panel_of_many_questions_is_asked_once_a_beat() -> None:
    """Its own slot is due while its cycle is under way: that is no reason to begin the cycle again inside itself."""
    bus = Script()
    panel = device("panel", 4, tuple(Channel(f"d{n}", "panel-state", "holding", 100 * n) for n in range(3)), period=100)
    async with running(bus, panel) as rig:
        await rig.until(lambda: len(bus.reads) >= 9)
    assert [address for _, address, _ in bus.reads[:9]] == [0, 100, 200] * 3


async def test_d8_what_a_long_cycle_found_before_a_switch_is_not_told_after_it() -> None:
    """The coil was read as off, then switched on and read back; the rest of that cycle must not say off again."""
    bus = Script()
    async with running(bus, bank()) as rig:
        bus.then = {1: lambda: rig.poller.want("relay/fan", True)}
        await rig.until(lambda: len(bus.reads) == 6)  # one before, three in the switch, two after it
        await asyncio.wait_for(rig.poller.job("relay"), 20)
        assert bus.writes == [(9, 0, 0xFF00)], "it is not taken for a relay that fell off"
        assert [r.value for frame in rig.seen for r in frame if r.point == "relay/fan"] == [1.0, 1.0]


async def test_d8_a_device_that_falls_silent_in_an_overtaken_cycle_is_a_fault() -> None:
    bus = Script()
    async with running(bus, bank()) as rig:
        bus.then = {1: lambda: rig.poller.want("relay/fan", True), 5: lambda: bus.faults.update({9: NoAnswer("no answer")})}
        await rig.until(lambda: (found := rig.last("relay/c1")) and found.quality is Quality.FAULT)
        assert rig.value("relay/fan") == 1.0, "what was read back is newer than what the cycle began with"


async def test_d8_a_poll_that_overtakes_a_job_has_the_last_word() -> None:
    """A person's read of a slow line: its first answer is old when its last comes, and the detector has spoken meanwhile."""
    bus = Script()
    two = (Channel("smoke", "smoke", "discrete", 0, type="bit"), Channel("c", "count", "holding", 0))
    real = bus.read

    async def slow(*args: Any, **wishes: int) -> tuple[int, ...]:
        """The job's first question lasts beyond the next poll's beat; then there is smoke."""
        bus.read = real  # type: ignore[method-assign]
        found = await real(*args, **wishes)
        await asyncio.sleep(0.3)
        bus.world[4, "discrete", 0] = 1
        return found

    async with running(bus, device("d", 4, two, period=200)) as rig:
        await rig.until(lambda: rig.last("d/c"))
        bus.read = slow  # type: ignore[method-assign]
        readings, _ = await rig.poller.job("d")
        await rig.until(lambda: rig.value("d/smoke") == 1.0)
        told = [r.value for frame in rig.seen for r in frame if r.point == "d/smoke"]
        assert told == sorted(told), "nobody is told that it was well again"
    assert [r.value for r in readings] == [0.0, 0.0], "the person sees what was read"


async def test_d10_a_device_that_cannot_be_asked_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detectors take the whole line (no time is free for a question of 2.1 s): unknown is never shown as normal."""
    monkeypatch.setattr("drivers.schedule.STALE_LEAST", 300)
    slow = device("slow", 5, WARM, period=100, limits=Limits(latency=1_050))
    async with running(Script(), smoke(1, 1_000), slow) as rig:
        await rig.until(lambda: rig.last("slow/humidity"))
        found = rig.last("slow/humidity")
        assert found is not None and (found.quality, found.value) == (Quality.STALE, None) and "线路忙" in found.fault


async def test_lent_questions_go_in_the_gaps_one_job_at_a_time_and_the_answer_comes_back() -> None:
    bus = Script()
    bus.world[77, "holding", 5] = 4711
    order: list[str] = []

    async def scan(line: Reader) -> list[int]:
        order.append("scan begins")
        found = []
        for unit in (76, 77):
            try:
                found += await line.read(unit, "holding", 5, 1, latency=20)
            except NoAnswer:
                found.append(-1)
        order.append("scan ends")
        return found

    async def other(line: Reader) -> None:
        order.append("other")

    bus.faults[76] = NoAnswer("nobody there")
    async with running(bus, smoke(1, 20)) as rig:
        await rig.until(lambda: rig.last("line/link"))
        answers = await asyncio.gather(rig.poller.lend(scan), rig.poller.lend(other))
        assert answers == [[-1, 4711], None] and order == ["scan begins", "scan ends", "other"]
        assert rig.value("line/link") == 1.0 and rig.value("smoke1/smoke") == 0.0, "whom a scan does not find is no device"


async def test_a_lent_question_never_makes_a_fire_slot_late_and_says_when_there_is_no_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A question that may hold the line for 2.4 s cannot be asked where a detector is due every second."""
    monkeypatch.setattr("drivers.lending.GIVE_UP", 0.05)
    bus = Script()
    async with running(bus, smoke(1, 1_000)) as rig:
        with pytest.raises(LineBusy):
            await rig.poller.lend(lambda line: line.read(5, "holding", 0, 1, latency=1_200))
        assert not any(unit == 5 for unit, _, _ in bus.reads)
        await rig.poller.lend(lambda line: line.read(5, "holding", 0, 1, latency=200))
        assert any(unit == 5 for unit, _, _ in bus.reads)


async def test_d8_a_lent_question_gives_a_device_of_the_line_its_own_time() -> None:
    """A scan's 90 ms is over before a slow device has answered: its answer would be that to the next poll of the same shape."""

    class Timed(Script):
        async def read(
            self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
        ) -> tuple[int, ...]:
            times.append((unit, latency, gap))
            return await super().read(unit, space, address, count)

    times: list[tuple[int, int, int]] = []
    slow = device("slow", 3, WARM, period=60_000, limits=Limits(latency=400, gap=30))
    async with running(Timed(), slow) as rig:
        await rig.until(lambda: times)
        times.clear()
        for unit in (3, 4):
            await rig.poller.lend(lambda line, unit=unit: line.read(unit, "holding", 0, 1, latency=90))  # type: ignore[misc]
        assert times == [(3, 400, 30), (4, 90, 0)]


async def test_on_a_line_never_idle_a_lent_question_goes_before_ordinary_polls_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.poller.PATIENCE", 50)
    bus = Script()
    async with running(bus, *(warm(n, 1) for n in range(1, 9))) as rig:
        await rig.until(lambda: len(bus.reads) > 8)
        await rig.poller.lend(lambda line: line.read(77, "holding", 0, 1))


async def test_a_wrong_question_is_its_askers_and_a_cancelled_one_is_never_asked() -> None:
    bus = Script()
    real = bus.read

    async def read(unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0) -> tuple[int, ...]:
        if count > 125:
            raise ValueError("too many")
        return await real(unit, space, address, count, latency=latency, gap=gap)

    bus.read = read  # type: ignore[method-assign]
    async with running(bus, *(smoke(n, 1) for n in range(1, 9))) as rig:
        with pytest.raises(ValueError, match="too many"):
            await rig.poller.lend(lambda line: line.read(5, "holding", 0, 999))
        gone = asyncio.create_task(rig.poller.lend(lambda line: line.read(78, "holding", 0, 1)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await rig.poller.lend(lambda line: line.read(79, "holding", 0, 1))
        assert not any(unit == 78 for unit, _, _ in bus.reads), "the desk is free for the next"


async def test_every_follower_sees_every_transaction_with_its_result() -> None:
    bus = Script()
    bus.faults[2] = NoAnswer("silent")
    first: list[Exchange] = []
    second: list[Exchange] = []
    async with running(bus, smoke(1, 20), smoke(2, 20), relay(period=600_000)) as rig:
        with rig.poller.followed(first.append):
            with rig.poller.followed(second.append):
                rig.poller.want("relay/fan", True)
                await rig.until(lambda: {e.unit for e in first} >= {1, 2, 9} and bus.writes)
            seen = len(second)
            await rig.until(lambda: len(first) > seen + 3)
        assert first[:seen] == second and len(second) == seen
        good = next(e for e in first if e.unit == 1)
        assert (good.sent, good.received, good.fault) == (b"\x01", b"answer", "") and good.took >= 0
        assert next(e for e in first if e.unit == 2).fault == "silent"
        before, asked = len(first), len(bus.reads)
        await rig.until(lambda: len(bus.reads) > asked + 3)
        assert len(first) == before, "nobody follows any more"


async def test_jobs_still_waiting_when_the_poller_ends_are_cancelled() -> None:
    bus = Script()
    async with running(bus, *(smoke(n, 1) for n in range(1, 9))) as rig:
        await rig.until(lambda: len(bus.reads) > 3)
        job = asyncio.create_task(rig.poller.job("smoke1"))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await job


async def test_the_state_for_the_screen() -> None:
    bus = Script()
    bus.faults[1] = NoAnswer("x")
    async with running(bus, smoke(1, 20), smoke(2, 20)) as rig:
        await rig.until(lambda: rig.value("line/link") == 1.0 and len(bus.reads) > 10)
        state = rig.poller.state()
        assert state["up"] is True and state["polls"] == len(bus.reads) and 1 <= int(str(state["errors"])) < len(bus.reads)
        assert state["dead"] == 1 and state["planned"] == pytest.approx(2 * 0.026875 / 0.02 + 0.1, abs=0.001)
        await rig.until(lambda: 0 < float(str(rig.poller.state()["load"])) < 1)


class Bits(RtuFar):
    """Answers every read of one bit with 1, and repeats writes."""

    def take(self, data: bytes) -> list[bytes]:
        if data[1] == 5:
            self.counts["write"] += 1
            return [data]
        body = bytes([data[0], data[1], 1, 1])
        return [body + crc16(body)]


async def test_unplugged_and_plugged_in_again(tmp_path: Path) -> None:
    """A real pty behind a symlink is closed and made anew: faults, link 0, then by itself back, and outputs applied again."""
    link = tmp_path / "by-path"
    line = PtyLine(link, Bits({}, (0, 0), 0, 1))
    async with running(RtuBus(PortSettings(str(link), 115200)), relay(period=200), smoke(1, 200)) as rig:
        rig.poller.want("relay/fan", True)
        await rig.until(lambda: rig.value("smoke1/smoke") == 1.0 and rig.value("relay/fan") == 1.0)
        assert rig.value("line/link") == 1.0
        line.close()
        await rig.until(lambda: rig.value("line/link") == 0.0)
        await rig.until(lambda: all(r and r.quality is Quality.FAULT for r in map(rig.last, ("smoke1/smoke", "relay/fan"))))
        line = PtyLine(link, Bits({}, (0, 0), 0, 1))
        await rig.until(lambda: rig.value("line/link") == 1.0 and rig.value("smoke1/smoke") == 1.0)
        await rig.until(lambda: line.far.counts["write"] == 1)
    line.close()


async def test_a_port_that_is_not_there_yet(tmp_path: Path) -> None:
    link = tmp_path / "later"
    async with running(RtuBus(PortSettings(str(link), 115200)), smoke(1, 100)) as rig:
        await rig.until(lambda: rig.value("line/link") == 0.0)
        line = PtyLine(link, Bits({}, (0, 0), 0, 1))
        await rig.until(lambda: rig.value("smoke1/smoke") == 1.0)
    line.close()
