"""A serial line on a pty: what it hears, asks, answers and never writes; unplugged and plugged in again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import select
import threading
import tty
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serial
import vectors
from test_told import PANEL, SMOKE, profile

from drivers import serial_line
from drivers.framers.gst_crt import CONFIRM, POLL
from drivers.framers.megatec import ASK
from drivers.framers.wkly import BOARDS, Wkly, query
from drivers.framing import PortSettings
from drivers.lending import Exchange
from drivers.profile import Device
from drivers.reading import Now, Quality, Reading
from drivers.registry import FRAMERS
from drivers.serial_line import NotAllowed, SerialLine

LIMIT = 20.0  # seconds: against hanging, asserts no speed
FIRE = bytes.fromhex(vectors.GST5000[0][0])
UPS = Device("ups", profile("megatec-ups"), "line", 0, 5000)
LOCKS = tuple(Device(f"b{n}", profile("wkly-lock"), "line", 0, 5000, str(n)) for n in (0, 5))


class Clock:
    def now(self) -> Now:
        ms = int(asyncio.get_running_loop().time() * 1000)
        return Now(ms, ms)

    def ok(self) -> bool:
        return True


class Panel:
    """The other end of the line: a pty behind a name that can be taken away."""

    def __init__(self, folder: Path) -> None:
        self.link = folder / "port"
        self.heard = b""
        self.plug()

    def plug(self) -> None:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        self.link.symlink_to(os.ttyname(self._far))

    def unplug(self) -> None:
        self.link.unlink()
        os.close(self._far)
        os.close(self._near)

    def say(self, data: bytes) -> None:
        os.write(self._near, data)

    async def hear(self, many: int) -> bytes:
        """The next `many` bytes written to it."""
        async with asyncio.timeout(LIMIT):
            while len(self.heard) < many:
                await asyncio.sleep(0.01)
                self.listen()
        taken, self.heard = self.heard[:many], self.heard[many:]
        return taken

    def listen(self) -> None:
        while select.select([self._near], [], [], 0)[0]:
            self.heard += os.read(self._near, 512)


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    panel = Panel(tmp_path)
    yield panel
    with contextlib.suppress(FileNotFoundError):
        panel.unplug()


class View:
    """The latest Reading of each point; waits for what is to come."""

    def __init__(self) -> None:
        self.view: dict[str, Reading] = {}
        self._news = asyncio.Event()

    def __call__(self, readings: Sequence[Reading]) -> None:
        self.view |= {r.point: r for r in readings}
        self._news.set()

    async def until(self, what: Callable[[dict[str, Reading]], bool]) -> None:
        async with asyncio.timeout(LIMIT):
            while not (self.view and what(self.view)):
                self._news.clear()
                await self._news.wait()

    def value(self, point: str) -> float | None:
        return self.view[point].value if point in self.view else None


@asynccontextmanager
async def living(panel: Panel, type: str, devices: Sequence[Device]) -> AsyncIterator[tuple[SerialLine, View]]:
    protocol = FRAMERS[type]
    view = View()
    line = SerialLine("line", protocol, PortSettings(str(panel.link), protocol.baud, protocol.framing), devices, view, Clock())
    task = asyncio.create_task(line.run())
    try:
        yield line, view
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await line.close()


async def test_a_fire_printed_in_pieces_between_garbage_is_a_reading(panel: Panel) -> None:
    async with living(panel, "gst5000-rs485", (PANEL, SMOKE)) as (line, view):
        await view.until(lambda v: "s1/smoke" in v)
        assert view.view["s1/smoke"].quality is Quality.UNCERTAIN, "not heard of yet"
        for piece in (b"\x00\xaa\x15noise", FIRE[:5], FIRE[5:20], FIRE[20:] + FIRE + FIRE, b"\xff"):
            panel.say(piece)
            await asyncio.sleep(0.01)
        await view.until(lambda v: v["s1/smoke"].value == 1)
        assert "5#楼中16层" in view.view["s1/smoke"].said
        assert view.value("line/link") == 1
        readings, frames = await line.job("s1")
        assert [r.point for r in readings] == ["s1/smoke", "s1/fault", "s1/isolated"]
        assert FIRE in b"".join(received for _, received in frames)
        panel.say(bytes.fromhex(vectors.GST5000_RESET))
        await view.until(lambda v: v["s1/smoke"].value == 0 and v["s1/smoke"].quality is Quality.GOOD)
        panel.listen()
        assert panel.heard == b"", "a panel that is listened to never hears a byte"
        assert line.state()["up"] is True and line.state()["supervised"] is True
        with pytest.raises(KeyError):
            line.want("gst/reset", True)


async def test_unplugged_and_plugged_in_again_the_fault_comes_and_goes(panel: Panel) -> None:
    async with living(panel, "ld128en-printer", (PANEL,)) as (line, view):
        await view.until(lambda v: "panel/fire-1" in v)
        assert line.state()["supervised"] is False
        assert view.view["line/link"].quality is Quality.UNCERTAIN, "the screen says that nothing supervises it"
        for _ in range(2):
            panel.unplug()
            await view.until(lambda v: v["panel/fire-1"].quality is Quality.FAULT)
            assert view.value("line/link") == 0 and str(panel.link) in view.view["panel/fire-1"].fault
            panel.plug()
            await view.until(lambda v: v["panel/fire-1"].quality is Quality.UNCERTAIN)
            panel.say(bytes.fromhex(vectors.LD128EN[0][0]))
            await view.until(lambda v: v["panel/fire-1"].value == 1 and v["panel/fire-1"].quality is Quality.GOOD)
            assert view.view["panel/fire-1"].stamp == "2008-12-02 17:24"


async def test_the_crt_panel_is_answered_exactly_as_its_document_says(panel: Panel) -> None:
    devices = (Device("panel", PANEL.profile, "line", 7, 5000), Device("s1", SMOKE.profile, "line", 1, 5000, "001004"))
    async with living(panel, "gst-crt", devices) as (_, view):
        assert await panel.hear(1) == b"\x07"
        panel.say(b"\x07")
        assert await panel.hear(1) == POLL
        panel.say(bytes.fromhex(vectors.GST_CRT[0][0]))
        assert await panel.hear(1) == CONFIRM
        await view.until(lambda v: v["s1/smoke"].value == 1)
        assert await panel.hear(1) == b"\x07", "and no more before the next second"
        panel.say(b"\x99")
        assert await panel.hear(1) == b"\x07", "without its echo nothing but the next question"
        panel.say(b"\x07")
        assert await panel.hear(1) == POLL
        panel.say(bytes.fromhex(vectors.GST_CRT_IDLE))
        assert await panel.hear(1) == b"\x07", "nothing to confirm"


async def test_a_panel_is_polled_whatever_else_of_the_box_hangs(panel: Panel) -> None:
    """A dying disk or a dead name server takes every thread that the loop shares among its tasks."""
    ended, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    hung = loop.run_in_executor(None, ended.wait)
    try:
        async with living(panel, "gst-crt", (Device("panel", PANEL.profile, "line", 7, 5000),)):
            assert await panel.hear(1) == b"\x07"
    finally:
        ended.set()
        await hung


async def test_d10_a_driver_that_never_returns_is_a_line_that_is_down(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told in time and with its cure, not only by the silence of its points; and back when the driver is."""
    returns, true = threading.Event(), serial_line.Port.open
    monkeypatch.setattr(serial_line, "HUNG", 0.1)
    monkeypatch.setattr(serial_line, "REOPEN", 0.05)
    monkeypatch.setattr(serial_line.Port, "open", lambda port: (returns.wait(), true(port))[1])
    try:
        async with living(panel, "gst5000-rs485", (Device("panel", PANEL.profile, "line", 7, 5000),)) as (_, view):
            await view.until(lambda v: "line/link" in v and v["line/link"].value == 0)
            await view.until(lambda v: "驱动不返回" in v["panel/fire-1"].fault)
            returns.set()
            await view.until(lambda v: "驱动不返回" not in v["panel/fire-1"].fault)  # open: what was said before is forgotten
            panel.say(FIRE)
            await view.until(lambda v: v["line/link"].value == 1)
    finally:
        returns.set()


async def test_the_ninth_bit_is_set_for_the_address_and_for_nothing_else(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pty carries no parity: what is asked of the port is looked at."""
    asked: list[tuple[str, bytes]] = []
    parity = serial.Serial.parity
    monkeypatch.setattr(
        serial.Serial,
        "parity",
        property(parity.fget, lambda s, p: (asked.append((p, b"")), parity.fset(s, p))[1]),  # type: ignore[attr-defined]
    )
    real = os.write

    def write(fd: int, data: bytes) -> int:
        asked.append(("", data))
        return real(fd, data)

    async with living(panel, "gst-crt", (Device("panel", PANEL.profile, "line", 7, 5000),)) as (_, _view):
        monkeypatch.setattr("drivers.port.os.write", write)
        panel.heard = b""
        assert b"\x07" in await panel.hear(1)
        asked.clear()
        await panel.hear(1)
        monkeypatch.undo()
    assert asked[:3] == [("M", b""), ("", b"\x07"), ("S", b"")], asked


async def test_every_board_is_asked_and_each_lock_reported(panel: Panel) -> None:
    async with living(panel, "wkly-lock", LOCKS) as (_, view):
        assert await panel.hear(16) == query(0) + query(5), "one after the other"
        panel.say(bytes.fromhex(vectors.WKLY[0][0]) + bytes.fromhex(vectors.WKLY[1][0]))
        await view.until(lambda v: view.value("b0/lock-1") == 1 and view.value("b5/lock-1") == 0)
        assert view.value("b0/lock-2") == 0 and view.view["b0/lock-3"].quality is Quality.FAULT
        panel.say(bytes.fromhex(vectors.WKLY_CHANGED))
        assert query(0) in await panel.hear(16), "a change is asked about"


async def test_a_ups_is_asked_and_its_silence_is_a_fault(panel: Panel) -> None:
    async with living(panel, "megatec-ups", (UPS,)) as (line, view):
        assert await panel.hear(3) == ASK
        panel.say(bytes.fromhex(vectors.MEGATEC[0][0]))
        await view.until(lambda v: view.value("ups/load") == 14)
        seen: list[Exchange] = []
        with line.followed(seen.append):
            assert await panel.hear(3) == ASK
            panel.say(bytes.fromhex(vectors.MEGATEC[2][0]))
            await view.until(lambda v: view.value("ups/mains") == 0)
        assert {(e.sent, e.received) for e in seen} >= {(ASK, b""), (b"", bytes.fromhex(vectors.MEGATEC[2][0]))}


async def test_a_read_without_run_listens_a_moment(panel: Panel) -> None:
    view = View()
    line = SerialLine("line", FRAMERS["megatec-ups"], PortSettings(str(panel.link), 2400), (UPS,), view, Clock())
    reading = asyncio.create_task(line.once("ups"))
    await panel.hear(3)
    panel.say(bytes.fromhex(vectors.MEGATEC[0][0]))
    readings, frames = await reading
    assert {r.point: r.value for r in readings}["ups/mains"] == 1 and frames[0] == (ASK, b"")
    panel.unplug()
    readings, _ = await line.once("ups")
    assert {r.quality for r in readings} == {Quality.FAULT}


# what may be written: everything that every framer can ask or answer, compared with the documents

DOCUMENTS = {
    "gst5000-rs485": lambda unit: set(),
    "ld128en-printer": lambda unit: set(),
    "nmea-fir": lambda unit: set(),
    "gst-crt": lambda unit: {bytes((unit,)), b"\x0f", b"\x1f"},
    "megatec-ups": lambda unit: {b"Q1\r"},
}


@pytest.mark.parametrize("type", DOCUMENTS)
@pytest.mark.parametrize("unit", [0, 1, 7, 255])
def test_never_a_command_to_a_panel(type: str, unit: int) -> None:
    """All that can reach a port, against what the documents allow: nothing, or exactly these bytes."""
    protocol = FRAMERS[type]
    allowed = DOCUMENTS[type](unit)
    assert protocol.writes(unit, ["365089", "001004"]) == allowed
    framer = protocol.make(unit, ["365089"])
    said: set[bytes] = set()
    everything = [
        bytes.fromhex(v[0]) for vs in (vectors.GST5000, vectors.LD128EN, vectors.GST_CRT, vectors.MEGATEC) for v in vs
    ]
    for first, then in itertools.product([bytes((n,)) for n in range(256)], everything):
        said |= set(framer.ask())
        said |= {t.answer for data in (first, then, first + then) for t in framer.feed(data)} - {b""}
    assert said <= allowed, said - allowed
    if protocol.period:
        assert said == allowed


def test_no_frame_that_opens_a_lock_can_be_built() -> None:
    """82 opens one, 80, 86, 87 several, 88 holds one open, 89 closes: whatever board, the command byte is 84."""
    protocol = FRAMERS["wkly-lock"]
    allowed = protocol.writes(0, [str(n) for n in range(BOARDS)])
    assert len(allowed) == BOARDS
    for frame in allowed:
        assert frame[:5] == b"WKLY\x08" and frame[6] == 0x84 and len(frame) == 8
    framer = Wkly(0, [str(n) for n in range(BOARDS)])
    said = set(framer.ask())
    for board, command in itertools.product(range(256), range(256)):
        body = b"WKLY" + bytes((11, board, command, 0, 1, 0))
        check = 0
        for byte in body:
            check ^= byte
        said |= {t.answer for t in framer.feed(body + bytes((check,)))} - {b""}
    assert said == allowed
    source = (Path(__file__).resolve().parents[3] / "drivers/framers/wkly.py").read_text("utf-8")
    assert not {f"0x{code}" for code in ("80", "81", "82", "86", "87", "88", "89")} & set(source.replace(",", " ").split())


async def test_the_line_refuses_to_write_what_its_protocol_does_not_list(panel: Panel) -> None:
    async with living(panel, "wkly-lock", LOCKS) as (line, _):
        await panel.hear(16)
        for data in (bytes.fromhex(vectors.WKLY_OPEN), query(3), b"", POLL):
            with pytest.raises(NotAllowed):
                await line._write(data, marked=False)
