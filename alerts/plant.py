"""The school as the engine sees it: points, places, people, shifts, outputs. Frozen data, no behaviour beyond look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.model import Policy, Rule


@dataclass(frozen=True, slots=True)
class Building:
    id: str
    name: str
    use: str  # teaching, dormitory, canteen, laboratory, office, other
    evacuation: bool = False  # may its evacuation signal sound by itself once a fire is confirmed?
    floors: int = 1


@dataclass(frozen=True, slots=True)
class Sleep:
    """When people sleep in a zone, local minutes of the day; from > to passes midnight. `school_days`: on those only."""

    start: int
    end: int
    school_days: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    id: str
    name: str  # 地点, at most 14 characters: these words are what the guard hears at night
    building: str
    kind: str  # classroom, dormitory, nap-room, kitchen, laboratory, chemical-store, pump-room, office, corridor, other
    sleep: tuple[Sleep, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to `end`, both included, as ISO dates: 2026-09-01."""

    name: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The school's year (alerts/calendar.py reads it). Empty: every Monday to Friday is a school day."""

    terms: tuple[Span, ...] = ()
    holidays: tuple[Span, ...] = ()
    makeup: tuple[str, ...] = ()  # days of school on a weekend: ISO dates
    exams: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One measured thing in one place. `stale` is how long it may be silent before it counts as no data, ms."""

    id: str
    device: str
    quantity: str
    zone: str
    name: str  # 设备, at most 4 characters, or a circuit's name of at most 8
    stale: int
    bus: str = ""
    values: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """`channels` in order of preference; the first reachable one is used. `zones` only for keepers.

    Of key-holders: `card` is the number their card shows (0: none), `trained` the ISO date of the yearly training, `left` that
    from which they no longer hold a key.
    """

    id: str
    name: str
    role: str  # viewer, duty, keeper, leader, officer, head, electrician, holder, installer, bureau, admin
    phone: str = ""
    channels: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    language: str = "zh"
    mail: str = ""
    card: int = 0
    trained: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """One row of the rota in local minutes of the day; from > to passes midnight. `days` are ISO weekdays 1..7.

    `on`: any | school | off: every day, school days, days without school. `every` and `week`: the ISO weeks whose number
    leaves that remainder (every 2, week 1: odd weeks). `first` and `last`: ISO dates, "" for no limit.
    """

    post: str  # duty, second, leader
    person: str
    start: int
    end: int
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    on: str = "any"
    every: int = 1
    week: int = 0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class OutputPoint:
    """Something the interlock may switch.

    role: guard-sounder | evacuation | room-sounder | fan | valve | chirp. A role acts for its zone or building;
    a guard-sounder for the whole school. `feedback` is the point that must read 1 within 10 s of switching on:
    what the site file names, else the output's own read-back.
    """

    id: str  # <device>/<output>
    role: str
    zone: str = ""
    building: str = ""
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a response checklist: what somebody has to do about an alarm of a kind."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Store:
    """A chemicals store or cabinet with two locks. Points; "" is one that the store does not have.

    locks: "identity" (electronic, the identity points say who released them), "electronic", "contact" (mechanical, the bolt has a
    contact) or "none" (mechanical without signal). `camera` reads 1 while pictures come, `detector` is any point that must be GOOD,
    `identity` are readers that show a card's number, 0 in between. `climate`: the sensors recorded during an opening.
    """

    id: str
    zone: str
    door: str
    lock_a: str = ""
    lock_b: str = ""
    locks: str = "electronic"
    fan: str = ""
    camera: str = ""
    detector: str = ""
    identity: tuple[str, ...] = ()
    climate: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()

    @property
    def points(self) -> tuple[str, ...]:
        """Everything whose readings may change what is said of the store."""
        named = (self.door, self.lock_a, self.lock_b, self.fan, self.camera, self.detector, *self.identity, *self.climate)
        return tuple(dict.fromkeys(p for p in named if p))


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom the school calls outside, or where its emergency material lies: for the screen, never called by the box."""

    name: str
    phone: str = ""
    where: str = ""
    until: str = ""  # YYYY-MM-DD: until when the agreement or the material is good


@dataclass(frozen=True, slots=True)
class Plant:
    site: str
    name: str
    short: str  # 校名, at most 8 characters
    timezone: str
    buildings: Mapping[str, Building]
    zones: Mapping[str, Zone]
    points: Mapping[str, Point]
    people: Mapping[str, Person]
    shifts: tuple[Shift, ...]
    outputs: Mapping[str, OutputPoint]
    rules: tuple[Rule, ...]
    policies: Mapping[str, Policy]
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # store zone -> key-holders
    calendar: Calendar = Calendar()
    channels: Mapping[str, str] = field(default_factory=dict)  # id -> type: what one can carry is alerts.budget.LIMITS
    checklists: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)  # kind of alarm -> what to do about it
    outside: tuple[Outside, ...] = ()
    kind: str = "school"  # or kindergarten: how often drills are due
    stores: Mapping[str, Store] = field(default_factory=dict)
    battery: int = 0  # hours the box runs without mains; 0: nobody has noted it
    speed: int = 1  # durations of rules and policies are already divided by it; never poll periods

    def at_phone(self, person: str) -> tuple[str, ...]:
        """Who has the same telephone as this person, by the order of the list; whoever has none stands alone."""
        phone = self.people[person].phone if person in self.people else ""
        return tuple(p.id for p in self.people.values() if p.phone == phone) if phone else (person,)
