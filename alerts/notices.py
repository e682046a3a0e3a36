"""Messages about marks: a Notice -> one Notification for each person, or for each channel of each. Pure; sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from alerts import calendar
from alerts.escalation import EVERY
from alerts.model import Mark, Notification, Severity
from alerts.plant import Person, Plant
from alerts.render import render
from alerts.standing import Notice
from drivers.reading import Now


def notifications(mark: Mark, notice: Notice, plant: Plant, now: Now) -> Iterator[Notification]:
    """`mark` as stored, with its id. People who are gone or have no channel are left out."""
    round = max(0, (now.mono - mark.since.mono) // 1000)
    for person in (plant.people[p] for p in dict.fromkeys(notice.people) if p in plant.people):
        text = render(notice.message, args_for(mark, notice, person, plant, now), person.language)
        for channel in person.channels if notice.every_channel else person.channels[:1]:
            key = f"{mark.id}:1:{notice.step}:{round}:{person.id}:{channel}"
            reason = EVERY if notice.every_channel else f"mark/{mark.kind}"
            sent = Notification(key, mark.id, notice.step, person.id, channel, notice.message, text, reason, Severity.INFO)
            yield replace(sent, fields=_fields(mark, plant, now)) if notice.every_channel else sent


def _fields(mark: Mark, plant: Plant, now: Now) -> Mapping[str, str]:
    """What a template says of a communication drill, so that it walks through cloud texts and voice too."""
    return {"place": "演练无需到场", "time": _clock(now.wall, plant), "kind": "通信演练", "code": f"D{mark.number:02d}"}


def args_for(mark: Mark, notice: Notice, person: Person, plant: Plant, now: Now) -> dict[str, str]:
    """Every field that a message about a mark may ask for."""
    place, dev = where(mark, plant)
    return {
        "place": place,
        "dev": dev,
        "why": mark.why or "维保",
        "t": _clock(now.wall, plant),
        "s": plant.short,
        "n": f"{mark.number:02d}",
        "k": str(len(mark.points)),
    } | dict(notice.args)


def where(mark: Mark, plant: Plant) -> tuple[str, str]:
    """(place, device or number of points) in words: the zone when it is one, else the building, else the school."""
    points = [plant.points[p] for p in mark.points if p in plant.points]
    zones = list(dict.fromkeys(p.zone for p in points if p.zone in plant.zones))
    buildings = {plant.zones[z].building for z in zones} | ({mark.building} if mark.building else set())
    names = {plant.buildings[b].name for b in buildings if b in plant.buildings}
    place = plant.zones[zones[0]].name if len(zones) == 1 else names.pop() if len(names) == 1 else plant.short
    return place, points[0].name if len(points) == 1 else f"{len(points)}点" if points else ""


def _clock(wall: int, plant: Plant) -> str:
    return calendar.local(plant, wall).strftime("%H:%M")
