"""The Engine: composes rules, machine, confirmation, interlock, escalation and rights, and owns all alarm state.

Every method is one input; it gives an Outcome that the caller commits and then acts on. No I/O, no clock: time is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from alerts import aftermath, drill, interlock, occurrence, parents
from alerts.book import Book
from alerts.budget import Budget
from alerts.daily import Morning
from alerts.desk import Desk
from alerts.feedback import Feedback
from alerts.judge import Judge
from alerts.keeping import Keeping
from alerts.kinds import KINDS
from alerts.machine import input_of, step
from alerts.model import (
    ACTIVE,
    OPEN,
    Alarm,
    AlarmState,
    Command,
    Condition,
    Delivery,
    Input,
    Mark,
    Notification,
    Outcome,
    Policy,
    Reply,
    Result,
    Rule,
    Scalar,
    Truth,
)
from alerts.obeying import Obeying
from alerts.opening import Opening
from alerts.plant import Plant
from alerts.record import Record, facts
from alerts.restore import BOX, configured, distinct, next_due, off_time, rebase, removed, repair_due, unseen
from alerts.rules.scene import Usual
from alerts.store_step import StoreState
from alerts.telling import Telling
from alerts.trial import Trials
from drivers.reading import Now, Reading

DAY = 86_400_000  # ms, for a time off that nobody knows: whatever an opening waited for is over
_HELD_BREACHED = frozenset({AlarmState.PENDING, AlarmState.UNACKED, AlarmState.ACKED})  # the return limit counts in these


class Engine:
    """All alarm state of one plant. Not safe for threads; the caller feeds it one input at a time."""

    def __init__(self, plant: Plant, *, boot: str, next_seq: int = 1, now: Now, clock_ok: bool) -> None:
        unknown = {r.policy for r in plant.rules} - plant.policies.keys()
        if unknown:
            raise ValueError(f"rules name policies that do not exist: {', '.join(sorted(unknown))}")
        self._plant = plant
        self._boot = boot
        self._seq = next_seq
        self._clock_ok = clock_ok
        self._book = Book()
        self._judge = Judge(plant, self._among(_HELD_BREACHED), self._among(OPEN - ACTIVE), now)
        self._feedback = Feedback(plant.outputs)
        self._feedback_due: int | None = None
        self._telling = Telling(plant, self._book, self._put, self._unreached)
        self._keeping = Keeping(plant, self._telling.send)
        self.desk = Desk(plant, self._telling.send)
        self._trials = Trials(plant)
        self._obeying = Obeying(plant, self._book, self._judge, self._keeping, self.desk, self._trials, self._telling.unheard,
                                log=self._log, judged=self._judged)  # fmt: skip
        self._outputs = dict.fromkeys(plant.outputs, False)
        self._drilled: frozenset[str] = frozenset()  # evacuation signals that a drill has on ...
        self._silent_at: int | None = None  # ... and when they fall silent by themselves

    @property
    def alarms(self) -> Mapping[str, Alarm]:
        """Open and pending alarms by id."""
        return self._book.by_id

    @property
    def marks(self) -> Mapping[str, Mark]:
        """The marks that stand, by id: 停用, 维保, 试运行, tests, drills and flags."""
        return self._keeping.standing.by_id

    @property
    def view(self) -> Mapping[str, Reading]:
        """The latest Reading of each point heard of."""
        return self._judge.view

    def wanted(self, key: str) -> bool:
        """Is this message still to be sent? For the channels, from any thread: an answer takes back what is queued (D16)."""
        return self._telling.wanted(key)

    def ringing(self, key: str) -> bool:
        """Is a telephone still to be called for this message? Asked as `wanted` is."""
        return self._telling.ringing(key)

    @property
    def budget(self) -> Budget:
        """A copy of what was sent lately, for a preview."""
        return self._telling.budget.copied()

    @property
    def outputs(self) -> Mapping[str, bool]:
        """The desired state of every output."""
        return MappingProxyType(self._outputs)

    @property
    def seq(self) -> int:
        """The seq of the next event."""
        return self._seq

    @property
    def stores(self) -> Mapping[str, StoreState]:
        """What is going on at each store."""
        return self._judge.stores.states

    def restore(
        self, alarms: Iterable[Alarm], unsent: Iterable[Notification] = (), *, now: Now, saved: Now | None, same_boot: bool,
        replies: Iterable[Reply] = (), marks: Iterable[Mark] = (), openings: Iterable[Opening] = (), taken: Iterable[Notification] = (),
    ) -> Outcome:  # fmt: skip
        """Take over from an earlier run; call once, first. `saved`: the journal's last anchor of that run; `taken`: what channels took.

        Gives event `boot`, every desired output, unsent notifications marked as repeats, and the closing of alarms
        whose point or rule is gone. The box's own alarms stand until `system` says otherwise.
        """
        rec = self._record(now, self._clock_ok)
        off = 0 if same_boot else off_time(saved, now, self._clock_ok)
        rec.event("boot", args={"boot": self._boot, "same_boot": same_boot, "off": off})
        self._obeying.restore(replies, now)
        boots = 0 if same_boot or saved is None else now.mono - saved.mono  # from that run's monotonic clock to this one's
        shift = boots if same_boot or saved is None else boots - (DAY if off is None else off)
        others, here = self._judge.stores.restore(openings, self.desk.restore(marks, saved), shift)
        self._keeping.restore(rec, others, None if saved is None else boots - (off or 0))
        for store, state in here.items():
            self._stored(rec, store, state.openings)
        standing, gone = distinct(a for a in alarms if a.state is not AlarmState.NORMAL)
        for old, other in gone:
            rec.event("replaced", old.id, old=old.state.value, new=AlarmState.NORMAL.value, args={"by": other})
            rec.changed[old.id] = replace(old, state=AlarmState.NORMAL)
        for old in standing:
            alarm = unseen(old if same_boot else rebase(old, saved, now, off))
            self._book.put(alarm, next_due(alarm, rec.now))
            if configured(alarm, self._plant):
                rec.changed[alarm.id] = alarm
            else:
                self._log(rec, alarm.state, removed(alarm, now), "removed", code=Result.REMOVED.value)
        self._telling.restored(rec, unsent, taken, boots - (off or 0))
        self._outputs = interlock.desired(tuple(self._book.all()), self._plant)
        rec.outputs.update(self._outputs)
        for output, on in self._outputs.items():
            self._feedback.wanted(output, on, now)
        return self._settle(rec)

    def learn(self, usual: Mapping[str, tuple[Usual | None, ...]]) -> None:
        """What points usually show (rule kind `deviation`); it counts from the next reading on."""
        self._judge.learn(usual)

    def readings(self, readings: Sequence[Reading], now: Now, clock_ok: bool) -> Outcome:
        """New readings, in the order they were made. Each value of a point is judged, also when one call holds several."""
        rec = self._record(now, clock_ok)
        self._telling.heard(readings, now)
        for cmd in self._obeying.inbound.pressed(readings, now):
            self._obeying.obey(rec, cmd)
        for judgement in self._judge.readings(readings, now, clock_ok):
            self._judged(rec, *judgement)
        return self._settle(rec)

    def tick(self, now: Now, clock_ok: bool) -> Outcome:
        """Whatever is due by time alone: on-delays, escalation, second attempts, silent points, feedback. Never a clearing."""
        rec = self._record(now, clock_ok)
        self._keeping.tick(rec, self.view)
        for alarm in self._book.due(now.mono):
            if alarm.state is AlarmState.PENDING:
                self._walk(rec, alarm, Input.HELD)
                continue
            if alarm.resound is not None and alarm.resound <= now.mono:
                alarm = replace(alarm, resound=None, silenced=alarm.acked is not None)
                self._put(rec, alarm)
            if (due := repair_due(alarm)) is not None and due <= now.mono:
                args: dict[str, Scalar] = {
                    "point": alarm.point,
                    "alarm_kind": alarm.kind,
                    "stood": now.mono - alarm.raised.mono,
                }
                self._log(rec, alarm.state, replace(alarm, repair=True), "repair", code="time", args=args)
        for judgement in self._judge.due(now, clock_ok):
            self._judged(rec, *judgement)
        self._telling.again(rec)
        self._telling.together(rec)
        for hole in self.desk.tick(rec):
            self._keeping.morning(rec, self.alarms.values(), Morning(self.desk.red()))
            self._box(rec, "fault", f"{BOX}/roster", hole, {"why": "值班表有空缺 hole in the rota"})
        return self._settle(rec)

    def command(self, cmd: Command, now: Now, clock_ok: bool) -> Outcome:
        """Something a person asks. Refusals are journaled; a repeated id gives the same Reply and nothing else."""
        rec = self._record(now, clock_ok)
        return self._settle(rec) if self._obeying.once(rec, cmd) else rec.outcome()

    def delivery(self, d: Delivery, now: Now, clock_ok: bool) -> Outcome:
        """What became of a notification: again, the person's next channel, or `cannot-call` when nothing is left."""
        rec = self._record(now, clock_ok)
        n = self._telling.sent(d.key)
        self._keeping.delivered(rec, d, n, self.alarms)
        if self._telling.news(rec, d):
            self._box(rec, "cannot-call", f"{BOX}/cannot-call", False, {})
            self._box(rec, "fault", f"{BOX}/drill-{n.channel if n else ''}", False, {})
        return self._settle(rec)

    def system(self, kind: str, active: bool, evidence: Mapping[str, Scalar], now: Now, clock_ok: bool) -> Outcome:
        """An alarm of the box itself (cannot-record, cannot-call, output, line ...). `evidence["point"]` names its point.

        What is said of one that stands is added to its evidence.
        """
        rec, point = self._record(now, clock_ok), str(evidence.get("point") or f"{BOX}/{kind}")
        known = self._book.get(f"{BOX}-{kind}", point)
        if known is not None and (said := {**known.evidence, **evidence}) != known.evidence:
            self._put(rec, replace(known, evidence=said))
        self._box(rec, kind, point, active, evidence)
        return self._settle(rec)

    def picture(self, camera: str, sha256: str, why: str, now: Now, clock_ok: bool) -> Outcome:
        """A store's camera has taken a picture, which is on the disk: `why` it was taken."""
        rec = self._record(now, clock_ok)
        self._judge.stores.picture(camera, sha256, why)
        return self._settle(rec)

    def noted(self, kind: str, args: Mapping[str, Scalar], now: Now, clock_ok: bool) -> Outcome:
        """Something the box has done that changes no alarm, written down: the daily self-test."""
        rec = self._record(now, clock_ok)
        rec.event(kind, args=args)
        return self._settle(rec)

    def next_due(self) -> int | None:
        """The mono ms at which `tick` is wanted next. Calling it earlier or more often changes nothing."""
        parts = (self._book, self._judge, self._telling, self._keeping.standing, self._trials)
        times = (*(part.next_due() for part in parts), self._feedback_due, self._silent_at)
        return min((t for t in times if t is not None), default=None)

    # -- one input, step by step -----------------------------------------------------------------------------------------

    def _record(self, now: Now, clock_ok: bool) -> Record:
        self._clock_ok = clock_ok
        return Record(self._seq, now, clock_ok)

    def _settle(self, rec: Record) -> Outcome:
        """What follows from changed alarms: feedback, marks, modes, confirmed fires, parents, escalation, outputs."""
        self._stores(rec)
        for output, failing in self._feedback.failing(self._judge.view, rec.now).items():
            self._box(rec, "output", output, failing, {"output": output}, rule="feedback")
        self._feedback_due = self._feedback.next_due(rec.now)
        for rule, point, active in self._keeping.rehearsed(rec):
            self._condition(rec, rule, point, Truth.BREACHED if active else Truth.CLEAR, True, {})
        for channel, failed in self._keeping.drilled(rec):
            self._box(
                rec, "fault", f"{BOX}/drill-{channel}", failed, {"why": "演练时发不出去 nothing got through in the drill"}
            )
        if rec.changed or rec.marks:
            self._consequences(rec)
        self._telling.escalate(
            rec, lambda: self.desk.posts(rec.now, rec.clock_ok), lambda: self._feedback.seen(self._judge.view, rec.now)
        )
        drilled = drill.signalled(self._keeping.standing, self._plant, rec.now)
        if rec.changed or self._trials.due(rec.now) or drilled != self._drilled:
            self._drilled = drilled
            self._silent_at = drill.signal_due(self._keeping.standing, self._plant, rec.now)
            standing = tuple(self._book.all())
            desired = interlock.desired(standing, self._plant) | dict.fromkeys(drilled, True)
            for output, on in self._trials.applied(desired, standing, rec.now).items():
                if self._outputs[output] is not on:
                    self._outputs[output] = rec.outputs[output] = on
                    self._feedback.wanted(output, on, rec.now)
                    rec.event("output", code="on" if on else "off", args={"output": output})
            self._feedback_due = self._feedback.next_due(rec.now)
        self._seq = rec.seq
        return rec.outcome()

    def _consequences(self, rec: Record) -> None:
        look = partial(aftermath.after, self.alarms, rec, self._keeping.standing, self._plant)
        self._keeping.alarms(rec, look().raised)
        for consequence in aftermath.CONSEQUENCES:
            for alarm, kind, args in tuple(consequence(look())):
                if kind:
                    self._log(rec, self._book.by_id[alarm.id].state, alarm, kind, args=args)
                else:
                    self._put(rec, alarm)
        self._keeping.settled(rec, look().raised)

    def _stores(self, rec: Record) -> None:
        """Record what has happened at stores."""
        for news in self._judge.stores.news():
            seq = rec.event(news.kind, who=news.who, args={"store": news.store} | dict(news.args))
            self._stored(rec, news.store, (news.opening,) if news.opening else (), f"{self._plant.site}-{seq}")
            if (move := self._judge.stores.answered(news, self._book.all(), rec.now)) is not None:
                self._log(
                    rec, move.old, move.alarm, "acked", who=move.alarm.acked_by, code="identify", args={"store": news.store}
                )

    def _stored(self, rec: Record, store: str, openings: Iterable[Opening], id: str = "") -> None:
        """Openings as they now stand, and what the store expects; `id` is for a mark it has not had yet."""
        rec.openings.update({o.id: o for o in openings})
        if (mark := self._judge.stores.mark(store, id, rec.now)) is not None:
            rec.marks[mark.id] = mark

    def _among(self, states: frozenset[AlarmState]) -> Callable[[str, str], bool]:
        """Does the alarm of a rule and a point stand in one of these states?"""
        return lambda rule, point: (alarm := self._book.get(rule, point)) is not None and alarm.state in states

    def _judged(self, rec: Record, rule: Rule, condition: Condition, good: bool) -> None:
        if self._judge.stores.untold:
            self._stores(rec)
        if condition.truth is Truth.BREACHED or self._book.get(rule.id, condition.point) is not None:
            self._condition(rec, rule, condition.point, condition.truth, good, condition.evidence)

    def _condition(
        self, rec: Record, rule: Rule, point: str, truth: Truth, good: bool, evidence: Mapping[str, Scalar]
    ) -> None:  # fmt: skip
        """One judgement -> the alarm's input. Evidence is that of the breach, kept when it is over."""
        known = self._book.get(rule.id, point)
        alarm = known or occurrence.blank(f"{self._plant.site}-{rec.seq}", rule, point, self._policy(rule), rec.now)
        input = input_of(truth, good, alarm, rule.off_delay, rec.now)
        truth = Truth.UNKNOWN if input is Input.UNKNOWN else truth
        if known is None or (truth is Truth.BREACHED and known.truth is not Truth.BREACHED):
            alarm = replace(alarm, evidence=evidence)
        if (alarm.truth, alarm.good) != (truth, good):
            alarm = replace(alarm, truth=truth, good=good)
        self._walk(rec, alarm, input, rule)

    def _policy(self, rule: Rule) -> Policy:
        return self._plant.policies.get(rule.policy) or Policy(rule.policy, (), result_asked=False)

    def _walk(self, rec: Record, alarm: Alarm, input: Input, rule: Rule | None = None) -> None:
        """One input that no person gave."""
        on_delay, off_delay = (rule.on_delay, rule.off_delay) if rule else (0, 0)
        move = step(alarm, input, rec.now, on_delay=on_delay, off_delay=off_delay)
        new = move.alarm
        if not move.moved:
            if self._book.by_id.get(new.id) != new:
                self._put(rec, new)
            return
        if new.state is AlarmState.UNACKED:
            spared, speed = self._keeping.spared(alarm, rec.now), self._plant.speed
            new = occurrence.hushed(alarm, new, rec.now, speed) if spared else self._sounding(rec, new)
            if rule:
                was = self._book.by_id.get(alarm.id, alarm)  # with the evidence of the occurrence before
                new = occurrence.calls(was, new, rule, self._policy(rule), spared, rec.now, speed)
        self._log(rec, move.old, new, move.event, code=input.value, args=facts(new))

    def _sounding(self, rec: Record, alarm: Alarm) -> Alarm:
        """A new alarm or occurrence: it has its number, and if it is one that sounds every silence ends (R14)."""
        silenced = [a for a in self._book.all() if a.silenced and a.id != alarm.id] if KINDS[alarm.kind].demands else []
        for other in silenced:
            self._put(rec, replace(other, silenced=False, resound=None))
        return replace(alarm, number=alarm.number or self._book.free_number(), silenced=False, resound=None)

    def _log(
        self, rec: Record, old: AlarmState, new: Alarm, kind: str, *, who: str = "", code: str = "",
        args: Mapping[str, Scalar] | None = None,
    ) -> int:  # fmt: skip
        """One event for one change of one alarm; a closing tells those who were told, unless another stands in its place."""
        seq = rec.event(kind, new.id, old=old.value, new=new.state.value, who=who, code=code, args=args)
        self._put(rec, new)
        if new.state is AlarmState.NORMAL and old in OPEN:
            heir, *others = parents.handed(new, self._book.by_id.values()) or (None,)
            if heir is None:
                self._telling.closing(rec, new)
            else:
                self._log(rec, self._book.by_id[heir.id].state, heir, "shown", args={"parent": new.id})
            for other in others:
                self._put(rec, other)
        elif kind in ("acked", "result"):
            self._telling.answered(new, who)
        return seq

    def _put(self, rec: Record, alarm: Alarm) -> None:
        self._book.put(alarm, next_due(alarm, rec.now))
        rec.changed[alarm.id] = alarm

    def _unreached(self, rec: Record, n: Notification) -> None:
        self._box(rec, "cannot-call", f"{BOX}/cannot-call", True, {"person": n.person, "channel": n.channel})

    def _box(
        self, rec: Record, kind: str, point: str, active: bool, evidence: Mapping[str, Scalar], *, rule: str = ""
    ) -> None:  # fmt: skip
        """Judge one of the box's own alarms. Its rule is made here, its policy is the one named like its kind."""
        own = Rule(f"{BOX}-{rule or kind}", "system", kind, (point,), {}, 0, 0, kind)
        known = self._book.get(own.id, point)
        if known is None and not active:
            return
        self._condition(rec, own, point, Truth.BREACHED if active else Truth.CLEAR, True, evidence)
