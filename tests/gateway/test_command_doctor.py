"""`doctor` and `trace` before a line on which every kind of fault has been injected: each is named in words."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tools_school import BAUD, School, command, device, image_of
from tools_site import compiled

from gateway.checkup import data_row, panel_row, port_row
from gateway.commands._client import Failed
from gateway.commands._lines import line_of
from gateway.diagnose import complaints
from gateway.local import RunDown
from gateway.site import BusConfig
from gateway.symptoms import WORDS

# injected fault -> the symptom that must be named
FAULTS = {
    "dead": "silent",
    "slow=0.9": "late",
    "late=0.9": "late",
    "duplicated": "duplicated",
    "echoed": "echoed",
    "truncated": "truncated",
    "flipped": "flipped",
    "garble": "flipped",
    "wrong-unit": "wrong-unit",
    "wrong-function": "wrong-function",
    "exception=2": "exception-2",
    "exception=6": "exception-6",
    "exception=11": "exception-11",
    "gaps=0.06": "gaps",
    "clash": "clash",
}
HEALTHY = 3
SHORT = {"gaps=0.06": "jxct-th"}  # a long answer with pauses never ends within the line's patience
UNITS = {10 + 2 * n: fault for n, fault in enumerate(FAULTS)}


def model(unit: int) -> str:
    return SHORT.get(UNITS.get(unit, ""), "jxct-tvoc")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    devices = [device("a", unit, f"d{unit}", image_of(model(unit), unit)) for unit in (*range(1, HEALTHY + 1), *UNITS)]
    options = [word for unit, fault in UNITS.items() for word in ("--fault", f"a/{unit}:{fault}")]
    school = School(tmp_path_factory.mktemp("school"), devices, *options)
    yield school
    school.close()


@pytest.fixture(scope="module")
def data(school: School, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    units = (*range(1, HEALTHY + 1), *UNITS)
    siren = ("siren", "alarm-lamp-v2", "a", 240)
    compiled(folder, [("a", "modbus-rtu", school.a, BAUD)], [*((f"d{u}", model(u), "a", u) for u in units), siren])
    return folder


@pytest.fixture(scope="module")
def report(data: Path) -> list[dict[str, Any]]:
    text = command("doctor", "--data", str(data), "--json", "--times", "2", code=1)
    return [json.loads(row) for row in text.splitlines()]


def of(report: list[dict[str, Any]], unit: int) -> str:
    return " ".join(row["zh"] + row["en"] for row in report if row["about"].endswith(f" d{unit}"))


@pytest.mark.parametrize(("unit", "fault"), UNITS.items())
def test_doctor_names_each_injected_fault(report: list[dict[str, Any]], unit: int, fault: str) -> None:
    words = WORDS[FAULTS[fault]]
    assert words[0] in of(report, unit) and words[1] in of(report, unit), f"{fault}: {of(report, unit)}"


def test_each_complaint_about_a_device_comes_with_its_mbpoll_line(report: list[dict[str, Any]]) -> None:
    for unit in UNITS:
        assert any(f" -a {unit} " in row["mbpoll"] for row in report if row["about"].endswith(f" d{unit}"))


def test_of_what_is_only_written_it_is_said_that_nobody_asked(report: list[dict[str, Any]]) -> None:
    (head,) = [row for row in report if row["about"] == "线路 a" and "devices well" in row["en"]]
    assert "只能写、没有问：siren" in head["zh"] and "not asked: siren" in head["en"]


def test_the_healthy_are_not_accused(report: list[dict[str, Any]]) -> None:
    assert not any(of(report, unit) for unit in range(1, HEALTHY + 1))
    assert any(f"{HEALTHY} 个正常" in row["zh"] for row in report)


def test_who_is_slow_gets_no_neighbour_accused(report: list[dict[str, Any]]) -> None:
    for unit, fault in UNITS.items():
        assert fault == "wrong-unit" or WORDS["wrong-unit"][0] not in of(report, unit), fault


@pytest.mark.parametrize("fault", ["echo", "noise"])
def test_a_fault_of_the_whole_line_is_said_once_of_the_line(tmp_path: Path, fault: str) -> None:
    devices = [device("a", unit, f"d{unit}", image_of("jxct-tvoc", unit)) for unit in range(1, 4)]
    school = School(tmp_path / "school", devices, "--fault", f"a:{fault}")
    try:
        compiled(tmp_path, [("a", "modbus-rtu", school.a, BAUD)], [(f"d{u}", "jxct-tvoc", "a", u) for u in range(1, 4)])
        text = command("doctor", "--data", str(tmp_path), "--times", "2", code=None)
        rows = [row for row in text.splitlines() if WORDS[fault][0] in row]
        assert len(rows) == 1 and rows[0][2:].startswith("线路 a：")
        school.tell(fault={"line": "a", "kind": "unplug"})
        gone = command("doctor", "--data", str(tmp_path), "--times", "1", code=1)
        assert WORDS["down"][1] in gone
    finally:
        school.close()


def test_what_most_devices_show_is_the_lines() -> None:
    wires = {f"d{n}": Counter({"flipped": 3, "good": 1}) for n in range(4)} | {"d4": Counter({"good": 4})}
    (one,) = complaints(wires)
    assert (one.about, one.symptom) == ("", "flipped") and "A/B swapped or no terminator" in one.en
    (two,) = complaints({f"d{n}": Counter({"silent": 2}) for n in range(3)})
    assert two.about == "" and "波特率" in two.zh
    single = complaints({"d0": Counter({"silent": 2}), "d1": Counter({"good": 4}), "d2": Counter({"good": 4})})
    assert [(c.about, c.symptom) for c in single] == [("d0", "silent")]


def test_who_answers_at_times_is_not_called_silent() -> None:
    (one,) = complaints({"d0": Counter({"silent": 1, "good": 3}), "d1": Counter({"good": 4})})
    assert (one.about, one.symptom, one.share) == ("d0", "drops", 0.25)
    (wires,) = complaints({f"d{n}": Counter({"drops": 1, "good": 3}) for n in range(3)})
    assert (wires.about, wires.symptom) == ("", "drops")


def test_a_fault_that_comes_and_goes_says_how_often() -> None:
    (one,) = complaints({"d0": Counter({"flipped": 1, "good": 3})})
    assert one.share == 0.25


def test_no_site_is_a_finding_with_its_cure(tmp_path: Path) -> None:
    text = command("doctor", "--data", str(tmp_path), code=1)
    assert "campus-gateway check" in text and "✗ 配置" in text
    assert "✗ 数据目录" in command("doctor", "--data", str(tmp_path / "none"), code=1)


def socket_of_run(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], cause: OSError) -> None:
    """A `run` that gives these answers; every other question ends with `cause`."""

    def ask_once(path: Path, request: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
        if (found := answers.get(request["ask"])) is None:
            raise RunDown(f"{path}: {cause}") from cause
        return {"ok": True, "data": found}

    names = ("_client", "_lines", "doctor", "read", "scan", "trace", "watch", "outputs")
    modules = [
        import_module(f"gateway.commands.{name}") for name in names
    ]  # one imported later would keep what is only set here
    for module in modules:
        if hasattr(module, "living"):
            monkeypatch.setattr(module, "living", lambda data: True)
    monkeypatch.setattr("gateway.local.ask_once", ask_once)


def test_who_may_not_ask_run_is_told_as_whom_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installer's own user is not that of `run`: neither a traceback nor the advice to start what runs."""
    socket_of_run(monkeypatch, {}, PermissionError(13, "Permission denied"))
    text = command("doctor", "--data", str(tmp_path), code=1)
    assert "✓ 数据目录" in text and "✗ run：没有权限" in text and "sudo -u campus" in text and "请先启动" not in text
    for words in (["scan", "rtu", "/dev/null"], ["read", "d1"], ["trace", "d1"], ["outputs", "list"]):
        assert "sudo -u campus" in command(*words, "--data", str(tmp_path), code=1)


def test_what_was_seen_stands_when_run_goes_away_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(tmp_path, [("a", "modbus-rtu", "/dev/null", 9600)], [("th", "jxct-th", "a", 1)])
    site = json.loads((tmp_path / "site.compiled.json").read_text(encoding="utf-8"))
    socket_of_run(monkeypatch, {"health": {"mains": None}, "config": site}, ConnectionRefusedError(111, "refused"))
    text = command("doctor", "--data", str(tmp_path), code=1)
    assert "1 个设备" in text and "串口 a" in text and "✗ run：" in text and "campus-gateway run" in text


def test_refused_permissions_come_with_the_command_and_the_users_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user, bus = pwd.getpwuid(os.geteuid()).pw_name, BusConfig("a", "modbus-rtu", port="/dev/null", baud=9600)
    monkeypatch.setattr(os, "access", lambda *_: False)
    row = port_row(bus, [], run_lives=False)
    assert row.state == "bad" and all(f"sudo usermod -aG dialout {user}" in words for words in (row.zh, row.en))
    row = data_row(tmp_path)
    assert row.state == "bad" and all(f"sudo -u {user}" in words for words in (row.zh, row.en)), "whose folder it is"


@pytest.mark.parametrize("verb", ["doctor", "trace"])
def test_a_port_that_cannot_be_opened_is_said_with_its_own_cure(tmp_path: Path, verb: str) -> None:
    """Nobody on the line is judged by it."""
    compiled(tmp_path, [("a", "modbus-rtu", "/dev/null", 9600)], [("th", "jxct-th", "a", 1), ("th-2", "jxct-th", "a", 2)])
    text = command(verb, *(["th"] if verb == "trace" else []), "--data", str(tmp_path), code=1)
    assert "/dev/null 不是串口：现有的用 scan ports 列出" in text and "th-2" not in text


def test_trace_explains_the_frames_field_by_field(data: Path) -> None:
    text = command("trace", "d1", "--data", str(data))
    assert re.search(r"→ 01 03 00 00 00 0A .. ..\n +地址 unit 1 · 功能 function 03", text)
    assert "校验 CRC" in text and "对 right" in text and "错 WRONG" not in text
    assert re.search(r"holding 0: 0x[0-9A-F]{4} = \d+  humidity", text)
    assert "mbpoll -m rtu" in text


def test_trace_shows_what_is_wrong(data: Path) -> None:
    unit = next(u for u, f in UNITS.items() if f == "garble")
    text = command("trace", f"d{unit}", "--data", str(data), code=1)
    assert "错 WRONG" in text and WORDS["flipped"][0] in text
    refused = next(u for u, f in UNITS.items() if f == "exception=2")
    assert "异常码 exception 2" in command("trace", f"d{refused}", "--data", str(data), code=1)
    assert "没有设备 nobody" in command("trace", "nobody", "--data", str(data), code=1)


@pytest.mark.parametrize("verb", ["trace", "read", "watch"])
def test_of_what_is_only_written_nothing_is_read_and_it_says_what_to_do(data: Path, verb: str) -> None:
    assert "campus-gateway outputs test siren/…" in command(verb, "siren", "--data", str(data), code=1)


def test_watch_asks_by_itself_where_no_run_lives(data: Path) -> None:
    """A sound device, and one that keeps silent: shown as what it is, and not well."""
    dead = next(u for u, f in UNITS.items() if f == "dead")
    text = command("watch", "d1", f"d{dead}", "--times", "2", "--every", "0.1", "--data", str(data), code=1)
    rows = [row for row in text.splitlines() if "mbpoll" not in row]
    assert any(row.startswith("  d1/") for row in rows)
    assert [row for row in rows if row.startswith(f"✗ d{dead}/")] and all("无应答" in r for r in rows if f"d{dead}/" in r)


def test_mbpoll_gives_the_same_values_as_read(data: Path) -> None:
    """The independent master (libmodbus), asked with the lines that `read` prints, on the same line one after the other."""
    seen = json.loads(command("read", "d1", "--data", str(data), "--json"))
    for frame, line in zip(seen["frames"], seen["mbpoll"], strict=True):
        done = subprocess.run([*line.split(), "-o", "5"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        told = [int(word) & 0xFFFF for word in re.findall(r"^\[\d+\]:\s+(-?\d+)", done.stdout, re.M)]
        answer = bytes.fromhex(frame["rx"])[3:-2]
        assert told and told == [int.from_bytes(answer[n : n + 2], "big") for n in range(0, len(answer), 2)]


def test_a_line_that_speaks_by_itself_is_not_asked(tmp_path: Path) -> None:
    """Only a living `run` can tell whether a panel still talks: said so, and the other commands point at it."""
    bus = BusConfig("panel", "gst5000-rs485", port="/dev/null", baud=2400)
    assert panel_row(bus, up=False, run_lives=False).state == "warn"
    assert panel_row(bus, up=False, run_lives=True).state == "bad"
    assert panel_row(bus, up=True, run_lives=True).state == "ok"
    with pytest.raises(Failed, match="gst5000-rs485"):
        line_of(tmp_path, bus)
