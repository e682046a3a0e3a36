"""The electrician gives new sensors their addresses on the page, through a living `run`, on a pty and behind a serial server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched
from test_page_axe import violations

sys.path.insert(0, str(Path(__file__).parents[1] / "gateway"))
import tools_school
from tools_site import compiled

from gateway.commands._client import living
from gateway.local import ask_once

PATIENCE = 60.0
PICTURES = os.environ.get("SETUP_PICTURES", "")  # a folder, for whoever wants to look at the pages


class Site:
    """A school of two lines with a thermometer in use; one new sensor on each line that is not there yet, and its page."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        image = tools_school.rows(tools_school.image_of("jxct-th", 1))
        devices = [tools_school.device("a", 2, "th", tools_school.image_of("jxct-th", 2))]
        devices += [
            {"id": f"new-{line}", "line": line, "unit": 1, "image": image, "address": {"at": 0x0100, "obeys": obeys}}
            for line, obeys in (("a", "reply"), ("server", "power"))
        ]
        self.school = tools_school.School(folder / "school", devices)
        self.unit("a", "dead")
        lines = [("a", "modbus-rtu", self.school.a, tools_school.BAUD), ("b", "modbus-rtu-tcp", self.school.server, 0)]
        site = compiled(self.data, lines, [("th", "jxct-th", "a", 2)])
        start = [sys.executable, "-m", "gateway.commands"]
        self.running = [
            subprocess.Popen([*start, "run", str(site), "--assume-clock", "--no-uplink"], stderr=subprocess.DEVNULL)
        ]
        end = time.monotonic() + PATIENCE
        while not living(self.data):
            assert time.monotonic() < end and self.running[0].poll() is None, "run did not come up"
            time.sleep(0.05)
        page = subprocess.Popen(
            [*start, "dashboard", "--data", str(self.data), "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        self.running.append(page)
        assert page.stdout
        (self.password,) = re.findall(r"password (\S+)", page.stdout.readline())
        (self.url,) = re.findall(r"(http://\S+?)/?$", page.stdout.readline().strip())

    def unit(self, line: str, mode: str) -> None:
        self.school.tell(unit={"line": line, "unit": 1, "mode": mode})

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(ask_once(self.data / "run.sock", request, 60))

    def do(self, person: str, **args: Any) -> dict[str, Any]:
        now = self.ask({"ask": "snapshot"})["data"]["now"]
        return self.ask(
            {"do": {"id": str(time.time_ns()), "verb": "address", "person": person, "expires": now + 30_000, "args": args}}
        )

    def noted(self) -> list[tuple[str, str]]:
        events = self.ask({"ask": "events", "since": 0, "limit": 500})["data"]
        return [(e["args"]["step"], e["args"]["by"]) for e in events if e["kind"] == "address"]

    def close(self) -> None:
        for process in reversed(self.running):
            process.terminate()
            process.wait(30)
        self.school.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("addressing"))
    yield made
    made.close()


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:
    made = Watched(chromium)
    yield made
    made.close()


def told(page: Any, text: str) -> None:
    page.wait_for_function("(text) => document.querySelector('#addressing').innerText.includes(text)", arg=text)


def look(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def devices(page: Any) -> None:
    page.wait_for_selector("#sections button")
    page.click("#sections button:has-text('设备')")
    page.wait_for_selector("#addressing select")


def test_who_may_not_and_what_makes_no_sense_is_refused(site: Site) -> None:
    """First, while nobody new is there: nothing is written."""
    assert site.do("wang", bus="a", profile="jxct-th", new=9)["code"] == "refused.role"
    assert site.do("stranger", bus="a", profile="jxct-th", new=9, role="officer")["code"] == "refused.role"
    assert site.do("fitter", bus="x", profile="jxct-th", new=9)["code"] == "not-modbus"
    assert site.do("fitter", bus="a", profile="../th", new=9)["code"] == "not-found"
    assert site.do("fitter", bus="a", profile="jxct-th", new=0)["code"] == "bad-request"
    assert site.do("fitter", bus="a", profile="jxct-th", new=2)["code"] == "address.taken", "the thermometer in use has it"
    assert site.do("fitter", bus="a", profile="calectro-ug3", new=9)["code"] == "address.no-register"
    assert site.noted()[:2] == [("refused", "wang"), ("refused", "stranger")]
    assert not site.school.log("write")


def test_one_sensor_after_the_other_gets_its_address_its_label_and_its_place(site: Site, watched: Watched) -> None:
    page = watched.open(site.url, "admin", site.password, width=360, height=640)
    page.set_default_timeout(60_000)
    page.goto(site.url + "/setup")
    devices(page)
    page.select_option("#addressing [name=model]", "jxct-th")
    assert violations(page) == []
    look(page, "address-begin")

    # nobody, then two, then one
    page.click("#addressing button:has-text('找新传感器')")
    told(page, "没有应答")
    look(page, "address-nobody")
    site.school.tell(fault={"line": "a", "unit": 1, "kind": "clash"})
    site.unit("a", "normal")
    site.school.tell(fault={"line": "a", "unit": 1, "kind": "clash"})
    told(page, "只接一个，再试")
    site.school.tell(mend={"line": "a", "unit": 1})
    page.wait_for_selector("#addressing button:has-text('给它地址 3')")
    look(page, "address-found")
    assert not site.school.log("write"), "looking writes nothing"
    page.click("#addressing button:has-text('给它地址 3')")
    page.wait_for_selector("#addressing .label:has-text('3')")
    look(page, "address-label")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert [(e["unit"], e["to"]) for e in site.school.log("readdressed")] == [(1, 3)]
    assert site.noted()[-2:] == [("asked", "admin"), ("done", "admin")]

    # the page was closed before anybody wrote it down: the sensor is found again, and taken into the draft
    page.reload()
    devices(page)
    page.select_option("#addressing [name=model]", "jxct-th")
    page.click("#addressing button:has-text('找新传感器')")
    told(page, "没有登记")
    page.select_option("#addressing [name=zone]", "hall")
    page.click("#addressing button:has-text('加入草稿')")
    page.wait_for_selector("#draft:visible")
    assert page.locator("#panel tbody tr").count() == 2
    assert "unit: 3" in page.evaluate("localStorage.getItem('campus-draft')")

    # nobody else comes: cancelled, and nothing goes on asking
    page.click("#addressing button:has-text('找新传感器')")
    told(page, "没有应答")
    page.click("#addressing button:has-text('取消')")
    page.wait_for_selector("#addressing button:has-text('找新传感器')")

    # one that takes its address only after power off and on
    page.select_option("#addressing [name=line]", "b")
    page.click("#addressing button:has-text('找新传感器')")
    page.click("#addressing button:has-text('给它地址 2')")
    told(page, "断电再上电")
    look(page, "address-power")
    site.school.tell(power={"line": "server", "unit": 1})
    page.wait_for_selector("#addressing .label:has-text('2')")
    assert site.ask({"ask": "snapshot"})["data"]["points"]["th/temperature"]["quality"] == "good", "polled all the while"
