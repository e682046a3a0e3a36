"""D6: hours without a broker at 200 readings a second, time-compressed; then the drain with live data and events meanwhile.

The size of 72 h and the time of their drain follow from the hours made here: both grow in proportion, as the bench `backlog` sees
over eight hours. `make soak` only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stream"))

from stream_box import until
from stream_outage import POINTS, SITE, WHOLE, Outage

from gateway.stream.influx import read_points
from gateway.stream.wire import DEST

HOURS = 0.5


@pytest.mark.soak
async def test_d6_an_outage_of_hours_is_kept_small_and_drained_beside_live_data(tmp_path: Path) -> None:
    outage = Outage(tmp_path)
    await outage.begin()
    size = await outage.lasts(HOURS)
    whole = size / HOURS * WHOLE
    print(
        f"\n{outage.made} readings of {HOURS:g} h: {size / 1e6:.1f} MB, {size / outage.made:.1f} B each; {WHOLE} h: {whole / 1e9:.2f} GB"
    )
    assert whole < 4e9
    store = outage.store
    async with outage.over() as (uplink, outbox, database):
        drained = await outage.drains(uplink, outbox, 400)
        await until("the rest", lambda: store.backlog(DEST) < POINTS)
        await store.flush()
        await until("all of it", lambda: store.backlog(DEST) == 0)
        live, events = drained.live, drained.events
        print(
            f"drain: {drained.frames} frames in {drained.seconds:.0f} s beside {POINTS}/s live = {drained.rate:.0f} readings/s, "
            f"{drained.rate / POINTS:.0f} x real time; {WHOLE} h in {WHOLE * POINTS / drained.rate:.1f} h. Live confirmed within the "
            f"second: {len(live)} of {drained.sent}, p99 {live[int(len(live) * 0.99)]:.2f} s; events: {len(events)} of "
            f"{drained.sent}, worst {events[-1]:.2f} s"
        )
        assert WHOLE * POINTS / drained.rate <= 6, "hours"
        assert min(len(live), len(events)) > 0.9 * drained.sent, "within a second, asked were five"
        database.flush()
        await until("every reading", lambda: len(read_points("vm", database.url, site=SITE)) == outage.made)
    await store.close(60.0)
