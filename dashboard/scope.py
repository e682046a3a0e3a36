"""What somebody at a bureau who answers for some townships or schools sees: those, and nothing of the others. Pure.

Everything else of the page is closed to him: a route that does not filter is not in PATHS, so a new one is closed too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Json = dict[str, Any]
PATHS = frozenset(
    {
        "/", "/bureau", "/logout",
        "/api/v1/words", "/api/v1/state", "/api/v1/stream", "/api/v1/command",
        "/api/v1/fleet-site", "/api/v1/fleet-history", "/api/v1/fleet-command",
    }
)  # fmt: skip


def schools_of(zones: Collection[str], state: Mapping[str, Any]) -> frozenset[str] | None:
    """The schools that a person with these `zones` (townships or schools) answers for; None: all, or this is no bureau."""
    schools = state.get("schools")
    if not zones or schools is None:
        return None
    return frozenset(id for id, row in schools.items() if id in zones or row["township"] in zones)


def within(part: Json, mine: Collection[str], state: Mapping[str, Any]) -> Json:
    """`part`, a SNAPSHOT or DELTA, without what is of schools that are not `mine`. The bureau's own box is everybody's."""
    every = state.get("schools") or {}
    foreign = every.keys() - set(mine)
    towns = {row["township"] for id, row in every.items() if id in mine}

    def seen(point: str) -> bool:
        return point.partition("/")[0] not in foreign

    keep = {
        "schools": lambda id, _: id not in foreign,
        "points": lambda id, _: seen(id),
        "limits": lambda id, _: seen(id),
        "alarms": lambda _, alarm: seen(alarm.get("point", "")) and alarm.get("zone", "") not in foreign,
        "marks": lambda _, mark: all(seen(point) for point in mark.get("points", [])),
    }
    rows = {"zones": lambda row: row["id"] not in foreign, "townships": lambda row: row["id"] in towns,
            "buildings": lambda row: row["id"] in towns}  # fmt: skip
    out: Json = {}
    for name, value in part.items():
        if name in keep and isinstance(value, dict):
            out[name] = {id: row for id, row in value.items() if keep[name](id, row)}
        elif name in rows:
            out[name] = [row for row in value if rows[name](row)]
        else:
            out[name] = value
    return out
