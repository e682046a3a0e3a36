"""deploy/install.sh and the units under systemd itself, on a machine that this Debian boots for it (nspawn.py), without a network."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest
from box import BOX, COMPILED, DATA, DEAD, ETC, NEXT, OPT, PAGE, SITE, WORKER, Box

pytestmark = pytest.mark.soak
MOST_EXPOSED = 2.0  # requirements section 3, item 19


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box"))
    yield made
    made.close()


def test_install_makes_users_and_folders_and_leaves_nothing_open(box: Box) -> None:
    m = box.machine
    wanted = {
        DATA: "3770 campus campus", ETC: "750 root campus", f"{ETC}/site": "750 campus campus", f"{ETC}/secrets": "700 campus campus",
        f"{ETC}/ingest": "700 root root", f"{DATA}/run.sock": "660 campus campus", f"{DATA}/dashboard.db": "600 campus-page campus",
        f"{DATA}/journal.db": "600 campus campus",
    }  # fmt: skip
    told = m.run("stat", "--format=%n %a %U %G", *wanted).stdout.splitlines()
    assert dict(line.split(" ", 1) for line in told) == wanted
    assert (
        "还没有配置" in box.said and "udev 没有应答" in box.said
    )  # a container's /sys is read-only: said, and no reason to end
    for user in ("campus", "campus-page"):
        assert m.sh(f"getent passwd {user}").endswith(":/usr/sbin/nologin")


def test_the_rules_are_taken_by_udev(box: Box) -> None:
    done = box.machine.run("udevadm", "test", "--action=add", "/sys/class/tty/ttyS0")
    said = done.stdout + done.stderr
    ours = [line for line in said.splitlines() if "90-campus-serial" in line]
    assert any(line.endswith("GROUP 20") for line in ours) and any(line.endswith("MODE 0660") for line in ours), ours
    assert "ID_MM_DEVICE_IGNORE=1" in said
    assert not [line for line in ours if re.search("(?i)invalid|unknown|error|failed", line)]


def test_d18_ready_comes_after_the_first_scan(box: Box) -> None:
    """systemctl returns at READY=1: whoever asks then finds every device of the lines heard."""
    m = box.machine
    m.run("systemctl", "restart", BOX)
    found = box.snapshot()
    site = json.loads(m.read(COMPILED))
    lines = {bus["id"] for bus in site["buses"] if bus["type"].startswith("modbus")}
    heard = {point["device"] for point in found["points"].values() if point["at"] is not None}
    assert {d["id"] for d in site["devices"] if d["bus"] in lines} <= heard
    said = m.run("systemctl", "status", "--no-pager", BOX).stdout
    assert "active (running)" in said and "sensors, alarms, people" in said
    assert m.show(BOX, "User", "Group", "Type", "NotifyAccess") == ["campus", "campus", "notify", "main"]


def test_the_journal_knows_its_warnings_from_the_rest(box: Box) -> None:
    warnings = box.machine.run("journalctl", "--no-pager", "--output=cat", "--priority=warning", "--unit", BOX).stdout
    assert "WARNING drivers.camera" in warnings and "INFO" not in warnings and "☎" not in warnings


def test_d25_the_socket_is_for_the_page_and_the_box_alone(box: Box) -> None:
    assert box.snapshot(user="campus-page")["points"]
    other = box.machine.run("campus-gateway", "alarm", "list", user="nobody", check=False)
    assert other.returncode == 1 and "没有权限" in other.stderr
    for file in ("journal.db", "readings.db"):  # nor does the page's user read what the box writes
        assert box.machine.run("cat", f"{DATA}/{file}", user="campus-page", check=False).returncode


def test_d18_a_box_that_hangs_is_killed_and_started_again_and_alarms_go_on(box: Box) -> None:
    pid, (_, restarts) = box.pid(BOX), box.state(BOX)
    began = time.monotonic()
    box.machine.run("kill", "-STOP", str(pid))
    box.until("started again", lambda: box.state(BOX) == ("active", str(int(restarts) + 1)), 90)
    assert 15 < time.monotonic() - began < 60 and box.pid(BOX) != pid
    assert "Watchdog timeout" in box.machine.journal(BOX)
    assert box.alarm_comes()


@pytest.mark.parametrize("unit", [BOX, PAGE])
def test_d18_a_killed_service_is_started_again_and_one_told_to_stop_ends_well(box: Box, unit: str) -> None:
    pid, (_, restarts) = box.pid(unit), box.state(unit)
    box.machine.run("kill", "-KILL", str(pid))
    box.until("started again", lambda: box.state(unit) == ("active", str(int(restarts) + 1)))
    assert box.pid(unit) != pid
    began = time.monotonic()
    box.machine.run("systemctl", "stop", unit)
    assert time.monotonic() - began < 10
    assert box.machine.show(unit, "ActiveState", "Result") == ["inactive", "success"]
    box.machine.run("systemctl", "start", unit)
    assert box.state(unit)[0] == "active"


def test_d18_a_configuration_that_cannot_be_used_does_not_loop(box: Box) -> None:
    m = box.machine
    m.sh(f"systemctl stop {BOX} && mv {COMPILED}.d /root/last-good && echo '{{}}' >{COMPILED}")
    assert m.run("systemctl", "start", BOX, check=False).returncode
    time.sleep(5)  # twice RestartSec
    assert m.show(BOX, "ActiveState", "SubState", "ExecMainStatus", "NRestarts") == ["failed", "failed", "78", "0"]
    assert "campus-gateway check site.yaml -o" in m.journal(BOX)[-1000:]  # it says what to do, and that mends it
    m.sh(f"rm -r {COMPILED}.d; true")
    m.run("campus-gateway", "check", SITE, "-o", COMPILED, user="campus")
    m.run("systemctl", "start", BOX)
    assert box.state(BOX)[0] == "active" and box.alarm_comes()


def test_d25_the_page_listens_on_this_machine_only_and_writes_no_password_down(box: Box) -> None:
    m, pid = box.machine, box.pid(PAGE)
    listening = [
        line.split()[3]
        for line in m.sh("ss --tcp --listening --numeric --processes --no-header").splitlines()
        if f"pid={pid}," in line
    ]
    assert listening == ["127.0.0.1:8080"]
    assert "<html" in m.sh("curl --silent --fail --location http://127.0.0.1:8080/")
    said = m.journal(PAGE)
    assert "user add" in said and "password" not in said
    assert m.sh("campus-gateway user add lin --role admin --generate", user="campus-page")
    assert "lin" in m.sh("campus-gateway user list", user="campus-page")


@pytest.mark.parametrize("unit", [BOX, PAGE])
def test_d25_19_the_limits_hold_in_the_running_service(box: Box, unit: str) -> None:
    m = box.machine
    told = m.run("systemd-analyze", "security", "--no-pager", unit, check=False).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found and float(found[1]) <= MOST_EXPOSED, told
    status = m.read(f"/proc/{box.pid(unit)}/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    most, now, kills = m.show(unit, "MemoryMax", "MemoryCurrent", "OOMPolicy")
    assert 0 < int(now) < int(most) / 2 and kills == "stop"


BOTH = {f"write {DATA}", "open /dev/null", "read /proc/sys/kernel/random/boot_id"}
REACHED = {BOX: BOTH | {f"write {ETC}/site", "open /dev/ttyS0", f"read {ETC}/secrets/box.key"}, PAGE: BOTH}


@pytest.mark.parametrize("unit", [BOX, PAGE])
def test_d25_19_what_a_service_reaches_and_what_not(box: Box, unit: str) -> None:
    """A program in the service's place, under the installed unit's own limits, tries each of these."""
    assert box.tries() > REACHED[unit]  # each of them can be done
    assert box.tries(unit) == REACHED[unit]


def test_d25_19_a_service_that_takes_too_much_memory_is_ended(box: Box) -> None:
    said = box.in_place_of(BOX, 'exec python3 -c "b = bytearray(700 << 20); print(len(b))"')
    assert said == "" and box.machine.show("probe.service", "Result") in (
        ["oom-kill"],
        ["signal"],
    )  # older groups do not say why


def test_a_backup_and_a_restore_by_root_and_none_by_a_user_who_may_not_read_all_of_it(box: Box) -> None:
    m = box.machine
    m.write("/root/words", "long enough a passphrase\n", mode="600")
    m.run("campus-gateway", "backup", "/root/box.campus", "--passphrase-file", "/root/words")
    own = m.run("campus-gateway", "backup", f"{DATA}/own.campus", "--without-readings", user="campus", check=False)
    assert own.returncode == 1 and "dashboard.db" in own.stderr and "sudo" in own.stderr
    first = box.snapshot()["site"]
    m.run("systemctl", "stop", PAGE, BOX)
    m.run("campus-gateway", "restore", "/root/box.campus", "--passphrase-file", "/root/words", "--force")
    owners = m.sh(f"stat --format='%U %a %n' {DATA}/journal.db {ETC}/secrets/box.key {DATA}/dashboard.db {SITE}").splitlines()
    assert [o.split()[0] for o in owners] == ["campus", "campus", "campus-page", "campus"], owners
    assert owners[1].split()[1] == "600"
    m.run("systemctl", "start", BOX, PAGE)
    assert box.snapshot()["site"] == first and box.alarm_comes()
    assert m.run("campus-gateway", "journal", "verify", user="campus").returncode == 0
    m.sh(f"rm -rf {DATA}/before-1 {ETC}/before-1")


def test_d25_18_readings_go_through_a_real_broker_and_a_worker_with_credentials(box: Box) -> None:
    box.bureau()
    m = box.machine
    (pid,) = [box.pid(WORKER)]
    assert m.sh(f"stat --format=%U /proc/{pid}") not in ("root", "campus")  # a user of its own, made at the start
    assert m.show(WORKER, "DynamicUser", "ActiveState") == ["yes", "active"]
    assert box.until("readings in the database", box.stored)
    told = m.run("systemd-analyze", "security", "--no-pager", WORKER, check=False).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found and float(found[1]) <= MOST_EXPOSED, told
    restarts = box.state(WORKER)[1]
    m.run("kill", "-KILL", str(pid))
    box.until("started again", lambda: box.state(WORKER) == ("active", str(int(restarts) + 1)))
    m.run("systemctl", "stop", WORKER)
    assert m.show(WORKER, "ActiveState", "Result") == ["inactive", "success"]
    m.run("systemctl", "start", WORKER)


def test_an_upgrade_one_that_does_not_start_back_away_and_again(box: Box) -> None:
    m = box.machine
    first = m.sh(f"readlink {OPT}/current")
    assert "升级前备份" in box.install(NEXT).stdout
    assert m.sh("campus-gateway version").split()[-1].startswith(NEXT) and box.alarm_comes()
    second = m.sh(f"readlink {OPT}/current")
    dead = box.install(DEAD, check=False)
    assert dead.returncode == 1 and "已退回" in dead.stderr
    assert m.sh(f"readlink {OPT}/current") == second and box.alarm_comes()
    box.script("rollback")
    assert (
        m.sh(f"readlink {OPT}/current") == first and box.state(BOX)[0] == box.state(PAGE)[0] == "active" and box.alarm_comes()
    )
    box.script("uninstall")
    assert (
        m.sh(f"systemctl list-units --all --no-legend 'campus-*'; ls -d {OPT} /etc/systemd/system/campus-*", check=False) == ""
    )
    assert m.sh(f"ls {DATA}/journal.db {SITE}")  # kept
    box.install(first.rpartition("/")[2].rpartition("-")[0], "--page", "--ingest", "1")
    assert box.state(BOX)[0] == box.state(PAGE)[0] == "active" and box.alarm_comes()


def test_d18_after_a_restart_of_the_machine_everything_comes_back_by_itself(box: Box) -> None:
    m = box.machine
    before = m.sh("systemctl list-unit-files --no-legend --state=enabled 'campus-*' | cut -d ' ' -f 1").split()
    assert {BOX, PAGE} <= set(before)
    m.reboot()
    for unit in (BOX, PAGE):
        box.until(f"{unit} runs", lambda unit=unit: box.state(unit) == ("active", "0"))
    assert m.sh("systemctl list-units --failed --no-legend 'campus-*'") == ""
    assert "<html" in m.sh("curl --silent --fail --location http://127.0.0.1:8080/") and box.alarm_comes()
