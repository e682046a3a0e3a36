"""How much of a line's time its devices take, and whether its fire points can be heard in time: sums for a person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.pace import Pace, pace
from drivers.plan import Read, is_fire, plans
from drivers.profile import BAUDS, Device
from drivers.schedule import DEAD_SHARE, FIRE_AGE

RESERVE = DEAD_SHARE / 100  # of the line's time, kept for devices that do not answer


@dataclass(frozen=True, slots=True)
class Load:
    """`share` of the line's time, 1.0 = all of it, the reserve included; `lines` is the arithmetic for a person."""

    share: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A line whose fire points may be heard too late. Milliseconds."""

    fire: Device
    slow: Device  # what holds the line longest when it does not answer
    holds: int
    own: int
    age: int  # how old a reading of `fire` may become


def load(devices: Sequence[Device], line: Pace) -> Load:
    """The real plan of every device: (characters + silences + turnaround + gap) ÷ period, and the reserve for the dead.

    A device that does not answer costs its time-out and the drain after it; all of them together are held to the reserve.
    """
    groups: dict[tuple[str, int, int, float], int] = {}
    reads = plans(devices, line)
    share = RESERVE
    for d in devices:
        seconds = _seconds(reads[d.id], line, d)
        share += seconds / (d.period / 1000)
        key = (d.profile.id, d.period, len(reads[d.id]), seconds)
        groups[key] = groups.get(key, 0) + 1
    lines = tuple(
        f"{count} × {profile}: {asked} × {seconds / max(1, asked) * 1000:.0f} ms ÷ {period / 1000:g} s"
        f" = {count * seconds / (period / 1000):.0%}"
        for (profile, period, asked, seconds), count in groups.items()
    )
    return Load(share, (*lines, f"掉线预留 reserve for the dead {RESERVE:.0%}"))


def faster(devices: Sequence[Device], type: str, baud: int, framing: str, most: float) -> int | None:
    """The lowest baud rate at which the same devices load the line to `most` at most; None when none does."""
    if type == "modbus-tcp":
        return None
    return next((b for b in BAUDS if b > baud and load(devices, pace(type, b, framing)).share <= most), None)


def late(devices: Sequence[Device], line: Pace) -> Late | None:
    """Can a fire point be heard later than FIRE_AGE because another question is given time to fail? The worst pair, or None.

    A fire device with a longer period is refused for that alone. Age = period + the longest that one other question may hold
    the line + the fire device's own cycle.
    """
    slowest = sorted(devices, key=lambda d: -line.worst(d.profile.limits))[:2]
    found = []
    for one in (d for d in devices if is_fire(d) and d.period <= FIRE_AGE):
        own = round(_seconds(plans([one], line)[one.id], line, one) * 1000)
        for other in (d for d in slowest if d is not one):
            holds = round(line.worst(other.profile.limits) * 1000)
            found.append(Late(one, other, holds, own, one.period + holds + own))
    return max((x for x in found if x.age > FIRE_AGE), key=lambda x: x.age, default=None)


def _seconds(reads: Sequence[Read], line: Pace, device: Device) -> float:
    return sum(line.question(device.profile.limits.gap) + line.values(r.space, r.count) for r in reads)
