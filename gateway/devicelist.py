"""The topics `devices/<n>`: a school's devices and how they fare, for a bureau. Pure; docs/mqtt.md has the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from alerts.plant import Plant
from drivers.reading import Quality, Reading

Json = dict[str, Any]
PART = 6_000  # characters of one message: half of what the smallest broker takes, whatever the script


def facts(devices: Sequence[Json], plant: Plant, view: Mapping[str, Reading]) -> list[Json]:
    """Of DEVICE of docs/local-socket.md what a bureau shows: where it is, since when it is silent, why, and its points.

    `last_good` is the box's wall ms, None while every point is good (then it is now) and before the first good value.
    """
    return [
        {
            "id": device["id"],
            "profile": device["profile"],
            "place": plant.zones[device["zone"]].name if device["zone"] in plant.zones else "",
            "bad": device["bad"],
            "last_good": device["last_good"] if device["bad"] else None,
            "fault": device["fault"],
            "points": [_point(id, plant, view.get(id)) for id in device["points"] if id in plant.points],
        }
        for device in devices
    ]


def parts(devices: Sequence[Json]) -> list[list[Json]]:
    """The devices in their order, so many together as one message holds; one empty part when there is none."""
    out: list[list[Json]] = [[]]
    room = PART
    for device in devices:
        size = len(json.dumps(device, ensure_ascii=False))
        if out[-1] and size > room:
            out.append([])
            room = PART
        out[-1].append(device)
        room -= size
    return out


def steady(devices: Sequence[Json]) -> list[Json]:
    """The same without what moves while nothing changes: two equal ones need not be told twice."""
    return [{**device, "last_good": None} for device in devices]


def _point(id: str, plant: Plant, reading: Reading | None) -> Json:
    about, quality = plant.points[id], Quality.STALE if reading is None else reading.quality
    return {"id": id, "name": about.name, "quantity": about.quantity, "quality": quality.name.lower()}
