"""Every story once more, with the process dying after each of its commits and a new one made from the disk alone.

Judged against the same story without a crash: nobody who was told is missed, each message comes again at most once and then marked,
every alarm that people were told of ends as it did, and the same are active. The number of commits is printed. `make test` takes
every ninth commit of some, the soak all of them (of the two longest stories every n-th).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import theatre
from script import read
from test_stories import TOLD
from theatre import BOOT, Told

from alerts.message import REPEAT
from alerts.model import ACTIVE
from gateway.site import Site

RAM = "/dev/shm"  # a process dies here, not the machine: what is in the file counts, not its syncs
STRIDE = 9
MOST = 60  # a story with more commits (60 detectors, 45 days) tells the same scene over and over: every n-th of them will do


def played(path: Path, crash_at: int = 0, before_act: bool = True) -> tuple[list[Told], dict[str, str], int]:
    """What reached people, the states in the end by rule and point, and how many commits there were."""
    with TemporaryDirectory(dir=RAM) as folder:
        story = read(path)
        theatre = story.stage(Path(folder), crash_at=crash_at, before_act=before_act)
        story.play(theatre, checked=crash_at == 0)
        theatre.until(story.end + 60_000 + (BOOT if crash_at else 0))
        theatre.close()
        known = (a for a in theatre.engine.alarms.values() if a.told or a.state in ACTIVE)
        ends = {f"{a.rule} {a.point}": a.state.value for a in known}
        return theatre.told, ends, theatre.commits


def name(one: Told) -> str:
    """The message without the alarm's id, which holds a number of events, and a start is one more event.

    The end of an alarm is known by its key alone: told after a start, its alarm is gone and names no point any more. How long
    something was meant to last (seconds, in the key) is shorter by the restart that came before it was said.
    What speaks for many hangs under any of them.
    """
    point = "" if ":closing:" in one.key or one.message == "school.silent-many" else one.point
    return f"{one.person} {one.message} {point} " + re.sub(r":\d{3,}:", ":seconds:", one.key.partition(":")[2])


def differences(path: Path, commit: int, before_act: bool, base: tuple[list[Told], dict[str, str], int]) -> list[str]:
    """Everything that a crash after this commit changed for people, in words; empty when nothing did."""
    told, ends, _ = played(path, commit, before_act)
    was = Counter(name(one) for one in base[0] if one.message)
    now = Counter(name(one) for one in told if one.message)
    marked = Counter(name(one) for one in told if one.message and (one.repeat or one.text.startswith(REPEAT["zh"])))
    where = f"{path.stem} commit {commit} {'before' if before_act else 'after'} acting"
    out = [f"{where}: lost {one}" for one in sorted(was.keys() - now.keys())]
    for one, n in now.items():
        once = max(1, was[one])  # several may bear one name: the same said of two posts
        out += [f"{where}: {n} times {one}"] if n > 2 * once else []
        out += [f"{where}: again without its mark {one}"] if n > once and marked[one] != n - once else []
    other = [one for one in ends.keys() | base[1].keys() if ends.get(one) != base[1].get(one)]
    out += [f"{where}: {one} ends {ends.get(one)} instead of {base[1].get(one)}" for one in sorted(other)]
    return out


def judged(path: Path, first: int, stride: int) -> tuple[int, list[str]]:
    """(commits died at, all differences) for every `stride`th commit from `first`, both ways of dying."""
    base = played(path)
    out: list[str] = []
    commits = range(min(first, base[2]), base[2] + 1, stride * (1 + base[2] // MOST))
    for commit in commits:
        for before_act in (True, False):
            out += differences(path, commit, before_act, base)
    return len(commits), out


@pytest.mark.parametrize("path", TOLD[2::3], ids=lambda p: p.stem)
def test_d3_a_crash_at_some_commits_loses_nothing(path: Path) -> None:
    first = 1 + TOLD.index(path) % 5
    commits, wrong = judged(path, first, STRIDE)
    assert commits and not wrong, "\n".join(wrong)


def test_d3_with_a_modem_the_calls_that_a_crash_cut_off_are_marked_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers, on a channel that rings after the text: what only the dead process knew is called once more, and no more."""
    plain = theatre.school

    def ringing(more: tuple[str, int]) -> Site:
        site = plain(more)
        return replace(site, plant=replace(site.plant, channels=dict.fromkeys(site.plant.channels, "modem")))

    monkeypatch.setattr(theatre, "school", ringing)
    (path,) = (p for p in TOLD if p.stem.startswith("16-"))
    commits, wrong = judged(path, 1, 2)
    assert commits and not wrong, "\n".join(wrong)
    again = [one for commit in range(1, commits) for one in played(path, commit, before_act=False)[0] if one.repeat]
    assert again and all(one.text.startswith(REPEAT["zh"]) for one in again)


@pytest.mark.soak
@pytest.mark.parametrize("path", TOLD, ids=lambda p: p.stem)
def test_d3_a_crash_at_every_commit_of_every_story_loses_nothing(path: Path) -> None:
    commits, wrong = judged(path, 1, 1)
    print(f"\n{commits} commits, {2 * commits} crashes")
    assert commits and not wrong, "\n".join(wrong[:50])
