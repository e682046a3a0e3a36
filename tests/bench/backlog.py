"""72 hours without a broker at 200 readings a second: the size on the disk, memory and time with it, and the drain of its beginning."""

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
DRAIN = 180.0  # s of the drain that are measured


def run(folder: Path) -> list[str]:
    return asyncio.run(_run(folder))


async def _run(folder: Path) -> list[str]:
    outage, busy = Outage(folder), time.process_time()
    await outage.begin()
    before = _memory()
    size = await outage.lasts(WHOLE)
    busy, grown = time.process_time() - busy, _memory() - before
    began = time.monotonic()
    waiting = outage.store.backlog(DEST)
    asked = time.monotonic() - began
    async with outage.over() as (uplink, outbox, _):
        drained = await outage.drains(uplink, outbox, DRAIN)
    await outage.store.close(60.0)
    return [
        "| hours | readings | on the disk, GB | memory for it, MB | CPU to make it, s | drained/s beside 200/s | all of it in, h "
        "| live confirmed, p99 s | events, p99 s | backlog asked, ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
        f"| {WHOLE} | {waiting * FRAME:,} | {size / 1e9:.2f} | {grown:.0f} | {busy:.0f} | {drained.rate:,.0f} "
        f"| {waiting * FRAME / drained.rate / 3600:.1f} | {percentile(drained.live, 0.99):.2f} "
        f"| {percentile(drained.events, 0.99):.2f} | {asked * 1000:.1f} |",
    ]


def _memory() -> float:
    """MB of this process."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024
