"""A small school and a driver for engine tests. Builds values, asserts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.engine import Engine
from alerts.model import (
    Alarm,
    AlarmState,
    Command,
    Delivery,
    Event,
    Fate,
    Mark,
    Notification,
    Outcome,
    Policy,
    Rule,
    Stage,
    Step,
)
from alerts.opening import Opening
from alerts.plant import Building, OutputPoint, Person, Plant, Point, Store, Zone
from drivers.reading import Now, Quality, Reading

START = Now(1_800_000_000_000, 1_000_000)

BUILDINGS = (
    Building("dorm", "三号宿舍楼", "dormitory", evacuation=True),
    Building("canteen", "食堂", "canteen"),
)
ZONES = (
    Zone("room-a", "二层东走廊", "dorm", "dormitory"),
    Zone("room-b", "二层西走廊", "dorm", "dormitory"),
    Zone("kitchen", "食堂后厨", "canteen", "kitchen"),
    Zone("store", "危化品室", "canteen", "chemical-store"),
)
POINTS = (
    Point("smoke-a/smoke", "smoke-a", "smoke", "room-a", "烟感", 30_000, "line-a"),
    Point("smoke-b/smoke", "smoke-b", "smoke", "room-b", "烟感", 30_000, "line-a"),
    Point("heat-a/heat", "heat-a", "heat", "room-a", "感温", 30_000, "line-a"),
    Point("call-a/manual", "call-a", "manual-call", "room-a", "手报", 30_000, "line-a"),
    Point("smoke-k/smoke", "smoke-k", "smoke", "kitchen", "烟感", 30_000, "line-b"),
    Point("gas-k/gas", "gas-k", "combustible-gas", "kitchen", "燃气", 30_000, "line-b"),
    Point("fan-k/run", "fan-k", "fan-run", "kitchen", "风机", 30_000, "line-b"),
    Point("store-1/door", "store-1", "door", "store", "柜门", 30_000, "line-b"),
    Point("store-1/lock-a", "store-1", "lock", "store", "锁A", 30_000, "line-b"),
    Point("store-1/lock-b", "store-1", "lock", "store", "锁B", 30_000, "line-b"),
    Point("rc-1/current", "rc-1", "residual-current", "kitchen", "总开关", 30_000, "line-b"),
    Point("line-a/link", "line-a", "link", "", "线路", 30_000),
    Point("line-b/link", "line-b", "link", "", "线路", 30_000),
)
PEOPLE = (
    Person("wang", "王建国", "duty", channels=("phone", "robot")),
    Person("li", "李主任", "leader", channels=("phone",)),
    Person("zhou", "周老师", "keeper", channels=("phone",), zones=("room-a",)),
    Person("sun", "孙主管", "officer", channels=("phone",)),
    Person("head", "校长", "head", channels=("phone",)),
    Person("guest", "来宾", "viewer"),
    Person("qian", "钱师傅", "electrician", channels=("phone",)),
    Person("fitter", "安装员", "installer"),
    Person("gu", "顾科长", "bureau", channels=("phone",)),
    Person("jia", "贾师傅", "technician", channels=("phone",)),
    Person("root", "管理员", "admin"),
    Person("holder", "保管人", "holder", channels=("phone",)),
)
OUTPUTS = (
    OutputPoint("board/sounder", "guard-sounder"),
    OutputPoint("board/evac-dorm", "evacuation", building="dorm"),
    OutputPoint("board/evac-canteen", "evacuation", building="canteen"),
    OutputPoint("board/room", "room-sounder", zone="kitchen"),
    OutputPoint("board/fan", "fan", zone="kitchen", feedback="fan-k/run"),
    OutputPoint("board/valve", "valve", zone="kitchen"),
    OutputPoint("board/chirp", "chirp", zone="store"),
)


def _alarm_policy(id: str) -> Policy:
    return Policy(
        id,
        (
            Step("first", "unacked", 0, ("duty",), "fire.first"),
            Step("again", "unacked", 60_000, ("leader",), "fire.again"),
            Step("result", "unverified", 180_000, ("head",), "fire.unverified"),
        ),
    )


POLICIES = {
    p.id: p
    for p in (
        _alarm_policy("fire"),
        _alarm_policy("gas-2"),
        _alarm_policy("electrical"),
        _alarm_policy("store"),
        Policy("fire-confirmed", (Step("all", "always", 0, ("duty", "leader", "head"), "fire.multi"),)),
        Policy("fire-real", (Step("real", "always", 0, ("duty", "leader", "head"), "fire.real"),), result_asked=False),
        Policy("gas-1", (Step("first", "unacked", 0, ("duty",), "gas.l1"),), result_asked=False),
        Policy("cannot-call", (Step("first", "unacked", 0, ("leader",), "cannot-call"),), result_asked=False),
        Policy("quiet", (), result_asked=False),
    )
}
STORE = Store("chem", "store", "store-1/door", "store-1/lock-a", "store-1/lock-b")
_BUSSED = tuple(p.id for p in POINTS if p.bus)
RULES = (
    Rule("smoke", "state", "fire", ("smoke-a/smoke", "smoke-b/smoke", "smoke-k/smoke"), {"equals": 1.0}, 0, 0, "fire"),
    Rule("heat", "state", "heat", ("heat-a/heat",), {"equals": 1.0}, 0, 0, "fire"),
    Rule("manual", "state", "manual", ("call-a/manual",), {"equals": 1.0}, 0, 0, "fire"),
    Rule("gas-1", "threshold", "gas-1", ("gas-k/gas",), {"high": 20.0, "return_at": 18.0}, 3_000, 30_000, "gas-1"),
    Rule("gas-2", "threshold", "gas-2", ("gas-k/gas",), {"high": 40.0, "return_at": 38.0}, 0, 10_000, "gas-2"),
    Rule("current", "threshold", "electrical", ("rc-1/current",), {"high": 300.0, "return_at": 270.0}, 0, 10_000, "electrical"),
    *(
        Rule(id, "cabinet", alarm, ("store-1/door",), {"case": case, "store": "chem"}, 0, 0, policy, parts=STORE.points)
        for id, alarm, case, policy in (
            ("single", "store", "single", "store"),
            ("forced", "store", "forced", "store"),
            ("one-lock", "lock", "lock", "quiet"),
        )
    ),
    Rule("no-data", "no_data", "comm", _BUSSED, {}, 0, 30_000, "quiet"),
    Rule("line", "state", "line", ("line-a/link", "line-b/link"), {"equals": 0.0}, 0, 0, "quiet"),
)


def plant(rules: tuple[Rule, ...] = RULES, points: tuple[Point, ...] = POINTS) -> Plant:
    return Plant(
        "no3", "登封市第三中学", "三中", "Asia/Shanghai",
        {b.id: b for b in BUILDINGS}, {z.id: z for z in ZONES}, {p.id: p for p in points}, {p.id: p for p in PEOPLE},
        (), {o.id: o for o in OUTPUTS}, rules, POLICIES, stores={"chem": STORE} if "store-1/door" in {p.id for p in points} else {},
    )  # fmt: skip


@dataclass
class World:
    """An engine with a hand on the time. Keeps every Outcome's parts in order of arrival, and the alarms as a journal would."""

    school: Plant = field(default_factory=plant)
    now: Now = START
    clock_ok: bool = True
    events: list[Event] = field(default_factory=list)
    sent: list[Notification] = field(default_factory=list)
    journal: dict[str, Alarm] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    ended: list[Mark] = field(default_factory=list)
    outputs: dict[str, bool] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)  # as a journal would hold them
    commands: int = 0
    ACCEPTED = Fate.ACCEPTED

    def __post_init__(self) -> None:
        self.engine = Engine(self.school, boot="boot-1", now=self.now, clock_ok=self.clock_ok)
        self.take(self.engine.restore((), now=self.now, saved=None, same_boot=True))

    def take(self, out: Outcome) -> Outcome:
        self.events += out.events
        self.sent += out.notifications
        self.outputs |= out.outputs
        self.openings |= {o.id: o for o in out.openings}
        for alarm in out.alarms:
            self.journal.pop(alarm.id, None)
            if alarm.state is not AlarmState.NORMAL:
                self.journal[alarm.id] = alarm
        for mark in out.marks:
            self.marks.pop(mark.id, None)
            if mark.stage is Stage.OVER:
                self.ended.append(mark)
            if mark.stage is not Stage.OVER:
                self.marks[mark.id] = mark
        return out

    def read(
        self, values: Mapping[str, float | None] | None = None, *, quality: Quality = Quality.GOOD, **named: float
    ) -> Outcome:
        readings = [
            Reading(p, v, Quality.FAULT if v is None else quality, self.now, "no answer" if v is None else "")
            for p, v in ((values or {}) | named).items()
        ]
        return self.take(self.engine.readings(readings, self.now, self.clock_ok))

    def dead(self, point: str, quality: Quality = Quality.STALE) -> Outcome:
        return self.take(self.engine.readings([Reading(point, None, quality, self.now, "silent")], self.now, self.clock_ok))

    def wait(self, ms: int) -> Outcome:
        self.now = Now(self.now.wall + ms, self.now.mono + ms)
        return self.take(self.engine.tick(self.now, self.clock_ok))

    def do(self, verb: str, person: str = "wang", alarm: str = "", *, id: str = "", **args: str | bool | int) -> Outcome:
        self.commands += 1
        proof = str(args.pop("proof", "local"))
        expires = int(args.pop("expires", self.now.wall + 30_000))
        seen = str(args.pop("seen", ""))
        cmd = Command(id or f"c{self.commands}", verb, person, proof, expires, alarm, args, seen)
        return self.take(self.engine.command(cmd, self.now, self.clock_ok))

    def fate(self, n: Notification, fate: Fate, again_after: int = 0) -> Outcome:
        return self.take(self.engine.delivery(Delivery(n.key, fate, again_after=again_after), self.now, self.clock_ok))

    def system(self, kind: str, active: bool, **evidence: str) -> Outcome:
        return self.take(self.engine.system(kind, active, evidence, self.now, self.clock_ok))

    def restart(
        self, off: int = 0, *, same_boot: bool = False, unsent: tuple[Notification, ...] = (), school: Plant | None = None,
        taken: tuple[Notification, ...] = (),
    ) -> Outcome:  # fmt: skip
        """A new process that knows only what the journal holds; `off` ms later; another boot counts mono from a new start."""
        saved = self.now
        mono = self.now.mono + off if same_boot else 5_000
        self.now = Now(self.now.wall + off, mono)
        self.school = school or self.school
        self.engine = Engine(self.school, boot="boot-2", next_seq=self.engine.seq, now=self.now, clock_ok=self.clock_ok)
        return self.take(
            self.engine.restore(
                tuple(self.journal.values()),
                unsent,
                now=self.now,
                saved=saved,
                same_boot=same_boot,
                marks=tuple(self.marks.values()),
                openings=tuple(o for o in self.openings.values() if not o.over),
                taken=taken,
            )
        )

    def alarm(self, rule: str) -> Alarm:
        """The one standing alarm of a rule."""
        (found,) = [a for a in self.engine.alarms.values() if a.rule == rule]
        return found

    def alarm_at(self, point: str) -> Alarm:
        """The one standing alarm of a point."""
        return self.engine.alarms[self.journal_id(point)]

    def state(self, rule: str) -> AlarmState:
        return next((a.state for a in self.engine.alarms.values() if a.rule == rule), AlarmState.NORMAL)

    def journal_id(self, point: str) -> str:
        """The id of the one standing alarm of a point."""
        (found,) = [a.id for a in self.engine.alarms.values() if a.point == point]
        return found

    def kinds(self, start: int = 0) -> list[str]:
        return [e.kind for e in self.events[start:] if e.kind not in ("boot", "notified", "output")]
