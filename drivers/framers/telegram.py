"""What every framer gives and what a line protocol is: Telegram, Framer, LineProtocol, the signals of fire panels. Pure; no bytes read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

# What a fire panel says of one of its addresses; 1 while it lasts. `other`: an event whose word no document explains.
PANEL = ("fire", "fault", "feedback", "isolated", "supervisory", "started", "other")
KEPT = frozenset({"isolated"})  # a panel's reset leaves these as they are

REMEMBERED = 512  # frames
HEAD = ""  # the address of the panel (or the UPS) itself
NOTHING: Mapping[str, float | None] = {}


class Telegram(NamedTuple):
    """One valid frame. A tuple, because a line at full speed makes very many of them.

    `signals` of `address` in the panel's own words for a place: value, or None where the device itself does not know.
    No signals: a sign of life. `reset`: every signal of every address but those KEPT returns to rest.
    `said`: its words, for a person; `time`: its own clock as it wrote it, "" when it tells none (R29).
    `answer`: the bytes that the protocol's document demands now, one of the protocol's `writes`; b"" for none.
    """

    address: str
    signals: Mapping[str, float | None] = NOTHING
    said: str = ""
    time: str = ""
    reset: bool = False
    answer: bytes = b""


class Framer(Protocol):
    """One line's memory of bytes not yet understood, never more than a few hundred."""

    def feed(self, data: bytes) -> list[Telegram]:
        """The frames now whole, in order. Any split of the stream gives the same; garbage is passed over; raises nothing."""
        ...

    def ask(self) -> Sequence[bytes]:
        """What to write at the beginning of a period; empty for a line that is only listened to."""
        ...


@dataclass(frozen=True, slots=True)
class LineProtocol:
    """A row of drivers.registry.FRAMERS.

    `make(unit, addresses)`: a framer for a line whose head device has this unit and whose devices have these addresses.
    `writes(unit, addresses)`: every byte string that may ever be written there; the line refuses to write anything else.
    `image`: its answers tell all there is, again and again; else it tells events and is silent between them.
    `silence`: ms without a frame after which the line (image: the device) is not heard any more; 0: nothing proves its life.
    `marked`: ninth-bit protocol: what is asked goes with mark parity, what is answered with space.
    """

    id: str
    make: Callable[[int, Sequence[str]], Framer]
    signals: frozenset[str]
    baud: int
    framing: str = "8N1"
    writes: Callable[[int, Sequence[str]], frozenset[bytes]] = lambda unit, addresses: frozenset()
    period: int = 0
    image: bool = False
    silence: int = 0
    marked: bool = False
    stamps: bool = False  # writes its own time beside its events
    head: bool = True  # a device without address stands for the panel or UPS itself
    address: str = ""  # regular expression of a device's address; "" where there are none
    example: str = ""  # such an address, for people


class Memory(dict[bytes, Telegram | None]):
    """What each frame means, worked out by `read` when it is first seen: panels say everything several times. Bounded."""

    def __init__(self, read: Callable[[bytes], Telegram | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, frame: bytes) -> Telegram | None:
        if len(self) >= REMEMBERED:
            self.clear()
        meaning = self[frame] = self._read(frame)
        return meaning


_FOLDS = (512, 256, 128, 64, 32, 16, 8)  # bits: each halves what is left


def fold_xor(data: bytes) -> int:
    """XOR of up to 128 bytes."""
    number = int.from_bytes(data, "big")
    for shift in _FOLDS[7 - (len(data) - 1).bit_length() :]:
        number ^= number >> shift
    return number & 0xFF
