"""What to ask next on one line: fire first, dead devices seldom, no drift, and who has not been heard for too long. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.plan import is_fire
from drivers.profile import Device
from drivers.quantities import QUANTITIES

DEAD_AFTER = 2  # failures in a row
DEAD_SHARE = 10  # percent of the line's time that all dead devices together may cost
LONGEST_REST = 60_000  # ms between two probes of one dead device
LONGEST_FIRE_REST = 10_000  # the same for a fire device
FIRST_SCAN = 5_000  # ms over which the first polls of slow devices are spread (D23)
STEP = 100  # ms: all lines ask at whole steps of the machine's clock, together: one wake-up costs more than a read
PROBE = 2  # rank of a question to a device that is dead; those below it are fire slots
FIRE_AGE = 2_000  # ms: the reading of a living fire device is never older (R2)
STALE_SAFETY = 30_000  # ms: the longest that a safety point may be silent (D10)
STALE_LEAST = 15_000  # ms: points of no safety kind may always be silent so long; with 20 s as slowest period ≤ 60 s (R5)
SAFETY = frozenset(
    {
        "residual-current", "cable-temperature", "arc-fault", "combustible-gas", "gas-alarm", "toxic-gas", "oxygen", "door",
        "lock", "panic",
    }
)  # fmt: skip


def stale_after(quantity: str, period: int) -> int:
    """How long a point may be silent before it counts as no data, ms: three periods; a safety point 30 s at most."""
    if QUANTITIES[quantity].fire or quantity in SAFETY:
        return min(3 * period, STALE_SAFETY)
    return max(3 * period, STALE_LEAST)


@dataclass(slots=True)
class _Entry:
    """One device's circuit. Closed: asked on its beat. Open after DEAD_AFTER failures: rests, each rest twice as long. Then
    half-open: one question, whose answer closes it."""

    device: Device
    fire: bool
    worst: int  # ms that one question may hold the line when no answer comes
    due: int
    heard: int  # when it last answered
    told: int  # when anything was last said of it, a fault too
    failures: int = 0
    cost: int = 0  # ms that its last good cycle took

    @property
    def open(self) -> bool:
        return self.failures >= DEAD_AFTER


class Schedule:
    """Devices of one line by due time, ms of the monotonic clock. The caller says what became of each question."""

    def __init__(self, devices: Sequence[Device], now: int, worst: Mapping[str, int] | None = None) -> None:
        """First polls are staggered over the periods: fire devices over at most a second, others over at most FIRST_SCAN.
        Each waits for the next STEP; a period of whole steps then stays in step with all other lines.

        `worst`: device -> ms that one question to it may hold the line.
        """
        self._entries: dict[str, _Entry] = {}
        for n, device in enumerate(devices):
            fire = is_fire(device)
            spread = min(device.period, 1000 if fire else FIRST_SCAN)
            due = _in_step(now + spread * n // max(1, len(devices)))
            self._entries[device.id] = _Entry(device, fire, (worst or {}).get(device.id, 0), due, due, now)
        self._fire = [e for e in self._entries.values() if e.fire]
        self._stale = {
            id: min((stale_after(c.quantity, e.device.period) for c in e.device.profile.channels), default=STALE_SAFETY)
            for id, e in self._entries.items()
        }
        self._probe_from = now

    def next(self, now: int) -> Device | None:
        """The device to ask now, or None.

        Living fire devices first; then fire devices that just failed once; then one probe of a dead device, if the
        dead have not used up their share; then all others. Within each, the longest overdue. A probe or an ordinary
        device is asked only when its silence could not make a fire slot late.
        """
        ready = [e for e in self._entries.values() if e.due <= now and (not e.open or now >= self._probe_from)]
        for entry in sorted(ready, key=lambda e: (_rank(e), e.due)) if len(ready) > 1 else ready:
            if _rank(entry) < PROBE or self.fits(now, entry.worst):
                return entry.device
        return None

    def fire(self, now: int, asked: str) -> Device | None:
        """The living fire device whose slot has come, or None: what goes between the questions of the device `asked`'s cycle."""
        ready = [e for e in self._fire if e.due <= now and not e.failures and e.device.id != asked]
        return min(ready, key=lambda e: e.due).device if ready else None

    def fits(self, now: int, worst: int) -> bool:
        """May something else hold the line for `worst` ms from now, every living fire device still being heard in time?

        Those that fall due meanwhile are asked one after the other, in the order in which they are due.
        """
        free = now + worst
        for entry in sorted((e for e in self._fire if not e.failures), key=lambda e: e.due):
            free = max(free, entry.due) + entry.cost
            if free > entry.heard + FIRE_AGE:
                return False
        return True

    def wait(self, now: int) -> int:
        """Ms until `next` may give something, after it gave None; more than 0.

        What is due and was held back for a fire slot can be asked when that slot is over.
        """
        times = [max(e.due, self._probe_from) if e.open else e.due for e in self._entries.values()]
        return min((t - now for t in times if t > now), default=1000)

    def stale(self, now: int) -> list[Device]:
        """Devices that could not be asked for as long as their points may be silent. Each is told again that much later.

        One that does not answer is no case of it: its fault was told, and stands.
        """
        found = [e for id, e in self._entries.items() if not e.failures and now - e.told >= self._stale[id]]
        for entry in found:
            entry.told = now
        return [e.device for e in found]

    @property
    def dead(self) -> int:
        """How many devices are being left alone for not answering."""
        return sum(e.open for e in self._entries.values())

    def good(self, device: str, now: int, cost: int = 0) -> None:
        """It answered, and that took `cost` ms of the line. The next poll is on the beat; missed beats are not made up for."""
        entry = self._entries[device]
        entry.failures, entry.heard, entry.told, entry.cost = 0, now, now, cost
        entry.due = self._beat(entry, now)

    def missed(self, device: str, now: int) -> None:
        """The line itself was down: says nothing about the device, which keeps its beat and its record."""
        entry = self._entries[device]
        entry.heard = entry.told = now  # no promise runs while nothing can be asked
        entry.due = self._beat(entry, now)

    def bad(self, device: str, now: int, cost: int) -> None:
        """It failed, and the question cost `cost` ms of the line's time."""
        entry = self._entries[device]
        entry.failures += 1
        entry.told = now
        if not entry.open:
            entry.due = self._beat(entry, now)
            return
        longest = LONGEST_FIRE_REST if entry.fire else LONGEST_REST
        rest = min(longest, entry.device.period * 2 ** min(10, entry.failures - DEAD_AFTER + 1))
        entry.due = _in_step(now + max(rest, entry.device.period))
        self._probe_from = now + cost * (100 // DEAD_SHARE - 1)

    @staticmethod
    def _beat(entry: _Entry, now: int) -> int:
        """The first beat after `now`, counted from the device's own first poll. One still to come stays (it was asked early)."""
        period = entry.device.period
        return entry.due + period * max(0, (now - entry.due) // period + 1)


def _in_step(at: int) -> int:
    """The first STEP of the clock at `at` or after it."""
    return -(-at // STEP) * STEP


def _rank(entry: _Entry) -> int:
    if entry.open:
        return PROBE
    if entry.fire:
        return min(entry.failures, 1)
    return PROBE + 1
