"""The story of many kills, for `make test` and `make soak`, and what both look at afterwards. The verdicts are judge.py's."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import judge
from school import WAIT, School, wall

from alerts.model import LOST, REACHED

FATES = {fate.value.replace("_", "-") for fate in REACHED | LOST}
OTHERS = ("broker", "ingest", "database", "dashboard")
SOUNDER = "guard-relay/relay-1"
SMOKES = (
    "dining-smoke-1/smoke",
    "store-smoke/smoke",
    "guard-smoke/smoke",
    "lab-smoke/smoke",
    "dining-smoke-2/smoke",
)
RANDOM = "at random"
AIM = 8.0  # s a life has to come to the point at which it is to die; then it is killed wherever it is
# what `run` is doing -> the commit point that stands in the middle of it, and at which pass at the latest
PHASES: Mapping[str, tuple[str, int]] = {
    "computed, not written": ("engine.judged", 3),
    "writing the journal": ("journal.commit.before", 3),
    "written, not acted": ("journal.commit.after", 3),
    "acting": ("box.tell.before", 1),
    "sending a message": ("send.before", 1),
    "sent, not journaled": ("send.after", 1),
    "a frame in memory": ("readings.append.after", 200),
    "flushing": ("readings.flush.before", 1),
    "flushed": ("readings.flush.after", 1),
    "waiting for a receipt": ("frame.sent", 50),
    "a receipt here, not noted": ("receipt.before", 30),
    "a receipt noted": ("receipt.after", 30),
    "an event sent": ("event.sent", 3),
}
TELLING = frozenset({"acting", "sending a message", "sent, not journaled"})  # a new alarm brings them about
FLICKERING = ("pump-io/di-3", "pump-io/di-4", "power-water/leak")  # faults and supervisory signals that come and go meanwhile
SMOULDERING = ("power-smoke/smoke", "teach-smoke-1/smoke")  # where rooms burn: smoke that comes and goes, one to a building


@dataclass(frozen=True, slots=True)
class Tally:
    """What the kills came to: per second of the time in which `run` was reading, and how many hit what."""

    values: float
    moves: float
    hit: Counter[str]


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


def many_kills(school: School, chance: Random, kills: int, counters: int, phases: Sequence[str], each: int) -> Tally:
    """A fire nobody answers, later somebody; `run` killed again and again, the stream to the database all the while.

    Every other kill aims at one of the `phases` in turn, at most `each` times, the rest falls at random; every third time another
    part is killed, too.
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
    aim, smokes, burns = "", 0, bool(TELLING & set(phases))
    for n in range(kills):
        changed = n // 2 % 2  # every other life is killed early, often before it has read anything
        for point in SMOULDERING if burns else ():
            school.set(point, changed)
        for point in FLICKERING:
            time.sleep(chance.uniform(0.0, 0.4 if aim else 1.0))
            school.set(point, changed)
        if aim in TELLING:  # a room where nothing burned yet burns, or one that did has stopped and begins again
            school.set(SMOKES[smokes // 2 % len(SMOKES)], (smokes + 1) % 2)
            smokes += 1
        if aim and school.dies(AIM):
            hit[aim] += 1
        else:
            hit[f"{RANDOM}: {school.kill_run()}"] += 1
        if n % 3 == 2:
            other = OTHERS[n // 3 % len(OTHERS)]
            hit[f"{other}: {school.strike(other)}"] += 1
        aim = ""
        if n == kills // 2:
            school.set(SOUNDER, 0)
            down = wall()
            school.start_run()
            school.until("sounder on again", lambda t=down: any(v for at, v in school.writes("guard-sounder") if at > t))
            assert school.do("ack", duty, alarm)["ok"]
            continue
        wanted = sorted((p for p in phases if hit[p] < each), key=lambda p: (hit[p], phases.index(p)))
        if n % 2 == 0 and wanted:
            aim = wanted[0]
        point, latest = PHASES[aim] if aim else ("", 0)
        school.start_run(die_at=f"{point}:{chance.randint(1, latest)}" if aim else "", expect_alive=False)
    school.kill_run()
    school.start_run()
    for point in (*SMOKES, *SMOULDERING):
        school.set(point, 0)
    school.until("nobody came back with a result", lambda: any(":unverified-" in m["key"] for m in school.messages()))
    if not burns:
        assert school.writes("guard-sounder")[-1][1] == 0, "answered is answered"
    for id in [alarm, *(a["id"] for a in school.alarms("fire") if a["id"] != alarm)]:
        assert school.do("result", duty, id, result="false", cause="蚊香", on_site=True)["ok"]
    school.until("all told", lambda: settled(school))
    events = school.events()
    assert [e["alarm"] for e in events if e["kind"] == "raised" and e["args"]["point"] == fire] == [alarm]
    moves = [(e["old"], e["new"]) for e in events if e["alarm"] == alarm and e["old"] != e["new"]]
    assert moves == [("normal", "unacked"), ("unacked", "acked")]

    ledger, flying = nothing_lost(school)
    values, moved = sum(len(read["values"]) for read in ledger), sum(e["old"] != e["new"] for e in events)
    seconds = reading(ledger, school.lives)
    tally = Tally(values / seconds, moved / seconds, hit)
    print(
        f"{tally.values:.0f} values and {tally.moves:.1f} transitions a second in {len(school.lives)} lives; "
        f"{len(flying)} in flight at a kill: {', '.join(flying)}"
    )
    print("hit:", *(f"{count} × {where}" for where, count in hit.most_common()), sep="\n  ")
    assert len(flying) <= 3 * len(school.lives)
    school.stop_run()
    check_messages(school)
    return tally


def reading(ledger: Sequence[Mapping[str, Any]], lives: Sequence[int]) -> float:
    """Seconds from the first to the last read of each life, together: between them it was dead or starting."""
    spans: dict[int, tuple[int, int]] = {}
    for read in ledger:
        life = bisect_right(lives, read["t"])
        first, last = spans.get(life, (read["t"], read["t"]))
        spans[life] = (min(first, read["t"]), max(last, read["t"]))
    return sum(last - first for first, last in spans.values()) / 1000


def missed(tally: Tally, phases: Sequence[str]) -> list[str]:
    """The phases and parts that no kill has hit."""
    wanted = [*phases, RANDOM, *OTHERS]
    return [what for what in wanted if not any(where.partition(":")[0] == what for where in tally.hit)]
