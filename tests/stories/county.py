"""The bureau's stage: the school of the stories, played as ever, and a bureau that hears it and 149 others as its fleet task does.

What the school shows goes to the bureau in the form it has on the wire; of the others only the signs of life are played. The
bureau's engine, journal and roster are its own, and it is the bureau that dies where a crash is wanted. Holds no story.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from theatre import HERE, Theatre, compiled

from alerts.model import Outcome, Reply, Scalar
from gateway.fleet.state import CALLS, Call, Known, order, rung
from gateway.outbox import snapshots
from gateway.site import Site
from gateway.stream.wire import parse_json

OTHERS = 149
LOOK = 10_000  # ms between two looks of the bureau
SIGNS = 3  # looks between two signs of life of a box


@cache
def bureau() -> Site:
    """The bureau of bureau.yaml, with schools 1小 to 149小 beside its own."""
    text = (HERE / "bureau.yaml").read_text(encoding="utf-8")
    rows = "".join(f"  - {{id: s{n}, district: songyang, name: 第{n}小学, short: {n}小}}\n" for n in range(1, OTHERS + 1))
    return compiled(text.replace("schools:\n", f"schools:\n{rows}"))


@dataclass
class Bureau(Theatre):
    """`off`: the schools whose line to the bureau is down."""

    off: set[str] = field(default_factory=set)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)  # what stands in fleet.db: open alarms of the school
    period: int = LOOK

    def _site(self) -> Site:
        return bureau()

    def _begin(self) -> None:
        """A new process knows of the schools what is stored: their open alarms, and no sign of life."""
        super()._begin()
        self.values = {id: value for id, value in self.values.items() if id.startswith("box/")}
        self.known = {s.id: Known(s.id, s.short, s.phone, since=self.now.mono) for s in self.site.schools}
        self.known["no3"].alarms = dict(self.shown)
        self.called = {a.point: Call(a.kind, a.point, a.evidence) for a in self.engine.alarms.values() if a.kind in CALLS}

    def show(self, id: str, payload: bytes) -> None:
        """The school's alarm as its box shows it has come over the broker."""
        self.known["no3"].show(id, parse_json(payload) if payload else None)
        self.shown = dict(self.known["no3"].alarms)
        self.look()

    def scan(self) -> None:
        super().scan()
        look, alive, readings = self.ms // LOOK, {"online": True, "clock_ok": True, "points": 40, "wall": self.now.wall}, []
        for n, school in enumerate(self.known.values()):
            if school.id not in self.off and (look + n) % SIGNS == 0:
                readings += school.status(alive, self.now)
            readings += school.tick(self.now)
        self.take(self.engine.readings(readings, self.now, True))
        self.look()

    def look(self) -> None:
        """Ring what a school's own policy rings the bureau for, end what is over."""
        self.called, changes = rung(self.called, self.known.values())
        for call, active in changes:
            self.take(self.engine.system(call.kind, active, {**call.evidence, "point": call.point}, self.now, True))

    def rows(self) -> list[dict[str, Any]]:
        """The list of the bureau's screen."""
        return order(school.row(self.now) for school in self.known.values())


@dataclass
class County(Theatre):
    """The school, whose people of the bureau are rung by the bureau alone, and the bureau beside it."""

    def __post_init__(self) -> None:
        (self.folder / "bureau").mkdir()
        self.bureau = Bureau(
            self.folder / "bureau", self.start, crash_at=self.crash_at, before_act=self.before_act, told=self.told
        )  # fmt: skip
        self.crash_at = 0
        super().__post_init__()

    @property
    def dying(self) -> Theatre:
        return self.bureau

    def _begin(self) -> None:
        far = {p.id: replace(p, channels=()) for p in self.plant.people.values() if p.role == "bureau"}
        self.plant = replace(self.plant, people={**self.plant.people, **far})
        super()._begin()

    def take(self, out: Outcome) -> Outcome:
        super().take(out)
        if out.alarms:
            self.bureau.until(self.ms)
        for id, payload in snapshots(self.plant, out.alarms, self.now).items():
            self.bureau.show(id, payload)
        return out

    def until(self, ms: int) -> None:
        super().until(ms)
        self.bureau.until(ms)

    def close(self) -> None:
        super().close()
        self.bureau.close()

    def text(self, person: str, text: str) -> Reply:
        return self.bureau.text(person, text) if person in self.bureau.plant.people else super().text(person, text)

    def press(self, person: str, verb: str, alarm: str = "", **args: Scalar) -> Reply:
        here = super() if person not in self.bureau.plant.people else self.bureau
        return here.press(person, verb, alarm, **args)
