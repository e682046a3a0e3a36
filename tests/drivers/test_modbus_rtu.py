"""The serial line's own rules on a pty: the lock, echoes, babble, the trace, refusals, and closing with questions open."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import serial
from field_far import Far, PtyLine, crc16
from tool_devices import PROFILES

from drivers.bus import GarbledAnswer, LineDown, NoAnswer, Refused
from drivers.framing import PortSettings
from drivers.modbus import rtu
from drivers.modbus.rtu import RtuBus
from drivers.poller import Poller
from drivers.profile import Device
from drivers.reading import Now, Quality, Reading

ONE = b"\x01\x03\x02\x00\x2a"

TIOCGEXCL = 0x80045440  # linux/asm-generic/ioctls.h


class LoopClock:
    def now(self) -> Now:
        ms = int(asyncio.get_running_loop().time() * 1000)
        return Now(ms, ms)

    def ok(self) -> bool:
        return True


def sealed(body: bytes) -> bytes:
    return body + crc16(body)


class Says(Far):
    """Says the prepared bytes, one entry a question."""

    def __init__(self, *says: bytes) -> None:
        super().__init__({}, (0, 0), 0, 1)
        self.says = list(says)
        self.heard: list[bytes] = []

    def take(self, data: bytes) -> list[bytes]:
        self.heard.append(data)
        return [self.says.pop(0)] if self.says else []


@asynccontextmanager
async def line(tmp_path: Path, far: Far) -> AsyncIterator[tuple[RtuBus, PtyLine]]:
    end = PtyLine(tmp_path / "tty", far)
    bus = RtuBus(PortSettings(str(end.link), 115200))
    try:
        yield bus, end
    finally:
        await bus.close()
        end.close()


async def test_trace_shows_what_was_sent_and_what_came_good_or_not(tmp_path: Path) -> None:
    good, cut = sealed(ONE), sealed(ONE)[:4]
    async with line(tmp_path, Says(good, cut)) as (bus, _):
        frames: list[tuple[bytes, bytes]] = []
        bus.trace = lambda sent, received: frames.append((sent, received))
        assert await bus.read(1, "holding", 0, 1) == (42,)
        with pytest.raises(GarbledAnswer):
            await bus.read(1, "holding", 0, 1, latency=30)
        with pytest.raises(NoAnswer):
            await bus.read(1, "holding", 0, 1, latency=30)
        asked = sealed(b"\x01\x03\x00\x00\x00\x01")
        assert frames == [(asked, good), (asked, cut), (asked, b"")]


async def test_a_refusal_needs_no_drain(tmp_path: Path) -> None:
    """The second question would wait for ten seconds."""
    async with line(tmp_path, Says(sealed(b"\x01\x83\x02"), sealed(ONE))) as (bus, _):
        with pytest.raises(Refused):
            await bus.read(1, "holding", 0, 1, latency=10_000)
        async with asyncio.timeout(9):
            assert await bus.read(1, "holding", 0, 1, latency=10_000) == (42,)


async def test_the_port_is_ours_alone(tmp_path: Path) -> None:
    async with line(tmp_path, Says(sealed(ONE), sealed(ONE))) as (bus, end):
        await bus.read(1, "holding", 0, 1)
        other = RtuBus(PortSettings(str(end.link), 115200))
        with pytest.raises(LineDown):
            await other.read(1, "holding", 0, 1)
        await other.close()
        with pytest.raises(serial.SerialException):
            serial.Serial(str(end.link), exclusive=True)
        kept = fcntl.ioctl(bus._port.fileno(), TIOCGEXCL, bytes(4))
        assert any(kept), "tools that know of no locks are kept out too (but for root, so the kernel is asked)"
        await bus.close()
        assert await bus.read(1, "holding", 0, 1) == (42,), "given back when closed, and opened again when asked"


async def test_on_a_line_that_echoes_a_write_is_confirmed_by_the_device_alone(tmp_path: Path) -> None:
    asked, written = sealed(b"\x01\x03\x00\x00\x00\x01"), sealed(b"\x01\x05\x00\x00\xff\x00")
    async with line(tmp_path, Says(asked + sealed(ONE), written + written, written)) as (bus, _):
        assert await bus.read(1, "holding", 0, 1) == (42,)
        await bus.write(1, 5, 0, (0xFF00,))
        with pytest.raises(NoAnswer):
            await bus.write(1, 5, 0, (0xFF00,), latency=30)


async def test_an_echo_alone_is_no_answer(tmp_path: Path) -> None:
    async with line(tmp_path, Says(sealed(b"\x01\x03\x00\x00\x00\x01"))) as (bus, _):
        with pytest.raises(NoAnswer):
            await bus.read(1, "holding", 0, 1, latency=30)


class Babbles(Far):
    """After the first question never silent again."""

    def __init__(self) -> None:
        super().__init__({}, (0, 0), 0, 1)
        self.on = False

    def take(self, data: bytes) -> list[bytes]:
        self.on = True
        return []

    def overdue(self) -> list[bytes]:
        return [b"\x55"] if self.on else []

    def wait(self) -> float:
        return 0.002


async def test_a_line_that_is_never_silent_fails_its_polls_and_recovers(tmp_path: Path) -> None:
    far = Babbles()
    async with line(tmp_path, far) as (bus, end):
        for _ in range(2):
            async with asyncio.timeout(20):
                with pytest.raises((GarbledAnswer, NoAnswer)):  # a busy machine may starve the babbler for 30 ms
                    await bus.read(1, "holding", 0, 1, latency=30)
        end.far = Says(sealed(ONE))
        assert await bus.read(1, "holding", 0, 1, latency=30) == (42,)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A driver that takes bytes and never says that they have left: tcdrain returns when the event is set."""
    returns, true_ioctl = threading.Event(), fcntl.ioctl

    def ioctl(fd: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        turns = request in (termios.TIOCMBIS, termios.TIOCMBIC)  # a pty has no RTS
        return 0 if turns else true_ioctl(fd, request, argument, mutate)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(termios, "tcdrain", lambda fd: returns.wait())
    monkeypatch.setattr(rtu, "HUNG", 0.2)
    yield returns
    returns.set()


async def test_d8_a_question_that_the_adapter_keeps_back_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A USB hub that hangs for a second: sent after its time-out, the question would be answered as if it were the next one."""
    held, true_ioctl, flushed = [True], fcntl.ioctl, threading.Event()

    def ioctl(fd: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        if request == termios.TIOCOUTQ and held and far.heard:
            return b"\x08\0\0\0"
        return true_ioctl(fd, request, argument, mutate)

    def flush(fd: int, which: int) -> None:
        if which == termios.TCOFLUSH:
            flushed.set()

    far = Says(b"", sealed(ONE))
    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    async with line(tmp_path, far) as (bus, _):
        with monkeypatch.context() as patch:
            patch.setattr(termios, "tcflush", flush)
            with pytest.raises(LineDown, match="检查适配器"):
                await bus.read(1, "holding", 0, 1, latency=50)
        held.clear()
        assert flushed.is_set() and await bus.read(1, "holding", 0, 1, latency=50) == (42,)


async def test_d10_a_driver_that_never_returns_is_a_line_that_is_down(tmp_path: Path, stuck: threading.Event) -> None:
    """Its points are a fault and its line is down in time, other lines go on; it is asked again when the driver is back."""
    end, other = PtyLine(tmp_path / "tty", Says(sealed(ONE), sealed(ONE))), PtyLine(tmp_path / "other", Says(sealed(ONE)))
    bus, beside = RtuBus(PortSettings(str(end.link), 115200, rs485="rts")), RtuBus(PortSettings(str(other.link), 115200))
    told: list[Reading] = []
    device = Device("th", PROFILES["jxct-th"], "line", 1, 1000)
    poller = Poller("line", bus, [device], told.extend, LoopClock())
    running = asyncio.create_task(poller.run())
    try:
        async with asyncio.timeout(20):
            while "line/link" not in {r.point for r in told}:
                await asyncio.sleep(0.02)
        assert {(r.point, r.quality) for r in told if r.point != "line/link"} == {
            ("th/humidity", Quality.FAULT), ("th/temperature", Quality.FAULT),
        }  # fmt: skip
        assert [r.value for r in told if r.point == "line/link"] == [0.0] and "does not return" in told[0].fault
        running.cancel()
        with pytest.raises(LineDown, match="拔下适配器再插上"):
            await bus.read(1, "holding", 0, 1)
        assert await beside.read(1, "holding", 0, 1) == (42,)
        end.far = Says(sealed(ONE))
        stuck.set()
        async with asyncio.timeout(20):
            while True:
                with suppress(LineDown):
                    assert await bus.read(1, "holding", 0, 1) == (42,)
                    break
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        for each in (bus, beside):
            await each.close()
        end.close()
        other.close()


async def test_closing_does_not_wait_for_a_driver_that_never_returns(
    tmp_path: Path, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtu, "LEAVE", 0.1)
    end = PtyLine(tmp_path / "tty", Says())
    bus = RtuBus(PortSettings(str(end.link), 115200, rs485="rts"))
    with pytest.raises(LineDown, match="does not return"):
        await bus.read(1, "holding", 0, 1, latency=10)
    async with asyncio.timeout(10):
        await bus.close()
    assert not stuck.is_set()
    stuck.set()
    end.close()


async def test_a_question_given_up_before_its_turn_is_never_asked(tmp_path: Path) -> None:
    """A write that came after its time would switch what nobody wants any more."""
    far = Says(sealed(ONE))
    async with line(tmp_path, far) as (bus, _):
        first = asyncio.create_task(bus.read(1, "holding", 0, 1, latency=50))
        second = asyncio.create_task(bus.write(1, 5, 0, (0xFF00,), latency=50))
        await asyncio.sleep(0)
        second.cancel()
        assert await first == (42,)
        await bus.close()
        assert far.heard == [sealed(b"\x01\x03\x00\x00\x00\x01")]


async def test_a_port_that_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("nothing", "file"):
        bus = RtuBus(PortSettings(str(tmp_path / name)))
        for _ in range(2):
            with pytest.raises(LineDown) as caught:
                await bus.read(1, "holding", 0, 1)
            assert name in caught.value.text
        await bus.close()


async def test_a_bug_reaches_whoever_asked_and_the_line_lives_on(tmp_path: Path) -> None:
    async with line(tmp_path, Says(sealed(ONE), sealed(ONE))) as (bus, _):

        def broken(sent: bytes, received: bytes) -> None:
            raise ZeroDivisionError

        bus.trace = broken
        with pytest.raises(ZeroDivisionError):
            await bus.read(1, "holding", 0, 1)
        bus.trace = None
        assert await bus.read(1, "holding", 0, 1) == (42,)


async def test_no_thread_and_no_file_stays_open(tmp_path: Path) -> None:
    before, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    async with line(tmp_path, Says(sealed(ONE))) as (bus, _):
        await bus.read(1, "holding", 0, 1)
        await bus.close()
    names = [t.name for t in threading.enumerate() if t.name.startswith("rtu:")]
    assert not names and threading.active_count() <= before + 1 and len(os.listdir("/proc/self/fd")) <= files


async def test_d17_unplugged_and_plugged_in_again_a_hundred_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time another pty behind the same name of by-path. No restart; files and threads stay what they were."""
    monkeypatch.setattr(rtu, "REOPEN", 0.001)
    bus = RtuBus(PortSettings(str(tmp_path / "tty"), 115200))
    files, threads = set[int](), set[int]()
    for _ in range(100):
        end = PtyLine(tmp_path / "tty", Says(sealed(ONE)))
        assert await bus.read(1, "holding", 0, 1, latency=1_000) == (42,)
        files.add(len(os.listdir("/proc/self/fd")))
        threads.add(threading.active_count())
        end.close()
        for _ in range(2):  # the plug is pulled; there is no port
            with pytest.raises(LineDown):
                await bus.read(1, "holding", 0, 1)
            await asyncio.sleep(0.002)
    await bus.close()
    stats = bus.stats()
    assert len(files) == len(threads) == 1
    assert (stats.reopenings, stats.total.good, stats.total.down) == (99, 100, 200)
