"""One serial port: what it is opened with (termios and ioctl calls, which a pty swallows), locks, direction, errors with their cure."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.bus import LineDown
from drivers.framing import FRAMINGS, PortSettings, bits
from drivers.port import Port

TIOCSRS485 = 0x542F  # linux/asm-generic/ioctls.h
CMSPAR = 0o10000000000  # linux/asm-generic/termbits.h
ENABLED, RTS_ON_SEND, RTS_AFTER_SEND = 1, 2, 4  # linux/serial.h, struct serial_rs485


@pytest.fixture
def pty(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """(the far end, a name of the near one)."""
    near, far = os.openpty()
    tty.setraw(far)
    link = tmp_path / "by-path"
    link.symlink_to(os.ttyname(far))
    yield near, str(link)
    os.close(near)
    os.close(far)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every tcsetattr, RS-485, RTS and drain call that reaches the kernel, in order; those that a pty refuses are answered."""
    seen: list[tuple[Any, ...]] = []
    true_ioctl, true_set, true_drain = fcntl.ioctl, termios.tcsetattr, termios.tcdrain

    def ioctl(fd: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        if request in (0x542E, TIOCSRS485, termios.TIOCMBIS, termios.TIOCMBIC):
            what = bytes(argument) if not isinstance(argument, int) else argument
            seen.append((request, what[:12] if isinstance(what, bytes) else what))
            return 0
        return true_ioctl(fd, request, argument, mutate)

    def tcsetattr(fd: int, when: int, attributes: list[Any]) -> None:
        seen.append(("set", *attributes[:6]))
        true_set(fd, when, attributes)

    def tcdrain(fd: int) -> None:
        seen.append(("drain",))
        true_drain(fd)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(termios, "tcsetattr", tcsetattr)
    monkeypatch.setattr(termios, "tcdrain", tcdrain)
    return seen


@pytest.mark.parametrize(
    "framing, flags",
    [
        ("8N1", 0),
        ("8N2", termios.CSTOPB),
        ("8E1", termios.PARENB),
        ("8O1", termios.PARENB | termios.PARODD),
        ("8M1", termios.PARENB | termios.PARODD | CMSPAR),
        ("8S1", termios.PARENB | CMSPAR),
    ],
)
def test_framing_as_the_driver_is_told(pty: tuple[int, str], calls: list[tuple[Any, ...]], framing: str, flags: int) -> None:
    port = Port(PortSettings(pty[1], 4800, framing))
    port.open()
    port.close()
    [(_, iflag, oflag, cflag, lflag, *speeds)] = [c for c in calls if c[0] == "set"]
    assert cflag & (termios.CSTOPB | termios.PARENB | termios.PARODD | CMSPAR) == flags
    assert cflag & termios.CSIZE == termios.CS8 and speeds == [termios.B4800] * 2
    assert not oflag & termios.OPOST and not lflag & (termios.ICANON | termios.ECHO | termios.ISIG)
    assert not iflag & (termios.IXON | termios.ICRNL | termios.INLCR | termios.ISTRIP)


def test_every_framing_has_its_row() -> None:
    assert set(FRAMINGS) == {"8N1", "8N2", "8E1", "8O1", "8M1", "8S1"}
    assert [bits(f) for f in FRAMINGS] == [10, 11, 11, 11, 11, 11]


def test_the_kernel_turns_the_direction(pty: tuple[int, str], calls: list[tuple[Any, ...]]) -> None:
    """TIOCSRS485 with RTS high while sending and low after; nothing is toggled by us."""
    port = Port(PortSettings(pty[1], rs485="kernel"))
    port.open()
    calls_at_open = [c for c in calls if c[0] == TIOCSRS485]
    calls.clear()
    port.write(b"\x01")
    port.close()
    [(_, struct_)] = calls_at_open
    flags = struct.unpack("I", struct_[:4])[0]
    assert flags & ENABLED and flags & RTS_ON_SEND and not flags & RTS_AFTER_SEND
    assert not calls


def test_our_rts_turns_the_direction(pty: tuple[int, str], calls: list[tuple[Any, ...]]) -> None:
    """Low from the opening on; high, written, drained, low: in this order."""
    rts = struct.pack("I", termios.TIOCM_RTS)
    port = Port(PortSettings(pty[1], rs485="rts"))
    port.open()
    assert (termios.TIOCMBIC, rts) in calls and (termios.TIOCMBIS, rts) not in calls
    calls.clear()
    port.write(b"\x01\x02")
    assert os.read(pty[0], 8) == b"\x01\x02"
    assert calls == [(termios.TIOCMBIS, rts), ("drain",), (termios.TIOCMBIC, rts)]
    port.close()


def test_d10_an_adapter_that_takes_bytes_and_sends_none_is_a_port_that_is_down(
    pty: tuple[int, str], calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """tcdrain would wait for ever; the direction is given back all the same."""
    port = Port(PortSettings(pty[1], rs485="rts"))
    port.open()
    recorded = fcntl.ioctl
    full = lambda *a: b"\x02\0\0\0" if a[1] == termios.TIOCOUTQ else recorded(*a)  # noqa: E731
    monkeypatch.setattr(fcntl, "ioctl", full)
    with pytest.raises(LineDown, match="检查适配器"):
        port.write(b"\x01\x02")
    assert ("drain",) not in calls and calls[-1][0] == termios.TIOCMBIC and not port.is_open


def test_direction_is_given_back_when_writing_fails(
    pty: tuple[int, str], calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = Port(PortSettings(pty[1], rs485="rts"))
    port.open()
    monkeypatch.setattr(os, "write", lambda fd, data: 0)
    with pytest.raises(LineDown):
        port.write(b"\x01")
    assert calls[-1][0] == termios.TIOCMBIC and not port.is_open


def test_a_driver_that_cannot_turn_is_told_with_the_cure(pty: tuple[int, str]) -> None:
    """A pty has no RS-485 mode; nor have most USB adapters."""
    port = Port(PortSettings(pty[1], rs485="kernel"))
    with pytest.raises(LineDown, match="rs485"):
        port.open()
    assert not port.is_open


def test_two_in_one_process_are_refused(pty: tuple[int, str]) -> None:
    one, two = Port(PortSettings(pty[1])), Port(PortSettings(pty[1]))
    one.open()
    with pytest.raises(LineDown, match="另一个程序"):
        two.open()
    one.close()
    two.open()
    two.close()


HOLD = """
import sys
from drivers.framing import PortSettings
from drivers.port import Port
port = Port(PortSettings(sys.argv[1]))
try:
    port.open()
except Exception as error:
    print(error, flush=True)
else:
    print("open", flush=True)
    sys.stdin.read()
"""


def test_two_processes_are_refused_and_told_the_cure(pty: tuple[int, str]) -> None:
    def start() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", HOLD, pty[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    first = start()
    assert first.stdout is not None and first.stdout.readline() == "open\n"
    second = start()
    said = second.communicate()[0]
    assert "另一个程序" in said and f"fuser -v {pty[1]}" in said and "stop it" in said
    first.communicate()
    third = start()
    assert third.stdout is not None and third.stdout.readline() == "open\n", "free again when its holder has ended"
    third.communicate()


@pytest.mark.parametrize(
    "code, words",
    [(errno.ENOENT, "是否插好"), (errno.EACCES, "dialout"), (errno.EBUSY, "fuser -v"), (errno.EIO, "检查适配器")],
)
def test_every_refusal_names_its_cure(pty: tuple[int, str], monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    """The kernel's answers that cannot be had here (as root every port may be opened)."""

    def refuse(*args: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LineDown) as caught:
        Port(PortSettings(pty[1])).open()
    assert words in caught.value.text and pty[1] in caught.value.text


def test_an_adapter_whose_buffer_stays_full_is_not_called_in_use(pty: tuple[int, str]) -> None:
    """It takes bytes and sends none. To stop another program would be the wrong cure: there is none."""
    port = Port(PortSettings(pty[1]))
    port.open()
    with pytest.raises(LineDown) as caught:
        for _ in range(1_000):
            port.write(bytes(256))
    assert "检查适配器" in caught.value.text and "占用" not in caught.value.text and not port.is_open


@pytest.mark.parametrize("name", ["file", "."])
def test_a_file_or_folder_is_no_port_and_where_ports_are_listed_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    port = Port(PortSettings(str(tmp_path / name)))
    with pytest.raises(LineDown, match="scan ports") as caught:
        port.open()
    assert str(tmp_path) in caught.value.text


def test_what_came_before_the_opening_is_forgotten_and_time_outs_give_nothing(pty: tuple[int, str]) -> None:
    os.write(pty[0], b"old")
    port = Port(PortSettings(pty[1]))
    port.open()
    assert port.read(0.0) == b""
    os.write(pty[0], b"new")
    assert port.read(1.0) == b"new"
    port.close()
    with pytest.raises(LineDown):
        port.read(0.0)


def test_pulled_out_while_reading(tmp_path: Path) -> None:
    near, far = os.openpty()
    port = Port(PortSettings(os.ttyname(far)))
    port.open()
    os.close(far)
    threading.Timer(0.05, os.close, (near,)).start()
    with pytest.raises(LineDown, match="检查适配器"):
        port.read(10.0)
    assert not port.is_open


def test_d17_unplugged_and_plugged_in_again_a_hundred_times(tmp_path: Path) -> None:
    """Behind a name of by-path that leads to another pty each time; files and threads stay what they were."""
    link = tmp_path / "by-path"
    port = Port(PortSettings(str(link)))
    files = len(os.listdir("/proc/self/fd"))
    for n in range(100):
        near, far = os.openpty()
        tty.setraw(far)
        link.symlink_to(os.ttyname(far))
        port.open()
        port.write(b"?")
        assert os.read(near, 8) == b"?"
        os.write(near, bytes([n]))
        assert port.read(1.0) == bytes([n])
        os.close(far)
        os.close(near)
        link.unlink()
        with pytest.raises(LineDown):
            port.read(1.0)
        with pytest.raises(LineDown, match="没有这个口"):
            port.open()
    assert port.openings == 100 and len(os.listdir("/proc/self/fd")) == files
