"""Modbus TCP and RTU over TCP against a scripted far end: when a connection is believed, replaced, or given up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from field_far import crc16

from drivers.bus import DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, WrongAnswer
from drivers.framing import PortSettings
from drivers.modbus import stream
from drivers.modbus.rtu_tcp import RtuTcpBus
from drivers.modbus.stream import StreamBus
from drivers.modbus.tcp import TcpBus

PDU = b"\x03\x02\x00\x2a"  # one register, 42


def framed(body: bytes) -> bytes:
    """As RTU."""
    return body + crc16(body)


RTU = framed(b"\x01" + PDU)


class Host:
    """Answers the n-th question with the n-th entry: bytes, None (silence), or "close". `{t}` is its transaction id."""

    def __init__(self, *says: bytes | str | None) -> None:
        self.says = list(says)
        self.connections = 0
        self.questions: list[bytes] = []
        self.port = 0
        self._open: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.append(writer)
        while data := await reader.read(300):
            self.questions.append(data)
            answer = self.says.pop(0) if self.says else None
            if isinstance(answer, bytes):
                writer.write(answer.replace(b"{t}", data[:2]))
            if answer == "close":
                break
        writer.close()

    def send(self, data: bytes) -> None:
        self._open[-1].write(data)

    def hang_up(self) -> None:
        for writer in self._open:
            writer.close()


def serial_server(host: str, port: int) -> RtuTcpBus:
    return RtuTcpBus(host, port, PortSettings("", 115200))


@asynccontextmanager
async def host(
    *says: bytes | str | None, bus: Callable[[str, int], StreamBus] = TcpBus
) -> AsyncIterator[tuple[Host, StreamBus]]:
    far = Host(*says)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    ours = bus("127.0.0.1", far.port)
    try:
        yield far, ours
    finally:
        await ours.close()
        far.hang_up()
        server.close()


def mbap(pdu: bytes, unit: int = 1, transaction: bytes = b"{t}", protocol: bytes = b"\0\0") -> bytes:
    return transaction + protocol + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu


GOOD = mbap(PDU)


async def ask(bus: StreamBus, latency: int = 2_000) -> tuple[int, ...]:
    return await bus.read(1, "holding", 0, 1, latency=latency)


async def test_one_connection_for_many_questions_each_with_its_own_transaction() -> None:
    async with host(GOOD, GOOD, GOOD) as (far, bus):
        assert [await ask(bus) for _ in range(3)] == [(42,)] * 3
        assert far.connections == 1 and len({q[:2] for q in far.questions}) == 3


async def test_questions_asked_at_once_wait_for_each_other() -> None:
    async with host(GOOD, GOOD, GOOD) as (far, bus):
        assert await asyncio.gather(*(ask(bus) for _ in range(3))) == [(42,)] * 3
        assert all(len(q) == 12 for q in far.questions), "never two questions in one piece"


@pytest.mark.parametrize(
    "answer, error",
    [
        (mbap(PDU, transaction=b"\xff\xff"), WrongAnswer),
        (mbap(PDU, unit=2), WrongAnswer),
        (mbap(PDU, protocol=b"\0\1"), WrongAnswer),
        (mbap(b"\x04\x02\x00\x2a"), WrongAnswer),
        (mbap(b"\x03\x04\x00\x2a\x00\x2b"), WrongAnswer),
        (mbap(b"\x03\x00\x00\x00\x01"), WrongAnswer),  # the question itself
        (b"{t}\0\0\0\1\1", WrongAnswer),  # a length too short for any PDU
        (GOOD + GOOD, WrongAnswer),
        (GOOD[:-1], GarbledAnswer),
        (None, NoAnswer),
        ("close", LineDown),
    ],
)
async def test_after_any_doubt_the_connection_is_replaced(answer: bytes | str | None, error: type[DeviceFault]) -> None:
    async with host(answer, GOOD) as (far, bus):
        with pytest.raises(error):
            await ask(bus, latency=2_000 if error is WrongAnswer else 50)
        assert await ask(bus) == (42,)
        assert far.connections == 2


@pytest.mark.parametrize("code, error", [(2, Refused), (11, NoAnswer)])
async def test_an_exception_is_an_answer(code: int, error: type[DeviceFault]) -> None:
    async with host(mbap(bytes([0x83, code])), GOOD) as (_, bus):
        with pytest.raises(error):
            await ask(bus)
        assert await ask(bus) == (42,)


async def test_bytes_between_questions_replace_the_connection() -> None:
    async with host(GOOD, GOOD) as (far, bus):
        await ask(bus)
        far.send(b"\0")
        await asyncio.sleep(0.02)
        assert await ask(bus) == (42,) and far.connections == 2


async def test_a_host_that_closes_idle_connections_costs_no_question() -> None:
    async with host(GOOD, GOOD) as (far, bus):
        await ask(bus)
        far.hang_up()
        await asyncio.sleep(0.02)
        assert await ask(bus) == (42,) and far.connections == 2


async def test_a_question_given_up_in_the_middle_leaves_nothing_behind() -> None:
    async with host(None, GOOD) as (far, bus):
        task = asyncio.create_task(ask(bus, latency=20_000))
        while not far.questions:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await ask(bus) == (42,) and far.connections == 2


async def test_nobody_listens() -> None:
    async with host() as (far, bus):
        pass
    bus = TcpBus("127.0.0.1", far.port)
    for _ in range(2):  # the second is told without trying
        with pytest.raises(LineDown) as caught:
            await ask(bus)
        assert str(far.port) in caught.value.text


async def test_d17_a_dead_name_server_costs_one_thread_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop has few: panels, the page and the box's own points share them. It is asked again when the first question has ended."""
    ended, asked, true = threading.Event(), [], socket.getaddrinfo

    def hangs(host: str, port: int, *more: Any, **named: Any) -> Any:
        asked.append(host)
        ended.wait()
        return true("127.0.0.1", port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    monkeypatch.setattr(stream, "CONNECT", 0.05)
    monkeypatch.setattr(stream, "REOPEN", 0.0)
    async with host(GOOD) as (far, _):
        bus = TcpBus("sensors.school.invalid", far.port)
        try:
            for _ in range(3):
                with pytest.raises(LineDown):
                    await ask(bus)
            assert asked == ["sensors.school.invalid"]
            ended.set()
            monkeypatch.setattr(stream, "CONNECT", 10.0)
            assert await ask(bus) == (42,)
        finally:
            ended.set()
            await bus.close()


async def test_trace_shows_good_and_bad() -> None:
    async with host(GOOD, None) as (_, bus):
        frames: list[tuple[bytes, bytes]] = []
        bus.trace = lambda sent, received: frames.append((sent, received))
        await ask(bus)
        with pytest.raises(NoAnswer):
            await ask(bus, latency=30)
        assert [(s.hex(), r.hex()) for s, r in frames] == [
            ("000100000006010300000001", "00010000000501" + PDU.hex()), ("000200000006010300000001", "")]  # fmt: skip


async def test_rtu_over_tcp_reads_and_writes() -> None:
    wrote = b"\x01\x06\x00\x05\x00\x07"
    async with host(RTU, wrote + crc16(wrote), bus=serial_server) as (far, bus):
        assert await ask(bus) == (42,)
        await bus.write(1, 6, 5, (7,), latency=2_000)
        assert far.questions[1] == wrote + crc16(wrote) and far.connections == 1


@pytest.mark.parametrize(
    "answer, error",
    [
        (None, NoAnswer),
        (RTU[:-1], GarbledAnswer),
        (RTU[:-1] + b"x", GarbledAnswer),
        (b"\x02" + RTU[1:], GarbledAnswer),
        (framed(b"\x02\x03\x02\x00\x2a"), WrongAnswer),
        (framed(b"\x01\x04\x02\x00\x2a"), WrongAnswer),
        (framed(b"\x01\x03\x00\x00\x00\x01"), NoAnswer),  # the question itself
    ],
)
async def test_rtu_over_tcp_listens_out_and_replaces_the_connection(answer: bytes | None, error: type[DeviceFault]) -> None:
    async with host(answer, RTU, bus=serial_server) as (far, bus):
        with pytest.raises(error):
            await ask(bus, latency=50)
        assert await ask(bus) == (42,) and far.connections == 2


@pytest.mark.parametrize("end", ["given up", "hung up"])
async def test_d8_the_answer_to_a_question_cut_off_in_the_middle_reaches_nobody(end: str) -> None:
    """A serial server gives it to whoever is connected by then: 30 ms after the new connection, whose line was long silent."""
    async with host(None, None, bus=serial_server) as (far, bus):
        task = asyncio.create_task(ask(bus, latency=200))
        await until(lambda: len(far.questions) == 1)
        if end == "given up":
            task.cancel()
        else:
            far.hang_up()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError | LineDown)
        task = asyncio.create_task(ask(bus))
        await until(lambda: far.connections == 2)
        await asyncio.sleep(0.03)
        far.send(framed(b"\x01\x03\x02\x00\x07"))
        await until(lambda: len(far.questions) == 2)
        far.send(RTU)
        assert await task == (42,)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.002)
