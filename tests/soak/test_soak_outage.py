"""D6: hours without a broker at 200 readings a second, time-compressed; then the drain with live data and events meanwhile.

The size of 72 h and the time of their drain follow from the hours made here: both grow in proportion. `make soak` only.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stream"))

from stream_box import MemoryOutbox, TestClock, until
from stream_daemons import Mosquitto, Victoria, free_port, ingest_command

from drivers.reading import Now, Quality, Reading
from gateway.site import UplinkConfig
from gateway.store.frame import Frame
from gateway.store.readings_writer import ReadingsWriter
from gateway.stream import wire
from gateway.stream.influx import read_points
from gateway.stream.uplink import Uplink
from gateway.stream.wire import Topics

HOURS, POINTS, FRAME, ROW = 0.5, 200, 20, 5  # a second's readings in frames of 20, five seconds in a row
POINT_IDS = [f"dev-{n // FRAME}/c{n % FRAME}" for n in range(POINTS)]
HEADS = {
    id: f"temperature,district=songyang,site=no3-middle,zone=kitchen,device={id.partition('/')[0]},point={id} "
    for id in POINT_IDS
}


def second(chance: Random, values: list[float], wall: int) -> list[bytes]:
    """One second of slowly wandering sensors as frames."""
    frames = []
    for start in range(0, POINTS, FRAME):
        readings = []
        for n in range(start, start + FRAME):
            values[n] += chance.choice((0.0, 0.0, 0.0, 0.1, -0.1))
            readings.append(Reading(POINT_IDS[n], round(values[n], 1), Quality.GOOD, Now(wall, 0)))
        frames.append(wire.frame_lines(HEADS, readings))
    return frames


@pytest.mark.soak
async def test_d6_an_outage_of_hours_is_kept_small_and_drained_beside_live_data(tmp_path: Path) -> None:
    chance, values, clock = Random(1), [20.0 + n / 10 for n in range(POINTS)], TestClock()
    store = ReadingsWriter(tmp_path / "readings.db", tmp_path / "tail", machine="m", clock=clock, dests=[wire.DEST], flush=1e6)
    await store.start()
    seconds = int(HOURS * 3600)
    wall = int(time.time() * 1000) - seconds * 1000
    for n in range(seconds):
        for lines in second(chance, values, wall + n * 1000):
            store.append(lines, True)
        if n % ROW == ROW - 1:
            await store.flush()
    size = sum(path.stat().st_size for path in tmp_path.glob("readings.db*"))
    made = seconds * POINTS
    print(
        f"\n{made} readings of {HOURS:g} h: {size / 1e6:.1f} MB, {size / made:.1f} B each; 72 h: {size / HOURS * 72 / 1e9:.2f} GB"
    )
    assert size / HOURS * 72 < 4e9

    broker, database = Mosquitto(tmp_path / "mosquitto"), Victoria(tmp_path / "victoria")
    broker.start()
    database.start()
    port = free_port()
    worker = ingest_command(
        "--broker", f"127.0.0.1:{broker.port}", "--influx", database.url, "--bucket", "b", "--metrics-port", str(port)
    )
    outbox = MemoryOutbox()
    config = UplinkConfig(host="127.0.0.1", port=broker.port)

    async def none(command: bytes) -> bytes:
        return b""

    uplink = Uplink(config, Topics("songyang", "no3-middle"), store, outbox, dict, clock, none)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(uplink.run())
            await until("the broker", lambda: uplink.state().connected)
            began, waited, told = time.monotonic(), [], []
            before = backlog = store.backlog(wire.DEST)
            while store.backlog(wire.DEST) > 0 and time.monotonic() - began < 400:
                frames = [(store.append(lines, True), lines) for lines in second(chance, values, int(time.time() * 1000))]
                for (boot, seq), lines in frames:
                    uplink.live(Frame(boot, seq, seq, lines))
                outbox.bodies.append(b'{"seq":%d}' % (len(outbox.bodies) + 1))
                uplink.committed()
                made += POINTS
                mine, at = frames[-1][0], time.monotonic()
                while time.monotonic() - at < 1.0:
                    await asyncio.sleep(0.02)
                    if len(told) < len(outbox.bodies) == outbox.last:
                        told.append(time.monotonic() - at)
                    if len(waited) < len(outbox.bodies) and not store._ledger.missing(wire.DEST)[mine[0]].within(
                        mine[1], mine[1]
                    ):
                        waited.append(time.monotonic() - at)
                if len(outbox.bodies) % ROW == 0:
                    await store.flush()
                    backlog = store.backlog(wire.DEST)
                    if backlog < 400:
                        break
            took = time.monotonic() - began
            drained = (before - backlog) * FRAME
            await until("the rest", lambda: store.backlog(wire.DEST) < 200)
            await store.flush()
            await until("all of it", lambda: store.backlog(wire.DEST) == 0)
            await uplink.stop()
            await running
        rate, live, events = drained / took, sorted(waited), sorted(told)
        print(
            f"drain: {drained} readings in {took:.0f} s beside {POINTS}/s live = {rate:.0f}/s, {rate / POINTS:.0f} x real time; 72 h in "
            f"{72 * 3600 * POINTS / rate / 3600:.1f} h. Live confirmed within the second: {len(live)} of {len(outbox.bodies)}, "
            f"p99 {live[int(len(live) * 0.99)] if live else float('nan'):.2f} s; events: {len(events)} of {len(outbox.bodies)}, "
            f"worst {events[-1] if events else float('nan'):.2f} s"
        )
        assert 72 * POINTS / rate <= 6, "hours"
        assert len(live) > 0.9 * len(outbox.bodies) and len(events) > 0.9 * len(outbox.bodies), (
            "within a second, asked were five"
        )
        database.flush()
        await until("every reading", lambda: len(read_points("vm", database.url, site="no3-middle")) == made)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        broker.kill()
        database.kill()
        await store.close(60.0)
