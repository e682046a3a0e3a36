"""D8: whatever the line does, a value is never given to a question it does not answer. Real pty, real TCP."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from math import inf
from pathlib import Path

import pytest
from field_far import FAULTS, Far, PtyLine, RtuFar, TcpFar, TcpServer, words
from field_virtual import Undrained

from drivers.bus import Bus, DeviceFault
from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus
from drivers.modbus.rtu_tcp import RtuTcpBus
from drivers.modbus.tcp import TcpBus

LATENCY = 30  # ms
LATE = (0.032, 0.046)  # s after the question: after the time-out, within one more worst latency
LIMIT = 0.058
RATES = {fault: 0.01 for fault in FAULTS}
SETTINGS = PortSettings("", 115200)


async def polls(bus: Bus, far: Far, count: int, seed: int, latency: int = LATENCY) -> tuple[int, Counter[str]]:
    """(misattributed, results by kind). Questions differ in unit, function and address, and often have the same shape.

    "overrun": a value of an earlier question whose answer the far end, for want of a processor, sent after twice the device's
    worst time. Of such a device nothing is promised.
    """
    choose, wrong, seen = random.Random(seed), 0, Counter[str]()
    asked: dict[tuple[int, int], float] = {}  # what an answer says first and third -> when it was asked for last
    for _ in range(count):
        unit, function, address = choose.randint(1, 3), choose.choice((3, 3, 4)), choose.randrange(1000)
        registers = choose.choice((4, 4, 4, 4, 6))
        space = "holding" if function == 3 else "input"
        far.asked = asked[unit << 8 | function, address] = time.monotonic()
        try:
            found = await bus.read(unit, space, address, registers, latency=latency)  # type: ignore[arg-type]
        except DeviceFault as fault:
            seen[type(fault).__name__] += 1
        else:
            if found == words(unit, function, address, registers, far.number):
                seen["value"] += 1
            elif far.sent.get(found[1], 0.0) > asked.get((found[0], found[2]), inf) + far.limit:
                seen["overrun"] += 1
            else:
                seen["value"] += 1
                wrong += 1
                print(f"asked {unit}/{function}/{address}+{registers}, request {far.number}, got {found}")
    return wrong, seen


def report(name: str, far: Far, wrong: int, seen: Counter[str]) -> None:
    print(f"\n{name}: {sum(seen.values())} polls, {wrong} misattributed; far end {dict(far.counts)}; results {dict(seen)}")


def judge(name: str, far: Far, wrong: int, seen: Counter[str], count: int) -> None:
    report(name, far, wrong, seen)
    assert wrong == 0 and seen["overrun"] <= count / 500
    assert all(far.counts[fault] > count / 300 for fault in FAULTS), "every fault must have happened"
    assert seen["value"] > count * 0.85, "a fault may cost its own poll, not its neighbours"


async def test_d8_20_000_polls_with_every_fault(tmp_path: Path) -> None:
    """The three lines at the same time: 7,000 on a pty, 3,000 through a serial server, 10,000 on Modbus TCP."""
    serial, server, tcp = RtuFar(RATES, LATE, LIMIT, 1), RtuFar(RATES, LATE, LIMIT, 2), TcpFar(RATES, LATE, LIMIT, 3)
    line, two, three = PtyLine(tmp_path / "tty", serial), TcpServer(server, serial=True), TcpServer(tcp, serial=False)
    buses = (
        RtuBus(PortSettings(str(line.link), 115200)),
        RtuTcpBus("127.0.0.1", two.port, SETTINGS),
        TcpBus("127.0.0.1", three.port),
    )
    counts = 7_000, 3_000, 10_000
    try:
        runs = [polls(bus, far, n, n) for bus, far, n in zip(buses, (serial, server, tcp), counts, strict=True)]
        results = await asyncio.gather(*runs)
    finally:
        for bus in buses:
            await bus.close()
        for end in (line, two, three):
            end.close()
    names = ("modbus-rtu", "modbus-rtu-tcp", "modbus-tcp")
    for name, far, (wrong, seen), n in zip(names, (serial, server, tcp), results, counts, strict=True):
        judge(name, far, wrong, seen, n)


async def test_d8_without_the_drain_it_fails_within_a_thousand_polls_on_the_serial_line(tmp_path: Path) -> None:
    """The test above can fail: the drain is what makes it pass."""
    far = RtuFar({"late": 0.1}, LATE, LIMIT, 4)
    far.turnaround = 0.003
    line = PtyLine(tmp_path / "tty", far)
    bus = RtuBus(PortSettings(str(line.link), 115200))
    bus._line = Undrained(0.00175, 10 / 115200)
    try:
        wrong, seen = await polls(bus, far, 1_000, 4)
    finally:
        await bus.close()
        line.close()
    report("without the drain", far, wrong, seen)
    assert wrong > 0


async def test_d8_without_the_drain_it_fails_within_a_thousand_polls_behind_a_serial_server() -> None:
    far = RtuFar({"late": 0.1}, LATE, LIMIT, 5)
    server = TcpServer(far, serial=True)
    bus = RtuTcpBus("127.0.0.1", server.port, SETTINGS)
    bus._line = Undrained(0.0, 0.0)
    try:
        wrong, seen = await polls(bus, far, 1_000, 5)
    finally:
        await bus.close()
        server.close()
    report("without the drain", far, wrong, seen)
    assert wrong > 0


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", ["modbus-rtu", "modbus-rtu-tcp", "modbus-tcp"])
async def test_d8_each_fault_alone_on_every_second_question(tmp_path: Path, way: str, fault: str) -> None:
    """Dense faults: the poll after a fault is often faulty too."""
    far: Far = (TcpFar if way == "modbus-tcp" else RtuFar)({fault: 0.5}, LATE, LIMIT, 6)
    end: PtyLine | TcpServer
    bus: Bus
    if way == "modbus-rtu":
        end = PtyLine(tmp_path / "tty", far)
        bus = RtuBus(PortSettings(str(end.link), 115200))
    else:
        end = TcpServer(far, serial=way == "modbus-rtu-tcp")
        bus = TcpBus("127.0.0.1", end.port) if way == "modbus-tcp" else RtuTcpBus("127.0.0.1", end.port, SETTINGS)
    try:
        wrong, seen = await polls(bus, far, 60, 6)
    finally:
        await bus.close()
        end.close()
    assert wrong == 0 and far.counts[fault] > 10
    # a busy machine may keep a good answer for 30 ms; a neighbour's fault would cost half
    assert seen["value"] >= far.counts["good"] * 0.9, seen


SOAK_LATENCY = 100  # ms: sixteen lines share one machine
SOAK_LATE, SOAK_LIMIT = (0.105, 0.18), 0.19


@pytest.mark.soak
async def test_d8_a_hundred_thousand_polls_on_sixteen_lines(tmp_path: Path) -> None:
    fars = [RtuFar(RATES, SOAK_LATE, SOAK_LIMIT, n) for n in range(16)]
    lines = [PtyLine(tmp_path / f"tty{n}", far) for n, far in enumerate(fars)]
    buses = [RtuBus(PortSettings(str(line.link), 115200)) for line in lines]
    try:
        runs = [polls(bus, far, 6_250, n, SOAK_LATENCY) for n, (bus, far) in enumerate(zip(buses, fars, strict=True))]
        results = await asyncio.gather(*runs)
    finally:
        for bus in buses:
            await bus.close()
        for line in lines:
            line.close()
    far_side, seen = Counter[str](), Counter[str]()
    for far, (_, kinds) in zip(fars, results, strict=True):
        far_side, seen = far_side + far.counts, seen + kinds
    wrong = sum(each for each, _ in results)
    print(
        f"\nsixteen lines: {sum(seen.values())} polls, {wrong} misattributed; far ends {dict(far_side)}; results {dict(seen)}"
    )
    assert wrong == 0 and sum(seen.values()) == 100_000
    assert all(far_side[fault] > 500 for fault in FAULTS)
