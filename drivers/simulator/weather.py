"""Day, night and noise of every analog signal, drawn from one seed. Pure: the same seed and time give the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, tau
from random import Random

DAY = 86_400.0
WARMEST = 15 * 3600.0  # the daily wave peaks at three in the afternoon
_LENGTH = 4096  # seconds of noise, then it repeats


@dataclass(frozen=True, slots=True)
class Rest:
    """How a signal behaves when nothing happens: base + wave × (day's wave, -1..1) + noise × (-1..1, mostly) + rate × s."""

    base: float
    wave: float = 0.0
    noise: float = 0.0
    rate: float = 0.0


class Weather:
    """The natural course of a row of signals."""

    def __init__(self, seed: int, rests: Sequence[Rest]) -> None:
        draw = Random(seed)
        white = [draw.gauss() for _ in range(_LENGTH)]
        self._noise = [(white[n] + white[n - 1] + white[n - 2]) / 3 for n in range(_LENGTH)]
        # not every room warms at the same minute, and each hears the noise from another second on
        self._each = [(r, draw.uniform(-1800, 1800), draw.randrange(_LENGTH)) for r in rests]

    def at(self, second: float) -> list[float]:
        """Values in order at this second of the world (0 = midnight of its first day)."""
        noise, now = self._noise, int(second)
        return [
            r.base
            + r.wave * cos((second - WARMEST + phase) * tau / DAY)
            + r.noise * noise[(now + start) % _LENGTH]
            + r.rate * second
            for r, phase, start in self._each
        ]
