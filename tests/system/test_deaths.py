"""D3: `run` dies at its n-th commit while a fire is answered, judged and reset: the same messages as without a death."""

from __future__ import annotations

from deaths import many_deaths
from school import School


def test_d3_a_death_at_the_nth_commit_loses_no_message(school: School) -> None:
    school.campus.speed = 5  # the minute until somebody else is told is 12 s: no step of time mixes in
    many_deaths(school, 3)
