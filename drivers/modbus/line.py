"""The RTU line without I/O and without a clock: what to send, how long to listen, whose answer it is. Sockets and threads are others'.

One transaction is a generator. It yields what it wants done, a Send or a Listen, and is sent (now, bytes) when that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from drivers.bus import DeviceFault, GarbledAnswer, NoAnswer, Refused
from drivers.modbus.frames import Answer

BABBLE = 1.0  # seconds after which a line that never falls silent is left alone
SHORT = 9  # bytes of an answer for which an exception, which has five, may be seen a little later
GRACE = 0.05  # seconds that the rest of a frame may lag: adapters and serial servers hand bytes over in lumps

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """`good`: bytes of the good answer's frame; `repeats`: is that answer the question itself? Seconds.

    `check` makes the value of the answer's PDU, or raises WrongAnswer or Refused.
    """

    frame: bytes
    good: int
    repeats: bool
    check: Callable[[bytes], T]
    latency: float
    gap: float


@dataclass(slots=True)
class Send:
    frame: bytes


@dataclass(slots=True)
class Listen:
    """What has come, at `rest` or after: b"" when nothing has by `until`. Before `rest` nothing can be decided."""

    rest: float
    until: float


Step = Send | Listen
Event = tuple[float, bytes]
Talk = Generator[Step, Event, T]


def silence(baud: int, bits: int) -> float:
    """3.5 characters in seconds; above 19200 baud a fixed 1.75 ms (Modbus over serial line 1.02, 2.5.1.1)."""
    return 0.00175 if baud > 19200 else 3.5 * bits / baud


class Line:
    """The state of a line between questions, and the rules of docs/decisions/0002. Times are seconds of one monotonic clock.

    After a question: `sent` is it, if it was asked at all; `heard` everything that came for it; `took` the ms from its end
    to the first byte of the answer; `unasked` what came before it without a question.
    """

    def __init__(self, silence: float, character: float) -> None:
        self._silence, self._character = silence, character
        self._now = 0.0
        self._quiet_at = 0.0  # when the line will have been silent long enough
        self._owed = 0.0  # silence that the next question must wait for: a drain did not get it, or nobody drained
        self._echoes: bool | None = None  # does the adapter return what we send? Not known before the first read
        self.sent = self.heard = self.unasked = b""
        self.took: float | None = None
        self.waits = self.noise = 0  # questions that waited for silence; bytes that nobody asked for

    def opened(self, now: float) -> None:
        """The port or the connection is a new one; what the old one owed is owed still."""
        self._quiet_at, self._echoes = now + self._silence, None

    def transact(self, question: Question[T], now: float) -> Talk[T]:
        """Ask, and return the checked answer. Raises a DeviceFault, after which nothing late can reach the next question.

        Closed in the middle (the port is gone, whoever asked has gone), it leaves the next question to wait the answer out.
        """
        self._now, self.sent, self.heard, self.unasked, self.took = now, b"", b"", b"", None
        yield from self._fall_silent(question.gap)
        answer = Answer(question.frame, question.good, repeats=question.repeats, echoes=bool(self._echoes))
        end = self._now + len(question.frame) * self._character
        self.sent = question.frame
        try:
            self._now, _ = yield Send(question.frame)
            yield from self._receive(question, answer, end)
            found = question.check(answer.pdu())
        except Refused:
            self._rest()
            raise
        except DeviceFault:
            yield from self._drain(question.latency, end)
            raise
        except GeneratorExit:
            self._owed = max(self._owed, question.latency)
            raise
        if not question.repeats:
            self._echoes = answer.echoed
        elif self._echoes is None:
            yield from self._drain(question.latency, end)  # that may have been an echo, and the true answer still to come
        self._rest()
        return found

    def _receive(self, question: Question[T], answer: Answer, end: float) -> Talk[None]:
        """Until the frame is whole. A wake-up for its head and one for its end, not one per byte."""
        rest, last = 0.0, end + question.latency
        while answer.missing:
            data = yield from self._listen(rest, last)
            if not data:
                if answer.body:
                    return  # cut short: its check sum will say so
                raise NoAnswer("无应答 no answer")
            answer.feed(data)
            self.heard = answer.bytes
            missing = answer.missing
            if len(answer.body) < 2 and question.good <= SHORT:  # whether it is an exception is not worth a wake-up of its own
                missing = question.good - len(answer.body)
            if answer.body:
                if self.took is None:
                    self.took = max(0.0, self._now - end) * 1000
                last = max(last, self._now + missing * self._character + GRACE)
            rest = self._now + (missing - 1) * self._character

    def _fall_silent(self, gap: float) -> Talk[None]:
        """The line's silence and the device's gap since the last byte; bytes that nobody asked for start it anew."""
        until = max(self._quiet_at + gap, self._now + self._owed)
        end = max(until, self._now) + BABBLE
        self.waits += until > self._now
        while data := (yield from self._listen(until, until)):
            self.noise += len(data)
            self.unasked += data
            if self._now > end:
                self._owed = max(self._owed, self._silence)
                raise GarbledAnswer("线上一直有杂讯 the line is never silent: a device that babbles, or no termination")
            until = self._now + max(self._owed, self._silence)
        self._owed = 0.0

    def _drain(self, latency: float, asked: float) -> Talk[None]:
        """Throw away what still comes until twice the device's worst time after the question, and until it was silent for once.

        Noise may have come long before the device's own answer, and that may be late.
        """
        until, self._owed = max(self._now + latency, asked + 2 * latency), latency
        end = until + BABBLE
        while data := (yield from self._listen(self._now, until)):
            until = max(until, self._now + latency)
            self.noise += len(data)
            self.heard += data  # for the trace: a late answer names the unit that is slow
            if self._now > end:
                break  # the silence stays owed
        else:
            self._owed = 0.0
        self._rest()

    def _listen(self, rest: float, until: float) -> Talk[bytes]:
        self._now, data = yield Listen(rest, until)
        return data

    def _rest(self) -> None:
        self._quiet_at = self._now + self._silence
