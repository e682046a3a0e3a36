"""How much of a line's time its devices take. Placeholder for the schedule; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.plan import Read
from drivers.profile import Device

_BITS = {"8N1": 10, "8N2": 11, "8E1": 11, "8O1": 11}
_SILENCE = 7  # characters: 3.5 before and after
_TURN = 10.0  # ms a device takes to answer


@dataclass(frozen=True, slots=True)
class Load:
    """`share` of the line's time (1.0 = all of it) and the arithmetic, one line a device."""

    share: float
    lines: tuple[str, ...]


def load(devices: Sequence[Device], plans: Mapping[str, tuple[Read, ...]], baud: int, framing: str) -> Load:
    character = _BITS[framing] * 1000 / baud
    share, lines = 0.0, []
    for device in devices:
        cost = 0.0
        for read in plans[device.id]:
            data = (read.count + 7) // 8 if read.space in ("coil", "discrete") else 2 * read.count
            cost += (8 + 5 + data + _SILENCE) * character + _TURN + device.profile.limits.gap
        share += cost / device.period
        lines.append(f"{device.id} {cost:.0f} ms / {device.period} ms = {cost / device.period:.1%}")
    return Load(share, tuple(lines))
