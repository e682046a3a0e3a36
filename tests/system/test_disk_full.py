"""D7: a disk that fills at random moments, seen through the running daemon. The store alone: tests/store/test_store_full_disk.py."""

from __future__ import annotations

import pytest
from disk_fulls import many_full_disks
from school import School


def test_d7_a_fire_on_a_full_disk_is_recorded_sounded_and_told(school: School) -> None:
    many_full_disks(school, 2, seed=7)


@pytest.mark.soak
def test_d7_the_disk_full_at_100_random_points_of_a_fire(school: School) -> None:
    many_full_disks(school, 100, seed=2026)
