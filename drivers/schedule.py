"""What to ask next on one line: fire first, dead devices seldom, no drift. And how much of the line's time it all takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.framing import bits
from drivers.plan import Read
from drivers.profile import Device
from drivers.quantities import QUANTITIES

DEAD_AFTER = 2  # failures in a row
DEAD_SHARE = 10  # percent of the line's time that all dead devices together may cost
LONGEST_REST = 60_000  # ms between two probes of one dead device
LONGEST_FIRE_REST = 10_000  # the same for a fire device
FIRE_AGE = 2_000  # ms: the reading of a living fire device is never older (R2)
TURNAROUND = 0.005  # s a device takes to turn round, as the sums assume


@dataclass(slots=True)
class _Entry:
    device: Device
    fire: bool
    due: int
    failures: int = 0
    heard: int = 0  # when it last answered
    cost: int = 0  # ms that its last good cycle took


class Schedule:
    """Devices of one line by due time, ms of the monotonic clock. The caller says what became of each question."""

    def __init__(self, devices: Sequence[Device], now: int) -> None:
        """First polls are staggered over the periods, fire devices over at most a second."""
        self._entries: dict[str, _Entry] = {}
        for n, device in enumerate(devices):
            fire = is_fire(device)
            spread = min(device.period, 1000) if fire else device.period
            due = now + spread * n // max(1, len(devices))
            self._entries[device.id] = _Entry(device, fire, due, heard=due)
        self._probe_from = now

    def next(self, now: int) -> Device | None:
        """The device to ask now, or None.

        Living fire devices first; then fire devices that just failed once; then one probe of a dead device, if the
        dead have not used up their share; then all others. Within each, the longest overdue.
        """
        ready = [e for e in self._entries.values() if e.due <= now and (e.failures < DEAD_AFTER or now >= self._probe_from)]
        return min(ready, key=lambda e: (_rank(e), e.due)).device if ready else None

    def fits(self, now: int, worst: int) -> bool:
        """May something else hold the line for `worst` ms from now, every living fire device still being heard in time?

        Those that fall due meanwhile are asked one after the other, in the order in which they are due.
        """
        free = now + worst
        for entry in sorted((e for e in self._entries.values() if e.fire and e.failures == 0), key=lambda e: e.due):
            free = max(free, entry.due) + entry.cost
            if free > entry.heard + FIRE_AGE:
                return False
        return True

    def wait(self, now: int) -> int:
        """Ms until something may be due, 0 when it is."""
        times = [max(e.due, self._probe_from) if e.failures >= DEAD_AFTER else e.due for e in self._entries.values()]
        return max(0, min(times) - now) if times else 1000

    def good(self, device: str, now: int, cost: int = 0) -> None:
        """It answered, and that took `cost` ms of the line. The next poll is on the beat; missed beats are not made up for."""
        entry = self._entries[device]
        entry.failures, entry.heard, entry.cost = 0, now, cost
        entry.due = self._beat(entry, now)

    def missed(self, device: str, now: int) -> None:
        """The line itself was down: says nothing about the device, which keeps its beat and its record."""
        entry = self._entries[device]
        entry.heard = max(entry.heard, now)  # no promise runs while nothing can be asked
        entry.due = self._beat(entry, now)

    def bad(self, device: str, now: int, cost: int) -> None:
        """It failed, and the question cost `cost` ms of the line's time."""
        entry = self._entries[device]
        entry.failures += 1
        if entry.failures < DEAD_AFTER:
            entry.due = self._beat(entry, now)
            return
        longest = LONGEST_FIRE_REST if entry.fire else LONGEST_REST
        rest = min(longest, entry.device.period * 2 ** min(10, entry.failures - DEAD_AFTER + 1))
        entry.due = now + max(rest, entry.device.period)
        self._probe_from = now + cost * (100 // DEAD_SHARE - 1)

    @staticmethod
    def _beat(entry: _Entry, now: int) -> int:
        """The first beat after `now`, counted from the device's own first poll. One still to come stays (it was asked early)."""
        period = entry.device.period
        return entry.due + period * max(0, (now - entry.due) // period + 1)


def _rank(entry: _Entry) -> int:
    if entry.failures >= DEAD_AFTER:
        return 2
    if entry.fire:
        return min(entry.failures, 1)
    return 3


def is_fire(device: Device) -> bool:
    return any(QUANTITIES[channel.quantity].fire for channel in device.profile.channels)


@dataclass(frozen=True, slots=True)
class Load:
    """`share` of the line's time, 1.0 = all of it; `lines` is the arithmetic for a person."""

    share: float
    lines: tuple[str, ...]


def load(devices: Sequence[Device], plans: Mapping[str, Sequence[Read]], baud: int, framing: str) -> Load:
    """The load of a serial line when every device answers: characters × bits ÷ baud + turnaround, per period."""
    character = bits(framing) / baud
    sums: dict[tuple[str, int], tuple[int, float]] = {}
    share = 0.0
    for device in devices:
        seconds = sum(_seconds(read, character) + device.profile.limits.gap / 1000 for read in plans[device.id])
        share += seconds / (device.period / 1000)
        count, _ = sums.get((device.profile.id, device.period), (0, 0.0))
        sums[device.profile.id, device.period] = (count + 1, seconds)
    lines = tuple(
        f"{count} × {profile}: {seconds * 1000:.0f} ms ÷ {period / 1000:g} s = {count * seconds / (period / 1000):.0%}"
        for (profile, period), (count, seconds) in sums.items()
    )
    return Load(share, lines)


def _seconds(read: Read, character: float) -> float:
    payload = (read.count + 7) // 8 if read.space in ("coil", "discrete") else 2 * read.count
    return (8 + 3.5 + 5 + payload + 3.5) * character + TURNAROUND
