"""An upgrade that does not come to its end: the box goes on with the version, the units and the compiled site of before.

The script is the shipped one; Python, the program and systemctl are played, so that each of them can fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "${0%/*}/program" "$3/bin/campus-gateway" ;;
*purelib*) echo "${0%/*}" ;;
esac
"""
PROGRAM = """#!/bin/sh
me=${0%/bin/*}
case $1 in
check) [ ! -e "$FAILS/check" ] && echo "compiled by ${me##*/}" >"$4" ;;
backup) [ ! -e "$FAILS/backup" ] && case "$*" in *" --without-readings "*) ;; *) exit 9 ;; esac ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
now=$(readlink "$ROOT/opt/campus-gateway/current")
case $1 in
restart) [ ! -e "$FAILS/start-${now##*/}" ] ;;
show) [ ! -e "$FAILS/dies-${now##*/}" ] || date +%N ;;
is-active) [ ! -e "$FAILS/ends-${now##*/}" ] ;;
esac
"""


class Box:
    """A box with version 1 in use, after an upgrade from version 0; `fails`: what does not work, by name."""

    def __init__(self, folder: Path) -> None:
        self.root, self.source, self.fails, bin_ = (folder / name for name in ("root", "source", "fails", "bin"))
        for made in (self.root, self.fails, bin_, self.source / "docs"):
            made.mkdir(parents=True)
        shutil.copytree(ROOT / "deploy", self.source / "deploy")
        shutil.copy(ROOT / "docs/install.md", self.source / "docs")
        self.script = self.source / "deploy/install.sh"
        text = self.script.read_text("utf-8")
        assert text.count("    real || return 0\n") == 1
        assert text.count("\nproof=45 ") == 1
        text = text.replace("    real || return 0\n", "")  # services are started, by our systemctl
        self.script.write_text(text.replace("\nproof=45 ", "\nproof=0 "), "utf-8")
        for name, what in (("python", PYTHON), ("program", PROGRAM), ("systemctl", SYSTEMCTL)):
            (bin_ / name).write_text(what)
            (bin_ / name).chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHON": str(bin_ / "python"),
                            "ROOT": str(self.root), "FAILS": str(self.fails)}  # fmt: skip
        self.prefix, self.site = self.root / "opt/campus-gateway", self.root / "etc/campus-gateway/site"
        self.unit = self.root / "etc/systemd/system/campus-gateway.service"
        for version in (0, 1):
            assert self.install(version).returncode == 0
            (self.site / "site.yaml").write_text("campus: 1\n")
        (self.root / "var/lib/campus-gateway/journal.db").write_text("")
        self.before = self.state()
        assert self.before == {"current": "1-1", "previous": "0-1", "compiled": "compiled by 1-1\n", "unit": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self.script), *arguments, "--root", str(self.root)], env=self.environment, capture_output=True, text=True
        )

    def install(self, version: int) -> subprocess.CompletedProcess[str]:
        wheel = self.source / f"campus_gateway-{version}-py3-none-any.whl"
        wheel.write_text("")
        unit = self.source / "deploy/systemd/campus-gateway.service"
        unit.write_text(unit.read_text("utf-8").partition("# of ")[0] + f"# of {version}", "utf-8")
        return self.run("install", "--wheel", str(wheel), "--packages", str(self.source))

    def state(self) -> dict[str, str]:
        links = {name: os.readlink(self.prefix / name).rpartition("/")[2] for name in ("current", "previous")}
        compiled = (self.site / "site.compiled.json").read_text()
        return {**links, "compiled": compiled, "unit": self.unit.read_text("utf-8").rpartition("# of ")[2]}

    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.prefix / "versions").iterdir())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@pytest.mark.parametrize(("what", "words"), [
    ("check", "不接受这份配置"), ("backup", "备份失败"), ("start-2-1", "已退回"), ("dies-2-1", "已退回"), ("ends-2-1", "已退回"),
])  # fmt: skip
def test_d23_an_upgrade_that_fails_leaves_all_as_it_was(box: Box, what: str, words: str) -> None:
    """A full disk at the backup, a site file it does not take, a version that does not start, or starts and dies again and again."""
    (box.fails / what).touch()
    done = box.install(2)
    assert done.returncode == 1 and words in done.stderr, done.stdout + done.stderr
    assert box.state() == box.before and box.versions() == ["0-1", "1-1"]
    assert not list(box.site.glob("*.new"))
    (box.fails / what).unlink()
    assert box.install(2).returncode == 0
    assert box.state() == {"current": "2-1", "previous": "1-1", "compiled": "compiled by 2-1\n", "unit": "2"}


def test_d23_going_back_takes_the_units_and_the_compiled_site_along(box: Box) -> None:
    done = box.run("rollback")
    assert done.returncode == 0, done.stderr
    assert box.state() == {"current": "0-1", "previous": "1-1", "compiled": "compiled by 0-1\n", "unit": "0"}


def test_d23_going_back_to_a_version_that_does_not_start_stops_no_box(box: Box) -> None:
    (box.fails / "start-0-1").touch()
    done = box.run("rollback")
    assert done.returncode == 1 and "旧版启动不了" in done.stderr and box.state() == box.before


@pytest.mark.parametrize("action", ["install", "rollback"])
def test_a_configuration_on_trial_is_settled_first(box: Box, action: str) -> None:
    """It would return by itself to what the version of before has compiled, which the new one may not be able to read."""
    (box.site / "site.compiled.json.d").mkdir()
    trial = box.site / "site.compiled.json.d/trial.json"
    trial.write_text("{}")
    done = box.install(2) if action == "install" else box.run(action)
    assert done.returncode == 1 and "试用" in done.stderr and box.state() == box.before
    trial.unlink()
    assert (box.install(2) if action == "install" else box.run(action)).returncode == 0


def test_d25_22_where_a_release_key_lies_only_what_its_owner_signed_is_installed(box: Box, tmp_path: Path) -> None:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    key, lock = tmp_path / "release.key", box.source / "deploy/requirements.lock"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(key))
    openssl("pkey", "-in", str(key), "-pubout", "-out", str(box.root / "etc/campus-gateway/release.pub"))

    def refused(word: str, done: subprocess.CompletedProcess[str]) -> None:
        assert done.returncode == 1 and word in done.stderr, done.stdout + done.stderr
        assert box.state() == box.before and box.versions() == ["0-1", "1-1"]

    refused("签名不对", box.install(2))
    refused("只装签过名的", box.run("install"))
    wheel = box.source / "campus_gateway-2-py3-none-any.whl"
    for file in (wheel, lock):
        openssl("dgst", "-sha256", "-sign", str(key), "-out", f"{file}.sig", str(file))
    lock.write_text(lock.read_text() + "evil==1.0\n")
    refused("requirements.lock", box.install(2))
    lock.write_text(lock.read_text().removesuffix("evil==1.0\n"))
    assert box.install(2).returncode == 0 and box.state()["current"] == "2-1"
    assert box.run("rollback").returncode == 0, "what was installed once may come back"
