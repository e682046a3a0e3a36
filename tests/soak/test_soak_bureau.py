"""Three boxes and a bureau as processes on one machine, a real mosquitto: one killed, one cut off, one with a wrong clock.

What the bureau shows and whom it rings. `make soak` only: a silent box takes its 90 s, and 30 min are 90 s at this speed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fleet"))

from fleet_world import LATER, SCHOOLS, County

DAY = 86_400_000


@pytest.mark.soak
def test_d10_the_bureau_sees_and_rings_three_boxes_one_killed_one_cut_off_one_with_a_wrong_clock(tmp_path: Path) -> None:
    county = County(tmp_path / "county", speed=20, wrong="no3", cut="no2")
    try:
        county.until("all alive", lambda: all(county.row(s).get("state") == "alive" for s in SCHOOLS))
        _the_wrong_clock_is_shown(county)
        _a_fire_rings_the_bureau_by_its_own_roster(county)
        _what_is_asked_is_done_when_the_school_says_so(county)
        _the_killed_and_the_cut_off_are_silent_and_rung_together(county)
        _they_come_back_and_nothing_is_missing(county)
    finally:
        county.close()


def _the_wrong_clock_is_shown(county: County) -> None:
    row = county.row("no3")
    assert abs(row["offset"] - LATER) < 5 and row["state"] == "alive", "a wrong clock is no silence"
    assert abs(county.row("no1")["offset"]) < 5
    kinds = {(a["rule"], a["zone"]) for a in county.ask("ju", "snapshot")["alarms"].values()}
    assert ("clock-fast", "no3") in kinds and not county.messages(), "it is listed, and rings nobody"


def _a_fire_rings_the_bureau_by_its_own_roster(county: County) -> None:
    county.smoke("no1", True)
    county.until("shown", lambda: county.row("no1")["unanswered"])
    assert county.order()[0] == "no1"
    said = county.until("the bureau's duty rung", lambda: county.messages("ma"))[0]
    assert said["text"].startswith("一中火警！3号宿舍301室") and "2分钟无人响应" in said["text"]


def _what_is_asked_is_done_when_the_school_says_so(county: County) -> None:
    alarm = county.row("no1")["worst"]["alarm"]
    for verb, person, more in (
        ("ack", "ma", {"alarm": alarm}),
        ("check", "ma", {}),
        ("order", "song", {"what": "更换烟感", "until": time.time_ns() // 1_000_000 + DAY}),
    ):
        answer = county.do("ju", verb, person, site="no1", **more)
        assert (answer["ok"], answer["code"]) == (True, "asked")
        asked = county.until(f"{verb} done", lambda: (a := county.drill("no1")["asked"][0])["state"] == "done" and a)
        assert asked["verb"] == verb and asked["seq"] > 0
    assert county.do("ju", "order", "ma", site="no1", what="x", until=1)["code"] == "refused.role"
    assert [m["message"] for m in county.messages("wu") if m["message"] == "bureau.order"] == ["bureau.order"]
    # the box with the wrong clock is asked in its own time
    assert county.do("ju", "check", "ma", site="no3")["ok"]
    county.until("no3 too", lambda: county.drill("no3")["asked"][0]["state"] == "done")


def _the_killed_and_the_cut_off_are_silent_and_rung_together(county: County) -> None:
    county.relay.cut.set()
    county.kill("no1")
    for school in ("no1", "no2"):
        county.until(f"{school} silent", lambda school=school: county.row(school)["state"] == "silent")

    assert county.row("no1")["worst"]["what"]["zh"] == "烟感", "what was last known of it still stands"
    assert county.order()[0] == "no1"
    said = county.until("rung", lambda: [m for m in county.messages("ma") if m["message"].startswith("school.silent")])
    heard = county.row("no3")["heard"]
    county.until("a whole heartbeat later", lambda: county.row("no3")["heard"] > heard)
    said = [m for m in county.messages("ma") if m["message"].startswith("school.silent")]
    assert len(said) == 1 and "2所" in said[0]["text"], [m["text"] for m in said]


def _they_come_back_and_nothing_is_missing(county: County) -> None:
    county.relay.cut.clear()
    county.restart("no1")
    for school in SCHOOLS:
        county.until(f"{school} whole", lambda school=school: (r := county.row(school))["state"] == "alive" and not r["behind"])
        assert county.row(school)["broken"] == "" and not county.row(school)["late"]
    assert not [a for a in county.ask("ju", "snapshot")["alarms"].values() if a["rule"] == "reports-missing"], "all of it came"
