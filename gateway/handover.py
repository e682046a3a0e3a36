"""What the shift hands over (F10): who was on since when, what is open, switched off, what happened and was noted meanwhile. Pure.

The journal's events in, JSON-ready values out; what a person writes into the log (visitors, calls) is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from alerts import duty
from alerts.desk import Desk
from alerts.kinds import KINDS
from alerts.model import OPEN, Alarm, Mark, Stage
from alerts.plant import Plant
from drivers.reading import Now
from gateway.dutystates import Slots
from gateway.store import audit

Json = dict[str, Any]
Body = Mapping[str, Any]
TOLD = {"acked": "acked", "result": "result", "reset": "reset", "closed": "closed", "gone": "gone"}


def handover_json(
    path: Path, plant: Plant, alarms: Collection[Alarm], marks: Collection[Mark], desk: Desk, now: Now, clock_ok: bool,
    begun: int = 0,
) -> Json:  # fmt: skip
    """The shift that is on now, or the past one that was taken over at wall ms `begun`. Raises StoreError, sqlite3.Error."""
    return made((json.loads(b) for b in audit.bodies(path)), plant, alarms, marks, desk, now, clock_ok, begun)


def shifts_json(path: Path, most: int) -> list[Json]:
    """Every take-over of the duty post, newest first: {"person","at","until"}, `until` null for the last. Raises as above."""
    return turns((json.loads(b) for b in audit.bodies(path)), most)


def turns(events: Iterable[Body], most: int) -> list[Json]:
    """The same of these events, oldest first."""
    taken = [e for e in events if _taken(e)]
    ends = [*(e["wall"] for e in taken[1:]), None]  # one too many where nobody has taken over yet
    rows = [{"person": e["who"], "at": e["wall"], "until": end} for e, end in zip(taken, ends, strict=False)]
    return rows[::-1][:most]


def _taken(e: Body) -> bool:
    return bool(e["kind"] == "shift" and e["code"] == "taken" and e["args"].get("post", "duty") == "duty")


def made(
    events: Iterable[Body], plant: Plant, alarms: Collection[Alarm], marks: Collection[Mark], desk: Desk, now: Now,
    clock_ok: bool, begun: int = 0,
) -> Json:  # fmt: skip
    """`events` in order, oldest first; those before the shift's beginning count for nothing, nor those after a past one's end.

    The countersignature comes later than the shift, from somebody who did not stand at the post (people's §4.1, in the morning).
    What is open and switched off is that of now: of a past shift it is not known any more, and left empty.
    """
    people, since, until = desk.posts(now, clock_ok)["duty"], begun or _since(desk, plant, now), now.wall + 1
    next_ = desk.upcoming(now)
    happened: dict[str, Json] = {}
    notes: list[Json] = []
    checks: dict[str, Json] = {}
    log: list[Json] = []
    taken: list[Json] = []
    handed: Json | None = None
    signed: Json | None = None
    slots = Slots(since)
    for e in events:
        if e["kind"] == "countersigned" and e["args"]["shift"] == since and e["who"] not in _stood(taken, since):
            signed = {"who": e["who"], "at": e["wall"], "text": e["args"].get("text", "")}
        if e["wall"] > until:
            continue
        slots.see(e)
        if e["wall"] < since:
            continue
        kind, args = e["kind"], e["args"]
        if _taken(e):
            taken.append({"person": e["who"], "at": e["wall"], "how": ""})
            if begun and e["wall"] > begun:
                until = e["wall"]
        elif kind == "text" and e["code"] == "answered.S" and taken and taken[-1]["person"] == e["who"]:
            taken[-1]["how"] = args.get("proof", "")
        elif kind == "duty-log":
            log.append({"part": e["code"], "who": e["who"], "at": e["wall"], "text": args.get("text", "")})
        elif kind == "handed-over":
            handed = {"who": e["who"], "at": e["wall"], "text": args.get("text", "")}
        if kind in ("raised", "again"):
            happened.setdefault(e["alarm"], _alarm(e, plant))
        elif kind in TOLD and e["alarm"] in happened:
            happened[e["alarm"]] |= {f"{TOLD[kind]}_at": e["wall"], f"{TOLD[kind]}_by": e["who"]}
            if kind == "result":
                happened[e["alarm"]] |= {"result": args.get("result"), "cause": args.get("cause", "")}
        elif kind == "note":
            notes.append({"alarm": e["alarm"], "who": e["who"], "at": e["wall"], "text": args.get("text", "")})
        elif kind in ("answered", "unanswered", "declined") and e["code"] == "C":
            checks[f"{e['alarm']}:{e['who']}"] = {"number": args.get("number"), "who": e["who"], "at": e["wall"], "what": kind}
    standing = [] if begun else [a for a in alarms if a.state in OPEN]
    return {
        "post": "duty",
        "on": [t["person"] for t in taken if t["at"] == begun] if begun else list(people),
        "until": until if begun and until <= now.wall else None,
        "taken": taken,
        "handed_over": handed,
        "countersigned": signed,
        "log": log,
        "since": since,
        "now": now.wall,
        "leader": list(desk.posts(now, clock_ok)["leader"]),
        "next": None if next_ is None else {"person": next_.person, "start": next_.start, "end": next_.end},
        "open": [a.id for a in standing if KINDS[a.kind].lamp != "fault"],
        "faults": [a.id for a in standing if KINDS[a.kind].lamp == "fault"],
        "out_of_service": [m.id for m in marks if not begun and m.kind == "out-of-service" and m.stage is not Stage.OVER],
        "happened": list(happened.values()),
        "notes": notes,
        "checks": list(checks.values()),
        "states": slots.rows(min(until, now.wall)),
    }


def _stood(taken: Iterable[Json], since: int) -> list[str]:
    """Who took over the shift that began then."""
    return [t["person"] for t in taken if t["at"] == since]


def _since(desk: Desk, plant: Plant, now: Now) -> int:
    """When the shift that is on began: as it was taken over, else as the rota says, else a day ago."""
    taken = [t["since"] for t in desk.roster(now, True)["taken"] if t.get("post", "duty") == "duty"]
    turns = [t.start for t in duty.turns(plant, "duty", now.wall, now.wall + 1)]
    return int(max(taken, default=0) or min(turns, default=now.wall - 86_400_000))


def _alarm(e: Body, plant: Plant) -> Json:
    args = e["args"]
    point = plant.points.get(str(args.get("point", "")))
    zone = plant.zones.get(point.zone) if point else None
    kind = KINDS[str(args["alarm_kind"])]
    row = {"alarm": e["alarm"], "number": args.get("number"), "kind": kind.id, "lamp": kind.lamp, "at": e["wall"]}
    return row | {
        "place": zone.name if zone else "",
        "device_name": point.name if point else "",
        "point": args.get("point", ""),
    }
