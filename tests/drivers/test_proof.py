"""Two adapters or two cables exchanged: found by what answers, said in words, and no value of one line given to the other. Real ptys."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from field_far import PtyLine, RtuFar, words
from field_site import device, warm

from drivers.bus import LineDown, NoAnswer, Refused, Space
from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus
from drivers.poller import Poller
from drivers.profile import Device
from drivers.proof import AGAIN, WITNESSES, Proven, Swapped
from drivers.reading import Now, Quality, Reading


class Units(RtuFar):
    """Devices of these units on one cable; `asked` holds the unit of every question."""

    def __init__(self, *units: int) -> None:
        super().__init__({}, (0, 0), 1, 1)
        self.units = set(units)
        self.asked: list[int] = []

    def replies(self, request: bytes, unit: int, pdu: bytes, frame: Callable[[int, bytes], bytes], flip: int) -> list[bytes]:
        self.asked.append(unit)
        return super().replies(request, unit, pdu, frame, flip) if unit in self.units else []


A, B = (warm(1), warm(2), warm(3)), (warm(1), warm(7), warm(8))


@asynccontextmanager
async def school(
    tmp_path: Path, a: Sequence[Device] = A, b: Sequence[Device] = B
) -> AsyncIterator[tuple[Proven, Proven, PtyLine, PtyLine]]:
    """Two lines, each with its cable plugged where it belongs."""
    ends = [PtyLine(tmp_path / f"cable-{n}", Units(*(d.unit for d in devices))) for n, devices in enumerate((a, b))]
    for name, end in zip("ab", ends, strict=True):
        (tmp_path / name).symlink_to(os.readlink(end.link))
    buses = [RtuBus(PortSettings(str(tmp_path / name), 115200)) for name in "ab"]
    line_a, line_b = Proven(buses[0], "a", a, {"b": b}), Proven(buses[1], "b", b, {"a": a})
    try:
        yield line_a, line_b, ends[0], ends[1]
    finally:
        for bus in buses:
            await bus.close()
        for end in ends:
            end.close()


def exchange(tmp_path: Path) -> None:
    """The plugs of both adapters, once more."""
    to = [os.readlink(tmp_path / name) for name in "ab"]
    for name, target in zip("ab", reversed(to), strict=True):
        (tmp_path / name).unlink()
        (tmp_path / name).symlink_to(target)


async def read(bus: Proven, unit: int) -> tuple[int, ...]:
    return await bus.read(unit, "holding", 0, 5, latency=50)


async def unplugged(*lines: Proven) -> None:
    """What a pulled plug does: the port is gone once."""
    for line in lines:
        await line._bus.close()
        line._heard(0, LineDown("x"))


async def test_a_line_in_its_place_costs_one_question_more(tmp_path: Path) -> None:
    async with school(tmp_path) as (a, _, end, _end):
        assert await read(a, 1) == words(1, 3, 0, 5, 2)
        assert await read(a, 1) == words(1, 3, 0, 5, 3)
        assert end.far.asked == [2, 1, 1]  # type: ignore[attr-defined]


async def test_exchanged_adapters_are_named_and_no_value_is_given_out(tmp_path: Path) -> None:
    """Unit 1 is on both lines: its value would be another room's."""
    async with school(tmp_path) as (a, b, *_):
        await read(a, 1)
        await read(b, 1)
        await unplugged(a, b)
        exchange(tmp_path)
        for bus, own, other in ((a, "a", "b"), (b, "b", "a")):
            for _ in range(2):
                with pytest.raises(Swapped, match="串口可能插反") as caught:
                    await read(bus, 1)
                assert f"{own} 的口上应答的是 {other} 的设备" in caught.value.text
            with pytest.raises(Swapped):
                await bus.write(1, 6, 0, (1,), latency=50)
        await unplugged(a, b)
        exchange(tmp_path)
        assert (await read(a, 1))[0] == (await read(b, 1))[0] == 1 << 8 | 3


async def test_exchanged_before_the_start_is_found_too(tmp_path: Path) -> None:
    exchanged = (B, A)
    async with school(tmp_path, *exchanged) as (_, _, one, _two):
        bus = RtuBus(PortSettings(str(one.link), 115200))
        try:
            with pytest.raises(Swapped):
                await read(Proven(bus, "a", A, {"b": B}), 1)
        finally:
            await bus.close()


async def test_exchanged_cables_are_found_when_the_own_devices_fall_silent(tmp_path: Path) -> None:
    """The ports stay open; only the wires at the terminals change places."""
    async with school(tmp_path) as (a, _, one, two):
        await read(a, 2)
        one.far, two.far = two.far, one.far
        for _ in range(WITNESSES):
            with pytest.raises(NoAnswer):
                await read(a, 2)
        with pytest.raises(Swapped):
            await read(a, 2)


async def test_a_dead_line_is_dead_and_not_swapped(tmp_path: Path) -> None:
    """And costs a proof every half minute, not one a question."""
    async with school(tmp_path) as (a, _, one, _two):
        one.far.units = set()  # type: ignore[attr-defined]
        for _ in range(3):
            with pytest.raises(NoAnswer):
                await read(a, 1)
        assert len(one.far.asked) <= 3 + 2 + 2 and AGAIN > 10  # type: ignore[attr-defined]


async def test_a_device_that_refuses_is_there(tmp_path: Path) -> None:
    class Refusing:
        trace = None
        asked: tuple[int, ...] = ()

        async def read(
            self, unit: int, space: Space, address: int, count: int, *, latency: int = 0, gap: int = 0
        ) -> tuple[int, ...]:
            self.asked += (unit,)
            raise Refused("x", 2)

    bus = Refusing()
    line = Proven(bus, "a", A, {"b": B})  # type: ignore[arg-type]
    with pytest.raises(Refused):
        await read(line, 1)
    assert bus.asked == (2, 1)


async def test_a_port_that_was_lost_under_a_raw_frame_is_proved_anew(tmp_path: Path) -> None:
    """A siren's frame may be the one that finds the plug pulled: the next read is of whatever was plugged in instead."""

    async with school(tmp_path) as (a, *_):
        await read(a, 1)

        async def gone(unit: int, frame: bytes, *, latency: int = 0, gap: int = 0) -> None:
            await a._bus.close()
            raise LineDown("the adapter is gone")

        a._bus.tell = gone  # type: ignore[method-assign]
        with pytest.raises(LineDown):
            await a.tell(1, b"\x05\x00\x00\xff\x00", latency=50)
        exchange(tmp_path)
        with pytest.raises(Swapped):
            await read(a, 1)


@pytest.mark.parametrize("others", [{}, {"b": A}, {"b": ()}])
async def test_lines_that_cannot_be_told_apart_are_not_asked_more(tmp_path: Path, others: dict[str, Sequence[Device]]) -> None:
    end = PtyLine(tmp_path / "tty", Units(1, 2, 3))
    bus = RtuBus(PortSettings(str(end.link), 115200))
    try:
        assert await read(Proven(bus, "a", A, others), 1) == words(1, 3, 0, 5, 1)
    finally:
        await bus.close()
        end.close()


class Clock:
    def now(self) -> Now:
        return Now(0, round(asyncio.get_running_loop().time() * 1000))


async def test_d17_two_pollers_say_swapped_for_every_device_and_recover(tmp_path: Path) -> None:
    a, b = (
        [device(f"{n}{u.unit}", u.unit, u.profile.channels, period=100) for u in units] for n, units in (("a", A), ("b", B))
    )
    seen: dict[str, Reading] = {}
    values: list[Reading] = []

    def emit(readings: Sequence[Reading]) -> None:
        seen.update({r.point: r for r in readings})
        values.extend(r for r in readings if r.point.endswith("/humidity") and r.quality is Quality.GOOD)

    async def until(met: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not met():
                await asyncio.sleep(0.01)

    async with school(tmp_path, a, b) as (line_a, line_b, *_):
        pollers = [Poller("a", line_a, a, emit, Clock()), Poller("b", line_b, b, emit, Clock())]
        tasks = [asyncio.create_task(p.run()) for p in pollers]
        points = [d.point("humidity") for d in (*a, *b)]
        try:
            await until(lambda: all(p in seen and seen[p].quality is Quality.GOOD for p in points))
            exchange(tmp_path)  # first: a poller that opens its port again at once must find the other cable
            await unplugged(line_a, line_b)
            values.clear()
            await until(lambda: all("插反" in seen[p].fault for p in points))
            assert not values, "not one value between the exchange and the verdict"
            exchange(tmp_path)  # first: a poller that opens its port again at once must find the other cable
            await unplugged(line_a, line_b)
            await until(lambda: all(seen[p].quality is Quality.GOOD for p in points))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
