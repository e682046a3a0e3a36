"""D7: a disk full at random points."""

from __future__ import annotations

from pathlib import Path

import pytest
from full_disk import fill_again_and_again


async def test_d7_a_fire_is_stored_on_a_full_disk_and_readings_recover(tmp_path: Path) -> None:
    await fill_again_and_again(tmp_path, 5, seed=7)


@pytest.mark.soak
async def test_d7_a_disk_full_at_100_random_points(tmp_path: Path) -> None:
    await fill_again_and_again(tmp_path, 100, seed=2026)
