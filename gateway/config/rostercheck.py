"""What `check` says of the rota beside the file: holes of the next 14 days, people on duty with one way to be reached or none that
rings. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alerts import duty
from alerts.budget import RINGS
from alerts.calendar import local
from alerts.channels.registry import CHANNELS
from alerts.plant import Plant
from gateway.config.findings import Finding
from gateway.site import ChannelConfig

DAYS = 14
DAY = 86_400_000


def roster_findings(file: str, plant: Plant, channels: Iterable[ChannelConfig], wall: int) -> Iterator[Finding]:
    """Warnings only: the compiled site stands. `wall`: now; a rota is a matter of dates, so the answer changes with them."""
    mute = {c.id for c in channels if c.settings.get("ring") == "none"}
    for post in duty.POSTS:
        found = duty.holes(plant, post, wall, wall + DAYS * DAY)
        if found:
            start, end = found[0]
            args = {"post": post, "from": _words(plant, start), "to": _words(plant, end), "count": len(found)}
            yield Finding("CFG-098", file, 0, 0, "duty", args)
    on_duty = {s.person for s in plant.shifts} | {p.id for p in plant.people.values() if p.role == "duty"}
    for person in (p for p in plant.people.values() if p.id in on_duty):
        ways = [c for c in person.channels if (kind := CHANNELS.get(plant.channels.get(c, ""))) is not None and kind.remote]
        if len(ways) < 2:
            yield Finding("CFG-099", file, 0, 0, f"people.{person.id}", {"person": person.name, "ways": " ".join(ways) or "-"})
        if not any(plant.channels.get(c) in RINGS and c not in mute for c in person.channels):
            yield Finding("CFG-100", file, 0, 0, f"people.{person.id}", {"person": person.name})


def _words(plant: Plant, wall: int) -> str:
    return local(plant, wall).strftime("%m-%d %H:%M")
