"""The same kills as tests/system/test_kills.py, 200 of them, with at least 200 points read a second. `make soak` only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from kills import PHASES, many_kills, missed
from school import School

SEED = 2026
KILLS = int(os.environ.get("KILLS", "200"))


@pytest.mark.soak
def test_d2_d3_200_random_kills_lose_no_alarm_and_no_reading(tmp_path: Path) -> None:
    school = School(tmp_path / "school")
    try:
        tally = many_kills(school, Random(SEED), kills=KILLS, counters=48, phases=tuple(PHASES), each=8)
        assert missed(tally, tuple(PHASES)) == [], "every phase and every part is hit"
        assert tally.values >= 200 and tally.moves >= 1, "a second, while it reads"
    finally:
        school.close()
