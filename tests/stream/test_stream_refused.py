"""GB 26875.1 ch. 4: a report that fails is told. Events that a real broker refuses: an access list, sizes; and the shipped rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from stream_box import Box, Spawn, until
from stream_daemons import Mosquitto

from gateway.stream import outgoing
from gateway.stream.client import LinkOptions
from gateway.stream.link import Link, Message


def events(box: Box, *sizes: int) -> None:
    for size in sizes:
        box.outbox.bodies.append(b'{"pad":"%s"}' % (b"x" * size))
    box.uplink.committed()


async def joined(broker: Mosquitto, spawn: Spawn) -> tuple[Box, list[Message]]:
    """A box on this broker, and the events that somebody far away gets of it."""
    got: list[Message] = []
    far = Link(LinkOptions("127.0.0.1", broker.port, "far", expiry=0), ["campus/v1/+/+/events"], got.append)
    spawn(far.run())
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("both", lambda: far.up and box.uplink.state().connected)
    return box, got


@pytest.mark.parametrize("limit", ["max_packet_size 2000", "message_size_limit 2000"])
async def test_an_event_larger_than_the_broker_takes_holds_up_nothing(limit: str, tmp_path: Path, spawn: Spawn) -> None:
    """mosquitto says the first with its CONNACK; for the second it only ends the connection. The event is shown with the reason."""
    broker = Mosquitto(tmp_path / "small", limit)
    broker.start()
    try:
        box, got = await joined(broker, spawn)
        events(box, 10, 5000, 11)
        await until("the others", lambda: len(got) == 2)
        await until("it is told", lambda: box.uplink.state().events_refused == 1)
        await until("nothing waits", lambda: box.outbox.last == 3)
        assert "消息太大" in box.uplink.state().why
        assert [(seq, len(body)) for seq, body, _ in await box.uplink.refused_events()] == [(2, 5010)]
        assert (box.uplink._link.session == 1) == limit.startswith("max")
        box.frame()
        await until("readings go as ever", lambda: box.uplink._readings._open == 0 and box.uplink.state().connected)
    finally:
        broker.kill()


async def test_events_that_the_access_list_forbids_arrive_when_it_is_mended(
    tmp_path: Path, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "_TICK", 0.1)
    monkeypatch.setattr(outgoing, "_REFUSED", (0.1, 0.1))
    monkeypatch.setattr(outgoing, "_BROKEN", (0.1, 0.1))  # mosquitto 2.0.11 ends some connections right after its no
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write campus/v1/+/+/status\n")
    broker = Mosquitto(tmp_path / "guarded", f"acl_file {acl}")
    broker.start()
    try:
        box, got = await joined(broker, spawn)
        events(box, *range(1, 6))
        await until("it is told", lambda: box.uplink.state().events_refused == 5)
        assert box.uplink.state().why == outgoing.BREAKS or "Not authorized" in box.uplink.state().why
        assert not got
        acl.write_text("topic readwrite #\n")
        assert broker.process is not None
        broker.process.send_signal(1)  # SIGHUP: read the list again
        await until("all of them", lambda: len({m.payload for m in got}) == 5 and not box.uplink.state().events_refused)
    finally:
        broker.kill()
