"""The shipped units: clean, hardened, and kept by the daemon they start, with a small systemd that plays them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from school import School
from units import SHIPPED, Systemd, Unit, cage, rendered

UNITS = ("campus-gateway.service", "campus-dashboard.service", "campus-ingest@.service")
ALONE = "--assume-clock --no-uplink"
MOST_EXPOSED = 2.0  # requirements section 3, item 19


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the places a unit names, its programs a wrapper around this tree."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("prefix/current/bin", "prefix/doc", "etc/site", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "prefix/doc/install.md").touch()
    program = folder / "prefix/current/bin/campus-gateway"
    tree = Path(__file__).resolve().parents[2]
    program.write_text(
        f'#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH={tree} exec {sys.executable} -m gateway.commands "$@"\n'
    )
    program.chmod(0o755)
    for name in UNITS:
        (folder / name).write_text(text(name, folder))
    return folder


def text(name: str, folder: Path) -> str:
    paths = {"prefix": folder / "prefix", "etc": folder / "etc", "data": folder / "data"}
    return rendered(name, **paths, user="campus", group="campus")


@pytest.mark.parametrize("name", UNITS)
def test_d25_19_systemd_has_nothing_to_say_against_a_unit(installed: Path, name: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", f"./{name}"], cwd=installed, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr.strip() == "", done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_d25_19_a_unit_is_hardened(installed: Path, name: str) -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"./{name}"], cwd=installed, capture_output=True, text=True
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found and float(found[1]) <= MOST_EXPOSED, told


@pytest.mark.parametrize("name", UNITS)
def test_a_wrong_configuration_does_not_loop_and_a_death_does_not_last(name: str) -> None:
    unit = Unit((SHIPPED / name).read_text())
    assert unit.one("Type") == "notify" and unit.one("Restart") == "always"
    ends = unit.one("RestartPreventExitStatus").split()
    assert "78" in ends and "1" not in ends, "1 is what an error that nobody thought of ends with"
    assert unit.seconds("WatchdogSec") <= 60 and unit.seconds("RestartSec") <= 5
    if name == UNITS[0]:  # D18: stuck for 30 s, started again
        assert unit.seconds("WatchdogSec") <= 30
        assert not unit.all("RemoveIPC")  # the tail of readings on tmpfs must outlive a stop


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_does_not_hide_what_its_clock_reads(name: str) -> None:
    """The kernel's word for this boot lies below /proc/sys, of which ProcSubset=pid leaves nothing: no program would start."""
    assert "pid" not in Unit((SHIPPED / name).read_text()).all("ProcSubset")


def test_d25_18_what_a_worker_is_told_to_read_is_handed_to_it() -> None:
    """Its user is made at the start and may read nothing of the configuration: each file it names is a credential, and none is spare."""
    unit = Unit((SHIPPED / UNITS[2]).read_text())
    handed = {line.partition(":")[0] for line in unit.all("LoadCredential")}
    assert set(re.findall(r"credential:(\S+)", unit.one("ExecStart"))) == handed >= {"client.key", "influx.token"}
    assert "@ETC@" not in unit.one("ExecStart")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[School]:
    made = School(tmp_path_factory.mktemp("school"))
    made.start_world()
    yield made
    made.close()


def unit_of(school: School) -> Unit:
    """campus-gateway.service for this school's files, without a broker and with a clock that counts as right."""
    (school.dir / "etc" / "site").mkdir(parents=True, exist_ok=True)
    site = school.dir / "etc" / "site" / "site.compiled.json"
    shutil.copyfile(school.compiled, site)
    bin_ = school.dir / "prefix" / "current" / "bin"
    bin_.mkdir(parents=True, exist_ok=True)
    tree = Path(__file__).resolve().parents[2]
    program = bin_ / "campus-gateway"
    program.write_text(
        f'#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH={tree} exec {sys.executable} -m gateway.commands "$@" {ALONE}\n'
    )
    program.chmod(0o755)
    paths = {"prefix": school.dir / "prefix", "etc": school.dir / "etc", "data": school.data}
    return Unit(rendered(UNITS[0], **paths, user="root", group="root"))


def test_d18_ready_after_the_first_scan_alive_by_the_watchdog_and_started_again_in_its_cage(
    school: School, tmp_path: Path
) -> None:
    unit = unit_of(school)
    systemd = Systemd(unit, tmp_path, watch=5.0, wrap=cage(unit))
    unseen: list[str] = []

    def look() -> None:
        found = school.snapshot()
        assert found is not None
        heard = {p["device"] for p in found["points"].values() if p["at"] is not None}
        lines = {bus.id for bus in school.site.buses if bus.type.startswith("modbus")}
        unseen.extend({d.id for d in school.site.devices if d.bus in lines} - heard)

    systemd.on_ready = look
    systemd.start()
    try:
        systemd.until("READY")
        assert unseen == []  # READY=1 means that every device has been asked once
        systemd.until("WATCHDOG")
        pid = systemd.pid
        state = Path(f"/proc/{pid}/status").read_text()
        assert (
            re.search(r"CapEff:\s+0+\n", state) and re.search(r"CapBnd:\s+0+\n", state) and re.search(r"NoNewPrivs:\s+1", state)
        )
        assert subprocess.run(
            ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "touch", str(tmp_path / "x")], capture_output=True
        ).returncode
        os.kill(pid, signal.SIGSTOP)  # hangs, as a stuck loop would
        systemd.until("hung")
        systemd.until("READY", 2)
    finally:
        systemd.stop()
    assert systemd.log[-1] == "ended 0"


def test_78_does_not_loop(school: School, tmp_path: Path) -> None:
    unit = unit_of(school)
    site = school.dir / "etc" / "site" / "site.compiled.json"
    site.write_text("{}")
    shutil.rmtree(site.with_name(f"{site.name}.d"), ignore_errors=True)  # and no last good one
    systemd = Systemd(unit, tmp_path, watch=30.0)
    systemd.start()
    systemd.until("failed")
    assert systemd.log == ["started", "ended 78", "failed"]


@pytest.mark.soak
def test_d25_19_the_daemon_needs_no_system_call_that_its_unit_forbids(school: School, tmp_path: Path) -> None:
    """As strace sees it, from its start over the first scan to its end: what is not in the list would fail with EPERM."""
    unit = unit_of(school)
    trace = tmp_path / "trace"
    systemd = Systemd(unit, tmp_path, watch=60.0, wrap=("strace", "-f", "-c", "-U", "name", "-o", str(trace)))
    systemd.start()
    try:
        systemd.until("READY")
    finally:
        systemd.stop()
    used = set(trace.read_text().split()) - {"syscall", "total", "-----------"}
    used = {name for name in used if re.fullmatch(r"[a-z_0-9]+", name)}
    assert {"clock_adjtime", "fdatasync"} <= used
    if os.geteuid() == 0:
        used -= {"fchown"}  # SQLite's, for root only: the unit's user is none
    used -= {
        "setpriority",
        "mbind",
    }  # of the child that learns: refused, it goes on (see the test below; OpenBLAS asks for no more)
    assert used - unit.syscalls() == set()


def test_d25_19_the_child_that_learns_goes_on_where_its_priority_may_not_be_changed(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "def refuse(n): raise PermissionError(1, 'as the unit does')\n"
        "os.nice = refuse\n"
        "from gateway import baseline; baseline.main()"
    )
    asked = json.dumps(
        {"data": str(tmp_path), "timezone": "Asia/Shanghai", "wall": 1_800_000_000_000, "points": [], "other": []}
    )
    tree = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], input=asked, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0 and list(tmp_path.iterdir()), done.stderr
