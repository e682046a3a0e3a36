"""D20: the simulated school of year.py at both scales, and that skipping unchanged samples loses nothing."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from year import HOUR, IDLE, Year

START = datetime(2026, 3, 4)
DAY = 24 * HOUR
DAYS = 365  # of the soak
RAM = "/dev/shm"  # the laws are about what is decided, not about syncs


def lived(seed: int, ms: int, gap: int, *, faults: bool = True, period: int = IDLE) -> Year:
    with TemporaryDirectory(dir=RAM if Path(RAM).is_dir() else None) as folder:
        began = time.monotonic()
        year = Year(Path(folder), START, period=period, silence=2 * IDLE, seed=seed, faults=faults)
        year.live(ms, gap)
        assert year.verdict() == []
        print(f"\n{year.figures()}, {ms / DAY:.2f} days in {time.monotonic() - began:.0f} s")
        return year


def test_d20_a_day_of_faults_keeps_the_laws() -> None:
    year = lived(1, DAY, 60_000)
    assert year.changes > 500 and year.raised > 10


def test_d20_skipping_unchanged_samples_gives_the_same_moves() -> None:
    """The same two hours with every point scanned every two seconds, and with what changes or is due alone."""
    scanned, skipped = (lived(3, 2 * HOUR, 5_000, faults=False, period=period) for period in (2_000, IDLE))
    assert scanned.raised >= 5 and {kind for _, kind, _ in scanned.moves} >= {"raised", "gone", "acked", "reset"}
    assert by_point(scanned) == by_point(skipped)


def by_point(year: Year) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for point, kind, new in year.moves:
        found.setdefault(point, []).append((kind, new))
    return found


def test_d20_a_seed_gives_the_same_again() -> None:
    first, second = (lived(1, 6 * HOUR, 60_000) for _ in range(2))
    assert first.told == second.told and first.moves == second.moves and first.moves


@pytest.mark.soak
def test_d20_a_year_of_faults_keeps_the_laws() -> None:
    year = lived(2026, DAYS * DAY, 270_000)
    assert year.changes >= DAYS * 274 and year.raised >= DAYS * 5
