"""The journal's thread: order, groups, fire, degraded mode with late events, the mirror, the hang that never ends."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from store_makers import FakeClock, at, event, outcome

from alerts.model import Outcome, Severity
from gateway.store import audit
from gateway.store.journal import Committed, Journal, JournalError
from gateway.store.restored import Restored
from gateway.store.rows import Entry
from gateway.store.writer import OPENING, JournalWriter, opening

LONG = 20.0


class Disk:
    """What the journal's disk does: fails, or hangs until let go. Counts the size of every group."""

    def __init__(self) -> None:
        self.fails = False
        self.go_on = threading.Event()
        self.go_on.set()
        self.stopped = threading.Event()
        self.groups: list[int] = []


class FaultyJournal(Journal):
    disk: Disk

    def commit_all(self, entries: Sequence[Entry]) -> list[Committed]:
        if not self.disk.go_on.is_set():
            self.disk.stopped.set()
            self.disk.go_on.wait(LONG)
        if self.disk.fails:
            raise JournalError("EIO, as a test wants")
        self.disk.groups.append(len(entries))
        return super().commit_all(entries)


Make = Callable[..., JournalWriter]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def make(tmp_path: Path, clock: FakeClock, disk: Disk) -> AsyncIterator[Make]:
    made: list[JournalWriter] = []
    folder = tmp_path / "data"
    folder.mkdir()

    def open_() -> Journal:
        journal = FaultyJournal(folder / "journal.db", "s", "boot-1", clock, reserve=1 << 16)
        journal.disk = disk
        return journal

    def make_(open_journal: Callable[[], Journal] = open_, **more: object) -> JournalWriter:
        made.append(JournalWriter(open_journal, boot="boot-1", mirror=tmp_path / "mirror", retry=0.02, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make_
    disk.go_on.set()
    for writer in made:
        await writer.close(LONG)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not true():
            await asyncio.sleep(0.005)


def stored(tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in audit.events(tmp_path / "data" / "journal.db", 0, 9999)]


async def test_commits_in_order_of_arrival(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order alone: how long this machine's disk takes to sync is no matter here."""
    monkeypatch.setattr("gateway.store.writer.OVERDUE", 10 * LONG)
    writer = make()
    await writer.start()
    answers = [writer.submit(outcome(seq), at(seq)) for seq in range(1, 100, 2)]
    done = await asyncio.wait_for(asyncio.gather(*answers), LONG)
    assert [json.loads(one.bodies[0])["seq"] for one in done] == list(range(1, 100, 2))
    assert [one["seq"] for one in stored(tmp_path)] == list(range(1, 101))
    assert not any("late" in one for one in stored(tmp_path))
    assert (writer.pending, writer.degraded) == (0, False)


async def test_submissions_of_the_same_moment_share_a_transaction(make: Make, disk: Disk) -> None:
    writer = make()
    await writer.start()
    await asyncio.wait_for(asyncio.gather(*(writer.submit(outcome(seq), at(seq)) for seq in range(1, 41, 2))), LONG)
    assert sum(disk.groups) == 20
    assert len(disk.groups) < 20


async def test_r3_a_fire_ends_the_wait_of_its_group(make: Make, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.writer.GROUP", 10 * LONG)
    writer = make()
    await writer.start()
    slow = writer.submit(outcome(1), at(1))
    fire = writer.submit(outcome(3, Severity.FIRE), at(3))
    await asyncio.wait_for(asyncio.gather(slow, fire), LONG)
    assert disk.groups == [2]
    await asyncio.wait_for(writer.submit(outcome(5, Severity.FIRE), at(5)), LONG)


async def test_a_failing_disk_degrades_and_events_come_late(make: Make, disk: Disk, tmp_path: Path) -> None:
    told: list[bool] = []
    writer = make(on_degraded=lambda flag, why: told.append(flag))
    await writer.start()
    await asyncio.wait_for(writer.submit(outcome(1), at(1)), LONG)
    disk.fails = True
    answers = [writer.submit(outcome(seq), at(seq)) for seq in (3, 5)]
    await until(lambda: writer.degraded)
    answers.append(writer.submit(outcome(7), at(7)))
    assert writer.pending == 3
    assert not any(answer.done() for answer in answers)
    assert len((tmp_path / "mirror").read_bytes().splitlines()) == 3
    disk.fails = False
    await asyncio.wait_for(asyncio.gather(*answers), LONG)
    await until(lambda: not writer.degraded)
    assert told == [True, False]
    assert [(one["seq"], one.get("late", False)) for one in stored(tmp_path)] == [
        (seq, seq > 2) for seq in range(1, 9)
    ]  # fmt: skip
    assert audit.verify(tmp_path / "data" / "journal.db") == []
    assert not (tmp_path / "mirror").exists()


async def test_d27_a_failed_commit_is_told_at_once(make: Make, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.writer.OVERDUE", 10 * LONG)
    writer = make()
    await writer.start()
    disk.fails = True
    answer = writer.submit(outcome(1), at(1))
    await until(lambda: writer.degraded)
    disk.fails = False
    await asyncio.wait_for(answer, LONG)


async def test_d27_a_hanging_disk_degrades_without_an_answer(make: Make, disk: Disk, tmp_path: Path) -> None:
    writer = make()
    await writer.start()
    disk.go_on.clear()
    first = writer.submit(outcome(1, Severity.FIRE), at(1))
    await asyncio.to_thread(disk.stopped.wait, LONG)
    second = writer.submit(outcome(3, Severity.FIRE), at(3))
    await until(lambda: writer.degraded)
    assert not first.done()
    assert writer.pending == 2
    assert len((tmp_path / "mirror").read_bytes().splitlines()) == 2
    disk.go_on.set()
    await asyncio.wait_for(asyncio.gather(first, second), LONG)
    await until(lambda: not writer.degraded)
    assert stored(tmp_path)[2]["late"] is True


async def test_d27_what_a_dead_disk_kept_waiting_survives_the_process(make: Make, disk: Disk, tmp_path: Path) -> None:
    writer = make()
    await writer.start()
    await asyncio.wait_for(writer.submit(outcome(1), at(1)), LONG)
    disk.fails = True
    writer.submit(outcome(3, Severity.FIRE), at(3))
    await until(lambda: (tmp_path / "mirror").exists())
    await writer.close(LONG)
    disk.fails = False
    again = make()
    found = await again.start()
    assert [one.id for one in found.alarms] == ["s-1", "s-3"]
    assert found.next_seq == 5
    await asyncio.wait_for(again.submit(outcome(5), at(5)), LONG)
    assert [(one["seq"], one.get("late", False)) for one in stored(tmp_path)] == [
        (1, False), (2, False), (3, True), (4, True), (5, False), (6, False),
    ]  # fmt: skip


async def test_a_mirror_that_was_stored_already_is_not_stored_twice(make: Make, disk: Disk, tmp_path: Path) -> None:
    writer = make()
    await writer.start()
    disk.fails = True
    answer = writer.submit(outcome(1), at(1))
    await until(lambda: (tmp_path / "mirror").exists())
    kept = (tmp_path / "mirror").read_bytes()
    disk.fails = False
    await asyncio.wait_for(answer, LONG)
    await writer.close(LONG)
    (tmp_path / "mirror").write_bytes(kept + b"half a li")
    again = make()
    assert (await again.start()).next_seq == 3
    await asyncio.wait_for(again.submit(outcome(3), at(3)), LONG)
    assert len(stored(tmp_path)) == 4


async def test_a_journal_that_cannot_be_opened_does_not_stop_the_start(make: Make, tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "later"

    def open_() -> Journal:
        return Journal(folder / "journal.db", "s", "boot-1", clock, reserve=1 << 16)

    opened: list[Restored] = []
    writer = make(open_, on_opened=opened.append)
    found = await writer.start()
    assert (found.next_seq, found.anchor, writer.degraded) == (1, None, True)
    answer = writer.submit(outcome(1), at(1))
    folder.mkdir()
    assert json.loads((await asyncio.wait_for(answer, LONG)).bodies[0])["late"] is True
    await until(lambda: not writer.degraded)
    assert opened == [Restored()]


async def test_a_large_journal_on_a_slow_card_is_waited_for_and_not_told_of(
    make: Make, tmp_path: Path, clock: FakeClock
) -> None:
    """One of a year has 120 MB, all read at the start: people must not be told at each of them that nothing can be recorded."""
    path, may, told = tmp_path / "journal.db", threading.Event(), list[bool]()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(120_000_000)
    assert opening(tmp_path / "large") > 3 + 120 / 40 and opening(tmp_path / "none") == OPENING

    def open_() -> Journal:
        assert may.wait(LONG)
        return Journal(path, "s", "boot-1", clock, reserve=1 << 16)

    writer = make(open_, on_degraded=lambda flag, why: told.append(flag), opening=LONG)
    start = asyncio.create_task(writer.start())
    await asyncio.sleep(0)
    may.set()
    await start
    assert not writer.degraded and told == []


async def test_d27_the_queue_is_bounded_but_a_fire_gets_in(make: Make, disk: Disk) -> None:
    writer = make(limit=2)
    await writer.start()
    disk.fails = True
    kept = [writer.submit(outcome(1), at(1)), writer.submit(outcome(3), at(3))]
    with pytest.raises(JournalError, match="waiting"):
        await writer.submit(outcome(5), at(5))
    kept.append(writer.submit(outcome(7, Severity.FIRE), at(7)))
    assert (writer.pending, writer.lost) == (3, 1)
    disk.fails = False
    await asyncio.wait_for(asyncio.gather(*kept), LONG)


async def test_an_outcome_that_cannot_be_encoded_stops_nobody_else(make: Make, tmp_path: Path) -> None:
    writer = make()
    await writer.start()
    good, bad, more = (
        writer.submit(outcome(1), at(1)),
        writer.submit(Outcome(events=(event(3, words=object()),)), at(3)),  # type: ignore[arg-type]
        writer.submit(outcome(5), at(5)),
    )
    with pytest.raises(TypeError):
        await asyncio.wait_for(bad, LONG)
    await asyncio.wait_for(asyncio.gather(good, more), LONG)
    assert [one["seq"] for one in stored(tmp_path)] == [1, 2, 5, 6]


async def test_giving_up_waiting_takes_nothing_back(make: Make, disk: Disk, tmp_path: Path) -> None:
    writer = make()
    await writer.start()
    disk.go_on.clear()
    answer = writer.submit(outcome(1), at(1))
    answer.cancel()
    disk.go_on.set()
    await asyncio.wait_for(writer.submit(outcome(3), at(3)), LONG)
    assert len(stored(tmp_path)) == 4


async def test_calls_run_on_the_journal_after_what_was_submitted(make: Make) -> None:
    writer = make()
    await writer.start()
    writer.submit(outcome(1), at(1))
    assert await asyncio.wait_for(writer.call(lambda journal: journal.load().next_seq), LONG) == 3
    with pytest.raises(JournalError):
        await asyncio.wait_for(writer.call(_refuse), LONG)


def _refuse(journal: Journal) -> None:
    raise JournalError("no")
