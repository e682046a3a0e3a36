"""Notifications on their way: what to do with each Delivery, what an answer takes back, who has heard. Decides; sends nothing.

Source: requirements 1.1.2 (at most twice per step and channel), D13 (next channel within 15 s for fire), D16 (an answer stops
what is queued), people's budgets of §3 (the end goes only to those who got the alarm, never before it).
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from alerts import escalation
from alerts.budget import CALL
from alerts.digest import TOGETHER
from alerts.message import REPEAT
from alerts.model import ARRIVED, OPEN, REACHED, Alarm, Delivery, Fate, Notification, Severity
from alerts.plant import Plant
from drivers.reading import Now

MOST_ATTEMPTS = 2
RINGING = 180_000  # ms in which a modem may still be about to ring for a text it has sent
PATIENCE = 5_000  # ms: gas level 2 and fire wait no longer than this for a channel that says "later"
WALK = "walk"  # step of a walk test: a pressed button is long gone, and its message still proves the phone
KEPT = 5_000  # messages kept for a late report, alarms kept that are over
Who = tuple[str, str]  # alarm id, person id


class Post:
    """`_sent`: messages without a final report. `_waiting`: of whom it is not known yet that anything of the alarm reached them."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._sent: dict[str, Notification] = {}
        self._accepted: set[str] = set()
        self._calls: OrderedDict[str, Notification] = OrderedDict()  # whose telephone may still ring
        self._through: OrderedDict[str, None] = OrderedDict()  # what was to ring and has arrived, by whatever channel
        self._later: dict[str, tuple[int, Notification]] = {}
        self._waiting: defaultdict[Who, set[str]] = defaultdict(set)
        self._got: set[Who] = set()
        self._parked: dict[Who, Notification] = {}
        self._free: list[Notification] = []
        self._over: OrderedDict[str, None] = OrderedDict()  # alarms that have ended
        self._recalled: OrderedDict[str, Who] = OrderedDict()
        self._fresh: dict[str, tuple[str, tuple[str, ...]]] = {}  # key -> (person, alarms): no channel has touched it yet
        self._left: defaultdict[str, set[str]] = defaultdict(set)  # open alarm -> people whom word of it may have reached

    def get(self, key: str) -> Notification | None:
        return self._sent.get(key)

    def ringing(self, key: str) -> bool:
        """Nobody has answered, and the alarm is not over."""
        return key in self._calls

    def unheard(self, alarm: str, person: str) -> bool:
        """Is all that tells this person of the alarm still in a queue? Then no answer of theirs can be about it."""
        waits = any(who == person and alarm in about for who, about in self._fresh.values())
        return waits and person not in self._left.get(alarm, ())

    def sent(self, n: Notification, about: Iterable[str] = ()) -> None:
        """On its way. `about`: the other alarms that it tells of."""
        self._sent[n.key] = n
        self._fresh[n.key] = n.person, (n.alarm, *about)
        if n.rung:
            self._calls[n.key] = n
            if len(self._calls) > KEPT:
                self._calls.popitem(last=False)
        if (n.alarm, n.person) not in self._got:
            self._waiting[n.alarm, n.person].add(n.key)
        if len(self._sent) > KEPT:
            self._forget(next(iter(self._sent)))

    def news(self, d: Delivery, now: Now) -> tuple[Notification | None, bool]:
        """(a notification to send now, gave up). Gave up with None means: nothing is left for that person.

        A telephone that nobody picks up, or that cannot be called, gives way to the next channel; whose text was taken is reached.
        """
        if d.fate in REACHED:
            self._reached(d.key)
        person, about = self._fresh.pop(d.key, ("", ()))
        for alarm in about if d.fate not in (Fate.RECALLED, Fate.REJECTED) else ():
            if alarm not in self._over:
                self._left[alarm].add(person)
        n = self._sent.get(d.key)
        if n is None:
            return None, False
        self._later.pop(d.key, None)  # whatever is said now overtakes a second attempt that still waits
        if d.fate in ARRIVED:
            self._forget(d.key)
            if n.rung:
                self._through[_said(n)] = None
                if len(self._through) > KEPT:
                    self._through.popitem(last=False)
            return None, False
        if d.fate is Fate.ACCEPTED:
            self._accepted.add(d.key)
            return None, False
        unanswered = d.fate is Fate.SILENT and d.key in self._accepted  # it is there; the call did not come about
        self._accepted.discard(d.key)
        hurry = n.severity >= Severity.GAS and d.again_after > PATIENCE
        if d.fate is Fate.TRY_AGAIN and n.attempt < MOST_ATTEMPTS and not hurry and not self.needless(n):
            self._later[n.key] = (now.mono + d.again_after, replace(n, attempt=n.attempt + 1))
            return None, False
        other = self._other(n)
        return other, other is not None or not unanswered

    def restored(self, n: Notification, alarm: Alarm | None) -> tuple[Notification | None, bool]:
        """A notification whose fate a crash left open: once more, marked, or the next channel when that has been done.

        Not when it has become needless meanwhile: the alarm is over, or it has been answered and the step with it.
        """
        self._left[n.alarm].add(n.person)
        person = self._plant.people.get(n.person)
        if n.severity is not Severity.INFO and _stale(n, alarm):  # what is INFO is an end, or no alarm's
            self._recalled[n.key] = (n.alarm, n.person)
            return None, True
        if person is None or n.channel not in person.channels or n.attempt >= MOST_ATTEMPTS:
            return self._other(n), True
        return self._again(n), False

    def taken(self, known: Iterable[Notification]) -> None:
        """Channels took these in an earlier run of the box."""
        for n in known:
            self._through[_said(n)] = None

    def cut_off(self, taken: Iterable[Notification], alarms: Mapping[str, Alarm], now: Now) -> Iterable[Notification]:
        """The calls that an end of the process cut off: a modem rings after the text, one telephone after the other, out of memory.

        The latest message of each person that is still to be rung, once more as a call alone, unless it goes once more itself.
        """
        again = {n.person for n in self._sent.values() if n.rung}
        latest: dict[str, Notification] = {}
        for n in taken:
            fresh = n.made is not None and now.mono - n.made.mono <= RINGING and n.attempt < MOST_ATTEMPTS
            person = self._plant.people.get(n.person)
            rings = self._plant.channels.get(n.channel) == "modem" and person is not None and n.channel in person.channels
            if fresh and rings and n.rung and n.person not in again and not _stale(n, alarms.get(n.alarm)):
                latest[n.person] = max(n, latest.get(n.person, n), key=lambda m: m.made.mono if m.made else 0)
        for n in latest.values():
            yield replace(self._again(n), reason=CALL)

    def spared(self, n: Notification) -> bool:
        """Need it not arrive any more: it is needless, or the same one has arrived by another channel or is on its way by one?"""
        same = _said(n)
        return self.needless(n) or same in self._through or any(_said(m) == same for m in self._sent.values() if m.key != n.key)

    def heard(self, alarm: str, people: Iterable[str]) -> None:
        """These know of the alarm: by a message of an earlier run of the box, or they have answered."""
        known = tuple(people)
        self._got.update((alarm, person) for person in known)
        self._left[alarm].update(known)

    def held(self, key: str) -> None:
        """It is told together with others instead: nothing is known to be on its way any more."""
        if (n := self._sent.get(key)) is not None:
            self._waiting[n.alarm, n.person].discard(key)
        self._later.pop(key, None)
        self._forget(key)

    def recall(self, alarm: Alarm) -> None:
        """Somebody has answered: what is queued of its `unacked` steps is not sent any more, and rings no more."""
        mine = [n for n in self._calls.values() if n.alarm == alarm.id]
        self._hush(n.key for n in mine if _stale(n, alarm) or (n.step in TOGETHER and alarm.result is not None))
        for n in [n for n in self._sent.values() if n.alarm == alarm.id and n.key not in self._accepted]:
            if _stale(n, alarm):
                self._take_back(n)

    def over(self, alarm: str) -> Callable[[Notification], bool]:
        """The alarm has ended: nothing further of it is sent. Gives the question "shall this person hear of the end now?".

        Not who got nothing; and who has a message on its way hears it when that has arrived (`released`).
        """
        self._over[alarm] = None
        self._left.pop(alarm, None)
        self._hush(key for key, n in tuple(self._calls.items()) if n.alarm == alarm)
        if len(self._over) > KEPT:
            self._over.popitem(last=False)
        flying = {n.person for n in self._sent.values() if n.alarm == alarm and n.key not in self._later}
        for key in [k for k, (_, n) in self._later.items() if n.alarm == alarm and n.step not in TOGETHER]:
            self._take_back(self._later[key][1])

        def now(n: Notification) -> bool:
            who = (n.alarm, n.person)
            if who in self._got or who not in self._waiting:
                return True
            if n.person in flying:
                self._parked[who] = n
            return False

        return now

    def released(self) -> list[Notification]:
        """Ends that may be told now, because the alarm itself has arrived."""
        free, self._free = self._free, []
        return free

    def needless(self, n: Notification) -> bool:
        """Has it been taken back, or has its alarm ended?"""
        over = n.alarm in self._over and n.reason != "closing" and n.step != WALK and n.step not in TOGETHER
        return n.key in self._recalled or over

    def due(self, now: Now) -> list[Notification]:
        """Second attempts whose time has come."""
        ready = [key for key, (at, _) in self._later.items() if at <= now.mono]
        return [self._later.pop(key)[1] for key in ready]

    def next_due(self) -> int | None:
        return min((at for at, _ in self._later.values()), default=None)

    def _reached(self, key: str) -> None:
        n = self._sent.get(key)
        who = (n.alarm, n.person) if n else self._recalled.get(key)
        if who is None:
            return
        self._got.add(who)
        self._waiting.pop(who, None)
        if who in self._parked:
            self._free.append(self._parked.pop(who))

    def _again(self, n: Notification) -> Notification:
        """Once more, and it says so."""
        prefix = "" if n.repeat else REPEAT[self._plant.people[n.person].language]
        return replace(n, attempt=n.attempt + 1, repeat=True, text=prefix + n.text)

    def _other(self, n: Notification) -> Notification | None:
        """By the next channel that has not had it yet: what is rung goes by two at once."""
        self._forget(n.key)
        if n.person not in self._plant.people or self.needless(n):
            return None
        other = escalation.failover(n, self._plant)
        while other is not None and other.key in self._calls:
            other = escalation.failover(other, self._plant)
        return other

    def _take_back(self, n: Notification) -> None:
        self._recalled[n.key] = (n.alarm, n.person)
        if len(self._recalled) > KEPT:
            self._recalled.popitem(last=False)
        self._later.pop(n.key, None)
        self._forget(n.key)

    def _hush(self, keys: Iterable[str]) -> None:
        for key in keys:
            del self._calls[key]

    def _forget(self, key: str) -> None:
        self._sent.pop(key, None)
        self._fresh.pop(key, None)
        self._accepted.discard(key)


def _said(n: Notification) -> str:
    """What is said to whom, whatever the channel: the key without it."""
    return n.key.rsplit(":", 1)[0]


def _stale(n: Notification, alarm: Alarm | None) -> bool:
    """Has the message lost its sense? Its alarm is over, or the step was for people who had not answered."""
    if n.reason == escalation.EVERY or n.reason.startswith("mark/") or n.step in TOGETHER:
        return False  # it is about no alarm, or about others too
    if alarm is None or alarm.state not in OPEN:
        return True
    when = next((s.when for s in alarm.policy.steps if s.id == n.step), "")
    return (when == "unacked" and alarm.acked is not None) or (when != "always" and alarm.result is not None)
