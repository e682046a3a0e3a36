"""The weeks ahead as the rota and its swaps say: turns, holes, swaps that wait or stand. Pure, JSON-ready."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alerts import duty, swaps
from alerts.calendar import local, wall_of
from alerts.model import Mark, Stage
from alerts.plant import Plant

Json = dict[str, Any]
DAY = 24 * 3_600_000
MOST = 70  # days


def rota_json(plant: Plant, marks: Collection[Mark], wall: int, days: int) -> Json:
    """From the local midnight before `wall`. A turn's `by` is whose it is by the rota alone, where a swap gave it away; `holes`:

    times at which nobody stands at a post that the school has a rota for.
    """
    start = wall_of(plant, local(plant, wall).date(), 0)
    end = start + min(max(days, 1), MOST) * DAY
    swapped = swaps.in_force(marks)
    turns: list[Json] = []
    holes: list[Json] = []
    for post in duty.POSTS:
        given = {(start, to): by for (of, start, by), to in swapped.items() if of == post}
        for t in duty.turns(plant, post, start, end, swapped):
            turns.append(
                {"post": post, "person": t.person, "start": t.start, "end": t.end, "by": given.get((t.start, t.person), "")}
            )
        holes += [{"post": post, "from": a, "to": b} for a, b in duty.holes(plant, post, max(start, wall), end)]
    return {
        "now": wall,
        "from": start,
        "to": end,
        "turns": turns,
        "holes": holes,
        "swaps": [
            {"id": m.id, "by": m.who, "agreed": m.stage is Stage.ON, "until": m.until.wall if m.until else None, **m.facts}
            for m in marks
            if m.kind == swaps.KIND
        ],
    }
