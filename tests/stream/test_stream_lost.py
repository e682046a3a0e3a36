"""R6: the broker gone, or refusing, is a fault on the school's own screen, by the shipped rules, from a real uplink and a real broker."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from stream_box import Box, Spawn, until
from stream_daemons import Mosquitto

from alerts.engine import Engine
from alerts.model import Alarm, AlarmState
from alerts.plant import Plant
from drivers.reading import Now, Reading
from gateway import health
from gateway.config.compile import compile_site
from gateway.health import Health, Vitals
from gateway.machine import Machine
from gateway.stream import client, outgoing

SCHOOL = Path(__file__).parents[1] / "stories" / "school.yaml"
UPLINK = "\nuplink: {host: 127.0.0.1, port: 1883, confirm: receipt}\n"


def school(folder: Path) -> Plant:
    path = folder / "site.yaml"
    path.write_text(SCHOOL.read_text(encoding="utf-8") + UPLINK, encoding="utf-8")
    site = compile_site(path, data=str(folder)).site
    assert site is not None
    return site.plant


class Screen:
    """The engine behind `health`: each measurement takes health.EVERY of a clock of its own."""

    def __init__(self, plant: Plant) -> None:
        self.at = Now(1_760_000_000_000, 1_000_000)
        self.measured = asyncio.Event()
        self.engine = Engine(plant, boot="b", now=self.at, clock_ok=True)
        self.engine.restore((), now=self.at, saved=None, same_boot=True)

    def now(self) -> Now:
        return self.at

    def ok(self) -> bool:
        return True

    def __call__(self, readings: Sequence[Reading]) -> None:
        self.engine.readings(readings, self.at, True)
        self.at = Now(self.at.wall + 10_000, self.at.mono + 10_000)
        self.engine.tick(self.at, True)
        self.measured.set()

    def fault(self, point: str = "box/broker", rule: str = "broker-lost") -> Alarm | None:
        return next((a for a in self.engine.alarms.values() if a.point == point and a.rule == rule), None)

    def stands(self, *which: str) -> bool:
        found = self.fault(*which)
        return found is not None and found.state is AlarmState.UNACKED


async def test_r6_a_lost_broker_is_a_fault_within_100_s_and_ends_when_it_is_back(
    broker: Mosquitto, spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.EVERY == 10
    monkeypatch.setattr(health, "EVERY", 0.0)
    box, screen = Box(broker.port), Screen(school(tmp_path))
    spawn(box.uplink.run())
    await until("the uplink", lambda: box.uplink.state().connected)
    vitals = Vitals({}, lambda: "synced", lambda: 0.0, connected=lambda: box.uplink.state().connected)
    spawn(Health(Machine(tmp_path, tmp_path / "nothing"), vitals, {"box/broker"}, screen, screen).run())
    await screen.measured.wait()
    assert screen.fault() is None

    broker.kill()
    await until("the loss", lambda: not box.uplink.state().connected)
    lost = screen.at.mono
    await until("the fault", screen.stands)
    raised = screen.fault()
    assert raised is not None
    noticing = 2 * client._KEEPALIVE * 1_000  # a line cut in silence is only noticed by the second ping
    assert raised.raised.mono - lost + noticing <= 100_000

    broker.start()
    await until("the end of it", lambda: not screen.stands())
    left = screen.fault()
    assert left is None or left.state is AlarmState.RTN_UNACKED


async def test_r8_events_that_the_broker_refuses_are_a_fault_until_it_takes_them(
    spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre would not learn of a fire: GB 26875.1 ch. 4 wants a failed report told."""
    monkeypatch.setattr(health, "EVERY", 0.0)
    monkeypatch.setattr(outgoing, "_TICK", 0.1)
    monkeypatch.setattr(outgoing, "_REFUSED", (0.1, 0.1))
    acl, which = tmp_path / "acl", ("box/events-refused", "events-refused")
    acl.write_text("topic write campus/v1/+/+/status\ntopic read campus/#\n")
    broker = Mosquitto(tmp_path / "guarded", f"acl_file {acl}")
    broker.start()
    try:
        box, screen = Box(broker.port), Screen(school(tmp_path))
        spawn(box.uplink.run())
        await until("the uplink", lambda: box.uplink.state().connected)
        vitals = Vitals({}, lambda: "synced", lambda: 0.0, events_refused=lambda: box.uplink.state().events_refused)
        spawn(Health(Machine(tmp_path, tmp_path / "nothing"), vitals, {which[0]}, screen, screen).run())
        await screen.measured.wait()
        assert not screen.stands(*which)
        box.outbox.bodies.append(b"{}")
        box.uplink.committed()
        await until("the fault", lambda: screen.stands(*which))
        acl.write_text("topic readwrite campus/#\n")
        assert broker.process is not None
        broker.process.send_signal(signal.SIGHUP)
        await until("the end of it", lambda: not screen.stands(*which))
        assert box.outbox.kept == {}
    finally:
        broker.kill()
