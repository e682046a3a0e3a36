"""D3: `run` dies at its n-th commit while a fire is answered, judged and reset: the same messages as without a death."""

from __future__ import annotations

from deaths import FIRES, arrived, many_deaths, until
from school import School


def test_d3_a_death_at_the_nth_commit_loses_no_message(school: School) -> None:
    school.campus.speed = 5  # the minute until somebody else is told is 12 s: no step of time mixes in
    many_deaths(school, 3)


def test_d3_what_was_committed_and_not_sent_is_sent_by_the_next_process(school: School) -> None:
    """The process dies between the commit of a fire's first messages and their sending; nobody answers, nothing escalates yet."""
    school.start_world()
    school.start_run(die_at="box.tell.before:1", expect_alive=False)
    school.set(FIRES[0], 1)
    alarm = until(school, "raised", lambda: [a for a in school.alarms("fire") if a["point"] == FIRES[0]])[0]["id"]
    first = until(school, "told", lambda: [m for m in arrived(school, alarm) if m["key"].split(":")[2] == "first"])
    assert len(school.lives) == 2 and all(m["repeat"] for m in first), first
