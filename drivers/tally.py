"""Counts what became of a line's questions. Told from one thread; no I/O, no clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from drivers.bus import BusStats, Counts, DeviceFault, GarbledAnswer, LineDown, NoAnswer, Refused, WrongAnswer

KINDS: dict[type[DeviceFault], str] = {
    Refused: "refused",
    NoAnswer: "silent",
    GarbledAnswer: "garbled",
    WrongAnswer: "wrong",
    LineDown: "down",
}
COUNTED = ("questions", "good", "refused", "silent", "garbled", "wrong", "down", "sent", "received")


@dataclass(slots=True)
class _Unit:
    kinds: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0
    answers: int = 0  # whose latency is known
    sum: float = 0.0
    least: float = inf
    most: float = 0.0

    def counts(self) -> Counts:
        known = self.answers > 0
        return Counts(
            questions=sum(self.kinds.values()),
            sent=self.sent,
            received=self.received,
            latency_min=self.least if known else None,
            latency_mean=self.sum / self.answers if known else None,
            latency_max=self.most if known else None,
            **self.kinds,
        )


class Tally:
    """The counters of one line. `reopenings`, `waits` and `noise` are the line's to count."""

    def __init__(self) -> None:
        self.reopenings = self.waits = self.noise = 0
        self._units: defaultdict[int, _Unit] = defaultdict(_Unit)

    def note(self, unit: int, sent: int, received: int, latency: float | None, fault: DeviceFault | None) -> None:
        """One question: bytes out and in, ms to the first byte if the device answered, and how it failed if it did."""
        each = self._units[unit]
        each.kinds["good" if fault is None else KINDS[type(fault)]] += 1
        each.sent += sent
        each.received += received
        if latency is not None and (fault is None or type(fault) is Refused):
            each.answers += 1
            each.sum += latency
            each.least, each.most = min(each.least, latency), max(each.most, latency)

    def stats(self) -> BusStats:
        units = {unit: each.counts() for unit, each in sorted(self._units.items())}
        return BusStats(_together(self._units.values()).counts(), units, self.reopenings, self.waits, self.noise)


def between(earlier: BusStats, later: BusStats) -> BusStats:
    """What a line did between two looks at its counters. The latencies are those of `later`: they cannot be taken apart."""
    units = {unit: _less(counts, earlier.units.get(unit, Counts())) for unit, counts in later.units.items()}
    return BusStats(
        _less(later.total, earlier.total),
        units,
        later.reopenings - earlier.reopenings,
        later.waits - earlier.waits,
        later.noise - earlier.noise,
    )


def _less(counts: Counts, earlier: Counts) -> Counts:
    return replace(counts, **{name: getattr(counts, name) - getattr(earlier, name) for name in COUNTED})


def _together(units: Iterable[_Unit]) -> _Unit:
    all_ = _Unit()
    for each in units:
        all_.kinds.update(each.kinds)
        all_.sent += each.sent
        all_.received += each.received
        all_.answers += each.answers
        all_.sum += each.sum
        all_.least, all_.most = min(all_.least, each.least), max(all_.most, each.most)
    return all_
