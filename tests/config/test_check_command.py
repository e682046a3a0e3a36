"""`check FILE` as people and `run` use it: what is printed where, what is written, exit codes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from site_texts import GOOD, TEN

from gateway.change import start
from gateway.commands import main
from gateway.config import library
from gateway.site import site_from_json

Check = Callable[..., int]


@pytest.fixture
def check(tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setattr(library, "data_dir", lambda: shelf)

    def go(text: str, *options: str) -> int:
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        return main(["check", str(path), *options])

    return go


def test_a_good_file(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(GOOD) == 0
    out, err = capsys.readouterr()
    assert "可以使用" in out and "6 devices" in out and "错误" not in err
    assert "CFG-098" in err and "CFG-099" in err, "its rota has a hole, and the guard one phone"


def test_the_compiled_site_is_written_whole(check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "site.compiled.json"
    out.write_text("old", encoding="utf-8")
    options = ("-o", str(out), "--data", "/srv/x", "--speed", "10", "--set", "line=/dev/pts/7")
    assert check(GOOD.replace("/dev/ttyS9", '"{line}"'), *options) == 0
    site = site_from_json(out.read_text("utf-8"))
    assert (site.data, site.plant.speed, site.buses[0].port) == ("/srv/x", 10, "/dev/pts/7")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["site.compiled.json", "site.yaml"]


def test_a_mistake_leaves_the_last_compiled_site_alone(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "site.compiled.json"
    out.write_text("old", encoding="utf-8")
    assert check(TEN, "-o", str(out)) == 78
    assert out.read_text("utf-8") == "old"


def test_the_site_file_itself_is_never_replaced(check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.yaml"
    assert check(GOOD, "-o", str(path)) == 2
    assert path.read_text("utf-8") == GOOD
    assert f"-o {tmp_path}/site.compiled.json" in capsys.readouterr().err
    assert main(["run", str(path)]) == 78
    assert f"-o {tmp_path}/site.compiled.json" in capsys.readouterr().err, (
        "who gives `run` the site file is not told to lose it"
    )


@pytest.mark.parametrize(("error", "code"), [(5, 1), (2, 78), (13, 78)])  # EIO, ENOENT, EACCES
def test_d17_a_disk_that_fails_at_the_start_is_asked_again(error: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """78 is for what starting again would not mend: systemd leaves such a box alone until somebody comes."""

    def fails(compiled: Path) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(start, "load", fails)
    assert main(["run", "/etc/site.compiled.json"]) == code


def test_the_compiled_site_can_be_shown(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(GOOD, "--compiled") == 0
    assert site_from_json(capsys.readouterr().out).plant.site == "s1"


def test_a_warning_is_shown_and_does_not_fail(check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "c.json"
    assert check(GOOD.replace("{high: 400}", "{high: 600}"), "-o", str(out)) == 0
    assert "警告/warning CFG-052" in capsys.readouterr().err
    assert site_from_json(out.read_text("utf-8")).warnings


def test_json_is_for_programs(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(GOOD.replace("{high: 400}", "{high: 600}"), "--json") == 0
    out, err = capsys.readouterr()
    (row,) = [row for row in map(json.loads, out.splitlines()) if row["code"] not in ("CFG-098", "CFG-099", "CFG-100")]
    assert (row["code"], row["level"], row["path"], row["line"]) == (
        "CFG-052",
        "warning",
        "rules.residual-current-alarm.high",
        47,
    )
    assert err == ""


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "/nowhere/site.yaml"]) == 78
    assert "/nowhere/site.yaml  错误/error CFG-001" in capsys.readouterr().err


def test_an_output_that_cannot_be_written(check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(GOOD, "-o", str(tmp_path / "none" / "c.json")) == 1
    assert str(tmp_path / "none" / "c.json") in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [("--speed", "0"), ("--speed", "fast"), ("--set", "x"), ("--set", "=x"), ("--json", "--compiled")]
)
def test_wrong_options_are_a_matter_of_usage(check: Check, options: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        check(GOOD, *options)
    assert caught.value.code == 2
