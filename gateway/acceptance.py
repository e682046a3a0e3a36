"""验收单: what each point gave when it was set off, did the phone ring, which phones are proven, what is missing. Reads only.

Source: people's ways of working §4.11. Made from the walk tests and drills that the journal keeps: nothing here is typed by a
person. A point that was never set off is listed as such, and the sheet then says that it is not complete.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from alerts import marks as of_marks
from alerts.escalation import SCHOOL
from alerts.model import Mark
from alerts.plant import Plant
from alerts.proof import record
from drivers.reading import Now, Quality, Reading
from gateway.jsonable import from_jsonable
from gateway.store.database import readonly
from gateway.view import limits_json

Json = dict[str, Any]
KINDS = ("walk", "call-drill")


def kept(path: Path) -> list[Mark]:
    """Every walk test and communication drill that the journal keeps, the oldest first. Raises StoreError, sqlite3.Error."""
    with closing(readonly(path)) as db:
        rows = db.execute("SELECT snapshot FROM mark WHERE json_extract(snapshot, '$.kind') IN (?, ?)", KINDS).fetchall()
    found = [from_jsonable(Mark, json.loads(text)) for (text,) in rows]
    return sorted(found, key=lambda mark: mark.since.wall)


def acceptance_json(
    path: Path, plant: Plant, standing: Iterable[Mark], view: Mapping[str, Reading], phones: Mapping[str, int], now: Now
) -> Json:
    """SHEET of docs/local-socket.md. `phones`: "<person>.ok" -> wall ms at which that phone has proven itself."""
    return sheet(plant, kept(path), standing, view, phones, now)


def sheet(
    plant: Plant,
    past: Iterable[Mark],
    standing: Iterable[Mark],
    view: Mapping[str, Reading],
    phones: Mapping[str, int],
    now: Now,
) -> Json:
    """As `acceptance_json`, over marks at hand."""
    past = list(past)
    points = _points(plant, [m for m in past if m.kind == "walk"], view)
    people = _phones(plant, [m for m in past if m.kind == "call-drill"], phones)
    untested = [p["point"] for p in points if p["walk"] and p["tested"] is None]
    unknown = [p["point"] for p in points if not p["good"]]
    silent = [p["person"] for p in people if p["proven"] is None]
    made = {
        "site": plant.site,
        "points": [{k: v for k, v in p.items() if k not in ("value", "good")} for p in points],
        "phones": people,
    }
    sha = hashlib.sha256(json.dumps(made, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    trials = [m for m in standing if m.kind == "trial"]
    return {
        "name": plant.name,
        "made": now.wall,
        "sha256": sha,
        "points": points,
        "phones": people,
        "untested": untested,
        "unknown": unknown,
        "silent": silent,
        "complete": not (untested or unknown or silent),
        "trials": [_trial(m, sha) for m in trials],
    }


def _points(plant: Plant, walks: list[Mark], view: Mapping[str, Reading]) -> list[Json]:
    limits = limits_json(plant)
    ticks = {x.about: (m, x) for m in walks for x in m.lines if x.what == "test-alarm"}  # the latest walk counts
    out = []
    for point in plant.points.values():
        zone = plant.zones.get(point.zone)
        if zone is None:
            continue  # lines and the box itself have no place
        mark, tick = ticks.get(point.id, (None, None))
        rang = [x.value for x in mark.lines if x.what == "phone" and x.about == point.id] if mark else []
        reading = view.get(point.id)
        out.append(
            {
                "point": point.id,
                "building": zone.building,
                "zone": zone.id,
                "place": zone.name,
                "device": point.device,
                "name": point.name,
                "quantity": point.quantity,
                "limits": limits.get(point.id, []),
                "walk": of_marks.to_walk(point.id, plant),
                "tested": None
                if tick is None or mark is None
                else {
                    "at": tick.at.wall,
                    "value": tick.value,
                    "who": tick.who,
                    "walk": mark.id,
                    "phone": rang[-1] if rang else None,
                },
                "value": reading.value if reading else None,
                "good": reading is not None and reading.quality is Quality.GOOD,
            }
        )
    return out


def _phones(plant: Plant, drills: list[Mark], phones: Mapping[str, int]) -> list[Json]:
    """Everybody of the school who is called: by which channels, what the last drill reached, when the phone has proven itself."""
    last = record(drills[-1], plant) if drills else {"t0": None, "phones": [], "answers": {}}
    out = []
    for person in plant.people.values():
        if person.role not in SCHOOL or not person.channels:
            continue
        calls = [c for c in last["phones"] if c["person"] == person.id]
        out.append(
            {
                "person": person.id,
                "name": person.name,
                "role": person.role,
                "channels": list(person.channels),
                "drill": last["t0"] if calls else None,
                "reached": [c["channel"] for c in calls if c["accepted"] is not None or c["delivered"] is not None],
                "answered": last["answers"].get(person.id),
                "proven": phones.get(f"{person.id}.ok"),
            }
        )
    return out


def _trial(mark: Mark, sha: str) -> Json:
    signed = [x for x in mark.lines if x.what == "signed"]
    return {
        "id": mark.id,
        "number": mark.number,
        "building": mark.building,
        "since": mark.since.wall,
        "until": mark.until.wall if mark.until else None,
        "signed": [{"who": x.who, "at": x.at.wall, "same": x.value == sha} for x in signed],
    }
