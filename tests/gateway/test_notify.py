"""READY and WATCHDOG over a real datagram socket, as systemd would hear them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.notify import Notifier, attend


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(10)
        yield sock


def environment(systemd: socket.socket, usec: int = 0, pid: int = 0) -> dict[str, str]:
    name = systemd.getsockname()
    return {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(usec), "WATCHDOG_PID": str(pid or os.getpid())}


async def heard(systemd: socket.socket) -> bytes:
    return await asyncio.to_thread(systemd.recv, 100)


async def test_ready_after_the_first_scan_then_alive_with_every_beat(systemd: socket.socket) -> None:
    scanned, beats = asyncio.Event(), iter(range(10**6))
    task = asyncio.create_task(attend(Notifier(environment(systemd, 30_000)), scanned.is_set, lambda: next(beats)))
    await asyncio.sleep(0)
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
    systemd.settimeout(10)
    scanned.set()
    assert [await heard(systemd) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    task.cancel()


async def test_d18_no_sign_of_life_from_an_engine_that_stands(systemd: socket.socket) -> None:
    asked, enough = [0], asyncio.Event()

    def beat() -> int:
        asked[0] += 1
        if asked[0] == 5:
            enough.set()
        return 7

    task = asyncio.create_task(attend(Notifier(environment(systemd, 3_000)), lambda: True, beat))
    await asyncio.wait_for(enough.wait(), 10)
    task.cancel()
    systemd.setblocking(False)
    assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


async def test_a_dead_line_does_not_hold_back_ready(systemd: socket.socket) -> None:
    await attend(Notifier(environment(systemd)), lambda: False, lambda: 0, patience=0.0)
    assert await heard(systemd) == b"READY=1"


async def test_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0campus-test-{os.getpid()}")
        Notifier({"NOTIFY_SOCKET": f"@campus-test-{os.getpid()}"}).tell(b"READY=1")
        assert sock.recv(100) == b"READY=1"


def test_a_supervisor_that_does_not_read_holds_nobody(systemd: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(environment(systemd))
    for _ in range(100_000):  # a queue of datagrams holds some hundreds
        notifier.tell(b"WATCHDOG=1")
        if "systemd was not told WATCHDOG=1" in caplog.text:
            return
    raise AssertionError("the queue never filled")


def test_without_systemd_and_for_another_process_nothing_is_said(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier({}).tell(b"READY=1")
    assert Notifier({}).watch == 0
    assert Notifier(environment(systemd, 20_000_000, pid=1)).watch == 0
    assert Notifier(environment(systemd, 20_000_000)).watch == 20
    Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"}).tell(b"READY=1")
    assert "systemd was not told" in caplog.text
