"""D27: the storage dies three ways during a fire; judged by the far side: the sounder's relay and the phone of the person on duty.

What the disk does is done by the kernel (a tmpfs remounted read-only) or to the system calls of the living process (strace). The
seconds are printed and not asserted: the machine of a test is not the box. `make bench` keeps them (tests/bench/storage.py).
"""

from __future__ import annotations

import subprocess

import pytest
from school import School, command, wall

from tests.bench.storage import WAYS, strange

FIRE, BEFORE = "dorm-smoke-1/smoke", "lab-smoke/smoke"


def told_of_the_fire(school: School, way: str, since: int) -> None:
    """The relay of the guard room and the phone know of it, and people are told that the journal does not write."""
    known = {m["key"] for m in school.messages() if m["t"] < since}
    sounded = school.until("sounder", lambda: [t for t, v in school.writes("guard-sounder") if v and t >= since])[0]
    rung = school.until("message", lambda: [m for m in school.messages() if m["key"] not in known and "火警" in m["text"]])[0]
    school.until("the journal not writing is told", lambda: [m for m in school.messages() if m["message"] == "cannot-record"])
    print(f"\n{way}: sounder after {(sounded - since) / 1000:.2f} s, message after {(rung['t'] - since) / 1000:.2f} s")


def chained_late(school: School) -> None:
    """Everything of that time is in the chain now, what waited for the disk marked late, each alarm once."""
    school.until("the fire in the journal", lambda: [e for e in recorded(school) if e["args"]["point"] == FIRE])
    assert len([e for e in school.events("raised") if e["args"]["point"] == FIRE]) == 1
    assert [e for e in school.events() if e.get("late")]
    assert command("journal", "verify", "--data", str(school.data), check=False).returncode == 0
    assert [a["point"] for a in school.alarms("fire") if a["point"] == FIRE] == [FIRE]


def recorded(school: School) -> list[dict[str, object]]:
    """The raised events; none while a fresh start replaces the process and its file."""
    try:
        return school.events("raised")
    except subprocess.CalledProcessError:
        return []


@pytest.mark.parametrize("way", WAYS)
def test_d27_a_fire_is_told_while_the_storage_is_dead(school: School, way: str) -> None:
    school.start_world()
    run = school.start_run()
    with strange(run.pid, WAYS[way]):
        since = wall()
        school.set(FIRE, 1)
        told_of_the_fire(school, way, since)
        snapshot = school.snapshot()
        assert snapshot is not None and snapshot["journal"]["degraded"], "it says so itself"
    school.until("it writes again", lambda: not (school.snapshot() or {"journal": {"degraded": 1}})["journal"]["degraded"])
    chained_late(school)
    assert run.poll() is None, "the process has lived through it"


def test_d27_a_start_on_a_disk_gone_read_only_tells_the_fire(school: School) -> None:
    """An alarm stands in the journal; the disk goes read-only with the box; the next start can neither read nor write it."""
    school.data.mkdir(mode=0o700)
    mount = ("mount", "-t", "tmpfs", "-o", "size=256m,mode=700", "d27", str(school.data))
    subprocess.run(mount, check=True)
    try:
        school.start_world()
        school.start_run()
        school.set(BEFORE, 1)
        school.until("an alarm of before", lambda: recorded(school))
        school.kill_run()
        (school.data / "run.sock").unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(school.data)], check=True)
        run = school.start_run(expect_alive=False)
        since = wall()
        school.set(FIRE, 1)
        told_of_the_fire(school, "a disk remounted read-only", since)
        assert not [e for e in recorded(school) if e["args"]["point"] == FIRE]
        subprocess.run(["mount", "-o", "remount,rw", str(school.data)], check=True)
        chained_late(school)
        assert [e["late"] for e in school.events("raised") if e["args"]["point"] == FIRE] == [True]
        assert run.poll() is None, "the process has lived through it"
        assert BEFORE in {a["point"] for a in school.alarms("fire")}, "what stood before stands"
        school.stop_run()
    finally:
        school.close()
        subprocess.run(["umount", "-l", str(school.data)], check=True)
