"""The uplink against a real mosquitto, the test playing the far side over a client of its own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from stream_box import Box, Spawn, until
from stream_daemons import Mosquitto
from stream_proxies import OldBroker

from gateway.stream import link as link_module
from gateway.stream import readings_lane as lane_module
from gateway.stream import wire
from gateway.stream.client import Callbacks, LinkOptions, Signal
from gateway.stream.link import Link, Message
from gateway.stream.wire import Receipt, Refusal

BACKWARDS = b'{"v":1,"dest":"influx","lane":"readings","boot":"b1","ranges":[[2,1]]}'


class Far:
    """A plain MQTT client that keeps what it sees."""

    def __init__(self, port: int, *topics: str) -> None:
        self.seen: list[Message] = []
        self.link = Link(LinkOptions("127.0.0.1", port, "far", expiry=0), topics or ("campus/v1/#",), self.seen.append)

    def payloads(self, leaf: str) -> list[bytes]:
        return [m.payload for m in self.seen if m.topic.endswith(f"/{leaf}")]

    def frames(self) -> list[tuple[int, int]]:
        return [(batch.a, batch.b) for batch in map(wire.parse_readings, self.payloads("readings"))]

    def confirm(self, box: Box, *ranges: tuple[int, int], refused: tuple[Refusal, ...] = (), dest: str = wire.DEST) -> None:
        self.link.publish(box.topics.of("receipt"), wire.receipt_payload(Receipt(dest, box.store.boot, ranges, refused)))


@pytest.fixture
async def far(broker: Mosquitto, spawn: Spawn) -> Far:
    far = Far(broker.port)
    spawn(far.link.run())
    await until("the far side", lambda: far.link.up)
    return far


async def started(box: Box, spawn: Spawn) -> asyncio.Task[None]:
    task = spawn(box.uplink.run())
    await until("the uplink", lambda: box.uplink.state().connected or task.done())
    return task


async def test_a_live_frame_goes_as_it_is_and_only_a_receipt_confirms_it(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    await started(box, spawn)
    frame = box.frame()
    await until("the frame", lambda: far.frames() == [(1, 1)])
    assert far.payloads("readings") == [b"# boot=b1 seq=1\n" + frame.lines]
    await until("its PUBACK", lambda: box.uplink._link.in_flight == 0)
    assert box.uplink.state().backlog == 1
    assert box.uplink.state().last_receipt is None
    far.confirm(box, (1, 1), dest="elsewhere")
    far.confirm(box, (1, 1), refused=(Refusal(1, "a line", "why"),))
    await until("the receipt", lambda: box.store.confirmed == [(1, 1)])
    assert box.store.refusals == [Refusal(1, "a line", "why")]
    state = box.uplink.state()
    assert (state.backlog, state.refused, state.connected) == (0, 1, True)
    assert state.last_receipt is not None


async def test_d2_without_a_receipt_the_frame_is_sent_again_from_the_store(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    await started(box, spawn)
    box.frame()
    box.frame()
    await until("both frames", lambda: far.frames() == [(1, 1), (2, 2)])
    box.clock.skip += 30_001
    await until("the resend", lambda: far.frames()[2:] == [(1, 1)])
    far.confirm(box, (1, 1))
    await until("the other one", lambda: far.frames()[3:] == [(2, 2)])


async def test_puback_mode_confirms_on_puback(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port, confirm="puback")
    await started(box, spawn)
    box.frame()
    await until("the PUBACK", lambda: box.store.confirmed == [(1, 1)])


async def test_what_went_to_nobody_is_sent_again_soon_and_not_confirmed(broker: Mosquitto, spawn: Spawn) -> None:
    """A broker that forgot its sessions acknowledges readings before the consumer is back."""
    box = Box(broker.port, confirm="puback")
    await started(box, spawn)
    box.frame()
    await until("its PUBACK", lambda: box.uplink._link.in_flight == 0)
    assert not box.store.confirmed
    far = Far(broker.port)
    spawn(far.link.run())
    await until("the frame", lambda: far.frames() == [(1, 1)])
    await until("the PUBACK", lambda: box.store.confirmed == [(1, 1)])


async def test_backlog_drains_one_row_at_a_time_and_live_frames_overtake_it(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port, row=25)
    for _ in range(1000):
        box.store.append()
    await started(box, spawn)
    await until("the first row", lambda: far.frames() == [(1, 25)])
    box.frame()
    await until("the live frame", lambda: far.frames() == [(1, 25), (1001, 1001)])
    far.confirm(box, (1001, 1001))
    await until("its receipt, which makes room", lambda: (1001, 1001) in box.store.confirmed)
    await asyncio.sleep(0)
    box.frame()
    await until("the next live frame, no second row", lambda: far.frames() == [(1, 25), (1001, 1001), (1002, 1002)])
    far.confirm(box, (1, 25), (1002, 1002))
    for a in range(26, 1000, 25):
        await until("the next row", lambda a=a: far.frames()[-1] == (a, a + 24))  # type: ignore[misc]
        far.confirm(box, (a, a + 24))
    await until("the last receipt", lambda: not box.store.open)
    assert far.frames()[3:] == [(a, a + 24) for a in range(26, 1000, 25)]


async def test_live_frames_stop_at_the_window_and_the_rest_goes_together(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port, row=100)
    await started(box, spawn)
    for n in range(1, 31):
        box.frame()
        await until("its PUBACK", lambda: box.uplink._link.in_flight == 0)
        await until("the frame", lambda n=n: n > 20 or far.frames()[-1:] == [(n, n)])  # type: ignore[misc]
    assert far.frames() == [(n, n) for n in range(1, 21)]
    far.confirm(box, (1, 20))
    await until("the rest", lambda: far.frames()[20:] == [(21, 30)])


async def test_frames_of_one_moment_go_in_two_messages(
    broker: Mosquitto, far: Far, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first at once, the others together: the lines of a school answer at the same time."""
    monkeypatch.setattr(lane_module, "GATHER", 0.2)
    box = Box(broker.port)
    await started(box, spawn)
    for _ in range(8):
        box.frame()
    await until("both", lambda: far.frames() == [(1, 1), (2, 8)])
    far.confirm(box, (1, 8))
    await until("the receipt", lambda: not box.store.open)


async def test_d6_events_find_room_while_readings_wait_for_the_broker(
    broker: Mosquitto, far: Far, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that acknowledges nothing for a while: readings leave room in the line for events."""
    monkeypatch.setattr(Callbacks, "published", lambda self, *args: Signal("ignored"))
    monkeypatch.setattr(lane_module, "GATHER", 0.0)
    box = Box(broker.port)
    await started(box, spawn)
    for _ in range(40):
        box.frame()
        await asyncio.sleep(0)
    box.outbox.bodies = [b'{"seq":1}']
    box.uplink.committed()
    await until("the event", lambda: far.payloads("events") == [b'{"seq":1}'])
    assert len(far.frames()) == lane_module.OPEN < 20, "20 are what mosquitto allows in flight"


async def test_while_nobody_confirms_the_broker_is_not_filled_with_copies(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    await started(box, spawn)
    box.frame()
    await until("the frame", lambda: far.frames() == [(1, 1)])
    for hour in range(3):
        box.clock.skip += 31_000
        await until("one more copy", lambda n=hour: len(far.frames()) == n + 2)  # type: ignore[misc]
        box.frame()
    assert set(far.frames()) == {(1, 1)}, "what is made meanwhile stays in the store"
    far.confirm(box, (1, 3))
    await until("the lane is open again", lambda: far.frames()[-1] == (4, 4))
    box.frame()
    await until("live again", lambda: far.frames()[-1] == (5, 5))


async def test_a_message_is_no_larger_than_the_broker_takes(tmp_path: Path, spawn: Spawn) -> None:
    """MQTT 5 brokers say so; one that only cuts the connection is found out by halving."""
    small = Mosquitto(tmp_path / "small", "max_packet_size 20000")
    small.start()
    try:
        far = Far(small.port)
        spawn(far.link.run())
        box = Box(small.port, row=500)
        for _ in range(200):
            box.store.append()
        await started(box, spawn)
        assert box.uplink._link.most == 20_000
        while box.store.open:
            seen = len(far.frames())
            await until("a piece", lambda n=seen: len(far.frames()) > n)  # type: ignore[misc]
            box.store.confirm(wire.DEST, "b1", far.frames())
            far.confirm(box, *far.frames())
        assert box.uplink._link.session == 1 and not box.uplink._link.refusal, "none was even tried"
        assert max(len(p) for p in far.payloads("readings")) > 10_000
    finally:
        small.kill()


async def test_d17_a_session_given_to_another_client_twice_is_a_second_box(
    broker: Mosquitto, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MQTT 5 brokers say so with reason 0x8E, which mosquitto 2.0.11 leaves out: here it is put in."""
    cut = Callbacks.disconnected
    reason = ReasonCode(PacketTypes.DISCONNECT, identifier=0x8E)
    monkeypatch.setattr(Callbacks, "disconnected", lambda self, c, u, f, r, p: cut(self, c, u, f, reason, p))
    box = Box(broker.port)
    await started(box, spawn)
    for session in (1, 2):
        assert not box.uplink.state().twin
        other = Link(LinkOptions("127.0.0.1", broker.port, box.uplink._link._options.client_id), [], lambda message: None)
        task = spawn(other.run())
        await until("the takeover", lambda n=session: box.uplink._link.takeovers == n)  # type: ignore[misc]
        task.cancel()
        await until("connected again", lambda n=session: box.uplink.state().connected and box.uplink._link.session > n)  # type: ignore[misc]
    assert box.uplink.state().twin
    box.clock.skip += 900_001
    assert not box.uplink.state().twin, "told while it lasts"


async def test_what_the_far_side_says_of_twins(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    await started(box, spawn)
    box.frame()
    for twins, seen in ((("x", "y"), False), (("x", "b1"), True)):
        receipt = Receipt(wire.DEST, "b1", ((len(box.store.confirmed) + 1,) * 2,), twins=twins)
        before = box.uplink.state().last_receipt
        far.link.publish(box.topics.of("receipt"), wire.receipt_payload(receipt))
        box.frame()
        await until("the receipt", lambda t=before: box.uplink.state().last_receipt != t)  # type: ignore[misc]
        assert box.uplink.state().twin == seen


async def test_events_go_in_order_once_each_and_the_outbox_learns_the_last(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    box.outbox.bodies = [b'{"seq":%d}' % n for n in range(1, 151)]
    box.outbox.last = 10
    await started(box, spawn)
    await until("the old events", lambda: box.outbox.last == 150)
    await until("them all", lambda: far.payloads("events") == [b'{"seq":%d}' % n for n in range(11, 151)])
    box.outbox.bodies.append(b'{"seq":151}')
    box.uplink.committed()
    await until("the new one", lambda: box.outbox.last == 151)
    assert far.payloads("events")[-1] == b'{"seq":151}'


async def test_a_hung_journal_does_not_hold_up_readings(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)

    async def hang(since: int, limit: int) -> list[tuple[int, bytes]]:
        await asyncio.Event().wait()
        return []

    box.outbox.events = hang  # type: ignore[method-assign]
    await started(box, spawn)
    box.frame()
    await until("the frame", lambda: far.frames() == [(1, 1)])
    far.confirm(box, (1, 1))
    await until("the receipt", lambda: box.store.confirmed == [(1, 1)])


async def test_alarm_pictures_are_retained_emptied_and_put_right_on_connect(broker: Mosquitto, spawn: Spawn) -> None:
    box = Box(broker.port)
    box.outbox.open_alarms = {"no3-7": b'{"v":1}', "no3-5": b""}
    first = Far(broker.port)
    first.link.publish("x", b"")
    task = spawn(first.link.run())
    await until("the far side", lambda: first.link.up)
    first.link.publish(box.topics.alarm("no3-5"), b"old", retain=True)
    await started(box, spawn)
    await until("the picture", lambda: b'{"v":1}' in first.payloads("alarm/no3-7"))
    box.uplink.alarm("no3-8", b'{"v":1,"n":8}')
    box.uplink.alarm("no3-9", b'{"v":1,"n":9}')
    box.uplink.alarm("no3-9", b"")
    await until("the emptying", lambda: b"" in first.payloads("alarm/no3-9"))
    task.cancel()
    late = Far(broker.port)
    spawn(late.link.run())
    await until("what is retained", lambda: len(late.seen) >= 3)
    kept = {m.topic: m.payload for m in late.seen}
    assert kept.pop(box.topics.of("status"))
    assert kept == {box.topics.alarm("no3-7"): b'{"v":1}', box.topics.alarm("no3-8"): b'{"v":1,"n":8}'}


async def test_status_is_retained_and_the_will_says_offline(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    task = await started(box, spawn)
    await until("the status", lambda: far.payloads("status"))
    assert json.loads(far.payloads("status")[0]) == {"v": 1, "online": True, "version": "test"}
    task.cancel()
    await until("the will", lambda: json.loads(far.payloads("status")[-1]) == {"v": 1, "online": False})


async def test_stop_says_offline_and_ends_run(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    task = await started(box, spawn)
    await until("the status", lambda: far.payloads("status"))
    await box.uplink.stop()
    async with asyncio.timeout(60):
        await task
    await until("the goodbye", lambda: b'{"v":1,"online":false}' in far.payloads("status"))


async def test_a_command_is_handed_on_and_answered_a_retained_one_is_not(broker: Mosquitto, far: Far, spawn: Spawn) -> None:
    box = Box(broker.port)
    far.link.publish(box.topics.of("command"), b"retained", retain=True)
    await started(box, spawn)
    far.link.publish(box.topics.of("command"), b'{"v":1,"verb":"note"}')
    await until("the reply", lambda: far.payloads("reply"))
    assert far.payloads("reply") == [b'{"v":1,"reply":true}']
    assert box.commands == [b'{"v":1,"verb":"note"}']


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"\xff", b'{"v":1,"dest":"influx","lane":"readings","boot":"b1","ranges":[[2,1]]}']
)
async def test_a_broken_receipt_is_ignored(broker: Mosquitto, far: Far, spawn: Spawn, payload: bytes) -> None:
    box = Box(broker.port)
    await started(box, spawn)
    box.frame()
    far.link.publish(box.topics.of("receipt"), payload)
    far.confirm(box, (1, 1))
    await until("the good receipt", lambda: box.store.confirmed == [(1, 1)])


async def test_an_exception_in_a_callback_restarts_the_client(
    broker: Mosquitto, far: Far, spawn: Spawn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    healthy, broken = Callbacks.message, [True]

    def message(self: Callbacks, *args: Any) -> Signal:
        if broken and args[2].payload == b"poison":
            broken.clear()
            raise RuntimeError("a bug")
        return healthy(self, *args)

    monkeypatch.setattr(Callbacks, "message", message)
    box = Box(broker.port)
    await started(box, spawn)
    far.link.publish(box.topics.of("receipt"), b"poison")
    await until("a new connection", lambda: box.uplink._link.session == 2 and box.uplink.state().connected)
    assert "RuntimeError: a bug" in caplog.text
    box.frame()
    await until("the frame", lambda: far.frames() == [(1, 1)])
    far.confirm(box, (1, 1))
    await until("the receipt", lambda: box.store.confirmed == [(1, 1)])


async def test_a_dead_client_thread_is_noticed(broker: Mosquitto, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "_LOOK", 0.1)
    monkeypatch.setattr(Callbacks, "alive", property(lambda self: False))
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("a second connection", lambda: box.uplink._link.session >= 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x20\x03\x00\x84\x00",  # MQTT 5 CONNACK: unsupported protocol version
        b"\x20\x02\x00\x01",  # MQTT 3.1.1 CONNACK: unacceptable protocol version
        b"",  # closed without a word
    ],
    ids=["v5-refusal", "v3-refusal", "closed"],
)
async def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1(broker: Mosquitto, far: Far, spawn: Spawn, answer: bytes) -> None:
    async with OldBroker(broker.port, answer) as door:
        box = Box(door.port)
        await started(box, spawn)
        assert door.refused
        box.frame()
        await until("the frame", lambda: far.frames() == [(1, 1)])
        far.confirm(box, (1, 1))
        await until("the receipt", lambda: box.store.confirmed == [(1, 1)])


async def test_no_broker_at_start_is_said_and_waited_out(broker: Mosquitto, spawn: Spawn) -> None:
    broker.kill()
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("the problem", lambda: "cannot connect" in box.uplink.state().problem)
    box.frame()
    broker.start()
    far = Far(broker.port)
    spawn(far.link.run())
    await until("the frame", lambda: (1, 1) in far.frames())
    assert box.uplink.state().problem == ""


def test_a_setting_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="receipt or puback"):
        Box(1, confirm="maybe")
