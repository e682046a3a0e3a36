"""R33: simulated fires twice a month, on a real engine and a real journal: when, marked, recorded, missed ones a fault."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from engine_world import plant
from stored_world import StoredWorld

from alerts.model import Command, Fate, Reply
from alerts.plant import Calendar, Plant, Span
from drivers.reading import Now
from gateway.firetest import FireTester, due
from gateway.site import FireTest
from gateway.store import audit
from gateway.store.reached import reached

ZONE = ZoneInfo(plant().timezone)
POINT = "smoke-a/smoke"
PLAN = FireTest(POINT, 10 * 60, "sun")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ("2026-09-01T09:59", "2026-08-17T10:00"),  # the 15th of August 2026 is a Saturday
        ("2026-09-01T10:00", "2026-09-01T10:00"),
        ("2026-09-15T10:01", "2026-09-15T10:00"),
        ("2026-10-08T09:00", "2026-09-15T10:00"),  # a holiday from the 1st to the 7th
        ("2026-10-08T11:00", "2026-10-08T10:00"),
        ("2026-11-03T11:00", "2026-11-03T10:00"),  # the 1st is a Sunday, the 2nd an examination
    ],
)
def test_r33_two_school_days_a_month(now: str, latest: str) -> None:
    calendar = Calendar(holidays=(Span("国庆", "2026-10-01", "2026-10-07"),), exams=(Span("期中", "2026-11-02", "2026-11-02"),))
    school = plant()
    school = Plant(**{n: getattr(school, n) for n in school.__dataclass_fields__} | {"calendar": calendar})
    assert due(school, at(now), 600) == at(latest)


@dataclass
class Box:
    """The tester on a stored World whose channels take a message at once, or refuse it."""

    world: StoredWorld
    fate: Fate = Fate.ACCEPTED
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, bool, str]] = field(default_factory=list)

    def tester(self) -> FireTester:
        engine = self.world.engine
        return FireTester(
            PLAN, self.world.school, self, self.kept, ask=self.ask, told=self.told,
            alarms=lambda: engine.alarms, marks=lambda: engine.marks, note=self.note,
            keep=self.kept.__setitem__, fault=lambda *given: self.faults.append(given), patience=0.1, look=0.001,
        )  # fmt: skip

    def now(self) -> Now:
        return self.world.now

    def ok(self) -> bool:
        return True

    async def ask(self, command: Command) -> Reply:
        out = self.world.take(self.world.engine.command(command, self.world.now, True))
        for n in out.notifications:
            self.world.fate(n, self.fate)
        return out.replies[0]

    async def told(self, alarm: str) -> tuple[int, int, int | None]:
        return reached(self.world.disk.path, alarm)

    async def note(self, kind: str, args: dict[str, Any]) -> None:
        self.world.take(self.world.engine.noted(kind, args, self.world.now, True))
        self.notes.append(args)

    def move(self, text: str) -> None:
        self.world.now = Now(at(text), self.world.now.mono + 1_000)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(StoredWorld(folder=tmp_path))
    made.move("2026-09-10T12:00")
    return made


async def test_r33_a_simulated_fire_goes_from_end_to_end_and_is_recorded(box: Box) -> None:
    tester = box.tester()
    await tester.step()
    assert box.notes == [] and box.kept == {"fire-test": str(at("2026-09-01T10:00"))}
    box.move("2026-09-15T10:00")
    await tester.step()
    (note,) = box.notes
    assert note["passed"] and note["why"] == "" and note["people"] == note["taken"] >= 1 and note["first_ms"] is not None
    told = [n for n in box.world.sent if n.alarm == note["test_alarm"]]
    assert told and all(box.world.school.people[n.person].role != "bureau" for n in box.world.sent)
    assert all("测试" in n.text or "演练" in n.text or "模拟" in n.text for n in told)
    assert not [a for a in box.world.engine.alarms.values() if a.point == POINT], "it ends by itself"
    assert box.faults == [("simulated-fire", False, "")]
    await tester.step()
    assert len(box.notes) == 1
    assert "fire-test" in {e["kind"] for _, e in _events(box)}
    assert audit.verify(box.world.disk.path) == []


async def test_r33_one_that_reaches_nobody_is_a_fault_until_the_next_passes(box: Box) -> None:
    tester = box.tester()
    await tester.step()
    box.fate = Fate.GAVE_UP
    box.move("2026-09-15T10:00")
    await tester.step()
    assert not box.notes[-1]["passed"] and box.faults[-1][:2] == ("simulated-fire", True)
    box.fate = Fate.ACCEPTED
    box.move("2026-10-01T10:00")
    await tester.step()
    assert box.notes[-1]["passed"] and box.faults[-1] == ("simulated-fire", False, "")


async def test_r33_a_missed_one_is_a_fault_and_a_late_one_is_made_up_for(box: Box) -> None:
    await box.tester().step()
    box.move("2026-09-15T13:00")
    await box.tester().step()  # another process, three hours late
    assert box.notes[-1]["passed"]
    box.move("2026-10-01T20:00")
    await box.tester().step()
    assert not box.notes[-1]["passed"] and "missed" in box.notes[-1]["why"] and box.faults[-1][:2] == ("simulated-fire", True)
    await box.tester().step()
    assert len(box.notes) == 2, "told once"


async def test_r33_a_refusal_is_a_fault(box: Box) -> None:
    tester = box.tester()
    tester._plan = FireTest(POINT, 600, "wang")  # duty may not
    await tester.step()
    box.move("2026-09-15T10:00")
    await tester.step()
    assert not box.notes[-1]["passed"] and box.faults[-1][1]


def _events(box: Box) -> list[tuple[int, dict[str, Any]]]:
    return [(seq, json.loads(body)) for seq, body in audit.events(box.world.disk.path, 0, 999)]


def test_what_a_channel_took_is_counted_and_in_a_journal_of_before_too(box: Box) -> None:
    """One kind, "delivered", with the fate as its code, stood for each of them."""
    world = box.world
    world.read({POINT: 1.0})
    n, alarm = world.sent[0], next(iter(world.engine.alarms))
    assert reached(world.disk.path, alarm)[1] == 0
    world.fate(n, Fate.SILENT)
    assert reached(world.disk.path, alarm)[1] == 0
    world.fate(n, Fate.READ)
    assert reached(world.disk.path, alarm)[1] == 1
    with sqlite3.connect(world.disk.path) as db:
        old = db.execute("""UPDATE event SET body = replace(CAST(body AS TEXT), '"read"', '"delivered"')""")
        assert old.rowcount > 0 and b'"kind":"delivered"' in b"".join(
            bytes(b, "utf-8") for (b,) in db.execute("SELECT body FROM event")
        )
    assert reached(world.disk.path, alarm)[1] == 1
