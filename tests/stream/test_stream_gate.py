"""A worker's memory is bounded by itself, whatever the broker hands out: flooded through a real mosquitto before a slow database."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest
from stream_box import Spawn, TestClock, until
from stream_daemons import Mosquitto

from gateway.stream import gate as gate_module
from gateway.stream import wire
from gateway.stream.client import RECEIVE, LinkOptions
from gateway.stream.gate import Gate, NoRoom
from gateway.stream.influx import Retry
from gateway.stream.ingest import Ingest
from gateway.stream.link import Link, Message
from gateway.stream.wire import Topics

FLOOD = 1000


def reading(seq: int) -> tuple[str, bytes]:
    """Topic and payload of one message, each of a box of its own."""
    line = f"temperature,district=songyang,site=no{seq},device=d,point=d/t value=1,quality=0i 1760000000000000000\n"
    return Topics("songyang", f"no{seq}").of("readings"), wire.readings_payload("b", 1, 1, line.encode())


class SlowDatabase:
    """Takes 50 ms a write, and notes how many messages wait in the worker meanwhile; away while `away` is set."""

    def __init__(self) -> None:
        self.worker: Ingest | None = None
        self.away = threading.Event()
        self.most = self.oldest = 0.0

    def write(self, lines: bytes) -> None:
        time.sleep(0.05)
        assert self.worker is not None
        state = self.worker.figures()
        self.most, self.oldest = max(self.most, state.waiting), max(self.oldest, state.oldest_seconds)
        if self.away.is_set():
            raise Retry("503")


async def flooding(
    broker: Mosquitto, spawn: Spawn, worker: Ingest, topics: Sequence[str] = (), heard: list[Message] | None = None
) -> Link:
    """The worker at work, and somebody connected to send it readings."""
    spawn(worker.run())
    far = Link(LinkOptions("127.0.0.1", broker.port, "far", expiry=0), topics, [].append if heard is None else heard.append)
    spawn(far.run())
    await until("both", lambda: far.up and worker.state.connected)
    return far


@pytest.mark.parametrize("group", ["", "g"])
async def test_what_waits_in_a_worker_is_bounded_while_a_slow_database_takes_it(
    broker: Mosquitto, spawn: Spawn, group: str
) -> None:
    """mosquitto 2.0.11 forgets the Receive Maximum as soon as one message is acknowledged."""
    database = SlowDatabase()
    options = LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True, expiry=0 if group else 3600)
    worker = database.worker = Ingest(options, database, TestClock(), group=group)
    told: list[Message] = []
    far = await flooding(broker, spawn, worker, ["campus/v1/+/+/receipt"], told)
    for seq in range(FLOOD):
        far.publish(*reading(seq))
    await until("half of it stored", lambda: worker.state.lines >= FLOOD / 2)
    assert len(told) > FLOOD / 4, "receipts do not wait behind what the broker has handed out"
    await until("all stored, all told", lambda: worker.state.lines == FLOOD == len(told))
    assert RECEIVE / 2 < database.most <= RECEIVE
    assert database.oldest > 0.05 and worker.figures().oldest_seconds == 0


async def test_a_database_that_hangs_costs_a_connection_and_no_message(
    broker: Mosquitto, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that floods us meanwhile would cut a silent connection: the worker ends it first, and says why."""
    monkeypatch.setattr(gate_module, "PATIENCE", 0.5)
    database = SlowDatabase()
    worker = database.worker = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), database, TestClock())
    far, seen = await flooding(broker, spawn, worker), list[str]()
    for seq in range(FLOOD):
        far.publish(*reading(seq))
    await until("a first batch", lambda: worker.state.lines)
    database.away.set()
    await until("a connection given up", lambda: seen.append(worker._link.problem) or "than was agreed" in seen[-1])
    assert worker.state.waiting <= RECEIVE
    database.away.clear()
    await until("the rest again", lambda: worker.state.lines >= FLOOD)
    assert database.most <= RECEIVE


def test_the_gate_lets_in_as_many_as_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "PATIENCE", 0.01)
    gate = Gate(2)
    gate.enter()
    gate.enter()
    with pytest.raises(NoRoom, match="agreed"):
        gate.enter()
    gate.leave()
    gate.enter()


async def test_a_message_at_qos_0_is_taken_and_not_answered(broker: Mosquitto, spawn: Spawn) -> None:
    """Answering it with number 0 is an error of protocol: one strange box would cut the worker of a whole county off."""
    database = SlowDatabase()
    worker = database.worker = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), database, TestClock())
    far = await flooding(broker, spawn, worker)
    assert far._client is not None
    far._client.publish(*reading(1), qos=0)
    await until("it", lambda: worker.state.lines == 1)
    for seq in range(2, 4):
        far.publish(*reading(seq))
    await until("the next", lambda: worker.state.lines == 3)
    assert worker._link.session == 1, "the same connection"
