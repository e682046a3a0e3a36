"""A serial line and its devices under virtual time, for `drivers.modbus.line`: every byte has its moment, every fault its turn."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from field_far import FAULTS, crc16, words

from drivers.modbus.line import Line, Question, Send, Talk

BAUD, BITS = 9600, 10
CHARACTER = BITS / BAUD
SILENCE = 3.5 * CHARACTER
LATENCY = 0.3
T = TypeVar("T")


class VirtualLine:
    """Devices whose values encode unit, function, address and request number (`words`), on a line of 9600 baud.

    `rates`: fault -> share of the requests. A late answer begins within one more `LATENCY` after the time-out. `lump`: seconds
    after which an adapter hands over what it has collected. `log` counts what the far side did; it is the judge.
    """

    def __init__(self, rates: Mapping[str, float], seed: int, lump: float = 0.0) -> None:
        self.random = random.Random(seed)
        self._faults = (*rates, "good")
        self._weights = (*rates.values(), max(0.0, 1.0 - sum(rates.values())))
        self._lump = lump
        self.now = 0.0
        self.number = 0
        self.fault = ""  # of the last request
        self.log: Counter[str] = Counter()
        self.early = 0  # questions begun before the line was silent for 3.5 characters
        self._busy_until = 0.0
        self._coming: list[tuple[float, int, int]] = []  # (when, order, byte)
        self._order = 0

    def run(self, talk: Talk[T]) -> T:
        """Do what the line's machine asks until it has its answer. Raises what it raises."""
        try:
            step = next(talk)
            while True:
                if isinstance(step, Send):
                    self._ask(step.frame)
                    data = b""
                else:
                    data = self._listen(step.rest, step.until)
                step = talk.send((self.now, data))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def say(self, data: bytes, start: float, pause: float = 0.0) -> float:
        """Bytes on the line from `start`, each followed by `pause`; when the last has come."""
        at = start
        for byte in data:
            at += CHARACTER
            self._order += 1
            seen = -(-at // self._lump) * self._lump if self._lump else at
            heapq.heappush(self._coming, (seen, self._order, byte))
            at += pause
        self._busy_until = max(self._busy_until, at)
        return at

    def _listen(self, rest: float, until: float) -> bytes:
        coming = self._coming
        self.now = max(self.now, rest)
        if not coming or coming[0][0] > max(self.now, until):
            self.now = max(self.now, until)
            return b""
        self.now = max(self.now, coming[0][0])
        out = bytearray()
        while coming and coming[0][0] <= self.now:
            out.append(heapq.heappop(coming)[2])
        return bytes(out)

    def _ask(self, frame: bytes) -> None:
        if self._busy_until and self.now < self._busy_until + SILENCE - 1e-9:
            self.early += 1
        assert crc16(frame[:-2]) == frame[-2:]
        self.number += 1
        end = self.now + len(frame) * CHARACTER
        self._busy_until = max(self._busy_until, end)
        self.fault = self.random.choices(self._faults, self._weights)[0]
        self.log[self.fault] += 1
        self.answer(frame, end, self.fault)

    def answer(self, frame: bytes, end: float, fault: str) -> None:
        pick, unit, function = self.random, frame[0], frame[1]
        address, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        body = b"".join(w.to_bytes(2, "big") for w in words(unit, function, address, count, self.number))
        good = sealed(bytes((unit, function, len(body))) + body)
        start = end + SILENCE + pick.uniform(0.0, 0.6) * (LATENCY - 2 * SILENCE)
        if fault == "good":
            self.say(good, start)
        elif fault == "late":
            self.say(good, end + pick.uniform(LATENCY, 2 * LATENCY - 2 * CHARACTER))
        elif fault == "duplicated":
            self.say(good, self.say(good, start) + pick.uniform(0.0, 2.4) * CHARACTER)
        elif fault == "echoed":
            self.say(frame, end - len(frame) * CHARACTER)
            if pick.random() < 0.5:
                self.say(good, start)
        elif fault == "truncated":
            self.say(good[: pick.randrange(1, len(good))], start)
        elif fault == "flipped":
            bit = pick.randrange(8 * len(good))
            self.say(good[: bit // 8] + bytes((good[bit // 8] ^ 1 << bit % 8,)) + good[bit // 8 + 1 :], start)
        elif fault == "wrong-unit":
            self.say(sealed(bytes((unit % 3 + 1,)) + good[1:-2]), start)
        elif fault == "wrong-function":
            self.say(sealed(bytes((unit, 7 - function)) + good[2:-2]), start)
        else:
            assert fault == "lost", fault


class Undrained(Line):
    """The line without the silence after doubt."""

    def _drain(self, latency: float, asked: float) -> Talk[None]:
        self._rest()
        return
        yield


def sealed(body: bytes) -> bytes:
    return body + crc16(body)


def line(kind: type[Line] = Line) -> Line:
    return kind(SILENCE, CHARACTER)


def ask(unit: int, function: int, address: int, count: int) -> Question[tuple[int, ...]]:
    """A read whose answer is decoded here and not by the product; its checks are those of `pdu`."""
    from drivers.modbus.pdu import read_answer, read_length

    space = "holding" if function == 3 else "input"
    frame = sealed(bytes((unit, function)) + address.to_bytes(2, "big") + count.to_bytes(2, "big"))
    good = read_length(space, count) + 3  # type: ignore[arg-type]
    return Question(frame, good, False, lambda pdu: read_answer(space, count, pdu), LATENCY, 0.0)  # type: ignore[arg-type]


RATES = {fault: 0.08 for fault in FAULTS}
