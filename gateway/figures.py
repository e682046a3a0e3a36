"""What is asked over the socket about alarms as a whole: the figures of R34, the plan of drills, the record of one drill."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from alerts import duty
from alerts.drillplan import plan
from alerts.kpi import DAY, kpi
from alerts.model import Alarm, Mark
from alerts.plant import Plant
from alerts.proof import digest, record
from drivers.reading import Now
from gateway.jsonable import from_jsonable, to_jsonable
from gateway.store import audit
from gateway.store.database import readonly

Json = dict[str, Any]


def kpi_json(path: Path, plant: Plant, alarms: Collection[Alarm], now: Now, days: int) -> Json:
    """KPI over the last `days`. Raises sqlite3.Error."""
    on_duty = len(duty.on_duty(plant, now.wall)["duty"])
    figures = kpi((json.loads(body) for body in audit.bodies(path)), alarms, now, on_duty, days * DAY)
    return dict(to_jsonable(figures))


def drills_json(plant: Plant, marks: Mapping[str, Mark], now: Now) -> Json:
    """The plan and the drill that is going on, with its record so far."""
    on = next((m for m in marks.values() if m.kind in ("drill", "call-drill")), None)
    return {"plan": to_jsonable(plan(plant, marks.values(), now.wall)), "on": record(on, plant) if on else None}


def drill_json(path: Path, plant: Plant, id: str) -> Json | None:
    """A drill's record with its proof: its hash as computed now, the one its event holds, and the chain's hash of that event.

    None when the journal knows no such drill. Raises sqlite3.Error.
    """
    with closing(readonly(path)) as db:
        row = db.execute("SELECT snapshot FROM mark WHERE id = ?", (id,)).fetchone()
        ends = db.execute("SELECT seq, CAST(body AS BLOB), hash FROM event ORDER BY seq DESC").fetchall() if row else []
    if row is None:
        return None
    mark = from_jsonable(Mark, json.loads(row[0]))
    made = record(mark, plant)
    found = ((seq, json.loads(body), bytes(hash).hex()) for seq, body, hash in ends if id.encode() in body)
    end = next(((s, e, h) for s, e, h in found if e["alarm"] == id and "sha256" in e["args"]), None)
    proof: Json = {"sha256": digest(made), "event": None, "recorded": None, "chain": None}
    if end is not None:
        proof |= {"event": end[0], "recorded": end[1]["args"]["sha256"], "chain": end[2]}
    return {"record": made, "proof": proof, "proven": proof["recorded"] == proof["sha256"]}
