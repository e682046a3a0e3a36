"""The stage of the stories: shipped rules and policies, the real engine, a journal on disk, a phone company, a hand on the time.

`crash_at`: after the n-th commit every object is thrown away and a new engine is made from the disk alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from alerts.engine import Engine
from alerts.model import Alarm, AlarmState, Command, Delivery, Fate, Notification, Outcome, Reply, Scalar
from drivers.reading import Now, Quality, Reading
from gateway.config.compile import compile_site
from gateway.site import Site
from gateway.store.journal import Journal

HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = 2_000  # ms between two scans of the whole school
BOOT = 5_000  # ms that a restart takes
HEALTHY = {  # the box itself is well in every story
    "box/disk": 60.0, "box/reserve": 1.0, "box/memory": 50.0, "box/temperature": 45.0, "box/rss": 40.0, "box/clock": 1.0,
}  # fmt: skip
FEEDBACK = 2_000  # ms a fan or valve takes to follow


@cache
def school(more: tuple[str, int] = ("", 0)) -> Site:
    """The school of school.yaml; `more`: a place by its name, and how many detectors it has beside."""
    text = (HERE / "school.yaml").read_text(encoding="utf-8")
    place, count = more
    if count:
        zone = text.partition(f", name: {place},")[0].rpartition("{id: ")[2]
        row = "  - {{id: more-{0:02d}, profile: generic-smoke, bus: more-{1}, unit: {0}, zone: {2}, name: 烟感{0:02d}, period: 1s}}"
        rows = [row.format(n, n // 20, zone) for n in range(1, count + 1)]
        text = text.replace("devices:\n", "\n".join(["devices:", *rows, ""]))
        bus = "  - {{id: more-{0}, type: modbus-tcp, host: 127.0.0.1, port: {1}}}"
        text = text.replace("buses:\n", "\n".join(["buses:", *(bus.format(n, 5100 + n) for n in range(count // 20 + 1)), ""]))
    return compiled(text)


def compiled(text: str) -> Site:
    """The site of such a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        path.write_text(text, encoding="utf-8")
        made = compile_site(path, data="/var/lib/x")
    assert made.site is not None, [str(f) for f in made.findings]
    return made.site


class Clock:
    def __init__(self, theatre: Theatre) -> None:
        self._theatre = theatre

    def now(self) -> Now:
        return self._theatre.now

    def ok(self) -> bool:
        return True


class Crash(Exception):
    """The process is gone; what was not committed never was."""


@dataclass
class Told:
    """One message that reached somebody's phone. `message` is its id in the catalogue; "" is the answer to a text."""

    at: int  # ms since the story began
    person: str
    message: str
    text: str
    key: str
    repeat: bool
    point: str = ""  # of the alarm it is about
    rung: bool = False  # a text and a call: the telephone rings until somebody answers


@dataclass
class Theatre:
    """`commits` counts what is on the disk. Everything else a story can see is what reached the far side."""

    folder: Path
    start: datetime
    crash_at: int = 0
    before_act: bool = True  # the crash comes between the commit and what it asks for; else right after that
    period: int = PERIOD
    silence: int = 0  # ms a point may say nothing; 0: as the site says
    more: tuple[str, int] = ("", 0)  # a place, and how many detectors it has beside those of school.yaml
    now: Now = field(init=False)
    commits: int = 0
    told: list[Told] = field(default_factory=list)
    outputs: dict[str, bool] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)  # buses nobody answers on
    values: dict[str, float] = field(default_factory=dict)
    quality: dict[str, Quality] = field(default_factory=dict)
    witness: Callable[[Outcome], None] = lambda _: None  # whoever looks on: what has happened,
    listen: Callable[[Sequence[Reading]], None] = lambda _: None  # and what was read

    def __post_init__(self) -> None:
        self._first = int(self.start.replace(tzinfo=ZONE).timestamp() * 1000)
        self.now = Now(self._first, 10_000_000)
        self.site = self._site()
        self.plant = self.site.plant
        if self.silence:
            patient = {p.id: replace(p, stale=self.silence) for p in self.plant.points.values()}
            self.plant = replace(self.plant, points=patient)
        rest = {"mains": 1.0, "link": 1.0, "broker-link": 1.0, "lock": 0.0}
        self.values = {p.id: HEALTHY.get(p.id, rest.get(p.quantity, 0.0)) for p in self.plant.points.values()}
        self._queue: list[Notification] = []
        self._follow: list[tuple[int, str, float]] = []
        self._boots = 0
        self._scan_due = self.now.mono
        self._begin()

    def _site(self) -> Site:
        return school(self.more)

    @property
    def dying(self) -> Theatre:
        """Whose process it is that dies at `crash_at`."""
        return self

    # life of the process

    def _begin(self) -> None:
        self._boots += 1
        boot = f"boot-{self._boots}"
        self.journal = Journal(self.folder / "journal.db", self.plant.site, boot, Clock(self), reserve=1 << 16)
        kept = self.journal.load()
        self.engine = Engine(self.plant, boot=boot, next_seq=kept.next_seq, now=self.now, clock_ok=True)
        self.take(
            self.engine.restore(
                kept.alarms, kept.unsent, now=self.now, saved=kept.anchor, same_boot=False,
                replies=kept.commands.values(), marks=kept.marks, openings=kept.openings, taken=kept.taken,
            )
        )  # fmt: skip

    def crash(self, off: int = BOOT) -> None:
        """Everything in memory is gone; `off` ms later a new process starts from the disk, on a new boot's clock."""
        self.journal.close()
        self._queue.clear()
        self.now = Now(self.now.wall + off, 3_000_000 + self._boots * 7)
        self._follow = [(self.now.mono, point, value) for _, point, value in self._follow]
        self._scan_due = self.now.mono
        self._begin()

    def close(self) -> None:
        self.journal.close()

    def take(self, out: Outcome) -> Outcome:
        """Commit, then act, as the daemon does; and die where the story wants it."""
        if out.empty:
            return out
        self.journal.commit(out, self.now)
        self.commits += 1
        dies = self.commits == self.crash_at
        if dies and self.before_act:
            self.crash()
            return out
        self._act(out)
        if dies:
            self.crash()
        else:
            self._deliver()
        return out

    def _act(self, out: Outcome) -> None:
        for output, on in out.outputs.items():
            if self.outputs.get(output) is not on:
                self.outputs[output] = on
                point = self.plant.outputs[output].feedback
                if point:
                    self._follow.append((self.now.mono + FEEDBACK, point, float(on)))
        for n in out.notifications:
            if self.wanted(n.key):
                self._queue.append(n)
                standing = (*out.alarms, *self.engine.alarms.values())
                point = next((a.point for a in standing if a.id == n.alarm), "")
                self.told.append(Told(self.ms, n.person, n.message, n.text, n.key, n.repeat, point, n.rung))
        self.witness(out)

    def wanted(self, key: str) -> bool:
        return self.engine.wanted(key)

    def _deliver(self) -> None:
        """The phone company accepts what it was handed and says so at once."""
        while self._queue:
            n = self._queue.pop(0)
            self.take(self.engine.delivery(Delivery(n.key, Fate.ACCEPTED, "1"), self.now, True))

    # time and the world

    @property
    def ms(self) -> int:
        return self.now.wall - self._first

    def until(self, ms: int) -> None:
        """Let time go on to `ms` after the story's beginning: scans, feedback, and whatever is due."""
        while self.ms < ms:
            due = self.engine.next_due()
            ends = [self._scan_due, self.now.mono + ms - self.ms, *(at for at, _, _ in self._follow)]
            if due is not None and due > self.now.mono:
                ends.append(due)
            step = max(1, min(ends) - self.now.mono)
            self.now = Now(self.now.wall + step, self.now.mono + step)
            for at, point, value in [f for f in self._follow if f[0] <= self.now.mono]:
                self._follow.remove((at, point, value))
                self.values[point] = value
                self.hear([self._reading(point)])  # what is switched is read back at once
            if self._scan_due <= self.now.mono:
                self._scan_due = self.now.mono + self.period
                self.scan()
            self.take(self.engine.tick(self.now, True))

    def scan(self) -> None:
        """Every device is read once; a line that is down says so and its devices say nothing."""
        self.hear([self._reading(id) for id in self.values])

    def hear(self, readings: Sequence[Reading]) -> None:
        self.take(self.engine.readings(readings, self.now, True))
        self.listen(readings)

    def _reading(self, id: str) -> Reading:
        point = self.plant.points[id]
        bus, quality = point.bus or id.partition("/")[0], self.quality.get(id, Quality.GOOD)
        if point.quantity == "link":
            return Reading(id, 0.0 if bus in self.down else 1.0, Quality.GOOD, self.now)
        if bus in self.down:
            return Reading(id, None, Quality.FAULT, self.now, "无应答 no answer")
        if quality >= Quality.STALE:
            return Reading(id, None, quality, self.now, "无应答 no answer")
        return Reading(id, self.values[id], quality, self.now)

    def set(self, point: str, value: float) -> None:
        self.values[point] = value
        self.quality.pop(point, None)
        self.scan()

    # people

    def text(self, person: str, text: str) -> Reply:
        """A text from this person's phone; what comes back is told to them."""
        id = f"sms:{person}:{self.ms}:{text}"
        cmd = Command(id, "text", person, "sms", self.now.wall + 30_000, args={"text": text})
        reply = self.ask(cmd)
        self.told.append(Told(self.ms, person, "", reply.text[0], id, False))
        return reply

    def press(self, person: str, verb: str, alarm: str = "", **args: Scalar) -> Reply:
        """A button on the screen."""
        cmd = Command(f"page:{verb}:{person}:{alarm}:{self.ms}", verb, person, "local", self.now.wall + 30_000, alarm, args)
        return self.ask(cmd)

    def ask(self, cmd: Command) -> Reply:
        """Put a command; whoever gets no answer because the process died asks again with the same id, as a phone or page does."""
        boots = self._boots
        out = self.take(self.engine.command(cmd, self.now, True))
        if self._boots != boots:
            again = Command(cmd.id, cmd.verb, cmd.person, cmd.proof, self.now.wall + 30_000, cmd.alarm, cmd.args)
            out = self.take(self.engine.command(again, self.now, True))
        return out.replies[0]

    def open(self) -> list[Alarm]:
        return [a for a in self.engine.alarms.values() if a.state is not AlarmState.NORMAL]
