"""An incident of a real school: written by the living `run` and by the files alone, proven, changed and found out, played again."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from school import School, command


@pytest.fixture(scope="module")
def burnt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[School, Path]]:
    """A school after a false alarm that was answered, explained and reset; the incident file that `run` wrote."""
    school = School(tmp_path_factory.mktemp("incident"))
    try:
        school.start_world()
        school.start_run()
        point = school.points("smoke", "dormitory")[0]
        school.set(point, 1)
        school.until("the alarm", lambda: [a for a in school.alarms("fire") if a["state"] == "unacked"])
        duty = school.person("duty")
        number = str(school.alarms("fire")[0]["number"])
        assert school.do("ack", duty, number)["ok"]
        assert school.do("result", duty, number, result="false", cause="蚊香", on_site=True)["ok"]
        school.set(point, 0)
        school.until("the smoke gone", lambda: school.alarms("fire")[0]["state"] == "latched")
        out = school.dir / "fire.zip"
        assert (
            str(out) in command("journal", "export", "--incident", number, "--out", str(out), "--data", str(school.data)).stdout
        )
        assert school.do("reset", duty, number)["ok"]
        school.stop_run()
        yield school, out
    finally:
        school.close()


def test_the_file_tells_the_story_and_proves_itself(burnt: tuple[School, Path]) -> None:
    _, out = burnt
    with zipfile.ZipFile(out) as file:
        manifest = json.loads(file.read("manifest.json"))
        changes = [row["new"] for row in table(file, "transitions.csv") if row["alarm"] == manifest["alarm"] and row["new"]]
        texts = table(file, "messages.csv")
        readings = table(file, "readings.csv")
        assert "138" not in file.read("site.json").decode()  # no telephone number
    assert list(dict.fromkeys(changes)) == ["unacked", "acked", "latched"]
    assert any("火警" in row["text"] and "accepted" in row["fates"] for row in texts)
    assert {row["quality"] for row in readings} >= {"GOOD"}
    proof = command("journal", "verify", str(out))
    assert "链条完整" in proof.stdout


def test_files_alone_give_the_same_incident_when_no_run_lives(burnt: tuple[School, Path]) -> None:
    school, out = burnt
    with zipfile.ZipFile(out) as file:
        alarm = json.loads(file.read("manifest.json"))["alarm"]
    again = school.dir / "again.zip"
    site = ("--site", str(school.compiled), "--data", str(school.data))
    command("journal", "export", "--incident", alarm, "--out", str(again), *site)
    assert command("journal", "verify", str(again)).returncode == 0
    with zipfile.ZipFile(again) as file:
        states = [row["new"] for row in table(file, "transitions.csv") if row["alarm"] == alarm and row["new"]]
    assert states[-1] == "normal"
    gone = command("journal", "export", "--incident", "nobody-1", "--out", str(again), *site, check=False)
    assert gone.returncode == 1 and "没有这条报警" in gone.stderr


def test_a_replay_comes_to_the_same_states(burnt: tuple[School, Path]) -> None:
    school, out = burnt
    again = school.dir / "whole.zip"
    with zipfile.ZipFile(out) as file:
        alarm = json.loads(file.read("manifest.json"))["alarm"]
    command(
        "journal",
        "export",
        "--incident",
        alarm,
        "--out",
        str(again),
        "--site",
        str(school.compiled),
        "--data",
        str(school.data),
    )
    played = command("journal", "replay", str(again), check=False)
    assert "与记录一致" in played.stdout, played.stdout + played.stderr
    assert [line.split()[2] for line in played.stdout.splitlines() if "smoke" in line] == [
        "unacked",
        "acked",
        "latched",
        "normal",
    ]


@pytest.mark.parametrize("part", ["events.jsonl", "messages.json"])
def test_a_changed_file_is_found_out(burnt: tuple[School, Path], part: str, tmp_path: Path) -> None:
    _, out = burnt
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(out) as file, zipfile.ZipFile(forged, "w") as copy:
        for name in file.namelist():
            body = file.read(name)
            copy.writestr(
                name,
                body.replace("蚊香".encode(), "吸烟".encode()).replace("火警".encode(), "误报".encode())
                if name == part
                else body,
            )
    assert forged.read_bytes() != out.read_bytes()
    found = command("journal", "verify", str(forged), check=False)
    assert found.returncode == 1 and "有断点" in found.stdout


def test_a_file_that_is_none_says_so(burnt: tuple[School, Path], tmp_path: Path) -> None:
    for name, make in {"text": lambda p: p.write_text("x"), "empty": lambda p: zipfile.ZipFile(p, "w").close()}.items():
        path = tmp_path / name
        make(path)
        for verb in ("verify", "replay"):
            found = command("journal", verb, str(path), check=False)
            assert found.returncode == 1 and "不是事件文件" in found.stderr
    shutil.rmtree(tmp_path)


def table(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode())))
