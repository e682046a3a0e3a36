"""One RS-485 line with the real line's timing: bytes take their time, silence is measured, misuse is counted, faults are spoken."""

from __future__ import annotations

import threading
from collections import Counter, deque

from drivers.simulator import faults
from drivers.simulator.campus import BAUD, CHARACTER_BITS, TURNAROUND
from drivers.simulator.clock import mono, sleep_until
from drivers.simulator.ends import End
from drivers.simulator.log import Log
from drivers.simulator.pdu import crc, request_length
from drivers.simulator.world import Reply, World

CHUNK = 8  # bytes given to the master at a time, each chunk when its last byte has been clocked out
SLACK = 0.0002  # how much less than the gap a scheduler's inaccuracy may make of it
BROKEN_OFF = 0.05  # a request that stops in the middle for so long is thrown away
IDLE = 0.25


def pace(baud: int) -> tuple[float, float]:
    """Seconds of one character and of the silence between frames (Modbus over serial line 1.02, 2.5.1.1)."""
    character = CHARACTER_BITS / baud
    return character, 3.5 * character if baud <= 19200 else 0.00175


class RtuLine(threading.Thread):
    """The devices of one line behind `end`. A thread of its own, because the line's time is finer than an event loop's.

    A request is on the wire from the moment its first byte was written. One that begins less than 3.5 characters after
    the last byte of an answer counts as a gap violation, one that begins while an answer is still on the wire as a
    collision; both are answered all the same. A master with another speed is heard as broken bytes. `counts`: question,
    answer, gap, collision, bad.
    """

    def __init__(self, name: str, end: End, world: World, log: Log, baud: int = BAUD) -> None:
        super().__init__(name=f"line {name}", daemon=True)
        self.line, self._end, self._world, self._log, self._baud = name, end, world, log, baud
        self._character, self._gap = pace(baud)
        self.counts: Counter[str] = Counter()
        self._late: deque[tuple[float, Reply, bytes]] = deque()
        self._talked_over = False  # a request began while an answer was on the wire
        self._free = 0.0  # when the last answer's last byte was on the wire
        self._ending = threading.Event()

    @property
    def where(self) -> str:
        """What a master opens."""
        return self._end.where

    def close(self) -> None:
        """End the thread and take the line away."""
        self._ending.set()
        self.join()
        self._end.close()

    def run(self) -> None:
        buffer, first = b"", 0.0
        while not self._ending.is_set():
            self._end.plug(not self._world.is_unplugged(self.line))
            got = self._end.wait(BROKEN_OFF if buffer else self._idle())
            if not got:
                if buffer:
                    self._broken(buffer, first)
                    buffer = b""
                self._end.put(faults.babble(self._world.medium(self.line), self._world.draw))
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

    def _idle(self) -> float:
        return min(IDLE, max(0.0, self._late[0][0] - mono())) if self._late else IDLE

    def _begun(self, now: float) -> float:
        """A request begins: judge the silence before it. When its first byte is clocked."""
        if self._talked_over:
            self._talked_over = False
            self._misuse("collision", 0.0)
        elif self._free and now < self._free + self._gap - SLACK:
            self._misuse("gap", now - self._free)
        return now

    def _misuse(self, what: str, silence: float) -> None:
        self.counts[what] += 1
        self._log(what, line=self.line, silence_ms=round(silence * 1000, 2), count=self.counts[what])

    def _broken(self, buffer: bytes, first: float) -> None:
        """Silence ended the request: whole only if its check bytes say so (a function we do not know)."""
        if len(buffer) >= 4 and crc(buffer[:-2]) == buffer[-2:]:
            self._take(buffer, first)
        else:
            self.counts["bad"] += 1
            self._log("bad", line=self.line, bytes=buffer.hex())

    def _take(self, frame: bytes, first: float) -> None:
        if crc(frame[:-2]) != frame[-2:] or self._end.baud() not in (None, self._baud):
            self.counts["bad"] += 1
            self._log("bad", line=self.line, bytes=frame.hex())
            return
        self.counts["question"] += 1
        end = first + len(frame) * self._character
        self._free = end
        medium = self._world.medium(self.line)
        if any(f.kind == "echo" for f in medium):
            sleep_until(end)
            self._end.put(frame)
        sleep_until(end + self._gap)
        self._end.put(faults.babble(medium, self._world.draw))
        reply = self._world.ask(self.line, frame[0], frame[1:-2])
        if reply is None:
            return
        if reply.late:
            self._late.append((end + reply.late, reply, frame))
        else:
            self._say(reply, frame, end + self._gap + TURNAROUND)

    def _answer_late(self) -> None:
        while self._late and self._late[0][0] <= mono():
            _, reply, question = self._late.popleft()
            self._say(reply, question, mono())

    def _say(self, reply: Reply, question: bytes, start: float) -> None:
        """Clock an answer out. Nothing comes any more when the line has been cut meanwhile."""
        if self._world.is_cut(self.line):
            return
        frame = bytes((reply.unit,)) + reply.body
        frame += crc(frame)
        spoken = faults.pieces(frame, question, reply.struck, self._world.draw)
        for n, piece in enumerate(spoken):
            start = self._clock_out(piece.data, start + piece.pause, last=n + 1 == len(spoken))
        self.counts["answer"] += 1
        self._world.sent(reply, b"".join(piece.data for piece in spoken))

    def _clock_out(self, data: bytes, start: float, last: bool) -> float:
        """Give the bytes to the master as the line's time lets them through; when the last of them has left."""
        for at in range(0, len(data), CHUNK):
            chunk = data[at : at + CHUNK]
            sleep_until(start + (at + len(chunk)) * self._character)
            self._free = max(mono(), start + len(data) * self._character)
            if last and at + CHUNK >= len(data):  # nobody who waits for our end can have spoken yet
                self._talked_over = self._end.pending()
            self._end.put(chunk)
        return start + len(data) * self._character
