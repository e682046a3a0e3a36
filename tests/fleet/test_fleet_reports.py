"""A broker of MQTT 3.1.1 acknowledges what its access list throws away: the box and the bureau both find out, and both are told."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from stream_box import MemoryOutbox, MemoryStore, Spawn, TestClock, until
from stream_daemons import Mosquitto

from alerts.model import Scalar
from alerts.plant import Plant
from drivers.reading import Reading
from gateway.fleet import gaps
from gateway.fleet import task as fleet_task
from gateway.fleet.task import Fleet
from gateway.site import School, UplinkConfig
from gateway.store import chain
from gateway.store.canonical import canonical
from gateway.stream import outgoing
from gateway.stream import uplink as box_side
from gateway.stream.client import V5, V311, Fate, LinkOptions, Version
from gateway.stream.link import Link
from gateway.stream.uplink import Uplink
from gateway.stream.wire import Topics, parse_receipt

BUREAU = "topic read campus/#\ntopic write campus/v1/+/+/receipt\ntopic write campus/v1/+/+/status\n"
EVENTS, PICTURES = "topic write campus/v1/+/+/events\n", "topic write campus/v1/+/+/alarm/#\n"


class Pair:
    """A box's uplink and a bureau's fleet over one broker with an access list."""

    def __init__(self, folder: Path, version: Version, allowed: str) -> None:
        self.acl = folder / "acl"
        self.acl.write_text(BUREAU + allowed)
        self.broker = Mosquitto(folder / "mosquitto", f"acl_file {self.acl}")
        self.broker.start()
        config = UplinkConfig(host="127.0.0.1", port=self.broker.port)
        self.clock, self.outbox, self.readings, self.heads = TestClock(), MemoryOutbox(), list[Reading](), [chain.GENESIS]
        self.box = Uplink(config, Topics("town", "no1"), MemoryStore(), self.outbox, self.status, self.clock, self._command)
        self.box._link._version = version
        plant = Plant("ju", "局", "局", "Asia/Shanghai", {}, {}, {}, {}, (), {}, (), {})
        schools = [School("no1", "town", "一中", "一中")]
        self.fleet = Fleet(config, plant, schools, (), folder, self.clock, emit=self.readings.extend, system=self._system,
                           note=self._note, show=lambda rows: None)  # fmt: skip

    async def _command(self, payload: bytes) -> bytes:
        return b""

    async def _system(self, kind: str, point: str, active: bool, evidence: Mapping[str, Scalar]) -> None:
        pass

    async def _note(self, kind: str, args: dict[str, Scalar]) -> None:
        pass

    def event(self) -> None:
        body = canonical({"v": 1, "seq": len(self.heads), "kind": "noted", "alarm": "", "args": {}})
        self.heads.append(chain.link(self.heads[-1], body))
        self.outbox.bodies.append(body)
        self.box.committed()

    def status(self) -> dict[str, object]:
        said = {"seq": len(self.heads) - 1, "head": self.heads[-1].hex(), "open": len(self.outbox.open_alarms)}
        return {**said, "clock_ok": True, "wall": self.clock.now().wall}

    def late(self) -> float:
        return next((r.value or 0.0 for r in reversed(self.readings) if r.point == "no1/late"), 0.0)

    def mend(self) -> None:
        self.acl.write_text(BUREAU + EVENTS + PICTURES)
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGHUP)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_side, "STATUS_EVERY", 0.1)
    monkeypatch.setattr(outgoing, "_TICK", 0.1)
    monkeypatch.setattr(fleet_task, "ASK_AGAIN", 0)


async def test_events_that_a_3_1_1_broker_throws_away_are_told_on_both_sides_until_they_arrive(
    tmp_path: Path, spawn: Spawn, quick: None
) -> None:
    pair = Pair(tmp_path, V311, "")
    try:
        pair.event()
        spawn(pair.fleet.run())
        spawn(pair.box.run())
        await until("the chain begins at the first status", lambda: pair.fleet.rows()["no1"]["seq"] == 1)
        assert pair.box.state().events_refused == 0
        pair.event()
        await until("acknowledged", lambda: pair.outbox.last == 2)
        await until("the box knows", lambda: pair.box.state().events_refused == 1)
        assert pair.box.state().why == outgoing.SWALLOWED and pair.fleet.rows()["no1"]["behind"] == 1
        await until("so does the bureau", lambda: pair.late() > 0.2)
        pair.clock.skip += 120_000
        assert pair.fleet.rows()["no1"]["late"]
        pair.mend()
        await until("it is here", lambda: pair.fleet.rows()["no1"]["seq"] == 2)
        await until("the end of it", lambda: pair.late() == 0 and pair.box.state().events_refused == 0)
        assert not pair.fleet.rows()["no1"]["late"] and pair.box.state().why == ""
    finally:
        pair.broker.kill()


async def test_a_picture_of_an_alarm_that_is_refused_is_told_and_goes_again(tmp_path: Path, spawn: Spawn, quick: None) -> None:
    """The bureau rings by these pictures: a list that forgets them hides a fire."""
    pair = Pair(tmp_path, V5, EVENTS)
    try:
        spawn(pair.fleet.run())
        spawn(pair.box.run())
        pair.event()
        await until("heard", lambda: pair.fleet.rows()["no1"]["seq"] == 1)
        pair.outbox.open_alarms = {"no1-1": b'{"v":1,"id":"no1-1","state":"unacked","severity":7}'}
        pair.box.alarm("no1-1", pair.outbox.open_alarms["no1-1"])
        await until("the box knows", lambda: pair.box.state().events_refused == 1)
        await until("so does the bureau", lambda: pair.late() > 0.2)
        pair.mend()
        await until("it is shown", lambda: pair.fleet.rows()["no1"]["open"] == 1)
        await until("the end of it", lambda: pair.late() == 0 and pair.box.state().events_refused == 0)
    finally:
        pair.broker.kill()


async def test_pictures_that_are_not_the_boxs_open_alarms_are_put_right(tmp_path: Path, spawn: Spawn, quick: None) -> None:
    """A box out of its backup knows nothing of the fire that the lost machine raised after it: nobody could ever end it."""
    pair = Pair(tmp_path, V5, EVENTS + PICTURES)
    lost = Link(LinkOptions("127.0.0.1", pair.broker.port, "lost"), [], lambda message: None)
    fire = b'{"v":1,"id":"no1-%d","state":"unacked","severity":7,"bureau":{"zh":"x","en":"x"}}'
    try:
        pair.outbox.open_alarms = {"no1-9": fire % 9}
        spawn(lost.run())
        await until("connected", lambda: lost.up)
        for n in (3, 4):
            assert (sent := lost.publish(Topics("town", "no1").alarm(f"no1-{n}"), fire % n, retain=True))
            assert await sent is Fate.NOBODY
        spawn(pair.fleet.run())
        await until("rung for what the lost one left", lambda: pair.fleet.rows()["no1"]["rung"] == 2)
        pair.event()
        spawn(pair.box.run())
        await until("only what is open stands", lambda: list(pair.fleet._known["no1"].alarms) == ["no1-9"])
        pair.fleet._known["no1"].alarms.clear()
        await until("and stands again when it was lost here", lambda: list(pair.fleet._known["no1"].alarms) == ["no1-9"])
        await until("the end of it", lambda: pair.late() == 0)
    finally:
        pair.broker.kill()


def test_a_bureaus_word_of_alarms_is_looked_at_as_far_as_it_makes_sense() -> None:
    said = gaps.pictured("ju", "no1", ["no1-7", "no1-8", "no1-x", "no2-5", "odd", "no1-" + "9" * 5000])
    assert parse_receipt(said).ranges == ((7, 8),) and parse_receipt(said).lane == "alarms"
    emptied: list[str] = []
    box = Uplink(
        UplinkConfig(host="127.0.0.1"), Topics("town", "no1"), MemoryStore(), MemoryOutbox(), dict, TestClock(), _nothing
    )
    box._events.differ = emptied.extend  # type: ignore[assignment, method-assign]
    box._on_receipt(b'{"v":1,"dest":"x","boot":"","lane":"alarms","ranges":[[5,999999999999999999]],"refused":[]}')
    assert emptied[0] == "no1-5" and len(emptied) == box_side.STRANGE


async def _nothing(payload: bytes) -> bytes:
    return b""
