"""A small school for the tests of duty, escalation and messages: plant, alarms, policies read from config/escalation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from alerts.calendar import SLEEP
from alerts.kinds import KINDS
from alerts.model import Alarm, AlarmState, Notification, Policy, Truth
from alerts.plant import Building, OutputPoint, Person, Plant, Point, Shift, Zone
from drivers.reading import Now
from gateway.config.library import policy_from_dict

FOLDER = Path(__file__).parents[2] / "config" / "escalation"
T0 = int(datetime(2026, 3, 4, 2, 14, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)  # a Wednesday night
NOON = T0 + 10 * 3_600_000
SEC = 1_000
MIN = 60_000


def raw_policies() -> dict[str, dict[str, Any]]:
    return {path.stem: YAML(typ="safe").load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def policies() -> dict[str, Policy]:
    return {name: policy_from_dict(raw) for name, raw in raw_policies().items()}


POLICIES = policies()


def person(
    id: str, name: str, role: str, zones: tuple[str, ...] = (), channels: tuple[str, ...] = ("phone", "console")
) -> Person:
    return Person(id, name, role, "+8613800000001", channels, zones)


def plant(speed: int = 1) -> Plant:
    people = (
        person("wang", "王建国", "duty"),
        person("li", "李保安", "duty"),
        person("zhao", "赵二班", "duty"),
        person("sun", "孙主任", "leader"),
        person("zhou", "周主任", "leader"),
        person("wu", "吴宿管", "keeper", ("dorm-3",)),
        person("zheng", "郑食堂", "keeper", ("kitchen",)),
        person("feng", "冯安全", "officer"),
        person("chen", "陈校长", "head"),
        person("chu", "褚电工", "electrician"),
        person("wei", "卫保管", "holder"),
        person("jiang", "蒋保管", "holder"),
        person("shen", "沈局", "bureau"),
        person("viewer", "看客", "viewer"),
    )
    points = (
        Point("smoke-1/smoke", "smoke-1", "smoke", "dorm-3", "烟感", 30_000),
        Point("smoke-2/smoke", "smoke-2", "smoke", "dorm-4", "烟感", 30_000),
        Point("manual-1/call", "manual-1", "manual-call", "dorm-3", "手报", 30_000),
        Point("gas-1/gas", "gas-1", "combustible-gas", "kitchen", "燃气", 30_000),
        Point("leak-1/leak-1", "leak-1", "residual-current", "office", "照明干线一路", 30_000),
        Point("arc-1/arc", "arc-1", "arc-fault", "office", "插座一路", 30_000),
        Point("io-1/door", "io-1", "door", "store", "柜门", 30_000),
        Point("io-1/panic", "io-1", "panic", "office", "按钮", 30_000),
        Point("io-1/mains", "io-1", "mains", "office", "市电", 30_000),
    )
    return Plant(
        site="no3", name="登封市第三中学", short="三中", timezone="Asia/Shanghai",
        buildings={"dorm": Building("dorm", "三号宿舍楼", "dormitory", True), "main": Building("main", "主楼", "teaching")},
        zones={
            z.id: z
            for z in (
                Zone("dorm-3", "三号宿舍楼二层东走廊", "dorm", "dormitory", SLEEP["dormitory"]),
                Zone("dorm-4", "三号宿舍楼三层", "dorm", "dormitory", SLEEP["dormitory"]),
                Zone("kitchen", "食堂后厨", "main", "kitchen"), Zone("office", "主楼办公室", "main", "office"),
                Zone("store", "危化品库", "main", "chemical-store"),
            )
        },
        points={p.id: p for p in points},
        people={p.id: p for p in people},
        shifts=(
            Shift("duty", "wang", 7 * 60, 19 * 60), Shift("duty", "li", 19 * 60, 7 * 60),
            Shift("second", "zhao", 0, 0), Shift("leader", "sun", 18 * 60, 8 * 60),
        ),
        outputs={
            "relay/valve": OutputPoint("relay/valve", "valve", "kitchen"),
            "relay/evac": OutputPoint("relay/evac", "evacuation", building="dorm"),
        },
        rules=(), policies=POLICIES, holders={"store": ("wei", "jiang")}, speed=speed,
    )  # fmt: skip


def alarm(
    kind: str = "fire", point: str = "smoke-1/smoke", policy: str = "", at: int = 0, wall: int = T0, **changes: Any
) -> Alarm:
    """An UNACKED alarm of occurrence 1, raised at mono `at`."""
    now = Now(wall + at, at)
    k = KINDS[kind]
    blank = Alarm(
        "no3-7", 7, f"r-{kind}", point, kind, k.severity, AlarmState.UNACKED, 1, now, now, k.latching,
        POLICIES[policy or kind], Truth.BREACHED, True, {"value": 1.0},
    )  # fmt: skip
    return replace(blank, **changes)


def acked(a: Alarm, at: int, who: str = "li") -> Alarm:
    return replace(a, state=AlarmState.ACKED, acked=Now(a.first.wall + at, at), acked_by=who)


def brief(sent: tuple[Notification, ...]) -> list[tuple[str, str]]:
    return sorted((n.person, n.message) for n in sent)
