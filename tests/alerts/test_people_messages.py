"""Every message of the people's table (§5) as the catalogue has it, word for word; what differs stands here with its reason."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import World
from test_desk import at, school

from alerts.model import Rule
from alerts.render import CATALOGUE, _fit

TABLE = [row.split("\t") for row in (Path(__file__).parent / "people_messages.txt").read_text("utf-8").splitlines()[1:]]
# Our fields, as the table names them. A value of ours comes with its unit.
SAME = {
    "m": {"fire.again": "1", "fire.unverified": "3"},
    "many": {"": "等{k}处报警"},
    "val": {"cold": "{v}℃", "water": "{v}MPa", "elec.warn": "{v}", "elec.alarm": "{v}", "": "{v}%LEL"},
    "sort": {"": "烟感"},
    "lost": {"": "{k}"},
    "t0": {"fire.multi": "{t}", "": "{t0}"},
    "now": {"recover.fire": "{t2}"},
    "end": {"recover.fault": "{t}"},
    "sec": {"": "{d}"},
    "f": {"daily": "{b}"}, "u": {"daily": "{d}"}, "o": {"daily": "{e}"}, "r": {"daily": "{f}"},
}  # fmt: skip
ENGLISH = {
    "val": {"cold": "{v} C", "water": "{v} MPa", "elec.warn": "{v}", "elec.alarm": "{v}", "": "{v} %LEL"},
    "many": {"": "{k} points"},
    "sort": {"": "smoke points"},
}
DIFFERS = {  # id -> (what the catalogue says, why)
    "fire.again": (
        "火警1分钟无人响应！{place}，{dev}{t}。值班{p}未应答。立即处置。回1收到 2真火 3误报。编号{n}",
        "without 请: the minutes may have two digits, and a repeat begins with 重发",
    ),
    "gas.l2": (
        "燃气泄漏（高限）！{place}{v}%LEL，{t}。{act}。撤人，勿碰开关，室外拨119。回1收到。编号{n}",
        "without 可: 71 units with 重发 and the longest place",
    ),
    "elec.alarm": (
        "电气报警！{place}{dev}{v}，限{lim}，{t}。电工到场，勿反复合闸。回1收到。编号{n}",
        "without 请: 1000mA stands beside 1000mA",
    ),
    "recover.fire": ("{s}" "已结束：{place}{t0}火警，{p}{t1}核实{verdict}，{t2}复位。编号{n}", "to the bureau with the school"),
    "recover.fault": ("{s}" "已恢复：{place}{dev}{t}恢复监测，中断{d}。编号{n}", "the same"),
}  # fmt: skip
DIFFERS_EN = {
    "recover.fire": "{s} Closed: fire {t0} at {place}, {p} found {verdict} at {t1}, reset {t2}. No.{n}",
    "recover.fault": "{s} Restored: {place} {dev} at {t}, after {d}. No.{n}",
    "drill.end": "Drill over {t}. Answers {a}/{b}; slowest building {bl} {d}. Real fires: 119. Drill D{n}",  # as the Chinese
    "bureau.order": "{b} order: {what}, due {date}. Sign for it: reply 1 J{n}.",  # an order needs its number (§2.3)
}


def as_the_table_writes(id: str, text: str, tables: dict[str, dict[str, str]]) -> str:
    def one(found: re.Match[str]) -> str:
        names = tables.get(found[1], {})
        return names.get(id, names.get("", found[0]))

    return re.sub(r"\{(\w+)\}", one, text)


@pytest.mark.parametrize(("id", "zh", "en"), TABLE, ids=[row[0] for row in TABLE])
def test_the_words_are_those_of_the_table(id: str, zh: str, en: str) -> None:
    assert as_the_table_writes(id, CATALOGUE[id].zh, SAME) == DIFFERS.get(id, (zh, ""))[0]
    assert as_the_table_writes(id, CATALOGUE[id].en, SAME | ENGLISH) == DIFFERS_EN.get(id, en)


def test_the_whole_table_is_here_and_no_difference_is_left_over() -> None:
    ids = {row[0] for row in TABLE}
    assert len(TABLE) == 33 and ids >= DIFFERS.keys() | DIFFERS_EN.keys()
    for id, zh, en in TABLE:
        assert DIFFERS.get(id, ("", ""))[0] != zh and DIFFERS_EN.get(id) != en, f"{id} needs no exception any more"


def told(world: World, message: str) -> list[str]:
    return [n.text for n in world.sent if n.message == message]


def test_the_next_round_names_how_many_points_burn() -> None:
    world = at(2 * 60 + 14)
    world.read({"smoke-1/smoke": 1.0})
    world.read({"smoke-2/smoke": 1.0})
    assert "等2处报警，首警02:14" in told(world, "fire.multi")[0]
    base = world.engine.alarms
    assert {a.evidence.get("burning") for a in base.values()} == {2}
    world.read({"manual-1/call": 1.0})
    world.wait(61_000)
    assert "等3处报警，首警02:14" in told(world, "fire.multi")[-1]


def test_the_closing_says_when_the_result_was_given() -> None:
    world = at(2 * 60 + 14)
    world.read({"smoke-1/smoke": 1.0})
    world.wait(2 * 60_000)
    world.do("result", "wu", result="false", cause="蚊香", on_site=True)
    world.wait(3 * 60_000)
    world.read({"smoke-1/smoke": 0.0})
    world.do("reset", "feng")
    assert "02:14火警，吴宿管02:16核实误报，02:19复位" in told(world, "recover.fire")[0]


def test_mains_lost_says_how_long_the_box_lasts_and_how_many_points_are_dark() -> None:
    rules = (
        Rule("mains", "state", "mains", ("io-1/mains",), {"equals": 0.0}, 0, 0, "mains"),
        Rule("no-data", "no_data", "comm", ("smoke-1/smoke", "smoke-2/smoke"), {}, 60_000, 0, "comm"),
        Rule("smoke", "state", "fire", ("smoke-1/smoke", "smoke-2/smoke"), {"equals": 1.0}, 0, 0, "fire"),
    )
    world = World(replace(school(), rules=rules, battery=8), now=at(60).now)
    world.read({"io-1/mains": 0.0})
    world.read({"smoke-1/smoke": None, "smoke-2/smoke": None})
    world.wait(31_000)
    assert told(world, "mains")[0] == ("停电：全校市电01:00中断，报警盒用电池约可撑8小时，2点失去监测。请加强巡查。编号01")


@pytest.mark.parametrize(
    ("text", "most", "fitting"),
    [
        ("22.5%LEL", 8, "22.5%LEL"),
        ("22.5%LEL", 7, "22%LEL"),
        ("12345.6mA", 6, "12A"),
        ("1000mA", 6, "1000mA"),
        ("长长长", 2, "长长"),
    ],
)
def test_a_number_is_rounded_before_it_is_cut(text: str, most: int, fitting: str) -> None:
    assert _fit(text, most) == fitting
