"""The deaths of tests/system/test_deaths.py, 30 of them. `make soak` only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from deaths import many_deaths
from school import School


@pytest.mark.soak
def test_d3_30_deaths_at_the_nth_commit_lose_no_message(tmp_path: Path) -> None:
    school = School(tmp_path / "school", speed=5)
    try:
        many_deaths(school, 30)
    finally:
        school.close()
