"""What points usually show: learnt by a real child from a real history, loaded, shown as evidence; and every way it may fail."""

from __future__ import annotations

import json
import sqlite3
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from alerts.plant import Calendar, Plant
from alerts.rules.scene import HOURS, Usual
from drivers.reading import Now
from gateway import baseline, usual
from gateway.learning import Learning
from gateway.store import history
from gateway.store.readings import MIGRATIONS

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 31, 12, tzinfo=ZONE)
WALL = int(NOW.timestamp() * 1000)
POINT = "rc-1/current"


class Clock:
    def now(self) -> Now:
        return Now(WALL, 1)

    def ok(self) -> bool:
        return True


def remembered(data: Path, days: int, value: Callable[[datetime], float], good: int = 60) -> None:
    """`days` days of hours up to NOW, each minute `value` of its hour, the first `good` of them GOOD."""
    db = sqlite3.connect(data / "readings.db")
    db.executescript(MIGRATIONS[0])
    db.execute("INSERT INTO point (id, name) VALUES (1, ?)", (POINT,))
    for n in range(days * 24):
        at = NOW - timedelta(hours=n + 1)
        v, hour = value(at), int(at.timestamp() * 1000) // history.HOUR
        minutes = b"".join(history._MINUTE.pack(v, v, v, 0 if m < good else 2) for m in range(60))
        db.execute("INSERT INTO minute (id, minutes) VALUES (?, ?)", (history.row_of(1, hour), zlib.compress(minutes)))
    db.commit()
    db.close()


@dataclass
class School:
    """What a Learning is given and what it says."""

    data: Path
    learnt: list[usual.Table] = field(default_factory=list)
    faults: list[tuple[str, bool, str]] = field(default_factory=list)

    def learning(self, *child: str, longest: float = 60.0) -> Learning:
        rule = SimpleNamespace(kind="deviation", points=(POINT,))
        plant = cast(Plant, SimpleNamespace(rules=(rule,), timezone=ZONE.key, calendar=Calendar()))
        more: dict[str, Any] = {"child": child} if child else {}
        fault = lambda *told: self.faults.append(told)  # noqa: E731
        return Learning(self.data, plant, Clock(), self.learnt.append, fault, longest=longest, **more)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return School(tmp_path)


async def test_r15_a_child_learns_each_hour_of_school_days_and_others(school: School) -> None:
    """Eight weeks: 200 mA by day, 120 at night, 60 at weekends, a fault current on five days that must not become usual."""
    chance = Random(15)

    def value(at: datetime) -> float:
        base = 60.0 if at.isoweekday() > 5 else 200.0 if 7 <= at.hour < 19 else 120.0
        return 290.0 if at.date().day in (4, 5, 6, 7, 8) else base + chance.choice((-4.0, 0.0, 4.0))

    remembered(school.data, 56, value)
    learning = school.learning()
    await learning.learn()
    table = school.learnt[-1][POINT]
    at_ten, at_two, sunday = table[10], table[2], table[24 + 10]
    assert at_ten and at_two and sunday and school.faults == []
    assert [abs(found.value - was) <= 4 for found, was in ((at_ten, 200), (at_two, 120), (sunday, 60))] == [True] * 3
    assert 30 <= at_ten.days <= 41 and sunday.days == 16 and at_ten.hours == 56 * 24
    assert 0 < at_ten.sigma <= 6.0
    assert learning.state() == {"made": WALL, "why": "", "hours_known": {POINT: HOURS}}


async def test_r15_thirteen_days_are_not_enough_and_it_says_so(school: School) -> None:
    remembered(school.data, 13, lambda at: 200.0)
    learning = school.learning(sys.executable, "-c", "pass")
    baseline.learn(learning._request())
    await learning.learn()
    assert school.learnt[-1][POINT] == (None,) * HOURS and school.faults == []
    assert learning.state()["hours_known"] == {POINT: 0}


def test_hours_with_few_good_minutes_do_not_count(school: School) -> None:
    remembered(school.data, 20, lambda at: 200.0, good=29)
    baseline.learn(school.learning()._request())
    assert usual.load(school.data / usual.FILE) == (WALL, {POINT: (None,) * HOURS})


def test_few_days_without_school_take_both_kinds_together() -> None:
    days = [(f"2026-05-{n:02}", 3, 100.0 if n < 15 else 10.0) for n in range(1, 21)]
    table = baseline.table(days, frozenset(f"2026-05-{n:02}" for n in range(15, 21)))
    assert table[3] == Usual(100.0, 14, 0.0, 20)
    assert table[24 + 3] == Usual(100.0, 20, 0.0, 20)
    assert table[4] is None


FAILURES = {
    "dies": (("import sys; sys.exit('no memory left')",), 60.0, "no memory left"),
    "hangs": (("import time; time.sleep(600)",), 0.3, "takes longer"),
}


@pytest.mark.parametrize("how", FAILURES)
async def test_a_child_that_fails_is_a_fault_and_what_was_known_goes_on(school: School, how: str) -> None:
    (code,), longest, words = FAILURES[how]
    usual.write(school.data / usual.FILE, WALL - 1, {POINT: [Usual(7.0, 20)] * HOURS})
    learning = school.learning(sys.executable, "-c", code, longest=longest)
    learning._load()
    await learning.learn()
    assert [(name, active) for name, active, _ in school.faults] == [("baseline", True)] and words in school.faults[0][2]
    assert school.learnt[-1][POINT][0] == Usual(7.0, 20)
    learning._child = (sys.executable, "-c", "pass")
    await learning.learn()
    assert school.faults[-1] == ("baseline", False, "")


async def test_no_program_is_a_fault(school: School) -> None:
    await school.learning("/nowhere/python").learn()
    assert [active for _, active, _ in school.faults] == [True] and school.learnt == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"made":1,"points":{"p":[null]}}', json.dumps({"made": 1, "points": {"p": [["x", 1, 1, 1]] * HOURS}})],
)
def test_a_broken_file_is_a_fault_and_nothing_is_usual(school: School, text: str) -> None:
    (school.data / usual.FILE).write_text(text)
    school.learning()._load()
    assert school.learnt == [] and school.faults[0][:2] == ("baseline", True)
