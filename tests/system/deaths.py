"""A fire with its answer, result and reset, played while `run` dies at its n-th commit and is started again. Judged by the phone."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from kills import SOUNDER
from school import School

from gateway.local import RunDown

FIRES = ("dorm-smoke-1/smoke", "dorm-smoke-5/smoke")


def until(school: School, what: str, look: Callable[[], Any]) -> Any:
    """As School.until, with a supervisor beside it: a `run` that has died is started again at once, to live."""

    def looked() -> Any:
        assert school.run is not None
        if school.run.poll() is not None:
            school.forget_run()
            school.start_run(expect_alive=False)
        return look()

    return school.until(what, looked)


def asked(school: School, verb: str, alarm: str, **args: Any) -> None:
    """A person presses; without an answer they press again, which is the same command; after a refusal it is a new one."""
    ids = [uuid.uuid4().hex]

    def press() -> bool:
        try:
            now = school.ask({"ask": "snapshot"})["data"]["now"]
            command = {"id": ids[-1], "verb": verb, "alarm": alarm, "person": school.person("duty"), "proof": "local",
                       "expires": now + 30_000, "args": args}  # fmt: skip
            done = bool(school.ask({"do": command})["ok"])
        except RunDown:
            return False
        ids.append(uuid.uuid4().hex)  # a start knows no reading yet and refuses a reset until it does
        return done

    until(school, f"{verb} is done", press)


def played(school: School, fire: str, die_at: str = "") -> tuple[Counter[str], list[str], bool]:
    """(how often each message came, by its key without the alarm's id; what is wrong with repeats; did the process die?)."""
    lives = len(school.lives)
    school.start_run(die_at=die_at, expect_alive=False)
    school.set(fire, 1)
    alarm = until(school, "raised and told", lambda: told(school, fire))
    until(school, "sounder", lambda: school.writes("guard-sounder")[-1][1])
    asked(school, "ack", alarm)
    asked(school, "result", alarm, result="false", cause="蚊香", on_site=True)
    school.set(fire, 0)
    until(school, "gone", lambda: [a for a in school.alarms("fire") if a["id"] == alarm and a["state"] == "latched"])
    asked(school, "reset", alarm)
    until(school, "closing told", lambda: len({m["key"] for m in arrived(school, alarm) if ":closing:" in m["key"]}) >= 2)
    until(school, "closed", lambda: school.snapshot() is not None and not school.alarms("fire"))
    died = len(school.lives) > lives + 1
    school.stop_run()
    school.set(SOUNDER, 0)
    came: dict[str, list[bool]] = {}
    for m in arrived(school, alarm):
        came.setdefault(m["key"].removeprefix(alarm), []).append(m["repeat"])
    wrong = [f"{key}: {marks}" for key, marks in came.items() if len(marks) > 2 or (len(marks) == 2 and not marks[1])]
    return Counter({key: len(marks) for key, marks in came.items()}), wrong, died


def told(school: School, fire: str) -> str:
    """The alarm of that point once two messages of it have come. One shown during its commit may die with the process, id and all."""
    ids = [a["id"] for a in school.alarms("fire") if a["point"] == fire]
    return next((id for id in ids if len({m["key"] for m in arrived(school, id)}) >= 2), "")


def arrived(school: School, alarm: str) -> list[dict[str, Any]]:
    return [m for m in school.messages() if m["key"].startswith(f"{alarm}:")]


def many_deaths(school: School, runs: int) -> None:
    """`runs` fires, each with a death at another commit, spread over all commits of the undisturbed one."""
    school.start_world()
    base, wrong, died = played(school, FIRES[0])
    assert not wrong and not died
    commits = len({e["mono"] for e in school.events_at_rest()})  # outcomes of one moment are one commit at least
    deaths = 0
    for n in range(runs):
        at = 2 + n * (commits - 2) // runs
        point = f"journal.commit.{('after', 'before')[n % 2]}:{at}"
        came, wrong, died = played(school, FIRES[(n + 1) % 2], point)
        assert came.keys() == base.keys(), (point, came.keys() ^ base.keys())
        assert wrong == [], point
        deaths += died
    repeats = "at most one repeat of a message, marked"
    print(f"\n{commits} commits of a fire with answer, result and reset; {deaths} deaths in {runs} runs; {repeats}")
    assert deaths >= runs * 2 // 3, "the last commits are rarely reached: groups differ from run to run"
