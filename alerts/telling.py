"""Telling people: the steps that are due, what became of each message, and what an answer takes back. Part of the Engine.

It owns the messages on their way (Post) and asks escalation, duty and budget; alarms belong to the engine and are put back
through `put`. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from alerts import digest, escalation
from alerts.book import Book
from alerts.budget import Budget, by_way_of
from alerts.kinds import KINDS
from alerts.model import LOST, OPEN, REACHED, Alarm, Delivery, Fate, Notification, Owed, Severity, Truth
from alerts.plant import Plant
from alerts.post import Post
from alerts.record import Record, sending
from alerts.render import args_for, render
from alerts.restore import next_due
from alerts.trend import Trend
from drivers.reading import Now, Reading

LATE = 600_000  # ms
NO_DATA = ("comm", "comm-sleep")
Put = Callable[[Record, Alarm], None]
Lost = Callable[[Record, Notification], None]


class Telling:
    """`put` keeps a changed alarm; `lost` is called when a listed person has no channel left."""

    def __init__(self, plant: Plant, book: Book, put: Put, lost: Lost) -> None:
        self._plant, self._book, self._put, self._lost = plant, book, put, lost
        self._post = Post(plant)
        self.budget = Budget(plant)
        waits = {p.id for p in plant.policies.values() if any(s.during == "not-falling" for s in p.steps)}
        self.trend = Trend(p for r in plant.rules if r.policy in waits for p in r.points)

    def escalate(
        self, rec: Record, posts: Callable[[], Mapping[str, tuple[str, ...]]], acting: Callable[[], Mapping[str, bool]]
    ) -> None:  # fmt: skip
        """Ask for the steps now due of every alarm that changed or whose time has come. `posts`, `acting`: as Scene has them."""
        due = {a.id: a for a in self._book.due(rec.now.mono)} | {
            i: a for i in rec.changed if (a := self._book.by_id.get(i)) is not None
        }
        open_ = [a for a in due.values() if a.state in OPEN]
        if not open_:
            return
        scene = escalation.Scene(
            self._plant, rec.now, posts(), rec.clock_ok, self.trend.falling(rec.now), lost_points(self._book.all(), self._plant),
            acting(),
        )  # fmt: skip
        for alarm in sorted(open_, key=lambda a: -a.severity):
            new, wanted = escalation.due(alarm, scene)
            new, notifications = self.budget.within(alarm, new, wanted, rec.now)
            if new != alarm:
                self._put(rec, new)
            else:  # a step that waits for its condition is looked at again later
                self._book.put(alarm, next_due(alarm, rec.now))
            for n in notifications:
                self._out(rec, n)

    def heard(self, readings: Iterable[Reading], now: Now) -> None:
        """New readings: some steps wait while a value falls."""
        self.trend.heard(readings, now)

    def together(self, rec: Record) -> None:
        """The digests and day lists that are due."""
        alarms, notifications = digest.due(tuple(self._book.all()), self._plant, self.budget, rec.now, rec.clock_ok)
        about = {n.key: [a.id for a in alarms if n.person in _newly_told(a, self._book.by_id[a.id])] for n in notifications}
        for alarm in alarms:
            self._put(rec, alarm)
        for n in notifications:
            self._out(rec, n, about[n.key])

    def closing(self, rec: Record, alarm: Alarm) -> None:
        """The alarm is over: what has not left yet is taken back, and those who got it hear of the end, once."""
        heard = self._post.over(alarm.id)
        for n in escalation.closing(alarm, self._plant, rec.now):
            if heard(n):
                self.send(rec, n)

    def answered(self, alarm: Alarm, who: str) -> None:
        """`who` has answered: the running step's messages that have not left are not sent any more (D16)."""
        self._post.heard(alarm.id, [who])
        self._post.recall(alarm)

    def wanted(self, key: str) -> bool:
        """Is this message still to be sent? Asked by the channels, from any thread, right before they send it."""
        return self._post.get(key) is not None

    def unheard(self, alarm: str, person: str) -> bool:
        """Is all that tells this person of the alarm still in a queue?"""
        return self._post.unheard(alarm, person)

    def ringing(self, key: str) -> bool:
        """Is a telephone still to be called for this message, which may have been delivered as a text long ago?"""
        return self._post.ringing(key)

    def restored(self, rec: Record, unsent: Iterable[Notification], taken: Iterable[Notification], shift: int) -> None:
        """Messages of an earlier run: whose fate its end left open, and which channels had `taken`, with the calls that belong to them.

        `shift`: ms from that run's monotonic clock to this one's.
        """
        open_ = tuple(_moved(n, shift) for n in unsent)
        before = tuple(_moved(n, shift) for n in taken)
        self._post.taken(before)
        for alarm in self._book.all():
            unsure = {n.person for n in open_ if n.alarm == alarm.id}
            self._post.heard(alarm.id, (p for p in alarm.told if p not in unsure))
        for n in open_:
            next_, gave_up = self._post.restored(n, self._book.by_id.get(n.alarm))
            if gave_up:
                needless = self._post.needless(n)
                self._fate(
                    rec, Delivery(n.key, Fate.RECALLED if needless else Fate.GAVE_UP), n, "" if needless else "unknown-fate"
                )
            self._forward(rec, n, next_, gave_up)
        for n in self._post.cut_off(before, self._book.by_id, rec.now):
            self._out(rec, n)

    def again(self, rec: Record) -> None:
        """Second attempts whose time has come."""
        for n in self._post.due(rec.now):
            self.send(rec, n)

    def news(self, rec: Record, d: Delivery) -> bool:
        """What became of a message; gives whether it reached its channel."""
        n = self._post.get(d.key)
        next_, gave_up = self._post.news(d, rec.now)
        last = gave_up and d.fate not in LOST
        self._fate(rec, Delivery(d.key, Fate.GAVE_UP, d.provider_id, d.why) if last else d, n, d.fate.value if last else "")
        if n is None:
            return False
        self._forward(rec, n, next_, gave_up)
        for parked in self._post.released():
            self.send(rec, parked)
        return d.fate in REACHED

    def sent(self, key: str) -> Notification | None:
        """The message of that key, while it is on its way."""
        return self._post.get(key)

    def next_due(self) -> int | None:
        return self._post.next_due()

    def send(self, rec: Record, n: Notification) -> None:
        """One message out, within what its channel may carry: failovers and second attempts count like any other (D14).

        Over the limit another of the person's channels takes it; with none left an open alarm is told in the next digest, the
        end of one is not told (`0` answers how things stand), and what is about no alarm goes all the same.
        """
        person = self._plant.people.get(n.person)
        if person is None or self.budget.may(n.channel, person, rec.now, n.severity):
            self.budget.carried(n.channel, n.person, rec.now)
            self._out(rec, n)
            return
        alarm, free = self._book.by_id.get(n.alarm), self.budget.channel(person, rec.now, n.severity)
        if free and n.reason != escalation.EVERY:
            self._post.held(n.key)
            self.send(rec, replace(by_way_of(free, n), reason="limit", attempt=1))
        elif n.reason == "closing":
            rec.event("spared", n.alarm, who=n.person, code="limit", args={"channel": n.channel})
        elif alarm is not None and n.reason != escalation.EVERY and n.severity > Severity.INFO:
            self._post.held(n.key)
            self._put(rec, _owing(alarm, n.person, rec.now))
        else:
            self.budget.carried(n.channel, n.person, rec.now)
            self._out(rec, n)

    def _out(self, rec: Record, n: Notification, about: Iterable[str] = ()) -> None:
        """Out it goes; an alarm that could not leave for LATE says in one line how it stands now instead. `about`: see Post.sent."""
        if n.made is not None and n.reason not in ("late", "closing") and rec.now.mono - n.made.mono > LATE:
            n = self._late(n, rec.now)
        self._post.sent(n, about)
        rec.notifications.append(n)
        rec.event("notified", n.alarm, who=n.person, code="repeat" if n.repeat else "", args=sending(n))

    def _late(self, n: Notification, now: Now) -> Notification:
        alarm = self._book.by_id.get(n.alarm)
        if alarm is None:
            return n
        language = self._plant.people[n.person].language
        text = render("late", args_for(alarm, self._plant, now, "", language), language)
        return replace(n, message="late", text=text, reason="late")

    def _fate(self, rec: Record, d: Delivery, n: Notification | None, code: str) -> None:
        """Record what became of a message. Given up after a last `try again` is stored as given up, never as still waiting.

        The provider's words may name a person: they stay in the Delivery, and the journal adds a salted hash to the event.
        """
        rec.deliveries.append(d)
        alarm, who = (n.alarm, n.person) if n else (d.key.split(":")[0], "")
        rec.event(d.fate.value.replace("_", "-"), alarm, who=who, code=code, args={"key": d.key})

    def _forward(self, rec: Record, n: Notification, next_: Notification | None, gave_up: bool) -> None:
        """Send what Post decided instead of `n`; with nothing left to tell a listed person of an alarm the box cannot call.

        What is about no alarm, or its end, proves nothing: a template cannot carry it, and who does not answer is seen elsewhere.
        """
        if next_ is not None:
            self.send(rec, next_)
        elif gave_up and n.severity > Severity.INFO and n.person in self._plant.people and not self._post.spared(n):
            self._lost(rec, n)


def lost_points(alarms: Iterable[Alarm], plant: Plant) -> int:
    """How many points that watch over something have no data now: also those whose fault is still being judged."""
    lost = {a.point for a in alarms if a.kind in NO_DATA and a.truth is Truth.BREACHED}
    return (
        len(lost.intersection(p for r in plant.rules if KINDS[r.alarm].severity > Severity.FAULT for p in r.points))
        if lost
        else 0
    )


def _moved(n: Notification, shift: int) -> Notification:
    return n if n.made is None else replace(n, made=Now(n.made.wall, n.made.mono + shift))


def _newly_told(new: Alarm, old: Alarm) -> frozenset[str]:
    return frozenset(new.told).difference(old.told)


def _owing(alarm: Alarm, person: str, now: Now) -> Alarm:
    """The alarm with this person still to be told, in the next digest."""
    told = tuple(p for p in alarm.told if p != person)
    known = any((o.person, o.by) == (person, "storm") for o in alarm.owed)
    return replace(alarm, told=told, owed=alarm.owed if known else (*alarm.owed, Owed(person, "storm", now)))
