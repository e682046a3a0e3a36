"""A random school day under simple laws: nothing is lost, UNKNOWN never clears, a restart changes nothing."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from engine_world import World
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from alerts.model import ACTIVE, AlarmState, Event, Fate
from alerts.restore import unseen
from drivers.reading import Quality, Reading

POINTS = st.sampled_from(
    ["smoke-a/smoke", "smoke-b/smoke", "heat-a/heat", "gas-k/gas", "line-a/link", "store-1/door", "store-1/lock-a", "fan-k/run"]
)
VALUES = {"gas-k/gas": (0.0, 19.0, 22.0, 39.0, 45.0)}
GONE = frozenset({"gone", "closed"})  # events by which an alarm leaves an active state without a person


class Walk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.seen = len(self.world.events)
        self.numbered = 0
        self.open: set[str] = set()
        self.keys: dict[str, int] = {}
        self.sent = 0

    @rule(point=POINTS, pick=st.integers(0, 4), quality=st.sampled_from([Quality.GOOD, Quality.GOOD, *Quality]))
    def read(self, point: str, pick: int, quality: Quality) -> None:
        values = VALUES.get(point, (0.0, 1.0))
        value = None if quality >= Quality.STALE else values[pick % len(values)]
        reading = Reading(point, value, quality, self.world.now, "" if value is not None else "silent")
        self.world.take(self.world.engine.readings([reading], self.world.now, True))

    @rule(ms=st.sampled_from([0, 1, 999, 3_000, 10_000, 29_999, 30_000, 61_000]))
    def wait(self, ms: int) -> None:
        before = {a.id for a in self.world.engine.alarms.values() if a.state in ACTIVE and a.kind != "output"}
        self.world.wait(ms)
        after = {a.id for a in self.world.engine.alarms.values() if a.state in ACTIVE}
        assert before <= after, "time alone ends nothing"

    @rule(
        verb=st.sampled_from(["ack", "result", "silence", "reset", "note"]),
        person=st.sampled_from(["wang", "zhou", "sun", "guest", "gu"]),
        number=st.sampled_from(["", "1", "2", "3", "all"]),
        result=st.sampled_from(["real", "false", "test", "?"]),
    )
    def command(self, verb: str, person: str, number: str, result: str) -> None:
        out = self.world.do(verb, person, number, result=result, cause="蚊香", on_site=True)
        assert len(out.replies) == 1 and out.events

    @rule(pick=st.integers(0, 50), fate=st.sampled_from(list(Fate)))
    def fate(self, pick: int, fate: Fate) -> None:
        if self.world.sent:
            self.world.fate(self.world.sent[pick % len(self.world.sent)], fate, 1_000)

    @rule(off=st.sampled_from([0, 1_000, 100_000]), same_boot=st.booleans())
    def restart(self, off: int, same_boot: bool) -> None:
        old = dict(self.world.engine.alarms)
        outputs = dict(self.world.engine.outputs)
        self.world.restart(off, same_boot=same_boot)
        new = self.world.engine.alarms
        assert old.keys() == new.keys()
        if same_boot and off == 0:
            assert {i: unseen(a) for i, a in old.items()} == dict(new), "the journal alone rebuilds the engine"
            assert dict(self.world.engine.outputs) == outputs
        for id, alarm in old.items():
            same = replace(alarm, raised=new[id].raised, first=new[id].first, acked=new[id].acked, done=new[id].done)
            assert same.state is new[id].state and same.number == new[id].number and same.result is new[id].result

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
        if event.kind in GONE:
            alarm = self.world.engine.alarms.get(event.alarm)
            assert alarm is None or alarm.rule.startswith("box-") or event.code == "quiet"
            assert event.code == "quiet"
        if event.new == "normal" and event.kind != "cancelled":
            self.open.discard(event.alarm)

    @invariant()
    def an_alarm_that_went_had_a_good_clear_reading(self) -> None:
        view = self.world.engine.view
        for alarm in self.world.engine.alarms.values():
            assert not (alarm.good and alarm.point in view and view[alarm.point].quality is not Quality.GOOD)

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


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)


def walks(examples: int) -> None:
    """So many walks of 50 steps in one process. Hypothesis remembers all examples of a run, so a long run is many short ones."""
    run_state_machine_as_test(
        Walk, settings=settings(max_examples=examples, stateful_step_count=50, deadline=None, database=None)
    )


@pytest.mark.soak
def test_a_million_steps() -> None:
    """D19. New processes, not forked ones: each must draw its own examples."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(walks, 400) for _ in range(50)]:
            done.result()
