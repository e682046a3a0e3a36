"""The story of D4 and D5: the living daemon traced through a fire, then the disks that a power cut at any moment leaves of it.

Judged from what left the process through its sockets (answers to people, messages to the phone, what went to the broker): whatever was
told before the cut must be on each disk that the cut may leave, and the product must open that disk without a loss or a quarantine.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from power_cut import SECTOR, Call, Disk, calls, sends, strace
from school import School

from drivers.reading import Now
from gateway.store import audit
from gateway.store.journal import Journal
from gateway.store.ranges import RangeSet
from gateway.store.readings import Readings
from gateway.store.tail import tail_folder

FIRE, SECOND = "dorm-smoke-1/smoke", "lab-smoke/smoke"
_ANSWER = re.compile(rb'"code":"acked"[^\n]*?"seq":(\d+)|"seq":(\d+)[^\n]*?"code":"acked"')
_MESSAGE = re.compile(rb'"key": ?"([^"]+)"')
_EVENT = re.compile(rb'/events.*?(\{"alarm".*?"kind":.*?"seq":(\d+),"v":1)', re.S)


class At:
    """A clock that stands."""

    def now(self) -> Now:
        return Now(1_800_000_000_000, 0)

    def ok(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Told:
    """What left the process, by the number of its line in the trace."""

    events: list[tuple[int, int]]  # (line, seq): an answer to a person, or an event on the way to the broker
    messages: list[tuple[int, str]]  # (line, key): on the way to a phone
    frames: list[tuple[int, int]]  # (line, seq): in the tail, which a cut takes away


def story(school: School, flickers: int) -> Path:
    """A fire answered by a person, another that nobody answers, points that come and go; the trace of all of it."""
    log = school.dir / "trace"
    school.start_world(stream=True)
    school.start_run(before=strace(log))
    duty = school.person("duty")
    school.set(FIRE, 1)
    alarm = school.until("raised", lambda: school.events("raised"))[0]["alarm"]
    school.until("told", lambda: school.messages())
    assert school.do("ack", duty, alarm)["ok"]
    for n in range(flickers):
        school.set("power-water/leak", n % 2)
        school.set("pump-io/di-3", (n + 1) % 2)
        time.sleep(0.7)
    school.set(SECOND, 1)
    school.until("both", lambda: len({e["alarm"] for e in school.events("raised") if e["args"]["alarm_kind"] == "fire"}) == 2)
    assert school.do("result", duty, alarm, result="false", cause="蚊香", on_site=True)["ok"]
    school.until(
        "the second told", lambda: any(SECOND.partition("/")[0] in m["key"] or "实验" in m["text"] for m in school.messages())
    )
    school.stop_run()
    return log


def told(found: list[Call], tail: Path) -> Told:
    events, messages = [], []
    frames = [(call.began, int.from_bytes(call.data[8:16], "little")) for call in found
              if call.name == "write" and call.path.startswith(f"{tail}/") and "mirror" not in call.path]  # fmt: skip
    for call in sends(found):
        events += [(call.began, int(a or b)) for a, b in _ANSWER.findall(call.data)]
        events += [(call.began, int(seq)) for _, seq in _EVENT.findall(call.data)]
        messages += [(call.began, key.decode()) for key in _MESSAGE.findall(call.data)]
    return Told(events, messages, frames)


def cuts(found: list[Call], data: Path, images: int, seed: int) -> Iterator[tuple[int, Path, str]]:
    """Disks after cuts at sync points and between them, spread over the whole trace: (line of the cut, folder, how)."""
    chance, disk = Random(seed), Disk(str(data))
    ours = [call for call in found if call.path.startswith(str(data))]
    wanted = Counter(chance.choices(range(len(ours)), k=images // 2))
    syncs = [n for n, call in enumerate(ours) if call.name in ("fdatasync", "fsync")]
    wanted += Counter(chance.choices(syncs, k=images - images // 2))
    for n, call in enumerate(ours):
        disk.feed(call)
        for again in range(wanted[n]):
            folder = data.parent / "images" / f"{n}-{again}"
            folder.mkdir(parents=True)
            yield call.ended, folder, disk.image(folder, chance)


def judge(cut: int, image: Path, said: Told, flushes: list[int]) -> list[str]:
    """What is wrong with one disk. `flushes`: lines at which the syncs of readings.db ended."""
    wrong = []
    seqs, keys = journal_of(image)
    committed = max((seq for line, seq in said.events if line < cut), default=0)
    if committed and not set(range(1, committed + 1)) <= seqs:
        wrong.append(f"told of event {committed}, lost {sorted(set(range(1, committed + 1)) - seqs)}")
    wrong += [f"message {key} was on its way and is not known" for line, key in said.messages if line < cut and key not in keys]
    done = [line for line in flushes if line < cut]
    if len(done) > 1:  # frames of the flush before the last are older than the last
        stored = readings_of(image)
        newest = max((seq for line, seq in said.frames if line < done[-2]), default=0)
        if newest and not any(ranges.within(1, newest) for ranges in stored.values()):
            wrong.append(f"more than a flush of readings is lost: {stored} of {newest}")
    return [*wrong, *(f"quarantined: {path.name}" for path in image.glob("*quarantine*"))]


def journal_of(image: Path) -> tuple[set[int], set[str]]:
    """Opened as `run` opens it: the numbers of its events, the keys of its notifications. The chain must hold."""
    if not (image / "journal.db").exists():
        return set(), set()
    journal = Journal(image / "journal.db", "s", "boot", At(), reserve=SECTOR)
    journal.load()
    journal.close()
    assert audit.verify(image / "journal.db") == []
    bodies = bodies_of(image)
    return {b["seq"] for b in bodies}, {b["args"]["key"] for b in bodies if b["kind"] == "notified"}


def bodies_of(image: Path) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in audit.events(image / "journal.db", 0, 10**6)]


def readings_of(image: Path) -> dict[str, RangeSet]:
    if not (image / "readings.db").exists():
        return {}
    store = Readings(image / "readings.db")
    stored = store.stored()
    for boot, ranges in stored.items():
        assert store.fetch(boot, ranges, 10**6, 1 << 30)
    assert not store.drop_damaged({})
    store.close()
    return stored


def early(found: list[Call], said: Told, data: Path) -> tuple[set[int], set[str]]:
    """D5: events and messages that left the process before the sync that made them certain ended. The disk at that moment is asked."""
    disk, known = Disk(str(data)), [(0, 0, frozenset[str]())]
    for call in found:
        if disk.feed(call) and call.path.endswith("journal.db-wal"):
            image = data.parent / "certain"
            shutil.rmtree(image, ignore_errors=True)
            image.mkdir()
            disk.image(image, _None())
            seqs, keys = journal_of(image)
            known.append((call.ended, max(seqs, default=0), frozenset(keys)))
    lines = [line for line, _, _ in known]
    events = {seq for line, seq in said.events if seq > known[bisect_left(lines, line) - 1][1]}
    return events, {key for line, key in said.messages if key not in known[bisect_left(lines, line) - 1][2]}


class _None(Random):
    """Nothing of what is uncertain."""

    def choice(self, seq: object) -> str:  # type: ignore[override]
        return "none"

    def randint(self, a: int, b: int) -> int:
        return a


def flushes(found: list[Call]) -> list[int]:
    return [call.ended for call in found if call.name == "fdatasync" and call.path.endswith("readings.db-wal")]


def many_cuts(school: School, images: int, starts: int, seed: int) -> None:
    log = story(school, flickers=max(12, min(40, images // 20)))
    found = calls(log)
    said = told(found, tail_folder(school.data))
    assert len(said.events) > 5 and len(said.messages) > 2 and len(said.frames) > 20, (said.events[:3], said.messages[:3])
    events, keys = early(found, said, school.data)
    # A commit that takes longer than 300 ms holds up no fire: it goes out first, and the box says that it cannot record.
    if events or keys:
        assert any("cannot-record" in str(body) for body in bodies_of(school.data)), (events, keys)
        said = Told([e for e in said.events if e[1] not in events], [m for m in said.messages if m[1] not in keys], said.frames)
    syncs = sum(call.name in ("fdatasync", "fsync") for call in found)
    last, hows = deque[tuple[int, Path]](), Counter[str]()
    for cut, folder, how in cuts(found, school.data, images, seed):
        wrong = judge(cut, folder, said, flushes(found))
        assert wrong == [], (cut, folder, how, wrong)
        hows[how.partition(" ")[0]] += 1
        last.append((cut, folder))
        if len(last) > starts:
            shutil.rmtree(last.popleft()[1])
    print(
        f"\n{hows.total()} disks of a trace of {len(found)} calls, {syncs} syncs: {dict(hows)}; "
        f"{len(said.events)} events and {len(said.messages)} messages left after their sync, {len(events) + len(keys)} before it "
        f"(degraded); {len(said.frames)} frames"
    )
    for cut, folder in last:
        starts_on(school, folder, max((seq for line, seq in said.events if line < cut), default=0))


def starts_on(school: School, image: Path, committed: int) -> None:
    """The daemon itself on such a disk: it knows the alarms of before, and writes on."""
    shutil.rmtree(school.data)
    image.rename(school.data)
    school.data.chmod(0o700)
    school.start_run()
    seqs = [event["seq"] for event in school.events()]
    assert seqs[: len(range(1, committed + 1))] == list(range(1, committed + 1)) and len(seqs) > committed, "it goes on"
    assert not list(school.data.glob("*quarantine*"))
    school.stop_run()
