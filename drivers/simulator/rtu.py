"""One RS-485 line on a pty with the real line's timing: bytes take their time, silence is measured, misuse is counted."""

from __future__ import annotations

import fcntl
import os
import select
import termios
import threading
import tty
from collections import Counter, deque
from pathlib import Path

from drivers.simulator.campus import BAUD, CHARACTER_BITS, TURNAROUND
from drivers.simulator.clock import mono, sleep_until
from drivers.simulator.log import Log
from drivers.simulator.pdu import crc, request_length
from drivers.simulator.world import Reply, World

CHARACTER = CHARACTER_BITS / BAUD
GAP = 3.5 * CHARACTER  # Modbus over serial line 1.02, 2.5.1.1
CHUNK = 8  # bytes given to the pty at a time, each chunk when its last byte has been clocked out
SLACK = 0.0002  # how much less than the gap a scheduler's inaccuracy may make of it
BROKEN_OFF = 0.05  # a request that stops in the middle for so long is thrown away
IDLE = 0.25


class RtuLine(threading.Thread):
    """A pty behind the symlink `link`. A thread of its own, because the line's time is finer than an event loop's.

    A request is on the wire from the moment its first byte was written. One that begins less than 3.5 characters after
    the last byte of an answer counts as a gap violation, one that begins while an answer is still on the wire as a
    collision; both are answered all the same. `counts`: question, answer, gap, collision, bad.
    """

    def __init__(self, name: str, link: Path, world: World, log: Log) -> None:
        super().__init__(name=f"line {name}", daemon=True)
        self._line, self.link, self._world, self._log = name, link, world, log
        self.counts: Counter[str] = Counter()
        self._late: deque[tuple[float, Reply]] = deque()
        self._talked_over = False  # a request began while an answer was on the wire
        self._free = 0.0  # when the last answer's last byte was on the wire
        self._ending = threading.Event()
        self._near, self._far = os.openpty()
        tty.setraw(self._far)  # kept open, so that a master may come and go without a hang-up
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._far))

    def close(self) -> None:
        """End the thread and take the line away."""
        self._ending.set()
        self.join()
        self.link.unlink(missing_ok=True)
        os.close(self._near)
        os.close(self._far)

    def run(self) -> None:
        buffer, first = b"", 0.0
        while not self._ending.is_set():
            got = self._wait(BROKEN_OFF if buffer else self._idle())
            if not got:
                if buffer:
                    self._broken(buffer, first)
                    buffer = b""
                self._answer_late()
                continue
            if not buffer:
                first = self._begun(mono())
            buffer += got
            length = request_length(buffer)
            if len(buffer) < (length or 256):
                continue  # a known function needs more bytes, an unknown one ends by silence
            frame, rest, buffer = buffer[: length or 256], buffer[length or 256 :], b""
            if rest:  # more came without the silence between: it is lost
                self._misuse("collision", 0.0)
            self._take(frame, first)

    def _wait(self, seconds: float) -> bytes:
        if not select.select([self._near], [], [], seconds)[0]:
            # A real port forgets its exclusive mark when its owner dies; the pty, held open by us, must be told.
            fcntl.ioctl(self._far, termios.TIOCNXCL)
            return b""
        return os.read(self._near, 512)

    def _idle(self) -> float:
        return min(IDLE, max(0.0, self._late[0][0] - mono())) if self._late else IDLE

    def _begun(self, now: float) -> float:
        """A request begins: judge the silence before it. When its first byte is clocked."""
        if self._talked_over:
            self._talked_over = False
            self._misuse("collision", 0.0)
        elif self._free and now < self._free + GAP - SLACK:
            self._misuse("gap", now - self._free)
        return now

    def _misuse(self, what: str, silence: float) -> None:
        self.counts[what] += 1
        self._log(what, line=self._line, silence_ms=round(silence * 1000, 2), count=self.counts[what])

    def _broken(self, buffer: bytes, first: float) -> None:
        """Silence ended the request: whole only if its check bytes say so (a function we do not know)."""
        if len(buffer) >= 4 and crc(buffer[:-2]) == buffer[-2:]:
            self._take(buffer, first)
        else:
            self.counts["bad"] += 1
            self._log("bad", line=self._line, bytes=buffer.hex())

    def _take(self, frame: bytes, first: float) -> None:
        if crc(frame[:-2]) != frame[-2:]:
            self.counts["bad"] += 1
            self._log("bad", line=self._line, bytes=frame.hex())
            return
        self.counts["question"] += 1
        end = first + len(frame) * CHARACTER
        self._free = end
        sleep_until(end + GAP)
        reply = self._world.ask(self._line, frame[0], frame[1:-2])
        if reply is None:
            return
        if reply.late:
            self._late.append((end + reply.late, reply))
        else:
            self._say(reply, end + GAP + TURNAROUND)

    def _answer_late(self) -> None:
        while self._late and self._late[0][0] <= mono():
            self._say(self._late.popleft()[1], mono())

    def _say(self, reply: Reply, start: float) -> None:
        """Clock an answer out. Nothing comes any more when the line has been cut meanwhile."""
        if self._world.is_cut(self._line):
            return
        frame = bytes((reply.unit,)) + reply.body
        frame += crc(frame)
        if reply.mode == "garble":
            frame = frame[:-3] + bytes((frame[-3] ^ 0x10,)) + frame[-2:]
        for at in range(0, len(frame), CHUNK):
            chunk = frame[at : at + CHUNK]
            sleep_until(start + (at + len(chunk)) * CHARACTER)
            self._free = max(mono(), start + len(frame) * CHARACTER)
            if at + CHUNK >= len(frame):  # nobody who waits for our end can have spoken yet
                self._talked_over = bool(select.select([self._near], [], [], 0)[0])
            os.write(self._near, chunk)
        self.counts["answer"] += 1
        self._world.sent(reply)
