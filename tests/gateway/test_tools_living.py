"""The installer's tools beside a living `run`: low-priority jobs of its bus, the same output as with our own port, local rights only."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools_school import BAUD, School, command, device, image_of
from tools_site import compiled

from gateway.commands._client import living
from gateway.commands._lines import modbus_profiles
from gateway.local import ask_once
from gateway.longrun import ENOUGH
from gateway.mbpoll import mbpoll_switch
from gateway.site import BusConfig
from gateway.symptoms import WORDS

PATIENCE = 60.0
OUTPUT = "outputs: [{id: relay/relay-1, role: guard-sounder}]\n"


class Living:
    """A school on one RS-485 line and the daemon on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        devices = [
            device("a", 1, "th", image_of("jxct-th", 1)),
            {"id": "relay", "line": "a", "unit": 2, "model": "waveshare-relay8"},
        ]
        devices.append({"id": "far", "line": "host", "unit": 2, "model": "waveshare-relay8"})
        devices += [device("a", 3, "smoke", image_of("calectro-ug3", 3)), device("a", 9, "new", image_of("sga-gas", 9))]
        self.school = School(folder / "school", devices, "--ledger")
        rows = [("th", "jxct-th", "a", 1), ("relay", "waveshare-relay8", "a", 2), ("smoke", "calectro-ug3", "a", 3)]
        self.site = compiled(self.data, [("a", "modbus-rtu", self.school.a, BAUD)], rows, OUTPUT)
        self.run = subprocess.Popen(
            [sys.executable, "-m", "gateway.commands", "run", str(self.site), "--assume-clock", "--no-uplink"],
            stderr=subprocess.DEVNULL,
        )
        self.until_good()

    def until_good(self) -> None:
        end = time.monotonic() + PATIENCE
        while not living(self.data) or not self.good():
            assert time.monotonic() < end and self.run.poll() is None, "run did not come up"
            time.sleep(0.05)

    def good(self) -> bool:
        points = self.ask({"ask": "snapshot"})["data"]["points"]
        return all(p["quality"] == "good" for id, p in points.items() if id.startswith(("th/", "relay/")))

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(ask_once(self.data / "run.sock", request, 30))

    def close(self) -> None:
        self.run.terminate()
        self.run.wait(30)
        self.school.close()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    box = Living(tmp_path_factory.mktemp("box"))
    yield box
    box.close()


def test_scan_goes_through_the_living_line(box: Living) -> None:
    """The port is locked by `run`: what is found was asked by it, between its own polls."""
    words = ("scan", "rtu", box.school.a, "--baud", str(BAUD), "--units", "1,9-10", "--data", str(box.data))
    rows = [json.loads(row) for row in command(*words, "--json").splitlines()]
    assert [(r["unit"], r["profiles"]) for r in rows] == [(1, ["jxct-th"]), (9, ["sga-gas"])]
    assert "bus: a, unit: 9" in command(*words), "the line keeps the name it has in the site file"
    assert box.good() and not box.school.log("collision")


def test_other_line_settings_are_for_when_run_is_stopped(box: Living) -> None:
    text = command("scan", "rtu", box.school.a, "--baud", "4800", "--units", "1", "--data", str(box.data), code=1)
    assert "systemctl stop campus-gateway" in text


def test_read_trace_and_doctor_show_the_same_as_with_our_own_port(box: Living) -> None:
    seen = json.loads(command("read", "th", "--data", str(box.data), "--json"))
    assert [r["quality"] for r in seen["readings"]] == ["good", "good"]
    traced = command("trace", "th", "--data", str(box.data))
    assert "对 right" in traced and seen["frames"][-1]["tx"].upper() in traced
    report = command("doctor", "--data", str(box.data))
    assert "✓ run：在运行" in report and "3 个设备，3 个正常" in report
    assert "没有这个设备" in command("read", "nobody", "--data", str(box.data), code=1)


def test_doctor_names_from_the_counters_what_its_probes_do_not_see(box: Living) -> None:
    """A loose wire spoils some answers for a while; when the doctor comes, every probe is well again."""
    request = {"ask": "probe", "bus": "a", "unit": 1, "space": "holding", "address": 0, "count": 1, "latency": 300}
    box.school.tell(fault={"line": "a", "unit": 1, "kind": "flipped"})
    for _ in range(10):
        assert box.ask(request)["data"]["kind"] == "garbled"
    box.school.tell(mend={"line": "a", "unit": 1})
    box.until_good()
    while box.ask({"ask": "counters", "bus": "a"})["data"]["units"]["1"]["questions"] < ENOUGH:
        assert box.ask(request)["data"]["kind"] == "good"
    rows = [json.loads(row) for row in command("doctor", "--json", "--data", str(box.data), code=1).splitlines()]
    (row,) = [row for row in rows if row["about"] == "线路 a · th"]
    assert (
        row["state"] == "bad"
        and row["zh"].startswith(WORDS["flipped"][0])
        and "%" in row["zh"]
        and "3 个设备，3 个正常" in str(rows)
    )
    (figures,) = [row for row in rows if row["about"] == "线路 a · 统计"]
    assert re.search(r"\d+ questions in \d\.\d h", figures["en"])


def test_watch_follows_on_a_pipe(box: Living) -> None:
    text = command("watch", "th", "--times", "1", "--data", str(box.data))
    rows = text.splitlines()
    assert {row.split()[0] for row in rows if "mbpoll" not in row} == {"th/humidity", "th/temperature"}
    assert [row for row in rows if "mbpoll" in row] == json.loads(command("read", "th", "--data", str(box.data), "--json"))[
        "mbpoll"
    ]
    assert "没有设备 nobody" in command("watch", "nobody", "--times", "1", "--data", str(box.data), code=1)


def test_an_output_is_tried_after_asking_and_journaled(box: Living) -> None:
    words = ("outputs", "test", "relay/relay-1", "--seconds", "2", "--as", "fitter", "--data", str(box.data))
    before = len(box.school.log("write"))  # `run` has switched everything off at its start
    assert "没有动" in command(*words, answers="n\n", code=2) and len(box.school.log("write")) == before
    text = command(*words, answers="y\n")
    assert "已接通" in text and "已断开" in text
    on, off, back = (row.split() for row in text.splitlines() if row.startswith("  mbpoll"))
    assert (on[-1], off[-1], back[-1]) == ("1", "0", box.school.a)
    assert [e["values"] for e in box.school.log("write")[before:]] == [[1], [0]]
    events = [e for e in box.ask({"ask": "events", "since": 0, "limit": 500})["data"] if e["kind"] == "output-test"]
    assert [(e["who"], e["args"]["output"]) for e in events] == [("fitter", "relay/relay-1")]
    assert "断 off" in command("outputs", "list", "--data", str(box.data))
    refused = command("outputs", "test", "relay/relay-1", "--yes", "--as", "wang", "--data", str(box.data), code=1)
    assert "refused.role" in refused
    assert "没有输出 x/y" in command("outputs", "test", "x/y", "--yes", "--as", "fitter", "--data", str(box.data), code=1)


def test_the_mbpoll_line_of_a_switch_switches_it(box: Living) -> None:
    """libmodbus, told with our own line, moves the same relay of the same model on the simulator's TCP line."""
    host, _, port = box.school.host.rpartition(":")
    bus, relay = BusConfig("far", "modbus-tcp", host=host, tcp_port=int(port)), modbus_profiles()["waveshare-relay8"].outputs[0]
    for on in (True, False):
        line = mbpoll_switch(bus, 2, relay, on).split()
        done = subprocess.run([*line, "-o", "5"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert [(e["line"], e["unit"], e["values"]) for e in box.school.log("write")][-1] == ("host", 2, [int(on)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"bus": "b"}, {"ask": "counters", "bus": "b"}, {"unit": 0}, {"unit": 256}, {"unit": "1"}, {"space": "memory"},
        {"address": -1}, {"address": 65536},
        {"count": 0}, {"count": 126}, {"address": 65535, "count": 2}, {"latency": "long"},
    ],
)  # fmt: skip
def test_a_probe_that_is_none_is_refused_and_asks_nothing(box: Living, wrong: dict[str, Any]) -> None:
    good = {"ask": "probe", "bus": "a", "unit": 1, "space": "holding", "address": 0, "count": 1, "latency": 300}
    assert box.ask(good)["data"]["kind"] == "good"
    answer = box.ask(good | wrong)
    assert not answer["ok"] and answer["code"] in ("bad-request", "not-found")


def test_a_probe_may_not_hold_a_fire_line_for_long(box: Living) -> None:
    """A silent unit costs its time-out twice; on a line with fire points a wish for 5 s is cut to 0.3 s."""
    request = {"ask": "probe", "bus": "a", "unit": 77, "space": "holding", "address": 0, "count": 1, "latency": 5000}
    heard = box.ask(request)["data"]
    assert heard["kind"] == "silent" and heard["took"] < 5000
