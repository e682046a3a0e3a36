"""How much one person and one channel are told: limits of channel types, storms, and the budgets of people's table §3. Pure.

A message goes at once, by the first of the person's channels that still may; or it is told together with others: in the digest
of a storm (D14), or in the next day list. Fire, gas level 2 and breach know no budget, only what a channel can carry.
After a restart nothing is known of what was sent: then more is told, never less.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, replace

from alerts.calendar import local
from alerts.confirm import building_of
from alerts.kinds import KINDS
from alerts.model import Alarm, Notification, Owed, Severity
from alerts.plant import Person, Plant
from drivers.reading import Now

MINUTE, HOUR = 60_000, 3_600_000


@dataclass(frozen=True, slots=True)
class Limit:
    """`person` messages to one person and `channel` messages in all, each within its ms; 0 is no limit."""

    person: int = 0
    person_within: int = HOUR
    channel: int = 0
    channel_within: int = MINUTE


# By channel type, every one of alerts.channels.registry.
# Robots are blocked for 10 min above 20 a minute; one callee takes 5 calls an hour (providers' pages).
LIMITS: Mapping[str, Limit] = {
    "modem": Limit(person=11),
    "aliyun-sms": Limit(person=11),
    "tencent-sms": Limit(person=11),
    "aliyun-voice": Limit(person=5),
    "dingtalk": Limit(channel=18),
    "wecom": Limit(channel=18),
    "feishu": Limit(channel=18),
    "smtp": Limit(),
    "webhook": Limit(),
    "console": Limit(),
}
ROBOTS, ROBOT_AGAIN = frozenset({"dingtalk", "wecom", "feishu"}), 5 * MINUTE  # a group reads the same once in so long
RINGS = frozenset({"modem", "aliyun-voice"})  # channel types that make a telephone ring
CALL, CALL_EVERY = "call", MINUTE  # reason of a call without a text, and how often one person gets one
LEFT, GRAVE = 4, Severity.BREACH  # one in so many of what a limit allows is left for fire, gas level 2 and breach
BURST, BURST_WITHIN = 3, MINUTE  # alarms of their own one person gets within a minute; then they come together
BUILDING_WITHIN = 10 * MINUTE  # the first alarm of each building, and the first worse one, goes at once whatever was sent
DIGEST = 15_000  # ms from the first one held back to the digest; later digests of the same storm wait up to four times that
LISTS = (7 * 60 + 30, 14 * 60)  # local minutes of the day lists
EVENING, MORNING = 21 * 60, 7 * 60
FREE = frozenset(  # kinds below electrical alarm that are told all the same: people's table gives them a row of their own
    {"gas-1", "toxic-1", "oxygen", "lock", "comm-sleep", "mains", "tamper", "output", "cold", "store-care", "unproven", "silent"}
)  # fmt: skip
A_DAY: Mapping[str, int] = {"officer": 6, "head": 0}  # fault messages a day; no row: as many as there are
NOT_AT_NIGHT = frozenset({"officer", "duty", "keeper", "leader", "electrician"})


def counted(alarm: Alarm) -> bool:
    """Is it a fault in the sense of the budgets?"""
    return KINDS[alarm.kind].severity < Severity.ELECTRICAL and alarm.kind not in FREE


class Budget:
    """What was sent lately. `decide` gives the channel, or why the message has to wait: storm | list."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._sent: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)  # (channel, person or "") -> mono
        self._burst: defaultdict[tuple[str, Severity], deque[int]] = defaultdict(deque)
        self._buildings: dict[tuple[str, str, Severity], int] = {}
        self._faults: dict[str, tuple[str, int]] = {}
        self._called: dict[str, int] = {}  # person -> mono of the last call without a text
        self._digests: dict[str, tuple[int, int]] = {}  # person -> (mono of the last digest, ms to wait for the next)
        self._posted: dict[tuple[str, str], int] = {}  # (robot, what it said to whom) -> mono

    def copied(self) -> Budget:
        """The same memory, to try something on that is not sent: for a preview."""
        made = copy(self)
        for name in ("_sent", "_burst", "_buildings", "_faults", "_called", "_digests", "_posted"):
            setattr(made, name, deepcopy(getattr(self, name)))
        return made

    def within(
        self, old: Alarm, new: Alarm, wanted: Iterable[Notification], now: Now
    ) -> tuple[Alarm, list[Notification]]:  # fmt: skip
        """What of the wanted messages goes now, and is counted as sent; who has to wait is owed it and not yet told.

        `old` is the alarm before the steps were due that `wanted` comes of, `new` the one after. What a robot has said of the alarm
        lately it does not say again: the person's other channels do.
        """
        out: list[Notification] = []
        for n in wanted:
            person = self._plant.people[n.person]
            ways = tuple(c for c in person.channels if now.mono - self._posted.get((c, _words(n, new)), -HOUR) >= ROBOT_AGAIN)
            if not ways:
                continue
            person = replace(person, channels=ways)
            verdict, channel = self.decide(new, person, now)
            if verdict == "send":
                self.sent(new, person, now)
                self.carried(channel, person.id, now)
                if self._plant.channels.get(channel) in ROBOTS:
                    self._posted = {said: at for said, at in self._posted.items() if now.mono - at < ROBOT_AGAIN}
                    self._posted[channel, _words(n, new)] = now.mono
                out += self.with_call(by_way_of(channel, n), person, now)
                continue
            if person.id in old.told and (modem := self._caller(n, person, now)):
                self._called[person.id] = now.mono
                out.append(replace(by_way_of(modem, n), reason=CALL))
                continue
            told = tuple(p for p in new.told if p != person.id or p in old.told)
            known = any((o.person, o.by) == (person.id, verdict) for o in new.owed)
            owed = new.owed if known else (*new.owed, Owed(person.id, verdict, now))
            new = replace(new, told=told, owed=owed)
        return new, out

    def with_call(self, n: Notification, person: Person, now: Now) -> tuple[Notification, ...]:
        """The message as it goes, and beside it the same by the person's first channel that rings, if it must ring and its own cannot.

        People's §3: rung is a text and a call. A robot or a cloud text alone wakes nobody.
        """
        kinds = self._plant.channels
        rings = (c for c in person.channels if kinds.get(c) in RINGS and self._may(c, person.id, now, n.severity))
        if not n.rung or kinds.get(n.channel) in RINGS or not (call := next(rings, "")):
            return (n,)
        self.carried(call, person.id, now)
        return n, by_way_of(call, n)

    def _caller(self, n: Notification, person: Person, now: Now) -> str:
        """The modem that rings whoever has the alarm in writing and may be sent no further text, or "". Fire and gas 2 ring on."""
        lately = now.mono - self._called.get(person.id, -HOUR) < CALL_EVERY
        if lately or not n.rung or n.severity < Severity.GAS or self.channel(person, now, n.severity):
            return ""
        return next((c for c in person.channels if self._plant.channels.get(c) == "modem"), "")

    def decide(self, alarm: Alarm, person: Person, now: Now) -> tuple[str, str]:
        """("send", channel), or ("storm", "") or ("list", "")."""
        if self.spent(alarm, person, now):
            return "list", ""
        if not counted(alarm) and self._stormy(alarm, person, now):
            return "storm", ""
        channel = self.channel(person, now, alarm.severity)
        return ("send", channel) if channel else ("storm", "")

    def channel(self, person: Person, now: Now, severity: Severity) -> str:
        """The first of the person's channels that may carry one more message of something so bad, or ""."""
        return next((c for c in person.channels if self._may(c, person.id, now, severity)), "")

    def may(self, channel: str, person: Person, now: Now, severity: Severity) -> bool:
        """May this channel carry one more message of something so bad to this person now?"""
        return self._may(channel, person.id, now, severity)

    def sent(self, alarm: Alarm, person: Person, now: Now) -> None:
        """A message of its own went to this person."""
        self._burst[person.id, alarm.severity].append(now.mono)
        self._buildings[person.id, self._where(alarm), alarm.severity] = now.mono
        if counted(alarm):
            today = local(self._plant, now.wall).date().isoformat()
            day, count = self._faults.get(person.id, (today, 0))
            self._faults[person.id] = (today, count + 1 if day == today else 1)

    def carried(self, channel: str, person: str, now: Now) -> None:
        """A channel was given a message of any kind."""
        if self._plant.channels.get(channel) in LIMITS:
            self._sent[channel, person].append(now.mono)
            self._sent[channel, ""].append(now.mono)

    def digest_due(self, person: str, first: int, now: Now) -> int:
        """Mono ms at which the digest may go; `first` is when the oldest of it was held back."""
        last, wait = self._digests.get(person, (-HOUR, DIGEST))
        return max(first + DIGEST, last + wait if now.mono - last < 10 * MINUTE else 0)

    def digested(self, person: str, now: Now) -> None:
        last, wait = self._digests.get(person, (-HOUR, DIGEST // 2))
        self._digests[person] = (now.mono, min(2 * wait, 3 * DIGEST) if now.mono - last < 10 * MINUTE else DIGEST)

    def spent(self, alarm: Alarm, person: Person, now: Now) -> str:
        """Why a fault waits for the day list: "night" (a time of rest), "day" (enough for one day), or "": it does not."""
        if not counted(alarm):
            return ""
        at = local(self._plant, now.wall)
        minute = at.hour * 60 + at.minute
        if person.role in NOT_AT_NIGHT and (minute >= EVENING or minute < MORNING):
            return "night"
        most = A_DAY.get(person.role)
        day, count = self._faults.get(person.id, ("", 0))
        return "day" if most is not None and (count if day == at.date().isoformat() else 0) >= most else ""

    def _stormy(self, alarm: Alarm, person: Person, now: Now) -> bool:
        """Only what is at least as bad makes an alarm one of many: three electrical alarms hold no fire back (R3)."""
        as_bad, building = [s for s in Severity if s >= alarm.severity], self._where(alarm)
        last = max(self._buildings.get((person.id, building, s), -HOUR) for s in as_bad)
        if now.mono - last > BUILDING_WITHIN:
            return False
        return sum(_within(self._burst[person.id, s], now.mono, BURST_WITHIN) for s in as_bad) >= BURST

    def _where(self, alarm: Alarm) -> str:
        """The building whose first alarm goes at once; at the bureau the school."""
        return building_of(alarm, self._plant) or str(alarm.evidence.get("school") or "")

    def _may(self, channel: str, person: str, now: Now, severity: Severity) -> bool:
        limit = LIMITS.get(self._plant.channels.get(channel, ""), Limit())
        for most, within, who in ((limit.person, limit.person_within, person), (limit.channel, limit.channel_within, "")):
            left = 0 if severity >= GRAVE else -(-most // LEFT)
            if most and _within(self._sent[channel, who], now.mono, within) >= most - left:
                return False
        return True


def by_way_of(channel: str, n: Notification) -> Notification:
    """The message by another channel: its key names it."""
    return n if channel == n.channel else replace(n, channel=channel, key=f"{n.key.rsplit(':', 1)[0]}:{channel}")


def _words(n: Notification, alarm: Alarm) -> str:
    return f"{alarm.id}:{alarm.occurrence}:{n.message}:{n.person}"


def _within(times: deque[int], mono: int, span: int) -> int:
    """How many of these times lie within the span; older ones are forgotten."""
    while times and times[0] <= mono - span:
        times.popleft()
    return len(times)
