"""The record of a drill and its hash: a function of the mark alone, so that whoever has the journal can make it again (D26).

The hash stands in the event that ends the drill, and the journal's chain ties that event: nobody can quietly change the record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from alerts.model import Line, Mark
from alerts.plant import Plant
from drivers.reading import Now

TIMES = ("accepted", "delivered", "read", "gave-up")


def record(mark: Mark, plant: Plant) -> dict[str, Any]:
    """Who was told by which channel when, who answered when, which building was empty when with how many. Seconds from T0."""
    told = [p for p in str(mark.facts.get("people", "")).split(",") if p]
    return {
        "v": 1,
        "drill": mark.id,
        "number": mark.number,
        "kind": mark.kind,
        "site": plant.site,
        "by": mark.who,
        "t0": mark.since.wall,
        "end": mark.until.wall if mark.until else None,
        "ended": mark.facts.get("ended", ""),
        "broken_by": next((x.about for x in mark.lines if x.what == "broken"), ""),
        "phones": [_phone(mark, person, channel) for person in told for channel in _channels(mark, person)],
        "answers": {p: _value(mark, "answered", p) for p in told},
        "buildings": [_building(mark, b) for b in str(mark.facts.get("buildings", "")).split(",") if b],
    }


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record's canonical bytes, hex."""
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def slowest(mark: Mark) -> tuple[str, float]:
    """(building, seconds) of the last one to be empty, ("", 0.0) when none has said so."""
    times = {x.about: float(x.value) for x in mark.lines if x.what == "empty" and isinstance(x.value, int | float)}
    return max(times.items(), key=lambda kv: kv[1], default=("", 0.0))


def _channels(mark: Mark, person: str) -> list[str]:
    return list(dict.fromkeys(x.who for x in mark.lines if x.what in ("sent", *TIMES) and x.about == person)) or [""]


def _phone(mark: Mark, person: str, channel: str) -> dict[str, Any]:
    lines = [x for x in mark.lines if x.about == person and x.who == channel]
    return {"person": person, "channel": channel} | {what: _after(mark, lines, what) for what in TIMES}


def _after(mark: Mark, lines: list[Line], what: str) -> float | None:
    at: Now | None = next((x.at for x in lines if x.what == what), None)
    return None if at is None else (at.mono - mark.since.mono) / 1000


def _building(mark: Mark, building: str) -> dict[str, Any]:
    return {"building": building} | {w: _value(mark, w, building) for w in ("empty", "expected", "counted")}


def _value(mark: Mark, what: str, about: str) -> Any:
    return next((x.value for x in mark.lines if x.what == what and x.about == about), None)
