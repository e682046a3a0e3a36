"""What to ask next on one line: fire first, dead devices seldom, no drift. And how much of the line's time it all takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.plan import Read
from drivers.profile import Device
from drivers.quantities import QUANTITIES

DEAD_AFTER = 2  # failures in a row
DEAD_SHARE = 10  # all dead devices together cost at most a tenth of the line's time
LONGEST_REST = 60_000  # ms between two probes of one dead device
LONGEST_FIRE_REST = 10_000
TURNAROUND = 0.005  # s a device takes to turn round, as the sums assume
BITS_OF = {"8N1": 10, "8N2": 11, "8E1": 11, "8O1": 11}


@dataclass(slots=True)
class _Entry:
    device: Device
    fire: bool
    due: int
    failures: int = 0


class Schedule:
    """Devices of one line by due time, ms of the monotonic clock. The caller says what became of each question."""

    def __init__(self, devices: Sequence[Device], now: int) -> None:
        """First polls are staggered over the periods, fire devices over at most a second."""
        self._entries: dict[str, _Entry] = {}
        for n, device in enumerate(devices):
            fire = is_fire(device)
            spread = min(device.period, 1000) if fire else device.period
            self._entries[device.id] = _Entry(device, fire, now + spread * n // max(1, len(devices)))
        self._probe_from = now

    def next(self, now: int) -> Device | None:
        """The device to ask now: overdue fire devices, then overdue others, each oldest first; then a dead one's probe."""
        ready = [e for e in self._entries.values() if e.due <= now]
        living = [e for e in ready if e.failures < DEAD_AFTER]
        if living:
            return min(living, key=lambda e: (not e.fire, e.due)).device
        dead = [e for e in ready if now >= self._probe_from]
        return min(dead, key=lambda e: (not e.fire, e.due)).device if dead else None

    def wait(self, now: int) -> int:
        """Ms until something may be due, 0 when it is."""
        times = [max(e.due, self._probe_from) if e.failures >= DEAD_AFTER else e.due for e in self._entries.values()]
        return max(0, min(times) - now) if times else 1000

    def good(self, device: str, now: int) -> None:
        """It answered. The next poll keeps the beat; beats that were missed are not made up for."""
        entry = self._entries[device]
        entry.failures = 0
        entry.due += entry.device.period
        if entry.due <= now - entry.device.period:
            entry.due = now

    def bad(self, device: str, now: int, cost: int) -> None:
        """It failed, and the question cost `cost` ms of the line's time."""
        entry = self._entries[device]
        entry.failures += 1
        longest = LONGEST_FIRE_REST if entry.fire else LONGEST_REST
        rest = min(longest, entry.device.period * 2 ** min(10, max(0, entry.failures - DEAD_AFTER + 1)))
        entry.due = now + (entry.device.period if entry.failures < DEAD_AFTER else max(rest, entry.device.period))
        if entry.failures >= DEAD_AFTER:
            self._probe_from = now + cost * (DEAD_SHARE - 1)

    def hurry(self, device: str, now: int) -> None:
        """Ask it as soon as its turn allows: something of it is being waited for."""
        self._entries[device].due = min(self._entries[device].due, now)


def is_fire(device: Device) -> bool:
    return any(QUANTITIES[channel.quantity].fire for channel in device.profile.channels)


@dataclass(frozen=True, slots=True)
class Load:
    """`share` of the line's time, 1.0 = all of it; `lines` is the arithmetic for a person."""

    share: float
    lines: tuple[str, ...]


def load(devices: Sequence[Device], plans: Mapping[str, Sequence[Read]], baud: int, framing: str) -> Load:
    """The load of a serial line when every device answers: characters × bits ÷ baud + turnaround, per period."""
    character = BITS_OF[framing] / baud
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
