"""A chemicals store with every part, the shipped rules and policies of stores, and a World to open it in. No assertions."""

from __future__ import annotations

from dataclasses import replace

from engine_world import World, plant

from alerts.model import Rule
from alerts.plant import Person, Plant, Point, Store
from alerts.rules.cabinet import judges
from drivers.reading import Now
from gateway.config import library

SHELF = library.load(library.data_dir())
MONDAY_9 = Now(1_782_086_400_000 + 3_600_000, 50_000_000)  # 2026-06-22 09:00 in the school
DOOR, A, B, FAN, CAMERA, VOC, CARD, TEMP = (
    "s/door", "s/lock-a", "s/lock-b", "s/fan", "cam/online", "voc/voc", "reader/card", "th/temperature",
)  # fmt: skip
QUANTITIES = ("door", "lock", "lock", "fan-run", "online", "voc", "identity", "temperature")
STORE = Store(
    "chem", "store", DOOR, A, B, "electronic", FAN, CAMERA, VOC, (CARD,), (TEMP, VOC), ("he", "li"),
)  # fmt: skip
PEOPLE = (
    Person("he", "何静", "holder", "+8613800000011", ("phone",), card=1001),
    Person("li", "李建军", "holder", "+8613800000012", ("phone",), card=1002),
    Person("old", "老王", "holder", "+8613800000013", ("phone",), card=1003, left="2026-01-01"),
    Person("late", "迟到", "holder", "+8613800000014", ("phone",), card=1004, trained="2025-06-01"),
    Person("sun", "孙主管", "officer", "+8613800000015", ("phone",)),
    Person("chen", "陈志远", "leader", "+8613800000016", ("phone",)),
    Person("head", "校长", "head", "+8613800000017", ("phone",)),
    Person("wang", "王建国", "duty", "+8613800000018", ("phone",)),
    Person("gu", "顾科长", "bureau", "+8613800000019", ("phone",)),
)


def rules_of(store: Store) -> tuple[Rule, ...]:
    """The shipped rules that this store's parts allow, as the compiler makes them."""
    return tuple(
        Rule(
            r.id, r.kind, r.alarm, (store.door,), {**r.params, "store": store.id}, r.on_delay, r.off_delay, r.policy, r.zh, r.en,
            store.points,
        )
        for r in SHELF.rules.values()
        if r.stores and judges(str(r.params["case"]), store)
    )  # fmt: skip


def school(store: Store = STORE) -> Plant:
    points = {
        p: Point(p, p.split("/")[0], q, "store", p.split("/")[1], 30_000, "line-b")
        for p, q in zip((DOOR, A, B, FAN, CAMERA, VOC, CARD, TEMP), QUANTITIES, strict=True)
    }
    base = plant(rules=())
    return replace(
        base, points=points, people={p.id: p for p in PEOPLE}, rules=rules_of(store), policies=SHELF.policies,
        holders={"store": store.holders}, stores={store.id: store}, outputs={k: o for k, o in base.outputs.items() if not o.feedback},
    )  # fmt: skip


def at_the_store(store: Store = STORE, now: Now = MONDAY_9) -> World:
    """Closed, locked, the fan off, everything alive, nobody's card shown."""
    world = World(school=school(store), now=now)
    world.read({DOOR: 0.0, A: 0.0, B: 0.0, FAN: 0.0, CAMERA: 1.0, VOC: 120.0, CARD: 0.0, TEMP: 21.0})
    return world


def open_it(world: World, a: float = 1.0, b: float = 1.0, fan: float = 1.0) -> None:
    """Fan, locks, then the door half a second later."""
    world.read({FAN: fan, A: a, B: b})
    world.wait(500)
    world.read({DOOR: 1.0})


def alive(world: World, ms: int, **values: float) -> None:
    """Time goes on, polled every second or so: everything reads as it did, but what is given."""
    last = dict(world.engine.view)
    step = 1_000 if ms <= 30_000 else 10_000
    for _ in range(ms // step):
        world.wait(step)
        world.read({p: r.value for p, r in last.items() if r.value is not None} | values)


def raised(world: World) -> list[str]:
    """Rules of all alarms raised so far, in order."""
    return [str(e.args["rule"]) for e in world.events if e.kind == "raised"]


def told(world: World, message: str) -> set[str]:
    """Who got this message."""
    return {n.person for n in world.sent if n.message == message}
