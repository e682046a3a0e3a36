"""What a device refuses, learned by halving: the one hole, or the one value, that makes it answer exception 2. Pure, no clock.

Nothing is kept over a restart: docs/decisions/0020-refusals-are-learned-anew.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from drivers.bus import Space
from drivers.pace import Pace
from drivers.plan import Read, needs, plan
from drivers.profile import Channel, Profile

AGAIN = 60_000  # ms after which a value that the device refuses is asked for once more
Cell = tuple[Space, int]


@dataclass(slots=True)
class Learned:
    """Of one device. Every lesson changes the plan, so a refused question is never asked again as it was."""

    profile: Profile
    pace: Pace
    max_registers: int | None = None
    holes: set[Cell] = field(default_factory=set)  # between two values: never touched again
    cuts: set[Cell] = field(default_factory=set)  # a question may not go on over this cell's start
    trial: list[Cell] = field(
        default_factory=list
    )  # cuts that only search; the last is the guilty one when all answers are good
    apart: set[Cell] = field(default_factory=set)  # cuts that prove nothing: they stand until a whole cycle was answered
    values: dict[Cell, int] = field(default_factory=dict)  # the device's own registers that it refuses -> ms when to ask again
    again: set[Cell] = field(default_factory=set)  # of those, what is being asked for once more

    def plan(self) -> tuple[Read, ...]:
        return plan(
            self.profile,
            pace=self.pace,
            max_registers=self.max_registers,
            forbidden=self.holes | self.values.keys(),
            cuts={*self.cuts, *self.trial, *self.apart},
        )

    def missing(self) -> tuple[str, ...]:
        """Channels left out because the device refuses a register they need."""
        if not self.values:  # nearly every device, at every poll
            return ()
        return tuple(c.id for c in self.profile.channels if any(cell in self.values for cell in _cells(c)))

    def refused(self, read: Read, now: int) -> bool:
        """The device answered `read` with exception 2. True when that taught something: the plan is another one now.

        A question of many values is halved until its parts are answered, or until it is of one value.
        """
        if self.profile.limits.bit_block > 1:
            return False
        end = read.address + read.count
        starts = _boundaries([span for span in self._spans(read.space) if read.address <= span[0] and span[1] <= end])
        if starts:
            self.trial.append((read.space, starts[len(starts) // 2]))
            return True
        before = len(self.values)
        self.apart |= set(self.trial)  # found: a neighbour that is refused as well is found from here
        self.trial = []
        self.values |= {(read.space, a): now + AGAIN for a in range(read.address, end)}
        return len(self.values) > before

    def settled(self, answered: Collection[Cell]) -> bool:
        """A cycle is over without a lesson left. The last cut of a search was the right one. True when the plan has changed.

        A device that gives what it had refused was not itself then (it had just started): all that it refused is asked for again.
        """
        if not self.trial and not self.apart:
            return False
        if self.again and all(cell in answered for cell in self.again):
            self.values.clear()
        self.again = set()
        if self.trial:
            space, start = self.trial[-1]
            end = max((stop for _, stop in self._spans(space) if stop <= start), default=start)
            hole, own = {(space, a) for a in range(end, start)}, {cell for c in self.profile.channels for cell in _cells(c)}
            if hole and not hole & own:
                self.holes |= hole
            else:  # neighbours: the device does not give so many at once; or values between that are not asked for now
                self.cuts.add((space, start))
        self.trial, self.apart = [], set()
        return True

    def forgive(self, now: int) -> bool:
        """Ask again, by questions of its own, for the channel refused longest ago. True when the plan has changed.

        In its time; where nothing else is left to ask at every call: what the device says then shows that it lives.
        """
        if not self.values:
            return False
        oldest = min(self.values, key=lambda cell: self.values[cell])
        if self.values[oldest] > now and len(self.missing()) < len(self.profile.channels):
            return False
        channel = next(c for c in self.profile.channels if oldest in _cells(c))
        self.again = set(_cells(channel))
        for cell in self.again:
            self.values.pop(cell, None)
        for space, start, count in needs(channel):
            behind = [at for at, _ in self._spans(space) if at >= start + count]
            self.apart |= {(space, at) for at in (start, *behind[:1])}
        return True

    def _spans(self, space: Space) -> list[tuple[int, int]]:
        """(start, end) of every value in this space that is asked for now, by address: a question can be cut at no other."""
        asked = (c for c in self.profile.channels if not any(cell in self.values for cell in _cells(c)))
        return sorted({(a, a + n) for c in asked for s, a, n in needs(c) if s == space})


def _cells(channel: Channel) -> list[Cell]:
    return [(space, start + n) for space, start, count in needs(channel) for n in range(count)]


def _boundaries(spans: list[tuple[int, int]]) -> list[int]:
    """Starts of the spans at which a question may be cut: those that no earlier span reaches over."""
    found, end = [], -1
    for start, stop in spans:
        if end >= 0 and start >= end:
            found.append(start)
        end = max(end, stop)
    return found
