"""The Bus protocol and the DeviceFault family: what a line can be asked and how it fails. No I/O here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

Space = Literal["coil", "discrete", "input", "holding"]

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


class Bus(Protocol):
    """One RS-485 line or one Modbus TCP host. One question at a time; callers need no lock.

    Every method may raise a DeviceFault. A late answer is never given to a later question.
    """

    trace: Callable[[bytes, bytes], None] | None  # told (sent, received) of every transaction

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

    async def close(self) -> None: ...
