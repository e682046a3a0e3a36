"""What is asked about alarms as a whole, from a real journal: R34's figures, a drill's record and its proof; marks as clients see them."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "alerts"))

from engine_world import RULES, World, plant

from alerts.model import Fate, Outcome
from alerts.plant import Person
from drivers.reading import Now
from gateway import figures, marks_view, selftest
from gateway.commands._asking import moment
from gateway.commands._client import Failed
from gateway.store.journal import Journal

HOUR = 3_600_000


class Clock:
    def now(self) -> Now:
        return Now(1_800_000_000_000, 1_000_000)

    def ok(self) -> bool:
        return True


class Recorded(World):
    """A World whose every Outcome is committed to a real journal before it counts."""

    def __init__(self, path: Path) -> None:
        self.file = Journal(path, "no3", "boot-1", Clock(), reserve=0)
        super().__init__(plant(tuple(r for r in RULES if r.kind != "no_data")))

    def take(self, out: Outcome) -> Outcome:
        self.file.commit(out, self.now)
        return super().take(out)


@pytest.fixture
def kept(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "journal.db")


def test_d26_the_record_of_a_drill_proves_itself_and_a_forged_one_does_not(kept: Recorded) -> None:
    kept.do("drill-start", "sun", kind="calls")
    for n in kept.sent[:]:
        kept.fate(n, Fate.ACCEPTED)
    kept.do("ack", "wang", proof="sms")
    kept.wait(5_000)
    kept.do("drill-end", "sun")
    path = kept.file.path
    id = kept.ended[-1].id
    found = figures.drill_json(path, kept.school, id)
    assert found is not None and found["proven"] and found["proof"]["chain"]
    assert found["record"]["answers"]["wang"] == 0.0
    with sqlite3.connect(path) as db:
        db.execute("UPDATE mark SET snapshot = replace(snapshot, '\"answered\"', '\"anybody\"') WHERE id = ?", (id,))
    assert figures.drill_json(path, kept.school, id)["proven"] is False  # type: ignore[index]
    assert figures.drill_json(path, kept.school, "no3-0") is None
    assert figures.drills_json(kept.school, kept.engine.marks, kept.now)["plan"][1]["state"] == "done"


def test_r34_over_a_real_journal(kept: Recorded) -> None:
    kept.read({"smoke-a/smoke": 1.0})
    kept.do("result", result="false", cause="蚊香", on_site=True)
    k = figures.kpi_json(kept.file.path, kept.school, tuple(kept.engine.alarms.values()), kept.now, 30)
    assert (k["raised"], k["false"], k["false_rate"], k["standing"], k["chattering"]) == (1, 1, 1.0, 1, [])


def test_marks_come_back_from_the_file_as_they_stood(kept: Recorded) -> None:
    kept.do("out-of-service", "sun", why="喷漆", points="smoke-a/smoke", until=kept.now.wall + HOUR)
    kept.do("trial", "sun", building="canteen")
    assert {m.id: m for m in kept.file.load().marks} == dict(kept.engine.marks)


def test_r32_what_is_switched_off_is_counted_and_never_shown_as_normal(kept: Recorded) -> None:
    kept.do("out-of-service", "sun", why="喷漆", points="smoke-a/smoke,smoke-b/smoke", until=kept.now.wall + HOUR)
    kept.do("trial", "sun", building="dorm")
    modes = marks_view.modes_json(kept.school, kept.engine.marks.values())
    assert modes["smoke-a/smoke"]["mode"] == "out-of-service" and modes["heat-a/heat"]["mode"] == "trial"
    assert "smoke-k/smoke" not in modes
    kept.wait(HOUR)
    kept.read({"smoke-a/smoke": 1.0})
    kept.read({"smoke-a/smoke": 0.0})
    kept.wait(HOUR)
    modes = marks_view.modes_json(kept.school, kept.engine.marks.values())
    watch = marks_view.watch_json(kept.school, kept.engine.marks, modes, kept.engine.alarms)
    assert modes["smoke-b/smoke"]["mode"] == "unverified" and modes["smoke-a/smoke"]["mode"] == "trial"
    assert (watch["unverified"], watch["out_of_service"], watch["trial"]) == (1, 0, 3)
    row = marks_view.mark_json(next(m for m in kept.engine.marks.values() if m.why), kept.school)
    assert (row["stage"], row["points"], row["covered"], row["who"]) == ("unverified", ["smoke-b/smoke"], 2, "sun")


NOW = 1_800_000_000_000  # 2027-01-15 16:00 in Shanghai


TIMES = {"2h": 2, "120m": 2, "45d": 45 * 24, "18:00": 2, "15:00": 23, "2027-01-16T16:00": 24}  # -> hours from now


@pytest.mark.parametrize(("text", "hours"), TIMES.items())
def test_times_as_people_write_them(text: str, hours: int) -> None:
    assert moment(text, NOW, "Asia/Shanghai") - NOW == hours * HOUR


@pytest.mark.parametrize("text", ["", "later", "25:00", "2h30", "2027-13-01"])
def test_a_time_nobody_can_read_says_how(text: str) -> None:
    with pytest.raises(Failed, match="18:00"):
        moment(text, NOW, "Asia/Shanghai")


class Phone:
    def __init__(self, why: str) -> None:
        self.why = why

    async def probe(self) -> str:
        return self.why


async def test_r33_the_self_test_says_what_was_tried_and_what_was_not() -> None:
    found = await selftest.probes({"modem": Phone(""), "robot": Phone("no answer")})
    assert selftest.result(found) == {"channels": "modem robot", "failed": "robot", "not_tried": "guard-sounder evacuation"}


@pytest.mark.parametrize(
    ("ways", "found", "alone"),
    [
        (("modem", "voice"), {"modem": "", "voice": ""}, ""),
        (("modem", "voice"), {"modem": "", "voice": "no answer"}, "王建国"),
        (("modem", "voice"), {"modem": "no answer", "voice": "no answer"}, "王建国"),
        (("modem", "voice", "robot"), {"modem": "", "voice": "no answer", "robot": ""}, ""),
        (("modem", "desk"), {"modem": "", "desk": ""}, ""),  # the screen is no second way: `check` says so, not every day
        (("modem",), {"modem": ""}, ""),
    ],
)
def test_r33_who_is_left_with_one_working_way_is_named(ways: tuple[str, ...], found: dict[str, str], alone: str) -> None:
    """A second channel counts when it has proven itself today, not because it is configured."""
    types = {"modem": "modem", "voice": "aliyun-voice", "robot": "wecom", "desk": "console"}
    people = {"wang": Person("wang", "王建国", "duty", "+8613800000001", ways)}
    school = replace(plant(()), people=people, channels=types, shifts=())
    assert selftest.one_way(school, found, 1_800_000_000_000) == alone
