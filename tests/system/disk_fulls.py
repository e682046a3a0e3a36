"""The story of D7 on the living daemon, for `make test` and `make soak`: the disk fills at random moments of a fire. Mounts a tmpfs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from school import School, command, wall

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from full_disk import SIZE, fill

FIRES = ("dorm-smoke-1/smoke", "lab-smoke/smoke")
STEPS = ("burn", "ack", "result", "reset")
LEFT = (0, 4096, 40_000, 200_000)  # bytes free when it is full


def many_full_disks(school: School, times: int, seed: int) -> None:
    """Each time a fire is detected, recorded, sounded, told and closed on a full disk; with room again readings are stored again."""
    chance, points = Random(seed), Counter[str]()
    school.data.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "d7", str(school.data)], check=True)
    try:
        school.start_world()
        run = school.start_run()
        for n in range(times):
            full_at = chance.choice(STEPS)
            for step in STEPS:
                if step == full_at:
                    time.sleep(chance.uniform(0.0, 0.3))
                    fill(school.data / "ballast", chance.choice(LEFT))
                one_step(school, FIRES[n % 2], step)
            (school.data / "ballast").unlink()
            points[full_at] += 1
            held_again(school)
        assert run.poll() is None, "one life"
        stored = written(school.data)
        school.until("readings are stored again", lambda: written(school.data) > stored)
        school.until("both reserves are held again", lambda: len(list(school.data.glob("*.reserve"))) == 2)
        school.stop_run()
        raised = [e for e in school.events("raised") if e["args"]["point"] in FIRES]
        assert len(raised) == times == len({e["alarm"] for e in raised})
        late = "journal not writing" in (school.dir / "run.log").read_text()
        assert not late, "the reserve is for this: nothing had to wait for room"
        assert command("journal", "verify", "--data", str(school.data), check=False).returncode == 0
        print(f"\nfull {times} times, before: {dict(points)}; {len(raised)} fires recorded, sounded and told, none late")
    finally:
        school.close()
        subprocess.run(["umount", "-l", str(school.data)], check=True)


def written(data: Path) -> int:
    """ns: when readings were last written. The file is gone while the database is opened anew: 0."""
    try:
        return (data / "readings.db-wal").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def held_again(school: School) -> None:
    """With room again the next commits take the reserve back: a leak comes and goes until it is there."""
    wet = 0

    def held() -> bool:
        nonlocal wet
        wet = 1 - wet
        school.set("power-water/leak", wet)
        return (school.data / "journal.reserve").exists()

    school.until("the journal's reserve is held again", held)
    school.set("power-water/leak", 0)


def one_step(school: School, fire: str, step: str) -> None:
    duty, since = school.person("duty"), wall()
    if step == "burn":
        school.set(fire, 1)
        found = school.until("shown", lambda: [a for a in school.alarms_of(fire) if a["kind"] == "fire"])[0]
        school.until("sounder", lambda: [t for t, on in school.writes("guard-sounder") if on and t >= since])
        school.until("told", lambda: [m for m in school.messages() if m["key"].startswith(f"{found['id']}:")])
        return
    (found,) = (a for a in school.alarms_of(fire) if a["kind"] == "fire")
    if step == "ack":
        assert school.do("ack", duty, found["id"])["ok"]
    elif step == "result":
        assert school.do("result", duty, found["id"], result="false", cause="蚊香", on_site=True)["ok"]
    else:
        school.set(fire, 0)
        school.until("reset", lambda: school.do("reset", duty, found["id"])["ok"])
