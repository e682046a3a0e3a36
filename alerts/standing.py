"""The marks that stand: by id, by number, and which of them speaks for a point. A container; it judges nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from alerts import marks
from alerts.model import Alarm, Mark, Scalar, Stage
from alerts.plant import Plant
from drivers.reading import Now

# Which of several marks of one point speaks for its alarms: a test that somebody is giving right now, then what is switched off.
RANK = ("test", "out-of-service", "walk", "maintenance", "trial", "")

MOST_RAISES = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about a mark: its step, the catalogue id, the people, and who of them by which channels ("" = the first)."""

    step: str
    message: str
    people: tuple[str, ...]
    every_channel: bool = False
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A mark as it now stands, with the event that says so and the messages that follow. A new one has no id yet."""

    mark: Mark
    kind: str
    who: str = ""
    code: str = ""
    args: Mapping[str, Scalar] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


class Standing:
    """Starts empty; a restart puts the marks of the journal back."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._by_id: dict[str, Mark] = {}
        self._of_point: dict[str, tuple[Mark, ...]] = {}
        self.raises: deque[int] = deque(maxlen=MOST_RAISES)  # mono of the latest alarms, for the flood flag
        self.turns: dict[tuple[str, str], deque[int]] = {}  # rule, point -> mono of its latest raises, for the chattering flag

    @property
    def by_id(self) -> Mapping[str, Mark]:
        return MappingProxyType(self._by_id)

    def all(self) -> tuple[Mark, ...]:
        return tuple(self._by_id.values())

    def of_kind(self, *kinds: str) -> tuple[Mark, ...]:
        return tuple(m for m in self._by_id.values() if m.kind in kinds)

    def about(self, kind: str, point: str) -> Mark | None:
        """The one mark of this kind that has this point."""
        return next((m for m in self._by_id.values() if m.kind == kind and point in m.points), None)

    def chattering(self, alarm: Alarm) -> Mark | None:
        """The mark that says that this rule's alarms of this point come too often."""
        marks = (m for m in self._by_id.values() if m.kind == "chattering" and alarm.point in m.points)
        return next((m for m in marks if m.facts.get("rule") == alarm.rule), None)

    def put(self, mark: Mark) -> None:
        """Keep the mark as it now stands; one that is over is dropped and its number becomes free."""
        self._of_point.clear()
        if mark.stage is Stage.OVER:
            self._by_id.pop(mark.id, None)
        else:
            self._by_id[mark.id] = mark

    def of_alarm(self, alarm: Alarm) -> Mark | None:
        """The mark that decides what becomes of this alarm, or None: of several points that saw it the one least kept from telling."""
        found = [self._speaking(p, alarm.raised) for p in marks.sources(alarm)]
        speaking = [m for m in found if m is not None]
        return max(speaking, key=_precedence) if len(speaking) == len(found) else None

    def _speaking(self, point: str, raised: Now) -> Mark | None:
        """The mark that decides what becomes of what this point saw then."""
        if point not in self._of_point:
            found = (m for m in self._by_id.values() if marks.mode_of(m) in RANK[:-1] and marks.covers(m, point, self._plant))
            self._of_point[point] = tuple(sorted(found, key=_precedence))
        return next((m for m in self._of_point[point] if not marks.spent(m, point, raised, self._plant)), None)

    def find(self, name: str, kinds: Iterable[str]) -> tuple[Mark, ...]:
        """By id or 编号 among these kinds; "" gives all of them."""
        wanted = name[1:] if name[:1] in ("D", "T") else name
        number = int(wanted) if wanted.isascii() and wanted.isdigit() else -1
        allowed = frozenset(kinds)
        return tuple(m for m in self._by_id.values() if m.kind in allowed and (not name or name == m.id or m.number == number))

    def free_number(self) -> int:
        taken = {m.number for m in self._by_id.values()}
        return next(n for n in count(1) if n not in taken)

    def due(self, mono: int) -> tuple[Mark, ...]:
        """Marks that time alone changes now."""
        return tuple(m for m in self._by_id.values() if (at := marks.next_due(m)) is not None and at <= mono)

    def next_due(self) -> int | None:
        return min((at for m in self._by_id.values() if (at := marks.next_due(m)) is not None), default=None)


def _precedence(mark: Mark) -> tuple[int, int]:
    """By rank, then the older one: in whatever order a restart puts them back."""
    return RANK.index(marks.mode_of(mark)), int(mark.id.rpartition("-")[2])
