"""The duty post as it really is: who has taken over, who is asked, whose phone is proven. Part of the Engine; owns its marks.

Source: people's shift and handover §4.2 and replies §2.3. The rota says who should; 接班 says who is: until somebody takes
over, the old shift stays responsible, and the leader stands beside it. Kinds of mark, never shown as something switched:
`shift` (a person at the post, until the turn ends), `question` (S shift, T phone test, C duty check, J order), `cause` (a result
still without its cause), `phones` (what is proven of each phone), `swap` (alerts/swaps.py). No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts import calendar, duty, posts, swaps
from alerts.calendar import local
from alerts.model import Line, Mark, Notification, Scalar, Severity, Stage
from alerts.plant import Person, Plant
from alerts.posts import BESIDE, POST_WORDS, post_of
from alerts.questions import POSTS_CHECKED, after, asked_of, clock_words, day_words, ends, free_number, later, waiting
from alerts.record import Record
from alerts.render import render
from alerts.swapping import Said, Swapping
from drivers.reading import Now

KINDS = frozenset({"shift", "question", "cause", "phones", swaps.KIND})
MINUTE, HOUR = 60_000, 3_600_000
AHEAD = 15 * MINUTE  # before a shift its person is asked
TEST_AT = 10 * 60  # local minute of a day on which the phones are tested
TEST_FOR = 24 * HOUR  # how long an answer to a phone test counts
CAUSE_FOR = 30 * MINUTE
CHECK_FOR = 5 * MINUTE
LOOK = 10_000  # ms between two looks at the rota
RED = 2  # tests a phone may be silent
SKIPPED = ("viewer", "installer", "admin", "bureau")  # whose phone nobody needs, and where no test may ring (people's rule 6)
SHIFT, TEST, CHECK, ORDER = "S", "T", "C", "J"
ASK = {SHIFT: "shift.take", TEST: "test.phone", CHECK: "bureau.check", ORDER: "bureau.order"}


class Desk:
    """`send` gives a message to the channels. Times of marks are wall times: a shift ends by the hour, not by its length."""

    def __init__(self, plant: Plant, send: Callable[[Record, Notification], None]) -> None:
        self._plant, self._send = plant, send
        self._marks: dict[str, Mark] = {}
        self._looked: int | None = None  # mono
        self._lived: int | None = None  # wall until which the run before lived, at the first look of this one
        self.swapping = Swapping(plant, lambda: self._of(swaps.KIND), self._put, self._needless)

    def restore(self, marks: Iterable[Mark], saved: Now | None = None) -> list[Mark]:
        """Take over this file's marks of an earlier run, which lived at `saved`; gives the others."""
        found, self._lived = tuple(marks), saved.wall if saved else None
        self._marks = {m.id: m for m in found if m.kind in KINDS}
        return [m for m in found if m.kind not in KINDS]

    @property
    def marks(self) -> Mapping[str, Mark]:
        return self._marks

    # who is there

    def posts(self, now: Now, clock_ok: bool) -> dict[str, tuple[str, ...]]:
        """Post or role -> people, each post as it was taken over (alerts/posts.py)."""
        return posts.standing(self._plant, self._marks.values(), now.wall, clock_ok)

    def person(self, now: Now, clock_ok: bool) -> str:
        """In whose name the registered desk and the button answer: whoever has taken over the shift, or ""."""
        return next(iter(self.posts(now, clock_ok)["duty"]), "")

    def taken(self) -> list[dict[str, Any]]:
        """Who has taken over which post since and until when, wall ms; an end that is past: nobody has come after them."""
        return [{"post": post_of(m), "person": m.who, "since": m.since.wall, "until": ends(m)} for m in self._of("shift")]

    def upcoming(self, now: Now) -> duty.Turn | None:
        """The next turn of the duty post that begins after now."""
        found = self._turns("duty", now.wall, now.wall + 8 * 24 * HOUR)
        return next((t for t in found if t.start > now.wall), None)

    def red(self) -> tuple[str, ...]:
        """People whose phone has been silent twice."""
        facts = self._phones().facts
        return tuple(p for p in self._plant.people if int(facts.get(f"{p}.silent") or 0) >= RED)

    def holes(self, now: Now) -> list[tuple[int, int]]:
        """Times of the next 24 h at which nobody of the rota stands at the duty post: a hole is a fault."""
        return duty.holes(self._plant, "duty", now.wall, now.wall + 24 * HOUR)

    def roster(self, now: Now, clock_ok: bool) -> dict[str, Any]:
        """Who is on now and next, whose phone is red, where the rota has holes: for screens."""
        turn = self.upcoming(now)
        return {
            "now": self.posts(now, clock_ok),
            "taken": self.taken(),
            "next": None if turn is None else {"person": turn.person, "start": turn.start, "end": turn.end},
            "red": self.red(),
            "phones": dict(self._phones().facts),
            "holes": self.holes(now) if clock_ok else [],
            "asked": [
                {"id": m.id, "letter": m.facts["letter"], "number": m.number, "waiting": waiting(m)}
                for m in self._of("question")
            ],
        }

    # what is asked

    def questions(self, person: str) -> list[Mark]:
        """Open questions to this person, newest first."""
        asked = [m for m in self._of("question") if person in waiting(m)]
        return sorted(asked, key=lambda m: (-m.since.wall, -m.number))

    def cause(self, person: str) -> Mark | None:
        return next((m for m in self._of("cause") if m.who == person), None)

    def tick(self, rec: Record) -> tuple[bool, ...]:
        """Ask for shifts and phone tests that are due, and say who did not answer. Not while the clock is unset.

        Gives, when it looked (at most once in LOOK), whether the rota has a hole within a day.
        """
        if not rec.clock_ok or (self._looked is not None and rec.now.mono < self._looked + LOOK):
            return ()
        self._looked = rec.now.mono
        over = [m for m in self._marks.values() if m.until is not None and m.kind != "shift" and ends(m) <= rec.now.wall]
        for mark in over:
            self._unanswered(rec, mark)
        self._shifts(rec, over)
        self._lived = None
        day = local(self._plant, rec.now.wall)
        if day.hour * 60 + day.minute >= TEST_AT and calendar.working_hours(self._plant, rec.now.wall):
            today = day.date().isoformat()
            if self._phones().facts.get("tested") != today and calendar.phone_test(self._plant.calendar, day.date()):
                self._note(rec, {"tested": today})
                people = [p.id for p in self._plant.people.values() if p.channels and p.role not in SKIPPED]
                self.ask(
                    rec,
                    TEST,
                    people,
                    rec.now.wall + TEST_FOR,
                    {"s": self._plant.short, "t": clock_words(self._plant, rec.now.wall)},
                )
        return (bool(self.holes(rec.now)),)

    def ask(
        self, rec: Record, letter: str, people: Iterable[str], until: int, args: Mapping[str, str], **facts: Scalar
    ) -> Mark:
        """A new question to these people, each by their first channel."""
        number = free_number({m.number for m in self._of("question") if m.facts.get("letter") == letter})
        who = [p for p in people if p in self._plant.people]
        known = {"letter": letter, "people": ",".join(who)} | facts
        mark = self._new(rec, "question", who[0] if len(who) == 1 else "", _at(rec, until), known, number)
        for id in who:
            self.tell(rec, mark, self._plant.people[id], ASK[letter], {**args, "n": f"{number:02d}"})
        return mark

    def check(self, rec: Record, by: Person, command: str = "") -> Said:
        """查岗: whoever is at the post is asked; who is silent for CHECK_FOR is followed by the next post of CHECKED."""
        self._check(rec, by.id, POSTS_CHECKED, command)
        return Said("checking", {})

    def order(self, rec: Record, by: Person, what: str, until: int, command: str = "") -> Said:
        """督办: the officer and the head are told and sign for it with 1 and its number, until wall ms `until`."""
        found = self.posts(rec.now, rec.clock_ok)
        args = {"b": by.name[:6], "what": what[:20], "date": day_words(self._plant, until)}
        mark = self.ask(rec, ORDER, dict.fromkeys((*found["officer"], *found["head"])), until, args, by=by.id, command=command)
        return Said("ordered", {"n": f"{mark.number:02d}"})

    def ask_cause(self, rec: Record, person: str, facts: Mapping[str, Scalar]) -> None:
        """Remember that this person has to say why."""
        if (old := self.cause(person)) is not None:
            self._put(rec, replace(old, stage=Stage.OVER))
        self._new(rec, "cause", person, later(rec.now, CAUSE_FOR), facts)

    def forget_cause(self, rec: Record, person: str) -> None:
        if (old := self.cause(person)) is not None:
            self._put(rec, replace(old, stage=Stage.OVER))

    def proven(self, rec: Record, person: str) -> None:
        """Something came from this person's phone: it works."""
        facts = self._phones().facts
        if facts.get(f"{person}.silent") or rec.now.wall - int(facts.get(f"{person}.ok") or 0) > HOUR:
            self._note(rec, {f"{person}.ok": rec.now.wall, f"{person}.silent": 0})

    # what is answered

    def answer(self, rec: Record, mark: Mark, person: Person) -> Said:
        """1 to a question. Twice the same answer is one answer."""
        if mark.facts["letter"] == SHIFT:
            self.take(rec, person, mark)
        else:
            self._answered(rec, mark, person.id, "answered")
        return Said(f"answered.{mark.facts['letter']}", {"n": f"{mark.number:02d}"})

    def decline(self, rec: Record, mark: Mark, person: Person) -> Said:
        """9 to a question: the leader hears of it at once; it is not counted against anybody."""
        self._answered(rec, mark, person.id, "declined")
        if mark.facts["letter"] == CHECK and mark.id not in self._marks:  # nobody is left who could answer
            self._check(rec, str(mark.facts["by"]), after(str(mark.facts["post"])), str(mark.facts.get("command") or ""))
        if mark.facts["letter"] != SHIFT:
            return Said("note", {})
        self._missed(rec, mark, person.id, "shift.declined")
        return Said("declined.shift", {})

    def take(self, rec: Record, person: Person, asked: Mark | None = None, post: str = "") -> Said:
        """接班. A swap needs only that the other one takes over: whoever takes over is responsible.

        `post`: that of the question, or the one named; else the duty post, unless only another one is this person's next.
        """
        now = rec.now.wall
        post = str(asked.facts.get("post") or "duty") if asked else post or self._next_post(person.id, now)
        coming = [t for t in self._turns(post, now, now + AHEAD + 1) if t.end > now + AHEAD]
        turn = next((t for t in coming if t.person == person.id), None)
        end = turn.end if turn else coming[-1].end if coming else now + 12 * HOUR
        rota = {t.person for t in coming}
        for old in self._shift(post):
            beside = turn is not None and old.who in rota and ends(old) > now + AHEAD
            if old.who == person.id or not beside:
                self._put(rec, replace(old, stage=Stage.OVER))
        facts: dict[str, Scalar] = {"rota": turn is not None, "post": post}
        self._new(rec, "shift", person.id, _at(rec, end), facts)
        rec.event("shift", who=person.id, code="taken", args={"until": end} | facts)
        for mark in [m for m in self._of("question") if m.facts["letter"] == SHIFT and (m.facts.get("post") or "duty") == post]:
            for id in waiting(mark):
                if asked is mark or id == person.id or turn is None:
                    self._answered(rec, mark, id, "answered" if id == person.id else "replaced")
        return Said("answered.S", {})

    def tell(self, rec: Record, mark: Mark, person: Person, message: str, args: Mapping[str, str]) -> None:
        if not person.channels:
            return
        channel, text = person.channels[0], render(message, args, person.language)
        key = f"{mark.id}:1:{message}:1:{person.id}:{channel}"
        self._send(
            rec,
            Notification(
                key, mark.id, message, person.id, channel, message, text, f"mark/{mark.kind}", Severity.INFO, made=rec.now
            ),
        )

    # below: parts

    def _shifts(self, rec: Record, over: Iterable[Mark]) -> None:
        """Ask everybody whose turn begins within 15 min and who is not at the post already; a turn that goes on is prolonged.

        Whoever was to be asked while the box was off is asked now, unless somebody has taken over. `over`: what has just ended.
        """
        now = rec.now.wall
        found = [t for post in duty.POSTS for t in self._turns(post, now - HOUR, now + AHEAD + 1)]
        for turn in found:
            asked = any(
                (m.facts.get("turn"), m.facts.get("post") or "duty") == (turn.start, turn.post) and turn.person in asked_of(m)
                for m in (*self._of("question"), *over)
            )
            late = self._lived is not None and self._lived < turn.start <= now < turn.end
            late = late and not any(ends(m) > now for m in self._shift(turn.post))
            if asked or not (late or now < turn.start <= now + AHEAD):
                continue
            own = next((m for m in self._shift(turn.post) if m.who == turn.person and ends(m) >= turn.start), None)
            before = any((t.post, t.person) == (turn.post, turn.person) and t.end >= turn.start > t.start for t in found)
            if own is not None and ends(own) < turn.end:
                self._put(rec, replace(own, until=_at(rec, turn.end)))
            elif own is None and not (before and not self._shift(turn.post)):
                plant, start = self._plant, turn.start
                args = {"d1": day_words(plant, start), "t1": clock_words(plant, start), "t2": clock_words(plant, turn.end)}
                self.ask(rec, SHIFT, [turn.person], now + AHEAD if late else start, args, turn=start, post=turn.post)

    def _unanswered(self, rec: Record, mark: Mark) -> None:
        """Nobody has answered in time: the time of the mark is over. Whoever comes late to a shift may still take it over with 1."""
        silent = waiting(mark) if mark.kind == "question" and not mark.facts.get("missed") else ()
        letter = mark.facts.get("letter")
        end = self._turn_end(mark) if letter == SHIFT and silent else 0
        late = replace(mark, until=_at(rec, end), facts={**mark.facts, "missed": True})
        self._put(rec, late if end > rec.now.wall else replace(mark, stage=Stage.OVER))
        for person in silent:
            rec.event("unanswered", mark.id, who=person, code=str(letter), args={"number": mark.number})
            if letter == SHIFT:
                self._missed(rec, mark, person, "shift.missed")
            if letter == TEST:
                self._note(rec, {f"{person}.silent": int(self._phones().facts.get(f"{person}.silent") or 0) + 1})
        if letter == CHECK and not any(line.what == "answered" for line in mark.lines):
            self._check(rec, str(mark.facts["by"]), after(str(mark.facts["post"])), str(mark.facts.get("command") or ""))

    def _turn_end(self, mark: Mark) -> int:
        """Wall ms at which the turn ends that a shift's question is about; 0: it is no more."""
        start, people = int(mark.facts.get("turn") or 0), asked_of(mark)
        return next((t.end for t in self._turns(post_of(mark), start, start + 1) if t.person in people), 0)

    def _check(self, rec: Record, by: str, posts: Sequence[str], command: str) -> None:
        """Ask the first of these posts that has somebody."""
        found = self.posts(rec.now, rec.clock_ok)
        post = next((p for p in posts if found.get(p)), None)
        if post is None:
            self._nobody(rec, by)
        else:
            args = {
                "b": self._plant.people[by].name[:6] if by in self._plant.people else "",
                "t": clock_words(self._plant, rec.now.wall),
            }
            self.ask(rec, CHECK, found[post], rec.now.wall + CHECK_FOR, args, by=by, post=post, command=command)

    def _missed(self, rec: Record, mark: Mark, person: str, message: str) -> None:
        """The leader is told, of a leader's own shift the officer; with nobody taken over so far, the rota's old shift is

        written down as responsible.
        """
        turn, post = int(mark.facts.get("turn") or rec.now.wall), str(mark.facts.get("post") or "duty")
        if not self._shift(post):
            for old in [t for t in self._turns(post, turn - 1, turn) if t.person != person]:
                shift = self._new(rec, "shift", old.person, _at(rec, turn), {"rota": True, "post": post})
                self._put(rec, replace(shift, since=_at(rec, old.start)))
        found = duty.on_duty(self._plant, rec.now.wall, swaps.in_force(self._marks.values()))
        name = {id: p.name for id, p in self._plant.people.items()}
        holder = next(iter(self.posts(rec.now, True)[post]), "")
        args = {
            "p": name.get(person, ""),
            "who": name.get(holder, ""),
            "t1": clock_words(self._plant, turn),
            "n": f"{mark.number:02d}",
        }
        for listener in (self._plant.people[id] for id in found[BESIDE[post]]):
            zh, en = POST_WORDS[post]
            self.tell(rec, mark, listener, message, args | {"post": zh if listener.language == "zh" else en})

    def _answered(self, rec: Record, mark: Mark, person: str, what: str) -> None:
        new = replace(mark, lines=(*mark.lines, Line(what, person, person, rec.now)))
        kept = waiting(new) or mark.facts["letter"] == SHIFT  # so that nobody is asked twice for one turn
        self._put(rec, new if kept else replace(new, stage=Stage.OVER))
        rec.event(what, mark.id, who=person, code=str(mark.facts.get("letter")), args={"number": mark.number})

    def _phones(self) -> Mark:
        found = next(iter(self._of("phones")), None)
        return found or Mark(f"{self._plant.site}-phones", 0, "phones", Stage.ON, "", "", Now(0, 0), None)

    def _note(self, rec: Record, facts: Mapping[str, Scalar]) -> None:
        old = self._phones()
        self._put(rec, replace(old, since=rec.now, facts={**old.facts, **facts}))

    def _new(self, rec: Record, kind: str, who: str, until: Now, facts: Mapping[str, Scalar], number: int = 0) -> Mark:
        told = {"number": number, "command": facts.get("command"), "letter": facts.get("letter")} if number else {}
        args = {k: v for k, v in told.items() if v}
        seq = rec.event(f"{kind}-asked" if kind == "question" else kind, who=who, args=args or None)
        mark = Mark(f"{self._plant.site}-{seq}", number, kind, Stage.ON, who, "", rec.now, until, facts=dict(facts))
        self._put(rec, mark)
        return mark

    def _put(self, rec: Record, mark: Mark) -> None:
        rec.marks[mark.id] = mark
        if mark.stage is Stage.OVER:
            self._marks.pop(mark.id, None)
        else:
            self._marks[mark.id] = mark

    def _nobody(self, rec: Record, by: str) -> None:
        """No post has answered a duty check (R9): the head hears of it, and the bureau that asked."""
        seq = rec.event("unanswered", who=by, code="check")
        args = {"t": clock_words(self._plant, rec.now.wall), "n": "", "s": ""}
        mark = Mark(f"{self._plant.site}-{seq}", 0, "question", Stage.OVER, by, "", rec.now, rec.now)
        for id in dict.fromkeys((*duty.on_duty(self._plant, rec.now.wall)["head"], by)):
            if (person := self._plant.people.get(id)) is not None:
                self.tell(rec, mark, person, "check.missed", args | {"s": self._plant.short if person.role == "bureau" else ""})

    def _next_post(self, person: str, now: int) -> str:
        """The post a person takes over who does not say which: duty, unless only a turn at another one begins for them now."""
        turns = (t for p in duty.POSTS for t in self._turns(p, now, now + AHEAD + 1))
        theirs = [t.post for t in turns if t.person == person and t.start > now - HOUR]
        return next((p for p in theirs if p == "duty"), next(iter(theirs), "duty"))

    def _needless(self, rec: Record, post: str, start: int, person: str) -> None:
        """This person need not answer for that turn any more."""
        for mark in self._of("question"):
            if (post_of(mark), mark.facts.get("turn")) == (post, start) and person in waiting(mark):
                self._answered(rec, mark, person, "replaced")

    def _turns(self, post: str, start: int, end: int) -> list[duty.Turn]:
        """Turns of the rota with what was swapped."""
        return duty.turns(self._plant, post, start, end, swaps.in_force(self._of(swaps.KIND)))

    def _shift(self, post: str) -> list[Mark]:
        return [m for m in self._of("shift") if post_of(m) == post]

    def _of(self, kind: str) -> list[Mark]:
        return [m for m in self._marks.values() if m.kind == kind]


def _at(rec: Record, wall: int) -> Now:
    """A wall time on both clocks."""
    return Now(wall, rec.now.mono + wall - rec.now.wall)
