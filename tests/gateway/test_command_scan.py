"""`scan` against simulated devices: every profile named, the odd ones told as what they are. And what it prints can be used."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools_school import BAUD, KNOWN, PROFILES, School, command, device, image_of, named_right, of_every_profile

from drivers.guess import Guess
from drivers.survey import KNOCK, Found
from gateway.found import verdict

UNKNOWN: dict[int, dict[tuple[str, int], int]] = {
    51: {("holding", 0x9000): 5},
    52: {("input", 40): 0xFFFF, ("input", 41): 3},
    53: {("coil", 77): 1},
    54: {("holding", 0xB000): 40000, ("holding", 0xB001): 40000},
    55: {("discrete", 900): 1},
}
OVERLAPPING: dict[int, dict[tuple[str, int], int]] = {
    61: {("discrete", 0): 0, ("discrete", 1): 0},  # smoke or heat, both placeholders
    62: {("holding", 0): 62, ("holding", 2): 9, ("holding", 3): 3, ("holding", 4): 291},  # pressure or level
}
MAYBE = {61: {"generic-heat", "generic-smoke"}, 62: {"qdw-level", "qdy-pressure"}}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    odd = [device("a", u, f"odd-{u}", image) for u, image in (*UNKNOWN.items(), *OVERLAPPING.items())]
    odd += [device("a", 71, "refuses", {}), device("a", 72, "slow", image_of("jxct-th", 72))]
    odd.append({"id": "behind", "line": "server", "unit": 5, "model": "sga-gas"})
    school = School(tmp_path_factory.mktemp("school"), [*of_every_profile("host"), *odd], "--fault", "a/72:slow=0.8")
    yield school
    school.close()


def found(text: str) -> dict[int, dict[str, Any]]:
    return {row["unit"]: row for row in map(json.loads, text.splitlines())}


def test_scan_names_every_device_of_every_profile(school: School, tmp_path: Path) -> None:
    seen = found(command("scan", "tcp", school.host, "--units", f"1-{len(PROFILES)}", "--json", "--data", str(tmp_path)))
    assert list(seen) == list(range(1, len(PROFILES) + 1))
    for unit, id in enumerate(PROFILES, 1):
        assert named_right(id, seen[unit]["profiles"]), (id, seen[unit]["profiles"])
        assert all(v is not None for v in seen[unit]["values"].values()), id


@pytest.fixture(scope="module")
def odd(school: School, tmp_path_factory: pytest.TempPathFactory) -> str:
    data = str(tmp_path_factory.mktemp("data"))
    return command("scan", "rtu", school.a, "--baud", str(BAUD), "--units", "51-55,61-62,71-79", "--data", data)


def test_unknown_ambiguous_refusing_and_slow_devices_are_told_apart(odd: str) -> None:
    about = {int(u): words for u, words in re.findall(r"^地址 +(\d+)  (.*)$", odd, re.M)}
    assert set(about) == {*UNKNOWN, *OVERLAPPING, 71, 72}
    assert all("型号不明" in about[u] and "unknown" in about[u] for u in UNKNOWN)
    for unit, pair in MAYBE.items():
        names = re.findall(r"ambiguous: (.+), look", about[unit])[0].split(" or ")
        assert set(names) & KNOWN == pair and "分不清" in about[unit]
    assert "异常码 2" in about[71]
    assert "is jxct-th" in about[72] and "慢" in about[72], "without patience: its late answer gave it away"


def test_of_a_placeholder_no_more_is_said_than_that_it_answers() -> None:
    guess = Guess(("generic-cable-temperature",), placeholder=True)
    text = verdict(Found(5, "answers", guess, 20, False, 0, KNOCK))
    assert "占位" in text and "probably" not in text and "是 is" not in text


def test_a_device_of_nothing_but_zeros_is_unknown_and_the_installer_told_what_to_do() -> None:
    text = verdict(Found(5, "answers", Guess((), blank=True), 20, False, 0, KNOCK))
    assert "型号不明" in text and "全是 0" in text and "label" in text and "no profile fits" not in text


def test_a_slow_device_at_the_end_of_the_list_is_found_without_patience(school: School, tmp_path: Path) -> None:
    words = ("scan", "rtu", school.a, "--baud", str(BAUD), "--json", "--data", str(tmp_path))
    assert [(u, row["profiles"]) for u, row in found(command(*words, "--units", "73,72")).items()] == [(72, ["jxct-th"])]


def test_the_block_is_yaml_with_a_question_mark_for_every_zone_and_every_doubt(odd: str) -> None:
    """Of several models none is likelier than the others: the wrong one of two gas sensors would alarm at another gas's limit."""
    from ruamel.yaml import YAML

    site = YAML(typ="safe", pure=True).load(odd[odd.index("buses:") :])
    assert site["buses"][0]["baud"] == BAUD and site["buses"][0]["type"] == "modbus-rtu"
    assert [(d["unit"], d["zone"]) for d in site["devices"]] == [(61, "?"), (62, "?"), (72, "?")]
    assert [d["profile"] for d in site["devices"]] == ["?", "?", "jxct-th"]
    for unit, pair in MAYBE.items():
        (row,) = [row for row in odd.splitlines() if f"unit: {unit}," in row]
        assert all(name in row.partition("#")[2] for name in pair)


def test_only_functions_that_read_were_used(school: School, odd: str) -> None:
    assert not school.log("write") and not school.log("bad")


def test_the_printed_mbpoll_line_gives_the_same_values(school: School, odd: str) -> None:
    """The independent master, asked with our own line, sees what the scan showed."""
    line = next(row.strip() for row in odd.splitlines() if "-a 62 " in row)
    done = subprocess.run([*line.split(), "-o", "5"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^\[(\d+)\]:\s+(\d+)", done.stdout, re.M)[0][1] in ("62", "9")


def test_through_a_serial_server(school: School, tmp_path: Path) -> None:
    seen = found(command("scan", "tcp", school.server, "--rtu", "--units", "4-6", "--json", "--data", str(tmp_path)))
    assert {u: row["profiles"] for u, row in seen.items()} == {5: ["sga-gas"]}


def test_nobody_there_is_said_with_what_to_look_at(school: School, tmp_path: Path) -> None:
    text = command("scan", "rtu", school.a, "--units", "90-91", "--data", str(tmp_path), code=1)
    assert "没有设备应答" in text and "波特率" in text
    gone = command("scan", "rtu", str(tmp_path / "no-port"), "--units", "1", "--data", str(tmp_path), code=1)
    assert "没有这个口" in gone and "没有设备应答" not in gone, "what failed is the port: the wires are not to blame"


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1:1", "nobody listens there"), ("no-such-host.invalid", "write its IP address"), ("127.0.0.1:99999", "1-65535"),
        ("", "HOST:PORT"), ("127.0.0.1:x", "HOST:PORT"),
    ],
)  # fmt: skip
def test_a_host_that_cannot_be_reached_is_said_with_its_cure(tmp_path: Path, host: str, words: str) -> None:
    text = command("scan", "tcp", host, "--units", "1", "--data", str(tmp_path), code=1)
    assert words in text and "没有设备应答" not in text


def test_ones_own_profiles_are_looked_at_before_the_line(tmp_path: Path) -> None:
    text = command("scan", "tcp", "127.0.0.1:1", "--profiles", str(tmp_path / "none"), "--data", str(tmp_path), code=1)
    assert "没有这个型号文件夹" in text and "127.0.0.1" not in text


@pytest.mark.parametrize("words", [("--units", "0-3"), ("--units", "300"), ("--baud", "9601")])
def test_wrong_options_are_refused_with_what_is_right(words: tuple[str, str], tmp_path: Path) -> None:
    assert "255" in (text := command("scan", "rtu", "/dev/x", *words, code=2)) or "9600" in text
