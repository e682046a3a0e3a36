"""How long a question takes on a kind of line: the arithmetic the planner, the schedule and the load share. Pure; asks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.bus import Space
from drivers.framing import bits
from drivers.profile import Limits

TURNAROUND = 0.005  # s a device takes to turn round, as the sums assume
NETWORK = 0.002  # s there and back on a school's network
QUESTION, ANSWER = 8, 5  # characters of a read's frame, and of the answer's frame without its values
BIT_SPACES: tuple[Space, ...] = ("coil", "discrete")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `silence` is kept before the question and before the answer; a line that `drains` waits a lost answer out."""

    character: float
    silence: float
    turnaround: float
    drains: bool

    def question(self, gap: int = 0) -> float:
        """What one question costs before its first value. `gap`: the device's own wish for silence, ms."""
        return (QUESTION + ANSWER) * self.character + 2 * self.silence + self.turnaround + gap / 1000

    def values(self, space: Space, count: int) -> float:
        """What the values of the answer cost on top: two characters a register, one for eight bits."""
        return ((count + 7) // 8 if space in BIT_SPACES else 2 * count) * self.character

    def worst(self, limits: Limits) -> float:
        """The longest one question may hold the line: no answer comes, and then a late one is waited out."""
        return self.question(limits.gap) + limits.latency / 1000 * (2 if self.drains else 1)


def pace(type: str, baud: int, framing: str) -> Pace:
    """Of a line as the site file has it. RTU: 3.5 characters, above 19200 baud 1.75 ms (Modbus over serial line 1.02, 2.5.1.1)."""
    if type == "modbus-tcp":
        return Pace(0.0, 0.0, TURNAROUND + NETWORK, False)
    character = round(bits(framing) / baud, 9)  # whole ns: equal sums are equal
    silence = 0.00175 if baud > 19200 else 3.5 * character
    return Pace(character, silence, TURNAROUND + (NETWORK if type == "modbus-rtu-tcp" else 0.0), True)


USUAL = pace("modbus-rtu", 9600, "8N1")
