"""What people ask of the engine: who asks, may it be asked now, and which part of the engine carries it out. Part of the Engine.

Refusals are journaled; a repeated id gives the same Reply and does nothing else. What a verb does stands with its part (carry,
keeping, stores, inbound, trial): only the road to it stands here. No I/O.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from alerts import carry, keeping, privacy, stores, trial
from alerts.book import Book
from alerts.commands import REMOTE, Done, Unheard, targets
from alerts.desk import Desk
from alerts.drill import DRILLS
from alerts.inbound import DESK, Inbound
from alerts.judge import Judge
from alerts.keeping import Keeping
from alerts.model import Alarm, AlarmState, Command, Condition, Reply, Rule, Scalar
from alerts.plant import Person, Plant
from alerts.record import Record
from alerts.replies import text
from alerts.trial import Trials
from drivers.reading import Now

REMEMBERED = 86_400_000  # ms that a command's id is remembered
VERBS = frozenset({*carry.VERBS, *keeping.VERBS, *stores.VERBS, trial.VERB, privacy.VERB})  # beside those that Inbound handles


class Log(Protocol):
    """Records one event for one change of one alarm and gives its seq."""

    def __call__(
        self, rec: Record, old: AlarmState, new: Alarm, kind: str, *, who: str, code: str, args: Mapping[str, Scalar]
    ) -> int: ...  # fmt: skip


class Obeying:
    """`log` and `judged` are the engine's: one change of one alarm, one judgement. `unheard`: see commands.targets.

    Alarms and marks belong to the other parts.
    """

    def __init__(
        self, plant: Plant, book: Book, judge: Judge, keeping: Keeping, desk: Desk, trials: Trials, unheard: Unheard,
        *, log: Log, judged: Callable[[Record, Rule, Condition, bool], None],
    ) -> None:  # fmt: skip
        self._unheard = unheard
        self._plant, self._book, self._judge, self._keeping = plant, book, judge, keeping
        self._desk, self._trials, self._log, self._judged = desk, trials, log, judged
        self.inbound = Inbound(plant, desk, book.by_id.values, lambda: keeping.standing.of_kind(*DRILLS), self.obey)
        self._replies: OrderedDict[str, tuple[Reply, int]] = OrderedDict()

    def restore(self, replies: Iterable[Reply], now: Now) -> None:
        """The Replies of an earlier run."""
        for reply in replies:
            self._replies[reply.command] = (reply, now.mono)

    def once(self, rec: Record, cmd: Command) -> bool:
        """Obey the command and add its Reply; False when its id is known, so that nothing was done."""
        while self._replies and rec.now.mono - next(iter(self._replies.values()))[1] > REMEMBERED:
            self._replies.popitem(last=False)
        if cmd.id in self._replies:
            rec.replies.append(self._replies[cmd.id][0])
            return False
        reply = self.obey(rec, cmd)
        if cmd.seen:
            rec.saw(reply.seq, cmd.seen)
        self._replies[cmd.id] = (reply, rec.now.mono)
        rec.replies.append(reply)
        return True

    def obey(self, rec: Record, cmd: Command) -> Reply:
        """Carry it out, or refuse it."""
        if cmd.person == DESK:
            cmd = replace(cmd, person=self._desk.person(rec.now, rec.clock_ok))
        person = self._plant.people.get(cmd.person)
        if person is None:
            return self._refuse(rec, cmd, "refused.person")
        if cmd.proof == "sms":
            person = self.inbound.sender(rec, person)
            cmd = replace(cmd, person=person.id)
        if cmd.proof in REMOTE:
            self._desk.proven(rec, person.id)
        if cmd.verb not in VERBS and not self.inbound.handles(cmd):
            return self._refuse(rec, cmd, "refused.verb")
        if rec.now.wall > cmd.expires:
            return self._refuse(rec, cmd, "refused.expired")
        if cmd.proof == "bureau" and not rec.clock_ok:
            return self._refuse(rec, cmd, "refused.clock")
        if cmd.verb == trial.VERB:
            return self._try(rec, cmd, person)
        if cmd.verb == privacy.VERB:
            code, seq = privacy.erase(rec, cmd, person, self._plant)
            return Reply(cmd.id, True, code, text(code), seq) if seq else self._refuse(rec, cmd, code)
        if self.inbound.handles(cmd):
            return self.inbound.obey(rec, cmd, person)
        if cmd.verb in stores.VERBS:
            return self._at_store(rec, cmd, person)
        phone = self._plant.at_phone(person.id)
        meant, code = targets(cmd, self._book.all(), self._unheard, phone) if cmd.verb in carry.VERBS else ((), "")
        if cmd.verb in keeping.VERBS or (not meant and self._keeping.asked(cmd)):
            leaders = self._desk.posts(rec.now, rec.clock_ok)["leader"]
            return self._keeping.ask(rec, cmd, person, self._book.by_id.values(), self._judge.view, leaders)
        if not meant:
            return self._refuse(rec, cmd, code)
        done = carry.out(cmd, person, meant, self._plant, rec.now, partial(self._done, rec, cmd))
        return done if isinstance(done, Reply) else self._refuse(rec, cmd, *done)

    def _done(self, rec: Record, cmd: Command, done: Done, args: Mapping[str, Scalar]) -> int:
        return self._log(rec, done.old, done.alarm, done.kind, who=cmd.person, code=cmd.verb, args=args)

    def _try(self, rec: Record, cmd: Command, person: Person) -> Reply:
        """Switch one output on for some seconds; `_settle` does it, and undoes it when they are over."""
        if code := self._trials.begin(cmd, person, tuple(self._book.all()), rec.now):
            return self._refuse(rec, cmd, code)
        args = {"command": cmd.id, "proof": cmd.proof} | {key: cmd.args[key] for key in ("output", "seconds")}
        seq = rec.event(trial.VERB, who=person.id, code=cmd.verb, args=args)
        return Reply(cmd.id, True, trial.VERB, text(trial.VERB), seq)

    def _at_store(self, rec: Record, cmd: Command, person: Person) -> Reply:
        """An identity or a declared session; what follows from it is judged at once."""
        store, code = self._judge.stores.command(cmd, person, rec.now, rec.clock_ok)
        if code.startswith("refused"):
            return self._refuse(rec, cmd, code)
        seq = rec.event("store.said", who=person.id, code=code, args={"store": store, "command": cmd.id, "proof": cmd.proof})
        for judgement in self._judge.store(store, rec.now, rec.clock_ok):
            self._judged(rec, *judgement)
        return Reply(cmd.id, True, code, text(code), seq)

    def _refuse(self, rec: Record, cmd: Command, code: str, alarm: Alarm | None = None) -> Reply:
        args = {"command": cmd.id, "verb": cmd.verb, "target": cmd.alarm, "proof": cmd.proof}
        seq = rec.event("refused", alarm.id if alarm else "", who=cmd.person, code=code, args=args)
        return Reply(cmd.id, False, code, text(code, alarm), seq)
