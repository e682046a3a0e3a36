"""What a device refuses, learned by halving: the one hole, or the one value, that makes it answer exception 2. Pure, no clock.

Nothing is kept over a restart: docs/decisions/0020-refusals-are-learned-anew.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.bus import Space
from drivers.pace import Pace
from drivers.plan import Read, needs, plan
from drivers.profile import Channel, Profile

AGAIN = 600_000  # ms after which a value that the device refuses is asked for once more
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
    values: dict[Cell, int] = field(default_factory=dict)  # the device's own registers that it refuses -> ms when to ask again

    def plan(self) -> tuple[Read, ...]:
        forbidden = self.holes | self.values.keys()
        return plan(
            self.profile, pace=self.pace, max_registers=self.max_registers, forbidden=forbidden, cuts={*self.cuts, *self.trial}
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
        spans = sorted(
            {
                (start, start + count)
                for c in self.profile.channels
                for space, start, count in needs(c)
                if space == read.space and read.address <= start and start + count <= read.address + read.count
            }
        )
        starts = _boundaries(spans)
        if not starts:
            before, self.trial = len(self.values), []  # found: the cuts only served to find it
            self.values |= {(read.space, a): now + AGAIN for a in range(read.address, read.address + read.count)}
            return len(self.values) > before
        self.trial.append((read.space, starts[len(starts) // 2]))
        return True

    def settled(self) -> bool:
        """A whole cycle was answered. The last cut of a search was the right one. True when the plan has changed."""
        if not self.trial:
            return False
        space, start = self.trial.pop()
        spans = [(a, a + n) for c in self.profile.channels for s, a, n in needs(c) if s == space]
        end = max(e for _, e in spans if e <= start)
        if end < start:
            self.holes |= {(space, a) for a in range(end, start)}
        else:  # neighbours: the device does not give so many at once
            self.cuts.add((space, start))
        self.trial = []
        return True

    def forgive(self, now: int) -> bool:
        """Ask again for values refused long ago. True when the plan has changed."""
        due = [cell for cell, at in self.values.items() if at <= now]
        for cell in due:
            del self.values[cell]
        return bool(due)


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
