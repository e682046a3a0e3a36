"""A pty line as a master sees it: bytes take a real line's time, misuse is counted, every kind of misbehaviour happens."""

from __future__ import annotations

import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import wait_for
from simulator_play import Play

from drivers.simulator.ends import PtyEnd
from drivers.simulator.pdu import crc
from drivers.simulator.rtu import TURNAROUND, RtuLine, pace

CHARACTER, GAP = pace(9600)
AIM = bytes.fromhex("02 03 00 4A 00 0C")  # dormitory, 12 loops: the answer has 29 characters
SMOKE = bytes.fromhex("15 02 00 00 00 04")  # unit 21: 6 characters
TIOCGEXCL = 0x80045440  # asm-generic/ioctls.h; Python does not name it
ARC = bytes.fromhex("03 03 00 00 00 07")  # too many registers


class Master:
    """Raw bytes on the line's other end."""

    def __init__(self, line: RtuLine) -> None:
        self._port = os.open(line.where, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._port)
        state = termios.tcgetattr(self._port)
        state[4] = state[5] = termios.B9600
        termios.tcsetattr(self._port, termios.TCSANOW, state)

    def send(self, frame: bytes) -> None:
        os.write(self._port, frame + crc(frame))

    def send_raw(self, data: bytes) -> None:
        os.write(self._port, data)

    def receive(self, count: int, patience: float = 20.0) -> bytes:
        """`count` bytes, or fewer when nothing more came within the patience."""
        got, end = b"", time.monotonic() + patience
        while len(got) < count and select.select([self._port], [], [], max(0.0, end - time.monotonic()))[0]:
            got += os.read(self._port, count - len(got))
        return got

    def ask(self, frame: bytes, count: int) -> bytes:
        self.send(frame)
        return self.receive(count)

    def close(self) -> None:
        os.close(self._port)


@pytest.fixture
def line(tmp_path: Path, play: Play) -> Iterator[RtuLine]:
    line = RtuLine("rs485-a", PtyEnd(tmp_path / "rs485-a"), play.world, play.log)
    line.start()
    yield line
    line.close()
    assert not Path(line.where).is_symlink()


@pytest.fixture
def master(line: RtuLine) -> Iterator[Master]:
    master = Master(line)
    yield master
    master.close()


def test_an_answer_takes_the_lines_time(master: Master) -> None:
    """Never sooner than physics allows: 8 characters out, 3.5 of silence, the turnaround, 29 characters back."""
    began = time.monotonic()
    answer = master.ask(AIM, 29)
    took = time.monotonic() - began
    assert crc(answer[:-2]) == answer[-2:] and answer[:3] == bytes((2, 3, 24))
    assert took >= (8 + 29) * CHARACTER + GAP + TURNAROUND


def test_an_answer_comes_in_small_pieces(master: Master) -> None:
    master.send(AIM)
    first = master.receive(1)
    assert len(first) == 1
    assert len(os.read(master._port, 64)) < 28, "the rest is still on the wire"
    master.receive(28, patience=0.5)


def test_a_master_that_keeps_the_silence_is_never_blamed(line: RtuLine, master: Master) -> None:
    for _ in range(20):
        assert len(master.ask(SMOKE, 6)) == 6
        time.sleep(GAP)
    wait_for(lambda: line.counts["answer"] == 20)
    assert (line.counts["gap"], line.counts["collision"]) == (0, 0)


def test_speaking_too_soon_is_counted(line: RtuLine, master: Master, play: Play) -> None:
    """Whether our process is quick enough each time is the scheduler's affair, so it tries until it was."""

    def too_soon() -> bool:
        assert len(master.ask(SMOKE, 6)) == 6
        assert len(master.ask(SMOKE, 6)) == 6
        return line.counts["gap"] > 0

    wait_for(too_soon)
    entry = next(e for e in play.log.entries if e["what"] == "gap")
    assert entry["line"] == "rs485-a" and 0 <= entry["silence_ms"] < GAP * 1000


def test_speaking_over_an_answer_is_counted(line: RtuLine, master: Master) -> None:
    def talk_over() -> bool:
        master.send(AIM)
        master.receive(1)
        master.send(SMOKE)
        master.receive(28 + 6)
        time.sleep(GAP)
        return line.counts["collision"] > 0

    wait_for(talk_over)


def test_a_damaged_request_is_not_answered(line: RtuLine, master: Master) -> None:
    master.send_raw(AIM + b"\x00\x00")
    wait_for(lambda: line.counts["bad"] == 1)
    master.send_raw(AIM[:4])  # broken off
    wait_for(lambda: line.counts["bad"] == 2)
    assert len(master.ask(SMOKE, 6)) == 6
    wait_for(lambda: line.counts["answer"] == 1)  # counted once the last byte has gone, which the master may see first


def test_requests_without_silence_between_are_a_collision(line: RtuLine, master: Master) -> None:
    master.send_raw((SMOKE + crc(SMOKE)) * 2)
    assert len(master.receive(6)) == 6
    assert line.counts["collision"] == 1
    assert master.receive(1, patience=0.2) == b""


def test_a_request_in_two_pieces_is_one(line: RtuLine, master: Master) -> None:
    whole = SMOKE + crc(SMOKE)
    master.send_raw(whole[:3])
    master.send_raw(whole[3:])
    assert len(master.receive(6)) == 6


def test_unknown_functions_are_refused(master: Master) -> None:
    answer = master.ask(bytes.fromhex("15 2B 0E 01 00"), 5)
    assert answer[:3] == bytes.fromhex("15 AB 01")


def test_the_arc_detectors_odd_refusal(master: Master) -> None:
    assert master.ask(ARC, 5)[:3] == bytes.fromhex("03 80 03")


def test_unknown_units_and_cut_lines_are_silent(line: RtuLine, master: Master, play: Play) -> None:
    assert master.ask(SMOKE, 6) != b""
    time.sleep(GAP)
    play.world.set_line("rs485-a", "cut")
    master.send(SMOKE)
    wait_for(lambda: line.counts["question"] == 2)
    play.world.set_line("rs485-a", "up")
    master.send(b"\x63" + SMOKE[1:])  # unit 99
    wait_for(lambda: line.counts["question"] == 3)
    time.sleep(GAP)
    assert len(master.ask(SMOKE, 6)) == 6
    assert line.counts["answer"] == 2


def test_dead_slow_garbled_and_wrong(line: RtuLine, master: Master, play: Play) -> None:
    good = master.ask(SMOKE, 6)
    answers = {}
    for mode in ("garble", "wrong-unit", "slow", "normal"):
        time.sleep(GAP)
        play.world.set_unit("rs485-a", 21, mode)
        began = time.monotonic()
        answers[mode] = master.ask(SMOKE, 6)
        if mode == "slow":
            assert time.monotonic() - began > 1
    assert crc(answers["garble"][:-2]) != answers["garble"][-2:]
    assert answers["wrong-unit"][0] == 22 and crc(answers["wrong-unit"][:-2]) == answers["wrong-unit"][-2:]
    assert answers["slow"] == answers["normal"] == good


def test_a_slow_device_lets_others_answer_meanwhile(master: Master, play: Play) -> None:
    play.world.set_unit("rs485-a", 21, "slow")
    master.send(SMOKE)
    time.sleep(0.1)
    assert master.ask(b"\x16" + SMOKE[1:], 6)[0] == 22
    assert master.receive(6)[0] == 21, "its late answer comes when nobody waits for it any more"


def test_a_line_can_be_opened_again_after_a_kill(line: RtuLine, master: Master) -> None:
    """The exclusive mark of a master that died must not outlive it, as on a real port."""
    fcntl.ioctl(master._port, termios.TIOCEXCL)
    wait_for(lambda: fcntl.ioctl(master._port, TIOCGEXCL, b"\0" * 4) == b"\0" * 4)
