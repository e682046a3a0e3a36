"""One question of a person's tool to a line and what was heard, failure included: the value that scan, trace and doctor judge. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from drivers.bus import DeviceFault, Refused
from drivers.lending import LineBusy, Reader
from drivers.plan import Read
from drivers.tally import KINDS


@dataclass(frozen=True, slots=True)
class Heard:
    """`kind`: good | refused | silent | garbled | wrong | down | busy (the line had no gap, nothing was asked).

    `sent` and `received` are the raw frames; `received` also holds what came too late, `before` what came
    unasked before the question. `took`: ms in all.
    """

    kind: str
    words: tuple[int, ...] = ()
    text: str = ""  # for a person, when it failed
    code: int = 0  # the Modbus exception of a refusal
    sent: bytes = b""
    received: bytes = b""
    took: int = 0
    before: bytes = b""


class Asker(Protocol):
    """A line open to questions that only read: our own port, or a living `run`'s."""

    async def ask(self, unit: int, read: Read, latency: int) -> Heard:
        """`latency`: ms to wait for the answer. Never raises for what a device or a line does."""
        ...


async def ask(line: Reader, unit: int, read: Read, latency: int) -> Heard:
    """Put one question; whatever becomes of it is a value. Without raw frames: whoever follows the line has those."""
    return await outcome(line.read(unit, read.space, read.address, read.count, latency=latency))


async def outcome(answer: Awaitable[tuple[int, ...]]) -> Heard:
    """What becomes of a transaction, as a value; () are the words of a write."""
    try:
        words = await answer
    except Refused as fault:
        return Heard("refused", text=fault.text, code=fault.code)
    except DeviceFault as fault:
        return Heard(KINDS[type(fault)], text=fault.text)
    except LineBusy as busy:
        return Heard("busy", text=str(busy))
    return Heard("good", words)
