"""`address` on a real line (a pty) of the simulator: the new device moves, and each way in which it does not is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools_school import BAUD, School, command, image_of, rows
from tools_site import compiled

OWN = {"jxct-th": 0x0100, "qdy-pressure": 0}


def new(unit: int, id: str, obeys: str, profile: str = "jxct-th") -> dict[str, Any]:
    image = rows(image_of(profile, unit))
    return {"id": id, "line": "a", "unit": unit, "image": image, "address": {"at": OWN[profile], "obeys": obeys}}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    devices = [
        new(1, "new", "reply"), new(21, "stubborn", "never"), new(22, "sleepy", "power"), new(23, "pair", "reply"),
        new(2, "old", "reply"), new(24, "gauge", "reply", "qdy-pressure"),
    ]  # fmt: skip
    made = School(tmp_path_factory.mktemp("address") / "school", devices)
    yield made
    made.close()


def asked(school: School, tmp_path: Path, *words: str, profile: str = "jxct-th", code: int = 0) -> str:
    return command("address", school.a, profile, "--baud", str(BAUD), "--data", str(tmp_path), *words, code=code)


def moved(school: School) -> list[tuple[int, int]]:
    return [(e["unit"], e["to"]) for e in school.log("readdressed")]


def test_the_new_device_gets_the_next_free_address_of_the_site_and_its_label(school: School, tmp_path: Path) -> None:
    compiled(tmp_path, [("a", "modbus-rtu", school.a, BAUD)], [("th", "jxct-th", "a", 2), ("th-2", "jxct-th", "a", 3)])
    assert "【 4 】" in asked(school, tmp_path)
    assert moved(school) == [(1, 4)]
    assert "没有应答" in asked(school, tmp_path, code=1), "nobody is new any more"


def test_what_does_not_follow_is_told(school: School, tmp_path: Path) -> None:
    before = moved(school)
    assert "地址没有变" in asked(school, tmp_path, "--from", "21", "--to", "31", code=1)
    assert "已有设备" in asked(school, tmp_path, "--from", "22", "--to", "2", code=1), "somebody answers there"
    assert "已有设备" in asked(school, tmp_path, "--from", "22", "--to", "40", "--taken", "40", code=1)
    assert "不知道这个型号" in asked(school, tmp_path, "--from", "22", "--to", "40", profile="calectro-ug3", code=1)
    assert "不是这个型号" in asked(school, tmp_path, "--from", "24", "--to", "40", code=1), "a gauge is no thermometer"
    assert "没有型号" in asked(school, tmp_path, profile="nonesuch", code=1)
    assert moved(school) == before


def test_two_devices_with_one_address_are_told_apart_from_one(school: School, tmp_path: Path) -> None:
    before = moved(school)
    school.tell(fault={"line": "a", "unit": 23, "kind": "clash"})
    assert "两个设备" in asked(school, tmp_path, "--from", "23", "--to", "33", code=1)
    school.tell(mend={"line": "a", "unit": 23})
    assert moved(school) == before
    assert "【 33 】" in asked(school, tmp_path, "--from", "23", "--to", "33")


def test_one_that_waits_for_power_off_and_on_is_waited_for(school: School, tmp_path: Path) -> None:
    def switch() -> None:
        end = time.monotonic() + 60
        while not any(e.get("unit") == 22 for e in school.log("write")) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(2.0)  # somebody reads what is asked of them
        school.tell(power={"line": "a", "unit": 22})

    hand = threading.Thread(target=switch)
    hand.start()
    told = asked(school, tmp_path, "--from", "22", "--to", "32")
    hand.join()
    assert "断电再上电" in told and "【 32 】" in told and (22, 32) in moved(school)


def test_a_gauge_with_another_register(school: School, tmp_path: Path) -> None:
    assert "【 34 】" in asked(school, tmp_path, "--from", "24", "--to", "34", profile="qdy-pressure")
