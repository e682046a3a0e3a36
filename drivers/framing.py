"""How characters stand on a serial line, and with what a port is opened. Data; no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

# Data bits, parity (None, Even, Odd, Mark, Space), stop bits. Mark and space: 9th-bit protocols of older panels.
Framing = Literal["8N1", "8N2", "8E1", "8O1", "8M1", "8S1"]
FRAMINGS: tuple[str, ...] = get_args(Framing)

# Who turns the RS-485 transceiver round: the adapter itself (nearly every USB one), the kernel's driver, or our RTS line.
Direction = Literal["none", "kernel", "rts"]
DIRECTIONS: tuple[str, ...] = get_args(Direction)


@dataclass(frozen=True, slots=True)
class PortSettings:
    """`path`: best a name of /dev/serial/by-path, which survives a re-plug and another order of plugging in."""

    path: str
    baud: int = 9600
    framing: str = "8N1"
    rs485: str = "none"

    @property
    def parity(self) -> str:
        """N, E, O, M or S, as pyserial names them too."""
        return self.framing[1]

    @property
    def stop_bits(self) -> int:
        return int(self.framing[2])

    @property
    def character(self) -> float:
        """Seconds one character takes."""
        return bits(self.framing) / self.baud


def bits(framing: str) -> int:
    """Bits a character takes: start, eight of data, parity if any, stop."""
    return 1 + 8 + (framing[1] != "N") + int(framing[2])
