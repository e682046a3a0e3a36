"""D19: a random school day under simple laws: nothing is lost, UNKNOWN never clears, a restart changes nothing.

Walked by the engine alone, and again with every Outcome in a real journal, from whose file alone a restart begins. A failure
prints the steps that lead to it (hypothesis), which reproduce it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from engine_world import POINTS as PLACED
from engine_world import RULES, World, plant
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from stored_world import StoredWorld

from alerts.machine import TABLE
from alerts.model import ACTIVE, Alarm, AlarmState, Event, Fate, Rule
from alerts.modes import REHEARSAL
from alerts.plant import Plant, Sleep
from alerts.restore import BOX, unseen
from drivers.reading import Quality, Reading
from gateway.config import library
from gateway.store import audit

POINTS = st.sampled_from(
    ["smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "gas-k/gas", "line-a/link", "store-1/door", "store-1/lock-a", "fan-k/run"]
)
VALUES = {"gas-k/gas": (0.0, 19.0, 22.0, 39.0, 45.0)}
GONE = frozenset({"gone", "closed"})  # events by which an alarm leaves an active state without a person
LEFT = frozenset(s.value for s in ACTIVE)
# every move of the state table, and the two of a start: a point that is no longer configured, a doubled alarm
MOVES = {
    (old.value, to.value) for (old, _), c in TABLE.items() for to in (c.to, c.no_delay, c.latching) if to and to is not old
}
OF_A_START = frozenset({"removed", "replaced"})
TAKEN_AWAY = "smoke-b/smoke"
RAM = "/dev/shm"  # these walks are about what is in the file, not about its syncs


def without() -> Plant:
    """The school with one detector taken out of its site file."""
    rules = tuple(replace(r, points=tuple(p for p in r.points if p != TAKEN_AWAY)) for r in RULES)
    return plant(rules, tuple(p for p in PLACED if p.id != TAKEN_AWAY))


def sleeping(school: Plant) -> Plant:
    """That school with people asleep in its dormitory at any hour, told by the shipped policy, and its smoke detectors held for 20 s."""
    dorm = {p for p in school.points if p.startswith(("smoke-a", "smoke-b", "heat", "call"))}
    rules = [replace(r, on_delay=20_000) if r.id == "smoke" else r for r in school.rules]
    rules = [replace(r, points=tuple(p for p in r.points if p not in dorm)) if r.id == "no-data" else r for r in rules]
    here = tuple(p for p in school.points if p in dorm)
    rules.append(Rule("no-data-sleep", "no_data", "comm-sleep", here, {}, 10_000, 30_000, "comm-sleep"))
    zones = {id: replace(z, sleep=(Sleep(0, 24 * 60 - 1),)) if z.building == "dorm" else z for id, z in school.zones.items()}
    policies = {**school.policies, "comm-sleep": library.load(library.data_dir()).policies["comm-sleep"]}
    return replace(school, rules=tuple(rules), zones=zones, policies=policies)


SCHOOLS = (plant(), without())


def changes(old: Mapping[str, Alarm], new: Mapping[str, Alarm]) -> list[str]:
    """Every field in which two sets of alarms differ."""
    pairs = ((id, f.name, getattr(old.get(id), f.name, None), getattr(new.get(id), f.name, None))
             for id in old.keys() | new.keys() for f in fields(Alarm))  # fmt: skip
    return [f"{id} {name}: {was} -> {now}" for id, name, was, now in pairs if was != now]


class Walk(RuleBasedStateMachine):
    schools: tuple[Plant, ...] = SCHOOLS

    def __init__(self) -> None:
        super().__init__()
        self.world = self.begin()
        self.seen = len(self.world.events)
        self.numbered = 0
        self.open: set[str] = set()
        self.points: dict[str, str] = {}  # of every alarm that stands
        self.keys: dict[str, int] = {}
        self.sent = 0

    def begin(self) -> World:
        return World(self.schools[0])

    @rule(point=POINTS, pick=st.integers(0, 4), quality=st.sampled_from([Quality.GOOD, Quality.GOOD, *Quality]))
    def read(self, point: str, pick: int, quality: Quality) -> None:
        values = VALUES.get(point, (0.0, 1.0))
        value = None if quality >= Quality.STALE else values[pick % len(values)]
        if point not in self.world.school.points:
            return
        reading = Reading(point, value, quality, self.world.now, "" if value is not None else "silent")
        self.world.take(self.world.engine.readings([reading], self.world.now, True))

    @rule(ms=st.sampled_from([0, 1, 999, 3_000, 10_000, 29_999, 30_000, 61_000]))
    def wait(self, ms: int) -> None:
        before = {
            a.id for a in self.world.engine.alarms.values() if a.state in ACTIVE and a.kind != "output" and a.rule != REHEARSAL
        }
        self.world.wait(ms)
        after = {a.id for a in self.world.engine.alarms.values() if a.state in ACTIVE}
        assert before <= after, "time alone ends nothing but a simulated alarm"

    @rule(
        verb=st.sampled_from(["ack", "result", "silence", "reset", "note"]),
        person=st.sampled_from(["wang", "zhou", "sun", "guest", "gu"]),
        number=st.sampled_from(["", "1", "2", "3", "all"]),
        result=st.sampled_from(["real", "false", "test", "?"]),
    )
    def command(self, verb: str, person: str, number: str, result: str) -> None:
        out = self.world.do(verb, person, number, result=result, cause="蚊香", on_site=True)
        assert len(out.replies) == 1 and out.events

    @rule(
        verb=st.sampled_from(["out-of-service", "back", "extend", "maintenance", "test", "rehearse", "trial", "walk", "end"]),
        person=st.sampled_from(["sun", "fitter"]),
        where=st.sampled_from([{"points": "smoke-a/smoke"}, {"points": "gas-k/gas"}, {"building": "dorm"}, {}]),
        hours=st.sampled_from([1, 2, 8]),
    )
    def mark(self, verb: str, person: str, where: dict[str, str], hours: int) -> None:
        until = self.world.now.wall + hours * 3_600_000
        given = {"why": "喷漆", "technician": "jia", "rooms": "room-a", "permit": "7", "measure": "巡查"}
        out = self.world.do(verb, person, until=until, **given, **where)
        assert len(out.replies) == 1 and out.events

    @rule(pick=st.integers(0, 50), fate=st.sampled_from(list(Fate)))
    def fate(self, pick: int, fate: Fate) -> None:
        if self.world.sent:
            self.world.fate(self.world.sent[pick % len(self.world.sent)], fate, 1_000)

    @rule(off=st.sampled_from([0, 1_000, 100_000]), same_boot=st.booleans())
    def restart(self, off: int, same_boot: bool) -> None:
        old, outputs = dict(self.world.engine.alarms), dict(self.world.engine.outputs)
        out = self.world.restart(off, same_boot=same_boot)
        new = self.world.engine.alarms
        assert old.keys() <= new.keys()
        given_up = {id for id, a in new.items() if a.kind == "cannot-call"}  # a message that was on its way twice already
        assert new.keys() - old.keys() <= given_up
        if same_boot and off == 0 and not out.notifications and new.keys() == old.keys():  # nothing on its way is told again
            read = {id: unseen(a) for id, a in old.items() if not a.rule.startswith(BOX)}
            assert changes(read, {id: new[id] for id in read}) == [], "the journal alone rebuilds the engine"
            assert dict(self.world.engine.outputs) == outputs
        for id in old.keys() - given_up:
            same = replace(old[id], raised=new[id].raised, first=new[id].first, acked=new[id].acked, done=new[id].done)
            assert same.state is new[id].state and same.number == new[id].number and same.result is new[id].result

    @rule(which=st.integers(0, 1))
    def another_site_file(self, which: int) -> None:
        """A start with a detector taken away, or put back: the one way an active alarm ends without a GOOD reading."""
        old = dict(self.world.engine.alarms)
        self.world.restart(1_000, school=self.schools[which])
        gone = {a.point for id, a in old.items() if id not in self.world.engine.alarms}
        assert gone <= ({TAKEN_AWAY} if which else set())

    @invariant()
    def events_are_one_row_of_consecutive_numbers(self) -> None:
        fresh = self.world.events[self.numbered :]
        assert [e.seq for e in fresh] == list(range(self.numbered + 1, len(self.world.events) + 1))
        self.numbered = len(self.world.events)
        assert self.world.engine.seq == len(self.world.events) + 1

    @invariant()
    def every_way_out_is_allowed(self) -> None:
        for event in self.world.events[self.seen :]:
            self._judge(event)
        self.seen = len(self.world.events)
        standing = {a.id for a in self.world.engine.alarms.values() if a.state is not AlarmState.PENDING}
        assert standing == self.open, "a raised alarm is never lost, and none stands that was never raised"

    def _judge(self, event: Event) -> None:
        if event.kind == "raised":
            self.open.add(event.alarm)
            self.points[event.alarm] = "" if str(event.args["rule"]).startswith(BOX) else str(event.args["point"])
        simulated = event.kind == "closed" and event.args.get("result") == "test"  # QUIET, ACK and RESET of a test in one
        if event.kind in GONE:
            alarm = self.world.engine.alarms.get(event.alarm)
            assert alarm is None or alarm.rule.startswith(f"{BOX}-") or event.code in ("quiet", "")
            hidden = event.old == "rtn_unacked" and event.args.get("parent")  # gone, and nobody had been told
            assert event.code == "quiet" or event.args.get("result") == "test" or hidden
        if event.old != event.new and event.kind not in OF_A_START and "mark_kind" not in event.args and not simulated:
            assert (event.old, event.new) in MOVES, f"no cell of the state table: {event}"
        if event.old in LEFT and event.new not in LEFT:
            self._left(event)
        if event.new == "normal" and event.kind != "cancelled":
            self.open.discard(event.alarm)
            self.points.pop(event.alarm, None)

    def _left(self, event: Event) -> None:
        """Nothing leaves an active state whose last reading is not GOOD: only a point taken out of the site file does."""
        point = self.points[event.alarm]
        last = self.world.engine.view.get(point)
        if event.kind == "removed":
            assert point not in self.world.school.points
        elif point in self.world.school.points:  # "": an alarm of the box itself, which no reading stands behind
            assert last is not None and last.quality is Quality.GOOD, f"{event} on {last}"

    @invariant()
    def an_alarm_that_went_had_a_good_clear_reading(self) -> None:
        view = self.world.engine.view
        for alarm in self.world.engine.alarms.values():
            assert alarm.rule.startswith(f"{BOX}-") or not (
                alarm.good and alarm.point in view and view[alarm.point].quality is not Quality.GOOD
            )

    @invariant()
    def one_alarm_per_rule_and_point(self) -> None:
        alarms = list(self.world.engine.alarms.values())
        assert len({(a.rule, a.point) for a in alarms}) == len(alarms)
        numbers = [a.number for a in alarms if a.state is not AlarmState.PENDING]
        assert len(set(numbers)) == len(numbers) and all(n >= 1 for n in numbers)

    @invariant()
    def nobody_is_told_twice_for_one_step(self) -> None:
        for n in self.world.sent[self.sent :]:
            if n.reason == "closing":
                continue
            self.keys[n.key] = self.keys.get(n.key, 0) + 1
            assert self.keys[n.key] <= n.attempt <= 2
        self.sent = len(self.world.sent)

    @invariant()
    def nothing_is_left_undone(self) -> None:
        """After a tick nothing is due in the past, so a caller that waits for next_due never spins."""
        self.world.wait(0)
        due = self.world.engine.next_due()
        assert due is None or due > self.world.now.mono


class StoredWalk(Walk):
    """The same walk; after every step what the file holds is what the engine is."""

    world: StoredWorld

    def begin(self) -> World:
        self.folder = TemporaryDirectory(dir=RAM if Path(RAM).is_dir() else None)
        return StoredWorld(folder=Path(self.folder.name))

    @invariant()
    def the_file_holds_the_engine(self) -> None:
        kept, engine = self.world.kept(), self.world.engine
        assert changes({a.id: a for a in kept.alarms}, engine.alarms) == []
        assert {m.id: m for m in kept.marks} == dict(engine.marks)
        assert kept.outputs == dict(engine.outputs)
        assert {o.id: o for o in kept.openings} == {o.id: o for o in self.world.openings.values() if not o.over}
        assert (kept.next_seq, kept.unreadable) == (engine.seq, ())

    def teardown(self) -> None:
        self.world.close()
        wrong = audit.verify(self.world.disk.path)
        self.folder.cleanup()
        assert wrong == []


class SleepingWalk(Walk):
    schools = tuple(sleeping(school) for school in SCHOOLS)


def walks(machine: type[Walk], examples: int) -> None:
    """So many walks of 50 steps in one process. Hypothesis remembers all examples of a run, so a long run is many short ones."""
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=50, deadline=None, database=None, print_blob=True),
    )


def far_walks(machine: type[Walk], examples: int, times: int) -> float:
    """`times` runs one after the other in a new process, whose memory ends with it; seconds."""
    began = time.monotonic()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(walks, machine, examples) for _ in range(times)]:
            done.result()
    return time.monotonic() - began


def test_d19_no_walk_of_20_000_steps_is_illegal() -> None:
    walks(Walk, 400)


def test_d19_no_walk_through_a_house_where_people_sleep_is_illegal() -> None:
    walks(SleepingWalk, 100)


def test_d19_what_the_journal_restores_is_the_engine_over_2_000_steps() -> None:
    walks(StoredWalk, 40)


@pytest.mark.soak
@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_d19_no_walk_of_a_million_steps_is_illegal(quarter: int) -> None:
    print(f"\n{quarter}/4 of 1,000,000 steps in {far_walks(Walk, 500, 10):.0f} s")


@pytest.mark.soak
def test_d19_what_the_journal_restores_is_the_engine_over_50_000_steps() -> None:
    print(f"\n50,000 steps with SQLite in {far_walks(StoredWalk, 100, 10):.0f} s")
