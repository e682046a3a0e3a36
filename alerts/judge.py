"""Readings to Conditions: the latest of every point, who watches which, silent points, the memories of rules. Holds no alarms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from traceback import extract_tb
from types import MappingProxyType

from alerts.model import Condition, Rule, Truth
from alerts.plant import Plant
from alerts.registry import RULES
from alerts.restore import BOX
from alerts.rules.combination import rests_on
from alerts.rules.scene import Memory, Pair, Scene, Usual, unknown
from alerts.silence import Silence, dead
from alerts.stores import Stores
from drivers.reading import Now, Quality, Reading

Asked = Callable[[str, str], bool]  # of a rule and its point
Judgement = tuple[Rule, Condition, bool]  # and: does it rest on GOOD readings?


class Judge:
    """`active` and `listed` are the Scene's; they are asked while the judgements are taken one by one."""

    def __init__(self, plant: Plant, active: Asked, listed: Asked, now: Now) -> None:
        self._watchers: defaultdict[str, list[tuple[Rule, str, bool]]] = defaultdict(list)  # rule, its point, watched alone?
        for rule in plant.rules:
            for point in rule.points:
                watches = RULES[rule.kind].watches(rule, point)
                for watched in watches:
                    self._watchers[watched].append((rule, point, len(watches) == 1))
        combined = [(r, point) for r in plant.rules if r.kind == "combination" for point in r.points]
        rests = {(rule.id, point): rests_on(rule, point, plant) for rule, point in combined}
        self._resting: defaultdict[Pair, dict[Pair, Rule]] = defaultdict(dict)  # -> the combinations that rest on it
        for rule, point in combined:
            for pair in (pair for pairs in rests[rule.id, point].values() for pair in pairs):
                self._resting[pair][rule.id, point] = rule
        self._truths: dict[Pair, Truth] = {}
        self._view: dict[str, Reading] = {}
        self._memories: dict[Pair, Memory] = {}
        self._broken: dict[Pair, str] = {}  # rules that could not judge when last asked, and why
        self._unsaid: set[str] = set()  # rules of which that is to be told, or that it is over
        self._silence = Silence(plant.points, now)
        self.stores = Stores(plant, self._view)
        self._scene = Scene(
            plant, self._view, now, active, truths=self._truths, rests=rests, stores=self.stores.states, listed=listed
        )  # fmt: skip
        self._cabinets: defaultdict[str, list[tuple[Rule, str]]] = defaultdict(list)
        for rule in (r for r in plant.rules if r.kind == "cabinet"):
            self._cabinets[str(rule.params["store"])] += [(rule, point) for point in rule.points]

    @property
    def view(self) -> Mapping[str, Reading]:
        """The latest Reading of each point heard of."""
        return MappingProxyType(self._view)

    def learn(self, usual: Mapping[str, tuple[Usual | None, ...]]) -> None:
        """What each point usually shows, by the HOURS of school days and others; it counts from the next reading on."""
        self._scene.usual = usual

    def readings(self, readings: Sequence[Reading], now: Now, clock_ok: bool) -> Iterator[Judgement]:
        """New readings, in the order they were made. Each value of a point is judged, also when one call holds several."""
        self._scene.now, self._scene.clock_ok = now, clock_ok
        batch: dict[str, Reading] = {}
        for reading in readings:
            self._silence.heard(reading.point, now)
            if reading.point in batch:
                yield from self._look(batch)
                batch = {}
            batch[reading.point] = reading
        yield from self._look(batch)

    def due(self, now: Now, clock_ok: bool) -> Iterator[Judgement]:
        """What follows from time: points that have been silent too long, openings of stores."""
        self._scene.now, self._scene.clock_ok = now, clock_ok
        yield from self._look({r.point: r for r in self._silence.due(now) if not dead(self._view.get(r.point))})

        for store in self.stores.due(now, clock_ok):
            yield from self.store(store, now, clock_ok)

    def store(self, store: str, now: Now, clock_ok: bool) -> Iterator[Judgement]:
        """All rules of one store, after time or a person has changed something there."""
        self._scene.now, self._scene.clock_ok = now, clock_ok
        for rule, point in self._cabinets[store]:
            yield self._judge(rule, point, {})
        yield from self._breaks()

    def next_due(self) -> int | None:
        times = (self._silence.next_due(), self.stores.next_due(self._scene.now))
        return min((t for t in times if t is not None), default=None)

    def _look(self, readings: Mapping[str, Reading]) -> Iterator[Judgement]:
        """Put readings of different points into the view together, judge every rule that watches one of them, then what rests on it."""
        self._view.update(readings)
        self.stores.look(readings.keys(), self._scene.now, self._scene.clock_ok)
        shared: dict[Pair, Rule] = {}
        resting: dict[Pair, Rule] = {}
        for watched in readings:
            for rule, point, alone in self._watchers.get(watched, ()):
                if alone:
                    yield self._judge(rule, point, resting)
                else:
                    shared[rule.id, point] = rule
        for rules in (shared, resting):
            for (_, point), rule in rules.items():
                yield self._judge(rule, point, resting)
        yield from self._breaks()

    def _judge(self, rule: Rule, point: str, resting: dict[Pair, Rule]) -> Judgement:
        key = (rule.id, point)
        try:
            condition, memory = RULES[rule.kind].evaluate(rule, point, self._scene, self._memories.get(key))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rules go on
            condition, memory = self._broke(rule, point, error), None
        else:
            if self._broken and self._broken.pop(key, ""):
                self._unsaid.add(rule.id)
        if memory is not None:
            self._memories[key] = memory
        if key in self._resting:
            changed = self._truths.get(key) is not condition.truth
            self._truths[key] = condition.truth
            resting.update({p: r for p, r in self._resting[key].items() if changed or self._scene.active(*p)})
        reading = self._view.get(point)
        good = condition.truth is Truth.CLEAR or (reading is not None and reading.quality is Quality.GOOD)
        return rule, (_told(condition, reading) if condition.truth is Truth.BREACHED else condition), good

    def _broke(self, rule: Rule, point: str, error: Exception) -> Condition:
        """A rule that breaks costs only itself: it is UNKNOWN, begins anew at the next reading, and is a fault of the box."""
        where = extract_tb(error.__traceback__)[-1]
        self._memories.pop((rule.id, point), None)
        self._broken[rule.id, point] = (
            f"{point} {type(error).__name__}: {error} ({PurePath(where.filename).name}:{where.lineno})"
        )
        self._unsaid.add(rule.id)
        return unknown(rule, point)

    def _breaks(self) -> Iterator[Judgement]:
        """Of each rule that has begun or ceased to break, one judgement on a point of its own."""
        while self._unsaid:
            self._unsaid.remove(id := min(self._unsaid))
            why = next((why for (rule, _), why in self._broken.items() if rule == id), "")
            own = Rule(f"{BOX}-fault", "system", "fault", (f"{BOX}/rule-{id}",), {}, 0, 0, "fault")
            evidence = (
                {"why": f"一条规则出错，它管的点现在无人判断；其他规则照常 a rule broke, the others go on: {why}"}
                if why
                else {}
            )
            yield own, Condition(own.id, own.points[0], Truth.BREACHED if why else Truth.CLEAR, evidence), True


def _told(condition: Condition, reading: Reading | None) -> Condition:
    """A breach with the device's own words (`said`) and its own time (`device_time`, R29) among its evidence."""
    if reading is None or not (reading.said or reading.stamp):
        return condition
    told = {k: v for k, v in (("said", reading.said), ("device_time", reading.stamp)) if v}
    return condition._replace(evidence={**condition.evidence, **told})
