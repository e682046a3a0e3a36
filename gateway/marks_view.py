"""Marks as clients of the local socket see them: MARK, the mode of each point, and the counts of what is not watched as usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts import marks
from alerts.desk import Desk
from alerts.duty import POSTS
from alerts.flood import groups
from alerts.model import Alarm, Mark, Stage
from alerts.plant import Plant
from drivers.reading import Now

Json = dict[str, Any]

# What a point is shown as, the first that holds; "" only when nothing speaks of it.
_SHOWN = ("test", "out-of-service", "unverified", "walk", "maintenance", "rehearsal", "trial", "")


def listed(mark: Mark) -> bool:
    """Is it a state that people are shown? The desk's own (shifts, questions, proven phones) are not."""
    return mark.kind in marks.KINDS


def mark_json(mark: Mark, plant: Plant) -> Json:
    """MARK. `points` are those that have not come back; times leave as wall milliseconds."""
    kind = marks.KINDS[mark.kind]
    return {
        "id": mark.id,
        "number": mark.number,
        "kind": mark.kind,
        "label": {"zh": kind.zh, "en": kind.en},
        "lamp": kind.lamp,
        "listed": kind.listed,
        "stage": mark.stage.value,
        "mode": _mode(mark),
        "who": mark.who,
        "why": mark.why,
        "since": mark.since.wall,
        "until": mark.until.wall if mark.until else None,
        "building": mark.building,
        "points": list(marks.left(mark)),
        "covered": len(mark.points),
        "facts": dict(mark.facts),
        "lines": [{"what": x.what, "about": x.about, "who": x.who, "at": x.at.wall, "value": x.value} for x in mark.lines],
    }


def modes_json(plant: Plant, standing: Iterable[Mark]) -> dict[str, Json]:
    """Point id -> {"mode", "mark"} of every point that is not simply watched."""
    listed = [m for m in standing if _mode(m)]
    found: dict[str, Json] = {}
    for mark in sorted(listed, key=lambda m: _SHOWN.index(_mode(m)), reverse=True):
        if mark.points:
            meant: Iterable[str] = marks.left(mark) if _mode(mark) in ("unverified", "walk") else mark.points
        else:
            meant = (p for p in plant.points if marks.covers(mark, p, plant))
        found.update({p: {"mode": _mode(mark), "mark": mark.id} for p in meant})
    return found


def watch_json(plant: Plant, standing: Mapping[str, Mark], modes: Mapping[str, Json], alarms: Mapping[str, Alarm]) -> Json:
    """What everybody has to see at all times: how much is switched off, unproven, in test (R32), and is it a flood (R34, R35)."""
    counts = {name: 0 for name in _SHOWN if name}
    for row in modes.values():
        counts[row["mode"]] += 1
    flood = next((m for m in standing.values() if m.kind == "flood"), None)
    return {
        "points": len(plant.points),
        **{name.replace("-", "_"): n for name, n in counts.items()},
        "drill": next((m.id for m in standing.values() if m.kind in ("drill", "call-drill")), ""),
        "flood": flood.id if flood else "",
        "groups": [
            {"zone": g.zone, "parent": g.parent, "alarms": list(g.alarms), "severity": int(g.severity)}
            for g in (groups(alarms.values(), plant) if flood else ())
        ],
    }


def post_json(desk: Desk, now: Now, clock_ok: bool) -> Json:
    """Who stands at each post: `desk` is the person in whose name a registered desk answers, "" while there is nobody."""
    posts = desk.posts(now, clock_ok)
    return {
        "desk": desk.person(now, clock_ok),
        **{post: list(posts.get(post, ())) for post in POSTS},
        "taken": desk.taken(),
    }


def _mode(mark: Mark) -> str:
    if mark.stage is Stage.UNVERIFIED and mark.kind == "out-of-service":
        return "unverified"
    return marks.mode_of(mark)
