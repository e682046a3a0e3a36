"""The daily self-test (R33): at 06:10 every channel proves itself; what was tried is written down. The sounder is not sounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from alerts import calendar, duty
from alerts.channels.registry import CHANNELS
from alerts.model import Scalar
from alerts.plant import Plant
from drivers.reading import Clock

AT = 6 * 60 + 10  # local minutes
LOOK = 30.0  # seconds between two looks at the clock: it may be set meanwhile


class Provable(Protocol):
    async def probe(self) -> str: ...


async def probes(channels: Mapping[str, Provable]) -> dict[str, str]:
    """Channel -> "" or what is wrong with it, all at once."""
    return dict(zip(channels, await asyncio.gather(*(c.probe() for c in channels.values())), strict=True))


def result(found: Mapping[str, str]) -> dict[str, Scalar]:
    """The args of the event: what was tried, what failed, and what was not tried."""
    bad = [name for name, why in found.items() if why]
    return {"channels": " ".join(found), "failed": " ".join(bad), "not_tried": "guard-sounder evacuation"}


def one_way(plant: Plant, found: Mapping[str, str], wall: int) -> str:
    """Names of the people at their posts who have a second way on paper and only one, or none, that has proven itself."""
    posts = duty.on_duty(plant, wall)
    names = []
    for person in (plant.people[id] for id in dict.fromkeys(id for post in duty.POSTS for id in posts.get(post, ()))):
        ways = [c for c in person.channels if c in found and CHANNELS[plant.channels[c]].remote]
        if len(ways) > 1 and sum(not found[c] for c in ways) < 2:
            names.append(person.name)
    return "、".join(names)


async def daily(
    plant: Plant,
    clock: Clock,
    channels: Mapping[str, Provable],
    told: Callable[[dict[str, Scalar]], Awaitable[None]],
    fault: Callable[[str, bool, str], None],
) -> None:
    """For ever: once a day. `told` writes the event, `fault` raises or ends one fault per channel, and one for lost second ways."""
    due = calendar.next_minute(plant, clock.now().wall, (AT,))
    while True:
        await asyncio.sleep(LOOK)
        now = clock.now().wall
        if now < due and due - now <= 86_400_000 + 60_000:
            continue
        late = now < due  # the clock was set back by more than a day: only the time is worked out anew
        due = calendar.next_minute(plant, now, (AT,))
        if late:
            continue
        found = await probes(channels)
        for name, why in found.items():
            fault(f"selftest-{name}", bool(why), why)
        alone = one_way(plant, found, now)
        why = f"{alone}：能用的通道不足两个，修好自检失败的 fewer than two channels work"
        fault("selftest-second-way", bool(alone), why if alone else "")
        await told(result(found))
