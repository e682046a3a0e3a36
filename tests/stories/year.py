"""D20: a school's time with random faults and people, event by event, from a seed. Checks the laws of the engine as it goes on.

Time jumps to the next change or due moment. A judgement that waits for a GOOD reading (an off-delay) gets one when it is due, as a
scan would give it; test_d20_skipping_unchanged_samples_gives_the_same_moves shows that nothing else is lost by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from theatre import Theatre

from alerts.model import ACTIVE, Alarm, AlarmState, Delivery, Fate, Notification, Outcome, Result, Severity
from drivers.reading import Now, Quality, Reading
from gateway.store import audit

HOUR = 3_600_000
IDLE = 6 * HOUR  # ms between two looks at a point that does not change
ANSWERS = ("1", "1", "2", "3", "0", "4", "8", "?", "1 99", "谢谢")


@dataclass
class Year(Theatre):
    seed: int = 1
    faults: bool = True  # also what the process and the clock go through, not only the school
    changes: int = 0
    fires: set[str] = field(default_factory=set)
    raised: int = 0
    reached: set[str] = field(default_factory=set)
    about: dict[str, str] = field(default_factory=dict)  # alarm id -> its point
    moves: list[tuple[str, str, str]] = field(default_factory=list)  # point, kind of event, new state

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.refusing: tuple[Fate, ...] = ()
        super().__post_init__()
        self._busy = [p for p in self.values if self.plant.points[p].quantity not in ("link", "fan-run", "valve")]

    # what every Outcome must hold to

    def take(self, out: Outcome) -> Outcome:
        for event in out.events:
            if event.kind == "raised":
                self.raised += 1
                if event.args["severity"] == int(Severity.FIRE):
                    self.fires.add(event.alarm)
            if event.alarm and event.old != event.new and "mark_kind" not in event.args:
                self.about.setdefault(event.alarm, str(event.args.get("point", "")))
                self.moves.append((self.about[event.alarm], event.kind, event.new))
        for alarm in out.alarms:
            self._closed(alarm)
        for n in out.notifications:
            self.reached.add(n.alarm)
            alarm = self.engine.alarms.get(n.alarm)
            if alarm is not None and not n.repeat and n.reason not in ("failover", "closing"):
                self._in_time(n, alarm)
        return super().take(out)

    def _closed(self, alarm: Alarm) -> None:
        """What latches ends by a person who answered and looked, on a GOOD clear reading."""
        by_people = alarm.number and alarm.latching and alarm.result not in (Result.REMOVED, Result.TEST)
        if alarm.state is AlarmState.NORMAL and by_people:
            assert alarm.acked is not None, f"seed {self.seed}: {alarm}"
            assert alarm.good and (alarm.result is not None or not alarm.policy.result_asked), f"seed {self.seed}: {alarm}"

    def _in_time(self, n: Notification, alarm: Alarm) -> None:
        """No message of a step that an answer or a result has ended, and none before its time."""
        step = next((s for s in alarm.policy.steps if s.id == n.step), None)
        if step is None:
            return
        where = f"seed {self.seed}: {n.key} at {self.now}"
        assert step.when != "unacked" or alarm.acked is None, where
        assert step.when != "unverified" or (alarm.acked is not None and alarm.result is None), where
        since = alarm.acked if step.when == "unverified" and alarm.acked else alarm.raised
        assert self.now.mono - since.mono >= step.after - alarm.ahead, where

    def _deliver(self) -> None:
        while self._queue:
            n = self._queue.pop(0)
            fate = self.chance.choice(self.refusing) if self.refusing else Fate.ACCEPTED
            self.take(self.engine.delivery(Delivery(n.key, fate, "1", again_after=30_000), self.now, True))

    # time

    def until(self, ms: int) -> None:
        """As Theatre's; and a point whose off-delay is over is read again then."""
        while self.ms < ms:
            dues = [a.off_due for a in self.engine.alarms.values() if a.off_due is not None and a.state in ACTIVE]
            dues += [at for at, _, _ in self._follow]
            soon = min((d for d in dues if d > self.now.mono), default=self.now.mono + IDLE)
            super().until(min(ms, self.ms + soon - self.now.mono))
            for alarm in [a for a in self.engine.alarms.values() if a.off_due is not None and a.off_due <= self.now.mono]:
                if alarm.point in self.values:
                    self.read(alarm.point)
            for point in [o.feedback for o in self.plant.outputs.values() if o.feedback]:
                if point in self.engine.view and self.engine.view[point].value not in (None, self.values[point]):
                    self.read(point)
            due = self.engine.next_due()
            assert due is None or due > self.now.mono, f"seed {self.seed}: something due at {due} is not done at {self.now}"

    def read(self, point: str) -> None:
        bus, quality = self.plant.points[point].bus, self.quality.get(point, Quality.GOOD)
        dead = bus in self.down or quality >= Quality.STALE
        one = Reading(
            point, None if dead else self.values[point], Quality.FAULT if dead else quality, self.now, "x" if dead else ""
        )
        self.take(self.engine.readings([one], self.now, True))

    # what happens

    def live(self, ms: int, gap: int) -> None:
        """`ms` of a school where something happens every `gap` ms on average."""
        while self.ms < ms:
            self.until(min(ms, self.ms + 1 + int(self.chance.expovariate(1 / gap))))
            self.chance.choices(*zip(*(HAPPENINGS if self.faults else HAPPENINGS[:4]), strict=True))[0](self)

    def drift(self) -> None:
        """A value that means nothing moves: most of what happens in a year."""
        point = self.chance.choice([p for p in self._busy if self.plant.points[p].quantity == "combustible-gas"])
        self.put(point, self.chance.uniform(0.0, 12.0))

    def breach(self) -> None:
        """Something happens, and mostly somebody looks after it within minutes."""
        point = self.chance.choice(self._busy)
        self.put(point, self.chance.choice((22.0, 45.0)) if self.plant.points[point].quantity == "combustible-gas" else 1.0)
        minutes, kept = self.chance.uniform(0.1, 15), self.chance.random() < 0.05
        self.until(self.ms + int(minutes * 60_000))
        if not kept:
            self.tidy()

    def put(self, point: str, value: float) -> None:
        self.changes += self.values[point] != value
        self.values[point] = value
        self.read(point)

    def flap(self) -> None:
        point = self.chance.choice(self._busy)
        for n in range(self.chance.randint(4, 30)):
            self.put(point, float(n % 2))
            self.until(self.ms + self.chance.randint(500, 5_000))

    def fall_silent(self) -> None:
        point = self.chance.choice(self._busy)
        if self.quality.pop(point, None) is None:
            self.quality[point] = Quality.FAULT
        self.read(point)

    def people(self) -> None:
        """Somebody answers something: in time or late, right or wrong; now and then the leader tidies up."""
        person = self.chance.choice(list(self.plant.people))
        if self.chance.random() < 0.3:
            self.text(person, self.chance.choice(ANSWERS))
        else:
            self.tidy()

    def tidy(self) -> None:
        """The leader sees to everything that stands."""
        for alarm in tuple(self.engine.alarms.values()):
            if alarm.point in self._busy:
                self.quality.pop(alarm.point, None)
                self.put(alarm.point, 1.0 if self.plant.points[alarm.point].quantity == "mains" else 0.0)
            if alarm.acked is None:
                asked = self.press("chen", "ack", alarm.id)
                now = self.engine.alarms.get(alarm.id)
                assert not (asked.ok and now is not None and now.acked is None), f"seed {self.seed}: {now} was answered"
            if alarm.result is None:
                self.press("chen", "result", alarm.id, result="false", cause="蚊香", on_site=True)
            left = self.engine.alarms.get(alarm.id)
            if left is not None and left.state is AlarmState.LATCHED:
                self.press("chen", "reset", alarm.id)

    def cut(self) -> None:
        line = self.chance.choice(("line-1", "line-2"))
        self.down ^= {line}
        self.scan()

    def off(self) -> None:
        self.crash(self.chance.choice((5_000, 5_000, 60_000, 3 * HOUR)))

    def step_clock(self) -> None:
        by = self.chance.choice((-HOUR, -60_000, 60_000, HOUR, 24 * HOUR))
        self._first += by
        self.now = Now(self.now.wall + by, self.now.mono)

    def refuse(self) -> None:
        self.refusing = () if self.refusing else (Fate.ACCEPTED, Fate.GAVE_UP, Fate.TRY_AGAIN)

    def verdict(self) -> list[str]:
        """What is wrong at the end, empty when nothing is; ends the process."""
        untold = self.fires - self.reached - {a.id for a in self.engine.alarms.values()}
        self.close()
        return [f"seed {self.seed}: fire {id} reached nobody" for id in untold] + [
            str(x) for x in audit.verify(self.journal.path)
        ]

    def figures(self) -> str:
        happened = f"{len(self.values)} points, {self.changes} changes, {self.raised} alarms"
        return f"seed {self.seed}: {happened}, {self.commits} commits, {len(self.told)} messages"


HAPPENINGS = (
    (Year.drift, 1_000), (Year.breach, 20), (Year.flap, 1), (Year.people, 40),
    (Year.fall_silent, 2), (Year.cut, 1), (Year.off, 1), (Year.step_clock, 1), (Year.refuse, 1),
)  # fmt: skip
