"""D17: what happens to the way of the readings, each fault alone and in pairs. Real mosquitto, InfluxDB 1.6, proxies between.

Each fault is a context: it breaks something on entry, mends it on exit, and says whether the box itself can notice. In it and
after it frames are made; at the end every one of them is in the database once and confirmed.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from stream_box import Box, Spawn, TestClock, until
from stream_daemons import Mosquitto
from stream_proxies import HttpProxy, Pipe

from gateway.stream import client as client_module
from gateway.stream import ingest as ingest_module
from gateway.stream.client import LinkOptions
from gateway.stream.influx import V1Writer, read_points
from gateway.stream.ingest import Ingest

PAIRS = 15


@dataclass
class World:
    """A box → pipe → broker → worker → proxy → database."""

    box: Box
    ingest: Ingest
    pipe: Pipe
    broker: Mosquitto
    proxy: HttpProxy
    database: tuple[str, str]
    monkeypatch: pytest.MonkeyPatch

    def connected(self) -> bool:
        return self.box.uplink.state().connected and self.ingest._link.up

    async def frames(self, count: int) -> None:
        for _ in range(count):
            self.box.frame()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def broker_killed_after_puback(world: World) -> AsyncIterator[bool]:
    """It has acknowledged and forgets; it comes back with its stock configuration."""
    world.broker.kill()
    yield True
    world.broker.start()


@asynccontextmanager
async def half_open(world: World) -> AsyncIterator[bool]:
    """The line swallows everything and says nothing: only the keep-alive can tell."""
    world.pipe.swallow = True
    yield True
    world.pipe.swallow = False
    world.pipe.cut()  # what a firewall forgot stays forgotten


@asynccontextmanager
async def reset(world: World) -> AsyncIterator[bool]:
    world.pipe.refuse = True
    world.pipe.cut()
    yield True
    world.pipe.refuse = False


def _no_way(error: OSError) -> Callable[[World], AsyncIterator[bool]]:
    """No connection is made at all: a name that is not found, a certificate whose time is over."""

    def refused(*_: object) -> None:
        raise error

    @asynccontextmanager
    async def refusing(world: World) -> AsyncIterator[bool]:
        with world.monkeypatch.context() as patch:
            patch.setattr(client_module, "_connect", refused)
            world.pipe.cut()
            yield True
        await until("a worker", lambda: world.ingest._link.up)

    return refusing  # type: ignore[return-value]


def _database(status: int) -> Callable[[World], AsyncIterator[bool]]:
    @asynccontextmanager
    async def refusing(world: World) -> AsyncIterator[bool]:
        world.proxy.verdict = lambda body: status
        yield False
        world.proxy.verdict = lambda body: None

    return refusing  # type: ignore[return-value]


@asynccontextmanager
async def worker_gone(world: World) -> AsyncIterator[bool]:
    """Nobody subscribes for a while."""
    real = world.ingest._link._options
    world.ingest._link._options = LinkOptions("127.0.0.1", 9, "nobody", manual_ack=True)
    if world.ingest._link._client is not None:
        client_module.close(world.ingest._link._client)
    yield False
    world.ingest._link._options = real


@asynccontextmanager
async def clock_of_1970(world: World) -> AsyncIterator[bool]:
    """The wall clock jumps; timers count on the other one."""
    world.box.clock.wall_skip = -56 * 365 * 86_400_000
    yield False
    world.box.clock.wall_skip = 0


@asynccontextmanager
async def clock_of_2040(world: World) -> AsyncIterator[bool]:
    world.box.clock.wall_skip = 14 * 365 * 86_400_000
    yield False
    world.box.clock.wall_skip = 0


FAULTS: dict[str, Callable[[World], object]] = {
    "broker -9 after PUBACK": broker_killed_after_puback,
    "half-open": half_open,
    "reset": reset,
    "no DNS": _no_way(OSError(-2, "Name or service not known")),
    "certificate expired": _no_way(ssl.SSLCertVerificationError(1, "certificate verify failed: certificate has expired")),
    "database 503": _database(503),
    "database 401": _database(401),
    "database 404": _database(404),
    "worker gone": worker_gone,
    "clock 1970": clock_of_1970,
    "clock 2040": clock_of_2040,
}
ALL_PAIRS = list(itertools.combinations(FAULTS, 2))


@pytest.fixture
async def world(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(ingest_module, "_BACKOFF", (0.1,))
    monkeypatch.setattr(client_module, "_KEEPALIVE", 2)
    url, db = influx
    proxy = HttpProxy(url, lambda body: None)
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), V1Writer(proxy.url, db), TestClock())
    async with Pipe(broker.port) as pipe:
        box = Box(pipe.port)
        spawn(ingest.run())
        spawn(box.uplink.run())
        made = World(box, ingest, pipe, broker, proxy, influx, monkeypatch)
        await until("both connections", made.connected)
        yield made
    proxy.close()


async def suffer(world: World, faults: list[str]) -> None:
    await world.frames(5)
    async with AsyncExitStack() as stack:
        wanted = [await stack.enter_async_context(FAULTS[name](world)) for name in faults]  # type: ignore[arg-type]
        await world.frames(15)
        if any(wanted):
            await until("the box says what is wrong", lambda: world.box.uplink.state().problem)
        if any("database" in name for name in faults) and world.connected():
            await until("the worker says it", lambda: world.ingest.state.problem or not world.ingest.state.waiting)
        world.box.clock.skip += 3 * 3_600_000  # hours of it
        await world.frames(5)
    await until("both connections again", world.connected)
    await world.frames(5)
    world.box.clock.skip += 31_000  # what the broker acknowledged and forgot is due again
    await until("every receipt", lambda: not world.box.store.open)
    assert read_points("v1", *world.database) == sorted(world.box.store.ledger), "each once"
    assert not world.box.store.refusals


@pytest.mark.parametrize("fault", FAULTS)
async def test_d17_each_fault_of_the_stream_alone(world: World, fault: str) -> None:
    await suffer(world, [fault])


@pytest.mark.soak
@pytest.mark.parametrize("pair", Random(2026).sample(ALL_PAIRS, PAIRS), ids=" + ".join)
async def test_d17_pairs_of_faults_of_the_stream(world: World, pair: tuple[str, str]) -> None:
    await suffer(world, list(pair))


async def test_d17_a_database_away_for_hours_is_caught_up_with(world: World) -> None:
    world.proxy.verdict = lambda body: 503
    await world.frames(30)
    for _ in range(6 * 60):  # six hours, a minute at a time
        world.box.clock.skip += 60_000
        await world.frames(1)
    world.proxy.verdict = lambda body: None
    await until("every receipt", lambda: not world.box.store.open)
    assert read_points("v1", *world.database) == sorted(world.box.store.ledger)


def test_every_pair_is_possible(tmp_path: Path) -> None:
    assert len(set(Random(2026).sample(ALL_PAIRS, PAIRS))) == PAIRS
