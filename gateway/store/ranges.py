"""A set of whole numbers kept as closed ranges. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]


class RangeSet:
    """Numbers as sorted closed ranges that neither touch nor overlap. Made for few ranges over many numbers."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._ranges: list[Range] = []
        for a, b in ranges:
            self.add(a, b)

    def __iter__(self) -> Iterator[Range]:
        return iter(self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._ranges, (number, number)) - 1
        near = self._ranges[max(at, 0) : at + 2]
        return any(a <= number <= b for a, b in near)

    def size(self) -> int:
        """How many numbers are in it."""
        return sum(b - a + 1 for a, b in self._ranges)

    def add(self, a: int, b: int) -> None:
        """Put a..b in. Raises ValueError when a > b."""
        if a > b:
            raise ValueError(f"no range: {a}..{b}")
        if self._ranges and a == self._ranges[-1][1] + 1:  # nearly every call: numbers are given in order
            self._ranges[-1] = (self._ranges[-1][0], b)
            return
        first = bisect_left(self._ranges, a - 1, key=lambda one: one[1])
        last = bisect_right(self._ranges, b + 1, key=lambda one: one[0])
        if first < last:
            a, b = min(a, self._ranges[first][0]), max(b, self._ranges[last - 1][1])
        self._ranges[first:last] = [(a, b)]

    def remove(self, a: int, b: int) -> None:
        """Take a..b out. Raises ValueError when a > b."""
        if a > b:
            raise ValueError(f"no range: {a}..{b}")
        first = bisect_left(self._ranges, a, key=lambda one: one[1])
        last = bisect_right(self._ranges, b, key=lambda one: one[0])
        left = [
            piece
            for x, y in self._ranges[first:last]
            for piece in ((x, min(y, a - 1)), (max(x, b + 1), y))
            if piece[0] <= piece[1]
        ]
        self._ranges[first:last] = left

    def minus(self, other: RangeSet) -> RangeSet:
        """What is in here and not in `other`."""
        left = RangeSet()
        left._ranges = list(self._ranges)
        for a, b in other:
            left.remove(a, b)
        return left

    def within(self, a: int, b: int) -> list[Range]:
        """The parts of the set inside a..b."""
        first = bisect_left(self._ranges, a, key=lambda one: one[1])
        last = bisect_right(self._ranges, b, key=lambda one: one[0])
        return [(max(a, x), min(b, y)) for x, y in self._ranges[first:last]]
