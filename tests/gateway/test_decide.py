"""The engine task on a real engine and a real journal: write first, act after; a dead or hanging disk holds nobody back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alerts.engine import Engine
from alerts.model import Alarm, AlarmState, Command, Mark, Notification, Outcome, Policy, Rule
from alerts.opening import Opening
from alerts.plant import Building, OutputPoint, Person, Plant, Point, Zone
from drivers.reading import Now, Quality, Reading
from gateway.clock import SystemClock
from gateway.decide import PATIENCE, Decider
from gateway.inbox import MOST, Inbox
from gateway.store.journal import Journal, JournalError
from gateway.store.writer import JournalWriter

CLOCK = SystemClock(assume_ok=True)

PLANT = Plant(
    site="s", name="学校", short="校", timezone="Asia/Shanghai",
    buildings={"b": Building("b", "宿舍楼", "dormitory")},
    zones={"z": Zone("z", "东走廊", "b", "dormitory")},
    points={"d/smoke": Point("d/smoke", "d", "smoke", "z", "烟感", 30_000), "d/t": Point("d/t", "d", "temperature", "z", "温度", 30_000)},
    people={"wang": Person("wang", "王", "duty")},
    shifts=(),
    outputs={"relay/1": OutputPoint("relay/1", "guard-sounder")},
    rules=(Rule("smoke", "state", "fire", ("d/smoke",), {"equals": 1.0}, 0, 0, "fire"),
           Rule("hot", "threshold", "warning", ("d/t",), {"high": 45.0, "return_at": 43.0}, 0, 0, "fire")),
    policies={"fire": Policy("fire", ())},
)  # fmt: skip


class Recorder:
    """The world: what was done to it, in order, and how many events were on the disk then."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.done: asyncio.Queue[tuple[str, object]] = asyncio.Queue()

    def switch(self, outputs: Mapping[str, bool]) -> None:
        self.done.put_nowait(("switch", dict(outputs)))

    def tell(self, notifications: Sequence[Notification]) -> None:
        self.done.put_nowait(("tell", [n.person for n in notifications]))

    def opened(self, openings: Sequence[Opening]) -> None:
        raise AssertionError("no store here")

    def marked(self, marks: Sequence[Mark]) -> None:
        pass

    def show(self, alarms: Sequence[Alarm]) -> None:
        self.done.put_nowait(("show", [a.state for a in alarms]))

    def publish(self) -> None:
        self.done.put_nowait(("publish", None))

    async def next(self, kind: str) -> object:
        """What was next done of this kind; other things done meanwhile are passed over."""
        async with asyncio.timeout(20):
            while True:
                found, what = await self.done.get()
                if found == kind:
                    return what


class Gated(Journal):
    """A journal whose disk hangs or fails on a test's word."""

    gate = threading.Event()
    broken = False

    def commit_all(self, entries):  # type: ignore[no-untyped-def]
        if Gated.broken:
            raise JournalError("disk")
        Gated.gate.wait(20)
        return super().commit_all(entries)


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[Decider, Inbox, Recorder, JournalWriter]]:
    Gated.gate.set()
    Gated.broken = False
    writer = JournalWriter(lambda: Gated(tmp_path / "journal.db", "s", "boot", CLOCK), boot="boot")
    await writer.start()
    inbox, world = Inbox({"d/smoke"}), Recorder(tmp_path / "journal.db")
    engine = Engine(PLANT, boot="boot", next_seq=1, now=CLOCK.now(), clock_ok=True)
    decider = Decider(engine, inbox, writer, CLOCK, world)
    await decider.settle(engine.restore((), now=CLOCK.now(), saved=None, same_boot=True))
    task = asyncio.ensure_future(decider.run())
    try:
        yield decider, inbox, world, writer
    finally:
        Gated.gate.set()
        task.cancel()
        await writer.close()


def reading(point: str, value: float) -> Reading:
    return Reading(point, value, Quality.GOOD, CLOCK.now())


async def test_r1_a_fire_sounds_shows_and_is_published_after_its_commit(tmp_path: Path) -> None:
    async with running(tmp_path) as (decider, inbox, world, writer):
        inbox.readings([reading("d/smoke", 1)])
        while (await world.next("switch")) != {"relay/1": True}:
            pass
        assert not writer.degraded
        assert AlarmState.UNACKED in await world.next("show")  # type: ignore[operator]
        await world.next("publish")
        assert decider.head


async def test_r4_any_other_change_is_shown_and_published_as_soon(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, inbox, world, _):
        inbox.readings([reading("d/t", 46)])
        async with asyncio.timeout(10):
            while AlarmState.UNACKED not in await world.next("show"):  # type: ignore[operator]
                pass
            await world.next("publish")


async def test_d27_a_hanging_disk_does_not_hold_back_the_sounder(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, inbox, world, writer):
        Gated.gate.clear()
        began = CLOCK.now().mono
        inbox.readings([reading("d/smoke", 1)])
        while (await world.next("switch")) != {"relay/1": True}:
            pass
        assert CLOCK.now().mono - began >= PATIENCE * 1000 - 50, "it must first have given the disk its chance"
        assert writer.pending
        while not world.done.empty():
            assert world.done.get_nowait()[0] != "publish", "an event left the box before it was committed"
        Gated.gate.set()
        await world.next("publish")


async def test_d27_a_failing_disk_is_not_waited_for_and_commands_are_still_answered(tmp_path: Path) -> None:
    async with running(tmp_path) as (decider, inbox, world, writer):
        Gated.broken = True
        inbox.readings([reading("d/smoke", 1)])
        while (await world.next("switch")) != {"relay/1": True}:
            pass
        command = Command("c1", "ack", "wang", "local", CLOCK.now().wall + 30_000, "all")
        reply = await asyncio.wait_for(decider.ask(command), 10)
        assert reply.ok, reply
        assert writer.degraded and writer.pending
        Gated.broken = False
        await world.next("publish")


async def test_the_same_command_twice_gives_one_event_and_the_same_reply(tmp_path: Path) -> None:
    async with running(tmp_path) as (decider, inbox, world, _):
        inbox.readings([reading("d/smoke", 1)])
        await world.next("show")
        command = Command("same", "ack", "wang", "local", CLOCK.now().wall + 30_000, "all")
        first, second = await asyncio.gather(decider.ask(command), decider.ask(command))
        third = await decider.ask(command)
        assert first == second == third and first.ok


async def test_r3_fire_overtakes_ten_thousand_queued_readings(tmp_path: Path) -> None:
    async with running(tmp_path) as (decider, inbox, world, _):
        inbox.readings([reading("d/t", n % 90) for n in range(10_000)])
        inbox.readings([reading("d/smoke", 1)])
        while (await world.next("switch")) != {"relay/1": True}:
            pass
        kinds = [a.kind for a in decider.engine.alarms.values()]
        assert kinds[0] == "fire", kinds


async def test_r3_a_fire_passes_between_two_bites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as (decider, inbox, world, _):
        seen: list[str] = []
        judge = decider.engine.readings

        def watched(readings: Sequence[Reading], now: Now, clock_ok: bool) -> Outcome:
            seen.append(readings[0].point)
            if len(seen) == 1:
                inbox.readings([reading("d/smoke", 1)])
            return judge(readings, now, clock_ok)

        monkeypatch.setattr(decider.engine, "readings", watched)
        inbox.readings([reading(f"x/{n}", 0) for n in range(3 * MOST)])
        while (await world.next("switch")) != {"relay/1": True}:
            pass
        assert seen[:2] == ["x/0", "d/smoke"]


@pytest.mark.parametrize("kind", ["cannot-record", "fault"])
async def test_trouble_of_the_box_itself_is_an_alarm_and_ends(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path) as (decider, inbox, world, _):
        inbox.system(kind, "part", True, "broken")
        while not any(a.kind == kind for a in decider.engine.alarms.values()):
            await world.next("show")
        inbox.system(kind, "part", False, "")
        while any(a.kind == kind and a.state is AlarmState.UNACKED for a in decider.engine.alarms.values()):
            await world.next("show")
