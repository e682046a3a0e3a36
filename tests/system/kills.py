"""The story of many kills, for `make test` and `make soak`, and what both look at afterwards. The verdicts are judge.py's."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Any

import judge
from school import WAIT, School, wall

from alerts.model import LOST, REACHED

FATES = {fate.value.replace("_", "-") for fate in REACHED | LOST}
OTHERS = ("broker", "ingest", "database", "dashboard")
SOUNDER = "guard-relay/relay-1"
FLICKERING = ("pump-io/di-3", "pump-io/di-4", "power-water/leak")  # faults and supervisory signals that come and go meanwhile


def first(school: School, alarm: str) -> set[str]:
    return {m["key"] for m in school.messages() if m["key"].startswith(f"{alarm}:1:first:")}


def settled(school: School) -> bool:
    """Has every notification of the journal an end?"""
    events = school.events()
    ended = {e["args"]["key"] for e in events if e["kind"] in FATES}
    return {e["args"]["key"] for e in events if e["kind"] == "notified"} <= ended


def check_messages(school: School) -> None:
    events, messages = school.events_at_rest(), school.messages()
    assert judge.twice(messages) == []
    assert judge.untold(messages, events) == []
    assert judge.unjournaled(messages, events) == []
    assert judge.too_early(events) == []
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))


def nothing_lost(school: School) -> tuple[list[dict[str, Any]], list[str]]:
    """`run` ended and started once more; every number of the simulator's ledger is in the database, once. Ledger, and what a kill caught
    on the line."""
    assert school.site is not None
    counts = {d.id: (d.bus, d.unit) for d in school.site.devices if d.profile.id == "counter"}
    school.stop_run()
    ledger = school.reads()  # nobody asks any more
    school.start_run()
    site = school.site.plant.site
    end = school.lives[-1]

    def verdict() -> tuple[list[str], list[str]]:
        stored = [row for row in school.stored(site) if row[1] < end]
        return judge.lost(ledger, stored, counts, school.lives)

    limit = time.monotonic() + WAIT
    while verdict()[0] and time.monotonic() < limit:
        time.sleep(0.3)
    wrong, flying = verdict()
    assert wrong == []
    return ledger, flying


def many_kills(school: School, chance: Random, kills: int, counters: int) -> None:
    """A fire nobody answers, later somebody; `run` killed again and again, the stream to the database all the while.

    Every third time another part is killed, too. Deaths at the named commit points are other stories (test_kills.py, deaths.py).
    """
    hit = Counter[str]()
    school.start_world(stream=True, database="influxdb", counters=counters)
    school.campus.start_ingest()
    school.start_dashboard()
    school.start_run()
    assert school.site is not None
    fire, duty = "dorm-smoke-1/smoke", school.person("duty")
    school.set(fire, 1)
    alarm = school.until("raised", lambda: school.events("raised"))[0]["alarm"]
    for n in range(kills):
        for point in FLICKERING:
            time.sleep(chance.uniform(0.0, 1.0))
            school.set(point, n % 2)
        hit[school.kill_run()] += 1
        if n % 3 == 2:
            other = OTHERS[n // 3 % len(OTHERS)]
            school.strike(other)
            hit[f"{other} killed"] += 1
        if n == kills // 2:
            school.set(SOUNDER, 0)
            down = wall()
            school.start_run()
            school.until("sounder on again", lambda t=down: any(v for at, v in school.writes("guard-sounder") if at > t))
            assert school.do("ack", duty, alarm)["ok"]
        else:
            school.start_run(expect_alive=False)
    school.until("run answers", lambda: school.snapshot() is not None)
    school.until("nobody came back with a result", lambda: any(":unverified-" in m["key"] for m in school.messages()))
    assert school.writes("guard-sounder")[-1][1] == 0, "answered is answered"
    assert school.do("result", duty, alarm, result="false", cause="蚊香", on_site=True)["ok"]
    school.until("all told", lambda: settled(school))
    events = school.events()
    assert [e["alarm"] for e in events if e["kind"] == "raised" and e["args"]["point"] == fire] == [alarm]
    moves = [(e["old"], e["new"]) for e in events if e["alarm"] == alarm and e["old"] != e["new"]]
    assert moves == [("normal", "unacked"), ("unacked", "acked")]

    ledger, flying = nothing_lost(school)
    values, moved = sum(len(read["values"]) for read in ledger), sum(e["old"] != e["new"] for e in events)
    seconds = (ledger[-1]["t"] - ledger[0]["t"]) / 1000
    print(
        f"{values / seconds:.0f} values and {moved / seconds:.1f} transitions a second in {len(school.lives)} lives; "
        f"{len(flying)} in flight at a kill: {', '.join(flying)}"
    )
    print("hit:", *(f"{count} × {where}" for where, count in hit.most_common()), sep="\n  ")
    assert len(flying) <= 3 * len(school.lives)
    school.stop_run()
    check_messages(school)
