"""Old events go by whole days of the school's place, a little at a time, through the living writer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.model import Event, Outcome
from drivers.reading import Now
from gateway import housekeeping
from gateway.clock import SystemClock
from gateway.store import audit, journal
from gateway.store.journal import Journal
from gateway.store.writer import JournalWriter

HERE = ZoneInfo("Asia/Shanghai")


def wall(*when: int) -> int:
    return int(datetime(*when, tzinfo=HERE).timestamp() * 1000)  # type: ignore[misc]


def test_a_year_and_a_month_of_whole_days_stay() -> None:
    assert housekeeping.oldest(wall(2027, 3, 1, 0, 30), "Asia/Shanghai") == wall(2026, 1, 25, 0, 0)
    assert housekeeping.oldest(wall(2027, 3, 1, 23, 59), "Asia/Shanghai") == wall(2026, 1, 25, 0, 0)


async def test_r28_old_events_go_and_the_chain_still_proves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT", 0)
    monkeypatch.setattr(journal, "RETAIN_AT_ONCE", 3)
    monkeypatch.setattr(housekeeping, "PAUSE", 0.0)
    path, start = tmp_path / "journal.db", wall(2026, 1, 1)
    writer = JournalWriter(lambda: Journal(path, "s", "b", SystemClock(), reserve=1 << 16), boot="b")
    await writer.start()
    for n in range(1, 11):
        now = Now(start + n * 86_400_000, n)
        await writer.submit(Outcome((Event(n, "", "boot", "", "", "", "", {}, now, True),)), now)
    await housekeeping.drop(writer, wall(2026, 1, 9), sent=5)
    assert [seq for seq, _ in audit.events(path, 0, 99)] == [6, 7, 8, 9, 10]
    await housekeeping.drop(writer, wall(2026, 1, 9), sent=None)
    assert [seq for seq, _ in audit.events(path, 0, 99)] == [8, 9, 10]
    await writer.close()
    assert audit.verify(path) == []
