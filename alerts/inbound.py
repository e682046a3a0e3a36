"""What people send or press, carried out: texts, keys, questions answered, the shift taken. Part of the Engine.

One text is one Command of verb `text`; its Reply is what the sender is sent back. alerts/answers.py reads the text, the engine
carries out what it asks of alarms. Only listed people get this far; who the number belongs to is `caller`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from alerts import dutylog
from alerts.answers import Asked, parse
from alerts.authority import TAKERS
from alerts.causes import causes
from alerts.desk import Desk
from alerts.duty import POSTS
from alerts.kinds import KINDS
from alerts.model import OPEN, Alarm, Command, Mark, Reply, Result
from alerts.plant import Person, Plant
from alerts.questions import asked_of
from alerts.record import Record
from alerts.replies import REAL, say, standing_words
from alerts.swapping import Said
from drivers.reading import Now, Quality, Reading

DESK = "desk"  # a registered desk or button: in the name of whoever has taken over the shift
BUTTON = "ack-button"  # quantity of a point
VERBS = frozenset({"text", "take", "state", "check", "order", "swap", "swap-answer", *dutylog.VERBS})
MISSED = ("refused.nothing-open", "refused.not-found")  # what is asked of an alarm that the sender is not known to mean
MOST, WITHIN = 30, 600_000  # texts of one person in ten minutes; more is a machine
Act = Callable[[Record, Command], Reply]


def caller(number: str, plant: Plant) -> Person | None:
    """Whose phone this is: with or without the country's code. None: not registered, nothing is answered."""
    wanted = _digits(number)
    return next((p for p in plant.people.values() if p.phone and _digits(p.phone) == wanted), None) if wanted else None


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit()).removeprefix("0086").removeprefix("86")


def _answered(drill: Mark, person: str) -> bool:
    return any((x.what, x.about) == ("answered", person) for x in drill.lines)


class Inbound:
    """`alarms`: what stands now; `drills`: those that go on. `act` carries out a Command about either and gives its Reply."""

    def __init__(
        self, plant: Plant, desk: Desk, alarms: Callable[[], Collection[Alarm]], drills: Callable[[], Iterable[Mark]], act: Act
    ) -> None:
        self._plant, self._desk, self._alarms, self._drills, self._act = plant, desk, alarms, drills, act
        self._buttons = {p.id: False for p in plant.points.values() if p.quantity == BUTTON}  # point -> seen released
        self._heard: defaultdict[str, deque[int]] = defaultdict(deque)

    def pressed(self, readings: Iterable[Reading], now: Now) -> Iterator[Command]:
        """A press of a button is a GOOD 1 after a GOOD 0: 收到 for everything open. One found pressed at the start is none."""
        for reading in readings:
            if reading.point in self._buttons and reading.quality is Quality.GOOD:
                released, self._buttons[reading.point] = self._buttons[reading.point], reading.value == 0.0
                if released and reading.value == 1.0:
                    yield Command(f"{reading.point}:{now.wall}:{now.mono}", "ack", DESK, "button", now.wall)

    def sender(self, rec: Record, person: Person) -> Person:
        """Who of those that share this telephone (a guard room's mobile) writes. With an alarm to answer: who stands at a post, best
        one who was told of it, else who was told. Without: who is asked something, who stands at a post, who is listed first.
        """
        same = [self._plant.people[id] for id in self._plant.at_phone(person.id)]
        if len(same) < 2:
            return person
        posts = self._desk.posts(rec.now, rec.clock_ok)
        there = [p for p in same if any(p.id in posts[post] for post in POSTS)]
        told = [p for p in same if any(a.state in OPEN and p.id in a.told for a in self._alarms())]
        called = [*(p for p in there if p in told), *there, *told] if told else []
        asked = [p for p in same if self._desk.questions(p.id)]
        return next(iter((*called, *asked, *there, person)))

    def handles(self, cmd: Command) -> bool:
        return cmd.verb in VERBS or (cmd.verb in ("answer", "decline") and cmd.alarm in self._desk.marks)

    def obey(self, rec: Record, cmd: Command, person: Person) -> Reply:
        if cmd.verb == "text":
            return self._text(rec, cmd, person)
        if cmd.verb == "state":
            return self._reply(rec, cmd, "state", *standing_words(self._shown(), self._plant))
        if cmd.verb in ("check", "order"):
            return self._from_bureau(rec, cmd, person)
        if cmd.verb in dutylog.VERBS:
            code, seq = dutylog.write(rec, cmd, person, self._desk.posts(rec.now, rec.clock_ok)["duty"])
            return Reply(cmd.id, True, code, say(code), seq) if seq else self._refused(rec, cmd, code)
        if cmd.verb == "swap":
            return self._said(rec, cmd, self._desk.swapping.propose(rec, cmd, person))
        if cmd.verb == "swap-answer":
            return self._said(rec, cmd, self._desk.swapping.answer(rec, cmd, person))
        if cmd.verb == "take":
            post = str(cmd.args.get("post") or "")
            if person.role not in TAKERS or (post and post not in POSTS):
                return self._refused(rec, cmd, "refused.role")
            return self._said(rec, cmd, self._desk.take(rec, person, post=post))
        mark = self._desk.marks[cmd.alarm]
        if all(q.id != mark.id for q in self._desk.questions(person.id)):
            return self._refused(rec, cmd, "refused.answered")
        answer = self._desk.answer if cmd.verb == "answer" else self._desk.decline
        return self._said(rec, cmd, answer(rec, mark, person))

    def _from_bureau(self, rec: Record, cmd: Command, person: Person) -> Reply:
        """查岗 and 督办. args of an order: `what`, and `until`, wall ms by which it is to be done."""
        if person.role != "bureau":
            return self._refused(rec, cmd, "refused.role")
        if cmd.verb == "check":
            return self._said(rec, cmd, self._desk.check(rec, person, cmd.id))
        what, until = str(cmd.args.get("what") or "").strip(), cmd.args.get("until")
        if not what or not isinstance(until, int) or until <= rec.now.wall:
            return self._refused(rec, cmd, "refused.order")
        return self._said(rec, cmd, self._desk.order(rec, person, what, until, cmd.id))

    def _text(self, rec: Record, cmd: Command, person: Person) -> Reply:
        """One text: usually one thing. What is asked back is a Reply too, with ok False and the event `text` or `refused`."""
        times = self._heard[person.id]
        while times and times[0] < rec.now.mono - WITHIN:
            times.popleft()
        times.append(rec.now.mono)
        if len(times) > MOST:  # said once: a telephone that answers by itself would answer that too, for ever
            refused = self._refused(rec, cmd, "refused.rate")
            return refused if len(times) == MOST + 1 else replace(refused, text=("", ""))
        text, cause = str(cmd.args.get("text") or ""), self._desk.cause(person.id)
        phone = set(self._plant.at_phone(person.id))
        mine = [a for a in self._alarms() if a.state in OPEN and phone.intersection((*a.told, *(o.person for o in a.owed)))]
        early = str(cmd.args.get("early") or "").split()  # a network may bring an old answer when a new alarm is open
        known = [a for a in mine if a.id not in early]
        if cmd.alarm:  # a key pressed in a call about one alarm
            known = [a for a in mine if a.id == cmd.alarm] or [a for a in self._alarms() if a.id == cmd.alarm]
        drills = [m for m in self._drills() if person.id in asked_of(m) and not _answered(m, person.id)]
        questions = sorted((*drills, *self._desk.questions(person.id)), key=lambda q: -q.since.wall)
        questions = [q for q in questions if cmd.alarm in ("", q.id) and q.id not in early]
        real = self._real_since(cause, person)
        asked = parse(text, known, questions, None if real else cause)
        if real and asked[0].code == "list":
            by = self._plant.people.get(real.result_by)
            return self._refused(rec, cmd, "refused.real-since", n=f"{real.number:02d}", p=by.name if by else "")
        if mine and not known and (asked[0].code in MISSED or (asked[0].verb in ("ack", "decline") and not asked[0].target)):
            return self._refused(rec, cmd, "refused.early")
        replies = [self._asked(rec, cmd, person, one) for one in asked]
        if cause is not None and any(r.ok and r.code == "result" for r in replies):
            self._desk.forget_cause(rec, person.id)
        return replies[0]

    def _real_since(self, cause: Mark | None, person: Person) -> Alarm | None:
        """The alarm that this person was about to call false and that somebody else has called real since: a cause alone undoes no fire."""
        if cause is None or cause.facts.get("result") != Result.FALSE.value:
            return None
        about = next((a for a in self._alarms() if a.id == cause.facts.get("alarm")), None)
        return about if about is not None and about.result is Result.REAL and about.result_by != person.id else None

    def _asked(self, rec: Record, cmd: Command, person: Person, asked: Asked) -> Reply:
        if asked.code == "ask.cause":
            self._desk.ask_cause(rec, person.id, asked.args)
            about = next(a for a in self._alarms() if a.id == asked.target)
            acked = self._act(rec, replace(cmd, verb="ack", alarm=asked.target, args={}))
            words = "、".join(causes(about.kind, Result.FALSE))
            return self._reply(rec, cmd, "ask.cause", *say("ask.cause", n=f"{about.number:02d}", list=words), ok=acked.ok)
        if asked.verb == "identify" and asked.target:
            asked = replace(asked, target=self._store(asked.target))
            if not asked.target:
                return self._refused(rec, cmd, "refused.no-store")
        if asked.code == "refused.which":
            phone = set(self._plant.at_phone(person.id))
            numbers = " ".join(f"{a.number:02d}" for a in self._shown() if phone.intersection(a.told))[:20]
            return self._refused(rec, cmd, "refused.which-of", numbers=numbers)
        if asked.code:
            return self._refused(rec, cmd, asked.code)
        args = asked.args | ({"early": cmd.args["early"]} if cmd.args.get("early") else {})
        one = replace(
            cmd, verb=asked.verb, alarm=asked.target or (cmd.alarm if asked.verb in ("ack", "decline") else ""), args=args
        )
        done = self.obey(rec, one, person) if self.handles(one) else self._act(rec, one)
        if done.ok and one.args.get("result") == Result.REAL.value and not one.args.get("cause"):
            return self._why_real(rec, one, done)
        return done

    def _why_real(self, rec: Record, cmd: Command, done: Reply) -> Reply:
        """A real result counts at once; its cause is asked afterwards, unless the answer has ended what was already gone."""
        about = next((a for a in self._alarms() if a.id == cmd.alarm), None)
        if about is None:
            return done
        self._desk.ask_cause(rec, cmd.person, {"alarm": about.id, "result": Result.REAL.value})
        words = "、".join(causes(about.kind, Result.REAL))
        real = REAL.get(KINDS[about.kind].lamp, "属实")
        return replace(done, text=say("ask.cause-real", n=f"{about.number:02d}", real=real, list=words))

    def _store(self, alarm: str) -> str:
        """The store that the alarm is about, or ""."""
        point = next((a.point for a in self._alarms() if a.id == alarm), "")
        return next((s.id for s in self._plant.stores.values() if point in s.points), "")

    def _shown(self) -> list[Alarm]:
        return sorted((a for a in self._alarms() if a.state in OPEN), key=lambda a: (-a.severity, a.number))

    def _said(self, rec: Record, cmd: Command, said: Said) -> Reply:
        if not said.ok:
            return self._refused(rec, cmd, said.code, **said.words)
        return self._reply(rec, cmd, said.code, *say(said.code, **said.words))

    def _reply(self, rec: Record, cmd: Command, code: str, zh: str, en: str, *, ok: bool = True) -> Reply:
        seq = rec.event("text", who=cmd.person, code=code, args={"command": cmd.id, "proof": cmd.proof, "target": cmd.alarm})
        return Reply(cmd.id, ok, code, (zh, en), seq)

    def _refused(self, rec: Record, cmd: Command, code: str, **words: str) -> Reply:
        args = {"command": cmd.id, "verb": cmd.verb, "target": cmd.alarm, "proof": cmd.proof}
        return Reply(cmd.id, False, code, say(code, **words), rec.event("refused", who=cmd.person, code=code, args=args))
