"""Carrying marks through one input of the engine: what time does to them, what people ask, what they bring about. Thin.

Keeps the marks (alerts.standing) and puts each Change into the Record; what a Change is, the files it asks decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from alerts import daily, drill, flood, marks, modes, notices, observe, service, walk
from alerts.authority import may_ask
from alerts.model import Alarm, Command, Delivery, Mark, Notification, Reply, Rule, Stage
from alerts.plant import Person, Plant
from alerts.record import Record
from alerts.replies import say
from alerts.service import Answer, Ask
from alerts.standing import Change, Notice, Standing
from drivers.reading import Now, Reading

VERBS: Mapping[str, Callable[[Ask], Answer]] = {**service.VERBS, **drill.VERBS, **walk.VERBS}


class Keeping:
    """`send` takes a Notification on its way, within the same Record."""

    def __init__(self, plant: Plant, send: Callable[[Record, Notification], None]) -> None:
        self.standing = Standing(plant)
        self._plant = plant
        self._send = send
        self._adrift: tuple[Mark, ...] = ()  # of an earlier run, and nobody knows yet for how long the box was off

    def restore(self, rec: Record, found: Iterable[Mark], shift: int | None) -> None:
        """Marks of an earlier run on this boot's clock. `shift`: ms from that run's monotonic clock to this one's, less the time
        off; None: nobody knows. With the time off unknown each goes on as if none had passed, until the clock is set: what
        people have switched off until six is over at six."""
        for mark in found:
            new = marks.shifted(mark, rec.now.mono - mark.since.mono if shift is None else shift)
            self.standing.put(new)
            rec.marks[new.id] = new
        self._adrift = () if rec.clock_ok else self.standing.all()

    def tick(self, rec: Record, view: Mapping[str, Reading]) -> None:
        """Whatever is due by time alone."""
        if self._adrift and rec.clock_ok:
            standing = (self.standing.by_id[m.id] for m in self._adrift if m.id in self.standing.by_id)
            self._all(rec, (Change(marks.by_wall(m, rec.now), "") for m in standing))
            self._adrift = ()
        for mark in self.standing.due(rec.now.mono):
            if mark.kind in drill.DRILLS:
                self._all(rec, drill.passed(mark, self.standing, self._plant, rec.now))
                continue
            new = marks.passed(mark, rec.now, self._plant)
            if new.stage in (Stage.RETURNING, Stage.UNVERIFIED):
                good = service.returned(new, self._plant, view)
                new = marks.proven(new, good, "good", rec.now, self._plant) if new.kind == "out-of-service" else new
            kind = f"mark-{'ended' if new.stage is Stage.OVER else new.stage.value}" if marks.KINDS[mark.kind].listed else ""
            self.put(rec, Change(new, kind, "", "time", marks.figures(new), _end(new, mark, self._plant)))

    def alarms(self, rec: Record, raised: Collection[Alarm]) -> None:
        """What changed alarms mean for marks."""
        self._all(rec, observe.follow(raised, tuple(rec.changed.values()), self.standing, self._plant, rec.now))

    def settled(self, rec: Record, raised: Collection[Alarm]) -> None:
        """The same once it is known what hides or moderates them: the flood flag, the counts of the day."""
        self._all(rec, flood.flood(raised, self.standing, self._plant, rec.now))
        self._all(rec, daily.counted(raised, self.standing, self._plant, rec.now))

    def morning(self, rec: Record, alarms: Collection[Alarm], morning: daily.Morning) -> None:
        """The line of 07:30, when it is time for it."""
        self._all(rec, daily.due(alarms, self.standing, morning, self._plant, rec.now))

    def delivered(self, rec: Record, d: Delivery, n: Notification | None, alarms: Mapping[str, Alarm]) -> None:
        """What became of a message that a mark is waiting for."""
        if n is None:
            return
        self._all(rec, drill.delivered(d, n, self.standing, rec.now))
        self._all(rec, observe.phoned(d, n, alarms.get(n.alarm), self.standing, rec.now))

    def asked(self, cmd: Command) -> bool:
        """Is this 收到 an answer to a drill, no alarm being open? A key pressed in its call names the mark."""
        mark = next(iter(self.standing.of_kind(*drill.DRILLS)), None)
        if cmd.verb != "ack" or mark is None or not (cmd.alarm in ("", mark.id) or cmd.alarm.startswith("D")):
            return False
        return cmd.person in str(mark.facts.get("people", "")).split(",")

    def ask(
        self, rec: Record, cmd: Command, person: Person, alarms: Collection[Alarm], view: Mapping[str, Reading],
        leaders: Collection[str],
    ) -> Reply:  # fmt: skip
        """What is asked of marks; a 收到 that comes here answers a drill. A refusal is an event. `leaders`: on duty now."""
        verb = "answer" if cmd.verb == "ack" else cmd.verb
        if may_ask(person, verb, self._plant, rec.now.wall, leaders):
            answer = VERBS[verb](Ask(cmd, person, self._plant, self.standing, alarms, view, rec.now))
        else:
            answer = service.refuse("role")
        if answer.refused:
            args = {"command": cmd.id, "verb": cmd.verb, "target": cmd.alarm, "proof": cmd.proof}
            seq = rec.event("refused", who=cmd.person, code=answer.code, args=args)
            return Reply(cmd.id, False, answer.code, say(answer.code, **answer.words), seq)
        seq, number = 0, ""
        for change in answer.changes:
            mark, at = self.put(rec, replace(change, args={**change.args, "command": cmd.id, "proof": cmd.proof}))
            seq, number = seq or at, number or f"{mark.number:02d}"
        return Reply(cmd.id, True, answer.code, say(answer.code, **{"number": number, **answer.words}), seq)

    def rehearsed(self, rec: Record) -> Iterator[tuple[Rule, str, bool]]:
        """Simulated alarms that begin or end with their marks: the rule, the point, is it on."""
        for mark in tuple(rec.marks.values()):
            if mark.kind == "rehearsal" and (rule := modes.rehearsal(mark.points[0], self._plant)) is not None:
                yield rule, mark.points[0], mark.stage is Stage.ON

    def drilled(self, rec: Record) -> Iterator[tuple[str, bool]]:
        """Channels of a communication drill that has just ended: did nothing get through?"""
        for mark in tuple(rec.marks.values()):
            if mark.kind == "call-drill" and mark.stage is Stage.OVER:
                yield from drill.deaf(mark).items()

    def spared(self, alarm: Alarm, now: Now) -> bool:
        """Does a chattering point keep quiet now? It has told and sounded within ten minutes (D15)."""
        if self.standing.chattering(alarm) is None or not alarm.done:
            return False
        return now.mono - max(d.at for d in alarm.done) < observe.CALM // self._plant.speed

    def put(self, rec: Record, change: Change) -> tuple[Mark, int]:
        """Store the change; give the mark with its id and the seq of its event (0 when it has none)."""
        mark, new = change.mark, not change.mark.id
        if new:
            mark = replace(mark, id=f"{self._plant.site}-{rec.seq}", number=self.standing.free_number())
        old = self.standing.by_id.get(mark.id)
        seq = 0
        if change.kind or new:
            seq = rec.event(
                change.kind or "mark", mark.id, old=old.stage.value if old else "", new=mark.stage.value, who=change.who,
                code=change.code, args={"mark_kind": mark.kind, "number": mark.number, **change.args},
            )  # fmt: skip
        self.standing.put(mark)
        rec.marks[mark.id] = mark
        for notice in change.notices:
            for n in notices.notifications(mark, notice, self._plant, rec.now):
                self._send(rec, n)
        return mark, seq

    def _all(self, rec: Record, changes: Iterator[Change]) -> None:
        for change in changes:
            self.put(rec, change)


def _end(new: Mark, old: Mark, plant: Plant) -> tuple[Notice, ...]:
    """Who hears that the time of a mark is over: who began it, and the officers."""
    message = {"out-of-service": "oos.expire", "maintenance": "maint.over", "test": "test.over", "walk": "test.over"}.get(
        new.kind, ""
    )
    if not message or old.stage is not Stage.ON:
        return ()
    if new.kind == "walk":
        return (Notice("end", message, (str(old.facts["walker"]),)),)
    officers = tuple(p.id for p in plant.people.values() if p.role == "officer")
    return (Notice("end", message, (old.who, *officers)),)
