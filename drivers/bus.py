"""The Bus protocol, the DeviceFault family and the counters: what a line can be asked, how it fails, how it fares. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Space = Literal["coil", "discrete", "input", "holding", "signal"]  # signal: no register, a framer tells it
SPACES: tuple[Space, ...] = ("coil", "discrete", "input", "holding")

Trace = Callable[[bytes, bytes], None]

READ_FUNCTION: dict[Space, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


class DeviceFault(Exception):
    """A device or its line failed. Becomes a FAULT Reading; never leaves `drivers/`.

    `text` is for a person and says what to look at.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NoAnswer(DeviceFault):
    """Nothing came within the time-out."""


class GarbledAnswer(DeviceFault):
    """Bytes came, but no valid frame: wrong checksum, cut short, noise."""


class WrongAnswer(DeviceFault):
    """A valid frame that answers another question: other unit, function or length."""


class Refused(DeviceFault):
    """The device answered with a Modbus exception. The line and the device are alive."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class LineDown(DeviceFault):
    """The port or the connection itself is gone; every device on it is unreachable."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the questions to one unit, or to all of a line. Every question is in exactly one of the six kinds.

    Latencies are ms from the end of the question to the first byte of the answer; None before the first answer.
    """

    questions: int = 0
    good: int = 0
    refused: int = 0  # Modbus exceptions: the device lives
    silent: int = 0  # no answer
    garbled: int = 0  # wrong check sum, cut short, noise
    wrong: int = 0  # a valid frame that answers another question
    down: int = 0  # the port or the connection was gone
    sent: int = 0  # bytes
    received: int = 0  # bytes
    latency_min: float | None = None
    latency_mean: float | None = None
    latency_max: float | None = None


@dataclass(frozen=True, slots=True)
class BusStats:
    """A line's counters since the start. `health` and `doctor` turn them into words."""

    total: Counts = Counts()
    units: Mapping[int, Counts] = field(default_factory=dict)
    reopenings: int = 0  # of the port or the connection, after the first
    waits: int = 0  # questions that waited for the line's or the device's silence
    noise: int = 0  # bytes that nobody asked for


class Bus(Protocol):
    """One RS-485 line or one Modbus TCP host. One question at a time; callers need no lock.

    Every method may raise a DeviceFault. A late answer is never given to a later question.
    """

    trace: Trace | None  # told (sent, received, late bytes too) of every transaction, and (b"", what came unasked)

    async def read(
        self, unit: int, space: Space, address: int, count: int, *, latency: int = 300, gap: int = 0
    ) -> tuple[int, ...]:
        """`count` registers (0..65535 each) or bits (0 or 1 each) from the 0-based wire `address`.

        `latency`: the device's worst time to answer, ms; `gap`: silence it wants before a question, ms.
        """
        ...

    async def write(
        self, unit: int, function: int, address: int, values: tuple[int, ...], *, latency: int = 300, gap: int = 0
    ) -> None:
        """Write by function 5, 6, 15 or 16, and check the echo. FC05 takes the raw word (0xFF00, 0x0000, ...)."""
        ...

    async def tell(self, unit: int, frame: bytes, *, latency: int = 300, gap: int = 0) -> None:
        """Send `frame` (no unit, no check sum) as it is, and wait out whatever comes for `latency`: no answer is believed.

        For devices that do not follow Modbus. Raises Refused when one answers with an exception, LineDown.
        """
        ...

    def stats(self) -> BusStats:
        """The counters as they stand."""
        ...

    async def close(self) -> None: ...
