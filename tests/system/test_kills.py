"""kill -9 of `run` during a fire, at each named commit point and at random: judged from the phone, the field and the journal."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from random import Random

import pytest
from kills import SOUNDER, check_messages, first, many_kills, missed, settled
from school import School, wall

# commit point and pass -> for each key of the first message: was it marked as a repeat, arrival by arrival; None: not told here
POINTS: dict[str, list[list[bool]] | None] = {
    "journal.commit.before:2": [[False], [False]],  # the alarm was not on the disk: raised again, told once
    "journal.commit.after:2": [[True], [True]],  # on the disk, perhaps told: told once more, marked
    "send.before:1": [[True], [True]],
    "send.after:1": [[False, True], [True]],
    "readings.append.after:60": None,
    "readings.flush.before:1": None,
    "readings.flush.after:1": None,
}


def test_at_each_commit_point_the_fire_stands(school: School) -> None:
    school.campus.speed = 40  # what is waited for here is the step after the first: 1.5 s
    school.start_world()
    fires = ["dorm-smoke-1/smoke", "dorm-smoke-5/smoke"]
    for n, (point, told) in enumerate(POINTS.items()):
        fire, before = fires[n % 2], len(school.events_at_rest())
        school.start_run(die_at=point, expect_alive=False)
        school.set(fire, 1)
        school.await_death()
        school.set(SOUNDER, 0)  # as if the relay board had lost its power too
        died = wall()
        school.start_run()
        school.until(f"{point}: sounder on again", lambda t=died: any(v for at, v in school.writes("guard-sounder") if at > t))
        alarm = next(e["alarm"] for e in reversed(school.events("raised")) if e["args"]["point"] == fire)
        school.until(
            f"{point}: unanswered goes on", lambda a=alarm: [m for m in school.messages() if f"{a}:1:again:" in m["key"]]
        )
        events = school.events()[before:]
        raised = [e["args"]["point"] for e in events if e["kind"] == "raised"]
        assert [p for p in raised if p != "box/journal"] == [fire], point  # a disk shared with other tests may be slow
        assert not [e for e in events if e["alarm"] == alarm and e["old"] != e["new"] and e["kind"] != "raised"], point
        if told is not None:
            marks = Counter(tuple(m["repeat"] for m in school.messages() if m["key"] == k) for k in first(school, alarm))
            assert marks == Counter(map(tuple, told)), point
        answer_and_close(school, fire, alarm)
        school.stop_run()
    check_messages(school)


def answer_and_close(school: School, fire: str, alarm: str) -> None:
    duty = school.person("duty")
    assert school.do("ack", duty, alarm)["ok"]
    school.until("sounder off", lambda: school.writes("guard-sounder")[-1][1] == 0)
    assert school.do("result", duty, alarm, result="false", cause="蚊香", on_site=True)["ok"]
    school.set(fire, 0)
    school.until("reset", lambda: school.do("reset", duty, alarm)["ok"])
    school.until("everybody told of the end", lambda: settled(school))


def test_steps_come_due_while_run_lies_dead(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Escalation and the result timer count the clock, not the life of the process."""
    school = School(tmp_path_factory.mktemp("dead") / "school", speed=30)
    try:
        school.start_world()
        school.start_run()
        fire = "dorm-smoke-1/smoke"
        school.set(fire, 1)
        alarm = school.until("raised", lambda: school.events("raised"))[0]["alarm"]
        school.until("told", lambda: first(school, alarm))
        dead_until_due(school, alarm, "raised", "again")
        assert school.do("ack", school.person("duty"), alarm)["ok"]
        dead_until_due(school, alarm, "acked", "unverified-leader")
        school.until("sounder off", lambda: school.writes("guard-sounder")[-1][1] == 0)
        assert school.do("result", school.person("duty"), alarm, result="real", cause="电气")["ok"]
        school.until("all told", lambda: settled(school))
        rung = len(school.messages())
        school.kill_run()
        school.start_run()
        acked = next(e["wall"] for e in school.events("acked"))
        time.sleep(
            max(0.0, (acked - wall()) / 1000 + after(school, "unverified-head") + 1)
        )  # the next step would be due by now
        assert len(school.messages()) == rung, "a result ends it, also over a kill"
        school.stop_run()
        check_messages(school)
    finally:
        school.close()


def after(school: School, step: str) -> float:
    assert school.site is not None
    return next(s.after for s in school.site.plant.policies["fire"].steps if s.id == step) / 1000


def dead_until_due(school: School, alarm: str, since: str, step: str) -> None:
    """Killed before the step is due, started after it: the step comes with the start, not its full time after it."""
    base = next(e for e in school.events(since) if e["alarm"] == alarm)
    school.kill_run()
    assert not [m for m in school.messages() if f":{step}:" in m["key"]], (
        f"the machine was too slow: {step} came before the kill"
    )
    time.sleep(max(0.0, (base["wall"] - wall()) / 1000 + after(school, step)))
    school.start_run()
    school.until(f"{step} told", lambda: [m for m in school.messages() if f":{step}:" in m["key"]])
    events = school.events()
    boot = [e for e in events if e["kind"] == "boot"][-1]
    told = next(e for e in events if e["kind"] == "notified" and e["args"]["step"] == step)
    assert 0 <= told["mono"] - boot["mono"] < after(school, step) * 1000, f"{step} counted from the start of the process"


def test_d2_d3_random_kills_lose_no_alarm_and_no_reading(school: School) -> None:
    seed = 20
    aims = ("waiting for a receipt", "a receipt here, not noted", "computed, not written")
    tally = many_kills(school, Random(seed), kills=10, counters=4, phases=aims, each=1)
    assert set(missed(tally, aims)) <= {"dashboard"}, "ten kills strike three of the others"


def test_a_journal_that_opens_late_is_taken_over_by_a_fresh_start(school: School) -> None:
    """The process replaces itself: same process id, the old alarm known again beside those of the meantime."""
    school.start_world()
    school.start_run()
    first_fire, second_fire = "dorm-smoke-1/smoke", "lab-smoke/smoke"
    school.set(first_fire, 1)
    old = school.until("raised", lambda: school.events("raised"))[0]["alarm"]
    school.until("told", lambda: settled(school))
    school.kill_run()
    hidden = school.dir / "hidden"
    hidden.mkdir()
    for file in school.data.glob("journal.db*"):
        file.rename(hidden / file.name)
    (school.data / "journal.db" / "in-the-way").mkdir(parents=True)
    school.set(second_fire, 1)
    run = school.start_run()
    school.until("both burn, from memory", lambda: len(school.alarms("fire")) == 2)
    shutil.rmtree(school.data / "journal.db")
    for file in hidden.iterdir():
        file.rename(school.data / file.name)

    def both_journaled() -> bool:
        try:
            kinds = [e["kind"] for e in school.events()]
        except subprocess.CalledProcessError:
            return False  # asked just while it starts again
        return kinds.count("boot") == 3 and "replaced" in kinds

    school.until("a fresh start has both", both_journaled)
    assert run.poll() is None, "the process id stays"
    events = school.events()
    assert [e["alarm"] for e in events if e["kind"] == "replaced" and e["alarm"] == old] == [old]
    school.until("the fresh start is asked and answers", lambda: school.snapshot() is not None)
    assert {a["point"] for a in school.alarms("fire")} == {first_fire, second_fire}
    late = {e["alarm"] for e in events if e["kind"] == "raised" and "late" in e and e["args"]["alarm_kind"] == "fire"}
    assert {a["id"] for a in school.alarms("fire")} == late
    school.until(
        "it is known that it records again", lambda: [a["state"] for a in school.alarms("cannot-record")] == ["rtn_unacked"]
    )
    school.stop_run()
