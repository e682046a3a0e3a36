"""The values of the alarm side: Alarm, Event, Command, Notification, Delivery and their words. Frozen, no behaviour, no I/O.

Times called `due` or `since` are monotonic milliseconds of `Now.mono`; durations are whole milliseconds.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from alerts.opening import Opening
from drivers.reading import Now

Scalar = str | int | float | bool | None


class Truth(enum.Enum):
    """What a rule says of its point now. UNKNOWN never changes an alarm's state."""

    CLEAR = "clear"
    BREACHED = "breached"
    UNKNOWN = "unknown"


class Condition(NamedTuple):
    """A named tuple, because thousands of them are made a second and most say only CLEAR."""

    rule: str
    point: str
    truth: Truth
    evidence: Mapping[str, Scalar] = MappingProxyType({})  # value, limit, quality, fault ...


class Severity(enum.IntEnum):
    """Higher is worse; fire overtakes everything queued, everywhere."""

    INFO = 0
    FAULT = 1
    SUPERVISORY = 2
    WARNING = 3  # gas level 1, early warning
    ELECTRICAL = 4
    BREACH = 5  # store breach, intrusion
    GAS = 6  # gas level 2
    FIRE = 7  # fire, manual call point


class AlarmState(enum.Enum):
    """IEC 62682 / OPC UA Part 9 states. NORMAL after an alarm means closed."""

    NORMAL = "normal"
    PENDING = "pending"
    UNACKED = "unacked"
    ACKED = "acked"
    RTN_UNACKED = "rtn_unacked"
    LATCHED = "latched"


class Input(enum.Enum):
    """What can happen to an alarm."""

    BREACH = "breach"
    CLEAR = "clear"
    UNKNOWN = "unknown"
    HELD = "held"  # the on-delay is over
    QUIET = "quiet"  # a GOOD CLEAR reading at or after the end of the off-delay
    ACK = "ack"
    RESET = "reset"


ACTIVE = frozenset({AlarmState.UNACKED, AlarmState.ACKED})
OPEN = frozenset({AlarmState.UNACKED, AlarmState.ACKED, AlarmState.RTN_UNACKED, AlarmState.LATCHED})


class Result(enum.Enum):
    """What somebody who looked found. Only a result ends escalation."""

    REAL = "real"
    FALSE = "false"
    DRILL = "drill"
    TEST = "test"
    REMOVED = "point_removed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an escalation policy.

    when: "unacked" counts from the raise and is cancelled by an acknowledgement; "unverified" counts from
    the acknowledgement and is cancelled by a result; "always" counts from the raise and is never cancelled.
    `to` names posts and roles (duty, second, leader, head, officer, electrician, keeper, holder, bureau, everyone).
    during: "" | asleep (only in the zone's sleeping time, counted from its beginning when that is later) | not-falling (waits
    while the point's value falls) | daily (at 10:00 of each day). `every` > 0: again at that period while it runs. `listed`: goes
    into the person's next day list instead of a message of its own. `rung`: a text and a call; else a text alone.
    """

    id: str
    when: str
    after: int
    to: tuple[str, ...]
    message: str
    during: str = ""
    every: int = 0
    listed: bool = False
    rung: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is told when. `loop` > 0 repeats the last due unacked/unverified step at that period until answered."""

    id: str
    steps: tuple[Step, ...]
    loop: int = 0
    result_asked: bool = True  # an `unverified` step exists or a result is wanted before reset
    repair: int = 0  # ms that the condition may stand before a repair is asked for by itself; 0: never


@dataclass(frozen=True, slots=True)
class Rule:
    """One judgement over one or more points; one open alarm per (rule, point).

    kind: a row of alerts.registry.RULES. `params` are the kind's numbers and names (see alerts/rules/<kind>.py), durations in
    ms. `parts`: the points that a kind judges together, where they are more than the rule's own.
    `alarm` is a row of alerts.kinds.KINDS: lamp, severity, latching, output demands.
    """

    id: str
    kind: str
    alarm: str
    points: tuple[str, ...]
    params: Mapping[str, Scalar]
    on_delay: int
    off_delay: int
    policy: str
    message_zh: str = ""  # short words for "what": 烟感, 可燃气体低限 ...
    message_en: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """One escalation step that has been carried out: which, how often, and when last."""

    step: str
    rounds: int
    at: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Somebody who is still to be told, together with others: by the next digest of a storm, or by the next day list."""

    person: str
    by: str  # storm | list
    since: Now


@dataclass(frozen=True, slots=True)
class Tick:
    """One item of a response checklist that somebody has done."""

    item: str
    who: str
    at: Now


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it stands: everything needed to go on after a power cut is in here.

    `id` is <site>-<seq of its first event>; `number` is the 2-digit 编号 unique among the open ones.
    `policy` is copied from the site when raised. Flags (silenced, out_of_service, parent) stand beside the state.
    """

    id: str
    number: int
    rule: str
    point: str
    kind: str  # row of alerts.kinds
    severity: Severity
    state: AlarmState
    occurrence: int
    raised: Now  # start of this occurrence (PENDING: first breach)
    first: Now  # start of the first occurrence
    latching: bool
    policy: Policy
    truth: Truth  # the last Condition
    good: bool  # was the reading behind it GOOD?
    evidence: Mapping[str, Scalar] = field(default_factory=dict)
    on_due: int | None = None
    off_due: int | None = None
    gone: Now | None = None  # when its condition ended; None while it stands
    acked: Now | None = None
    acked_by: str = ""
    result: Result | None = None
    cause: str = ""
    result_by: str = ""
    result_at: Now | None = None
    on_site: bool = False
    confirmed: bool = False  # fire confirmed by a second point, a manual call point or a person
    silenced: bool = False
    resound: int | None = None  # silenced and unanswered: it sounds again at this time (R14)
    parent: str = ""  # alarm that suppresses this one
    done: tuple[Done, ...] = ()
    told: tuple[str, ...] = ()  # people who got a message: they get the closing one
    owed: tuple[Owed, ...] = ()  # people who get it in a digest
    ahead: int = 0  # ms by which the calls run early: somebody could not come, or asked for the next one; < 0: late
    declined: tuple[str, ...] = ()  # who has said 我去不了: not called again for this alarm
    mode: str = ""  # row of alerts.modes.MODES: what a mark makes of it
    mark: str = ""  # that mark
    first_up: bool = False  # 首警: the first of its building
    assignee: str = ""
    repair: bool = False  # 报修 has been asked for
    ticks: tuple[Tick, ...] = ()  # of its response checklist


class Stage(enum.Enum):
    """Where a Mark stands. OVER is the end: it is stored once more and then left out."""

    PLANNED = "planned"
    ON = "on"
    RETURNING = "returning"  # its points are given their test alarms now
    UNVERIFIED = "unverified"  # over, but not proven to work: never shown as normal
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened under a mark: a test alarm, an answer, a building that is empty."""

    what: str
    about: str  # point, building or person id
    who: str
    at: Now
    value: Scalar = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A state beside the alarms that stands for a time, with who, why and until: 停用, 维保, 试运行, a test, a drill ...

    `kind` is a row of alerts.marks.KINDS; `id` is <site>-<seq of its first event>. Times count as an alarm's do; `until` None
    has no end of its own.
    """

    id: str
    number: int  # its 编号 among the open marks
    kind: str
    stage: Stage
    who: str
    why: str
    since: Now
    until: Now | None
    points: tuple[str, ...] = ()  # those it still covers
    building: str = ""
    facts: Mapping[str, Scalar] = field(default_factory=dict)  # permit, keeper, measure, technician ... as given
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the journal. Person ids only: names, numbers and texts live elsewhere and can be erased."""

    seq: int
    alarm: str  # "" for events of the box itself
    kind: str  # raised, acked, result, reset, closed, notified, accepted, delivered, refused, output, boot, ...
    old: str
    new: str
    who: str
    code: str
    args: Mapping[str, Scalar]
    at: Now
    clock_ok: bool


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one person by one channel. `key` is its idempotency key; `repeat` marks a possible 重发.

    `rung`: the person must act on it now, so that a channel that can also call does (people's §3: rung is a text and a call).
    """

    key: str
    alarm: str
    step: str
    person: str
    channel: str
    message: str  # catalogue id of alerts/messages
    text: str  # rendered for that person
    reason: str  # why it is sent: the step's when/after, "failover", "closing"
    severity: Severity
    attempt: int = 1
    repeat: bool = False
    made: Now | None = None  # when it was first wanted
    fields: Mapping[str, str] = field(default_factory=dict)  # place, time, kind, code: for channels that fill a template
    rung: bool = False


class Fate(enum.Enum):
    """What became of a notification. Accepted is not delivered, delivered is not read, read is not answered.

    Its event in the journal has the fate as its kind.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    TRY_AGAIN = "try_again"
    REJECTED = "rejected"  # by the channel or the network, for good
    SILENT = "silent"  # neither yes nor no in the channel's time, or nobody picked up
    RECALLED = "recalled"  # not sent: somebody had answered, or the alarm was over
    GAVE_UP = "gave_up"  # tried as often as it may be, or the channel broke


ARRIVED = frozenset({Fate.DELIVERED, Fate.READ, Fate.ANSWERED})
REACHED = ARRIVED | {Fate.ACCEPTED}
LOST = frozenset({Fate.REJECTED, Fate.SILENT, Fate.RECALLED, Fate.GAVE_UP})


@dataclass(frozen=True, slots=True)
class Delivery:
    key: str
    fate: Fate
    provider_id: str = ""
    why: str = ""  # the provider's words, no secrets
    again_after: int = 0  # ms, with TRY_AGAIN


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a person answered from outside: an SMS, or a key pressed during a call.

    `sender` is the number as the network gave it; a key press names the notification it answers by `key` instead.
    `id` is the provider's own, so that the same answer heard twice counts once ("" where there is none). `early`: alarms of which
    the sender had not heard when it was written.
    """

    channel: str
    text: str
    sender: str = ""
    key: str = ""
    id: str = ""
    early: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person asks of the engine. The engine authorises; a refusal is journaled."""

    id: str
    verb: str  # ack, result, silence, reset, note, next, decline, take, text ...
    person: str
    proof: str  # local | sms | key | bureau
    expires: int  # wall ms of the box
    alarm: str = ""  # alarm id or 编号
    args: Mapping[str, Scalar] = field(default_factory=dict)  # result, cause, on_site, text
    seen: str = ""  # what the screen showed when it was pressed, in the screen's own words; recorded with it


@dataclass(frozen=True, slots=True)
class Reply:
    """The engine's answer to a Command, given after the commit. `code` is stable; `text` is for the person, (zh, en)."""

    command: str
    ok: bool
    code: str
    text: tuple[str, str]
    seq: int = 0  # the event that records it


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one input to the engine asks for. The journal stores it in one transaction; then it is acted on."""

    events: tuple[Event, ...] = ()
    alarms: tuple[Alarm, ...] = ()  # changed alarms as they now stand, closed ones too
    notifications: tuple[Notification, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    outputs: Mapping[str, bool] = field(default_factory=dict)  # changed desired outputs: output point -> on
    replies: tuple[Reply, ...] = ()
    marks: tuple[Mark, ...] = ()  # changed marks as they now stand, ended ones too
    openings: tuple[Opening, ...] = ()  # changed openings of stores as they now stand
    erased: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # person id -> words that go from others' texts too

    @property
    def empty(self) -> bool:
        asked = self.notifications or self.deliveries or self.outputs or self.replies
        return not (self.events or self.alarms or self.marks or self.openings or asked)
