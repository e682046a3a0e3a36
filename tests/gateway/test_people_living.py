"""The commands for people beside a living `run`, one daemon for all: 停用 and back, drills, orders to channels, figures, handover."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_tools_living import Living
from tools_school import command


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    box = Living(tmp_path_factory.mktemp("people"))
    yield box
    box.close()


def marks(box: Living, kind: str) -> list[dict[str, object]]:
    return [m for m in box.ask({"ask": "snapshot"})["data"]["marks"].values() if m["kind"] == kind]


def asked(box: Living, *words: str, code: int = 0) -> str:
    return command(*words, "--data", str(box.data), code=code)


def test_a_device_is_taken_out_of_service_goes_on_and_comes_back(box: Living) -> None:
    told = asked(box, "alarm", "out-of-service", "--as", "wang", "--device", "smoke", "--why", "喷漆", "--until", "1h", code=1)
    assert "权限" in told and not marks(box, "out-of-service"), "a guard may not"
    asked(box, "alarm", "out-of-service", "--as", "wu", "--device", "smoke", "--why", "喷漆", "--until", "1h")
    (mark,) = marks(box, "out-of-service")
    assert box.ask({"ask": "snapshot"})["data"]["watch"]["out_of_service"] == mark["covered"]
    asked(box, "alarm", "extend", str(mark["number"]), "--as", "wu")
    (longer,) = marks(box, "out-of-service")
    assert longer["until"] == mark["until"] + 7_200_000
    assert "测试报警" in asked(box, "alarm", "back", str(mark["number"]), "--as", "wu")
    assert [m["stage"] for m in marks(box, "out-of-service")] in (["returning"], [])


def test_a_communication_drill_with_its_record_and_the_plan(box: Living, tmp_path: Path) -> None:
    assert "逾期" in asked(box, "drill", "status")
    asked(box, "drill", "start", "calls", "--as", "wu")
    assert "已有演练" in asked(box, "drill", "start", "calls", "--as", "wu", code=1)
    (mark,) = marks(box, "call-drill")
    asked(box, "drill", "end", "--as", "wu")
    record = tmp_path / "record.json"
    asked(box, "drill", "record", str(mark["id"]), "-o", str(record))
    assert json.loads(record.read_text("utf-8"))["record"]["by"] == "wu"
    assert "已完成" in asked(box, "drill", "status")


def test_the_signal_of_a_drill_is_refused_where_no_output_gives_it(box: Living) -> None:
    assert "疏散警报" in asked(box, "drill", "start", "evacuation", "--signal", "--as", "wu", code=1)
    assert not marks(box, "drill")


def test_every_channel_is_proven_and_an_unknown_one_is_named(box: Living) -> None:
    assert re.search(r"\w+: 正常 works", asked(box, "notify", "test", "all"))
    assert "没有这个通道" in asked(box, "notify", "test", "pigeon", code=1)


def test_figures_roster_and_handover(box: Living) -> None:
    assert "误报" in asked(box, "alarm", "kpi", "--days", "7")
    found = box.ask({"ask": "handover"})["data"]
    assert found["on"] == box.ask({"ask": "roster"})["data"]["now"]["duty"] and found["post"] == "duty"
    assert found["since"] < found["now"]


def test_a_simulated_alarm_goes_through_the_chain_and_is_counted_nowhere(box: Living) -> None:
    asked(box, "alarm", "test", "smoke/smoke", "--as", "wu")
    alarms = box.ask({"ask": "snapshot"})["data"]["alarms"].values()
    (alarm,) = [a for a in alarms if a["mode"] == "rehearsal"]
    asked(box, "alarm", "note", alarm["id"], "--as", "wu", "--text", "每月一次")
    asked(box, "alarm", "result", alarm["id"], "test", "--cause", "月检", "--as", "wu")
    assert [n["text"] for n in box.ask({"ask": "handover"})["data"]["notes"]] == ["每月一次"]


def test_a_walk_test_is_begun_looked_at_and_ended(box: Living) -> None:
    assert "没有步行测试" in asked(box, "walk", "status")
    assert "权限" in asked(box, "walk", "start", "--until", "1h", "--as", "wang", code=1), "a guard may not"
    assert "8小时" in asked(box, "walk", "start", "--until", "9h", "--as", "fitter", code=1)
    asked(box, "walk", "start", "--building", "main", "--until", "1h", "--walker", "wu", "--as", "fitter")
    (mark,) = marks(box, "walk")
    assert mark["facts"] == {"walker": "wu"} and "smoke/smoke" in mark["points"] and "th/temperature" not in mark["points"]
    told = asked(box, "walk", "status", code=1)
    assert f"0/{mark['covered']}" in told and "○ 主楼大厅" in told
    asked(box, "walk", "end", "--as", "fitter")
    assert not marks(box, "walk") and "没有步行测试" in asked(box, "walk", "end", "--as", "fitter", code=1)


def test_who_would_be_called_is_said_before_it_happens(box: Living) -> None:
    site = box.ask({"ask": "snapshot"})["data"]
    zone = next(p["zone"] for p in site["points"].values() if p["quantity"] == "smoke")
    said = asked(box, "who", zone, "--kind", "fire", "--at", "3h")
    assert "无人响应 nobody answers" in said and "0 s" in said and "收到后无结果" in said
    told = json.loads(asked(box, "who", zone, "--kind", "fire", "--at", "2h", "--json"))
    assert told["now"] < told["at"] <= told["now"] + 7_200_000 and [c["kind"] for c in told["cases"]] == ["fire"]
    assert "没有这栋楼" in asked(box, "who", "nowhere", code=1)
