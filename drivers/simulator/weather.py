"""Day, night and noise of every analog signal, drawn from one seed. Pure: the same seed and time give the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
        draw = np.random.Generator(np.random.PCG64(seed))
        self._base = np.array([r.base for r in rests])
        self._wave = np.array([r.wave for r in rests])
        self._rate = np.array([r.rate for r in rests])
        self._phase = draw.uniform(-1800, 1800, len(rests))  # not every room warms at the same minute
        white = draw.standard_normal((_LENGTH, len(rests)))
        smooth = (white + np.roll(white, 1, 0) + np.roll(white, 2, 0)) / 3
        self._noise = smooth * np.array([r.noise for r in rests])

    def at(self, second: float) -> list[float]:
        """Values in order at this second of the world (0 = midnight of its first day)."""
        wave = np.cos((second - WARMEST + self._phase) * (2 * np.pi / DAY))
        values = self._base + self._wave * wave + self._noise[int(second) % _LENGTH]
        values = values + self._rate * second
        return [float(v) for v in values]
