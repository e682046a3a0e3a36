"""A circuit's own leakage after a week, and the set value that goes with it. Pure but for the look into the history.

GB 50116 9.2.3: the alarm is set within 300–500 mA, above what the circuit leaks by itself. One that leaks more is a hazard to be found,
not a reason for a higher limit (people's ways of working §4.11).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.plant import Plant
from gateway.store.history import Series

QUANTITY = "residual-current"
DAY = 86_400_000
DAYS = 7
LOWEST, HIGHEST = 300, 500  # mA
ROUND = 10  # mA: what the device can be set to
TIMES = 2  # set value over the circuit's own leakage: it doubles on a wet day before anything is wrong (our own)
SHARE = 0.9  # of the hours: switching on leaks for a moment, a week has some faults
HOURS = DAYS * 24
GOOD = 1  # worst quality that counts: GOOD 0, UNCERTAIN 1
Json = dict[str, Any]


def points(plant: Plant) -> list[str]:
    return [p.id for p in plant.points.values() if p.quantity == QUANTITY]


def own(series: Series) -> tuple[float | None, float]:
    """(mA that nine of ten known hours stay below, days known). `series`: one bucket an hour. None before a week is known."""
    hours = zip(series.max, series.quality, strict=True)
    known = sorted(high for high, quality in hours if high is not None and quality is not None and quality <= GOOD)
    days = len(known) / 24
    if days < DAYS * SHARE:
        return None, days
    return known[math.ceil(len(known) * SHARE) - 1], days


def proposed(leaks: float) -> int | None:
    """The set value, mA, or None: such a circuit is to be repaired."""
    wanted = max(LOWEST, math.ceil(leaks * TIMES / ROUND) * ROUND)
    return wanted if wanted <= HIGHEST else None


def leakage_json(plant: Plant, found: Mapping[str, Series], limits: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[Json]:
    """Per circuit {"point", "place", "name", "days", "own": mA|null, "propose": mA|null, "repair": bool, "set": mA|null}."""
    out = []
    for id, series in found.items():
        leaks, days = own(series)
        point = plant.points[id]
        zone = plant.zones.get(point.zone)
        value = None if leaks is None else proposed(leaks)
        highs = [row["high"] for row in limits.get(id, ()) if row.get("alarm") == "electrical" and row.get("high") is not None]
        out.append(
            {
                "point": id,
                "place": zone.name if zone else "",
                "name": point.name,
                "days": round(min(days, DAYS), 1),
                "own": None if leaks is None else round(leaks, 1),
                "propose": value,
                "repair": leaks is not None and value is None,
                "set": min(highs, default=None),
            }
        )
    return out
