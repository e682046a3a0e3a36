"""The same kills as tests/system/test_kills.py, 200 of them, with at least 200 points read a second. `make soak` only."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from kills import many_kills
from school import School

SEED = 2026


@pytest.mark.soak
def test_d2_d3_200_random_kills_lose_no_alarm_and_no_reading(tmp_path: Path) -> None:
    school = School(tmp_path / "school")
    try:
        many_kills(school, Random(SEED), kills=200, counters=48)
    finally:
        school.close()
