"""A night without a broker at 200 readings a second: size on the disk, memory and time of it, and the drain of its beginning."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from tests.bench.parts import ROOT, percentile

sys.path.insert(0, str(ROOT / "tests" / "stream"))

from stream_outage import FRAME, POINTS, WHOLE, Outage

from gateway.stream.wire import DEST

RATE = POINTS  # readings a second
HOURS = 8
DRAIN = 120.0  # s of the drain that are measured


def run(folder: Path) -> list[str]:
    return asyncio.run(_run(folder))


async def _run(folder: Path) -> list[str]:
    outage, busy = Outage(folder), time.process_time()
    await outage.begin()
    before = _memory()
    size = await outage.lasts(HOURS)
    busy, grown = time.process_time() - busy, _memory() - before
    began = time.monotonic()
    waiting = outage.store.backlog(DEST)
    asked = time.monotonic() - began
    async with outage.over() as (uplink, outbox, _):
        drained = await outage.drains(uplink, outbox, DRAIN)
    await outage.store.close(60.0)
    whole, hours = size * WHOLE / HOURS / 1e9, WHOLE * POINTS / drained.rate
    live, events = percentile(drained.live, 0.99), percentile(drained.events, 0.99)
    return [
        "| hours | readings | on the disk, MB | of 72 h, GB | memory for it, MB | CPU to make it, s | drained/s beside 200/s | 72 h in, h "
        "| live confirmed, p99 s | events, p99 s | backlog asked, ms |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        f"| {HOURS} | {waiting * FRAME:,} | {size / 1e6:.0f} | {whole:.2f} | {grown:.0f} | {busy:.0f} | {drained.rate:,.0f} | {hours:.1f} "
        f"| {live:.2f} | {events:.2f} | {asked * 1000:.1f} |",
    ]


def _memory() -> float:
    """MB of this process."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024
