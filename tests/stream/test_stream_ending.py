"""A certificate that is about to end: seen by the box itself, 30 days ahead, by the shipped rules."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.engine import Engine
from alerts.model import AlarmState
from drivers.reading import Now, Quality, Reading
from gateway import health
from gateway.acl import Member
from gateway.boxpoints import CERTIFICATE
from gateway.ca import Authority
from gateway.config.compile import compile_site
from gateway.health import DAY, Health, Vitals
from gateway.machine import Machine

SCHOOL = Path(__file__).parents[1] / "stories" / "school.yaml"
POINT = f"box/{CERTIFICATE}"
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
MINUTE = 60_000


class Clock:
    def __init__(self) -> None:
        self.at = Now(int(NOW.timestamp() * 1000), 1_000_000)

    def now(self) -> Now:
        return self.at

    def ok(self) -> bool:
        return True

    def on(self, ms: int) -> None:
        self.at = Now(self.at.wall + ms, self.at.mono + ms)


async def measured(files: tuple[str, ...], folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """What `health` says of the certificates now."""
    monkeypatch.setattr(health, "EVERY", 3600.0)
    told: asyncio.Queue[Sequence[Reading]] = asyncio.Queue()
    vitals = Vitals({}, lambda: "synced", lambda: 0.0, certificates=files)
    task = asyncio.create_task(Health(Machine(folder, folder / "nothing"), vitals, {POINT}, told.put_nowait, clock).run())
    try:
        (reading,) = await asyncio.wait_for(told.get(), 20)
        return reading
    finally:
        task.cancel()


async def test_d25_16_a_certificate_is_told_of_30_days_before_its_end_and_again_when_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Authority.init(tmp_path / "ca", "Test CA").issue(Member("no3", "box", "songyang"), NOW, days=100)
    files = (f"{out}/box.pem", f"{out}/ca.pem")  # whichever ends first
    site = tmp_path / "site.yaml"
    uplink = f"\nuplink: {{host: 127.0.0.1, tls_ca: {files[1]}, tls_cert: {files[0]}, tls_key: {out}/box.key}}\n"
    site.write_text(SCHOOL.read_text(encoding="utf-8") + uplink, encoding="utf-8")
    compiled = compile_site(site, data=str(tmp_path)).site
    assert compiled is not None
    clock = Clock()
    engine = Engine(compiled.plant, boot="b", now=clock.at, clock_ok=True)
    engine.restore((), now=clock.at, saved=None, same_boot=True)

    async def stand(days: float) -> dict[str, AlarmState]:
        """The alarms of the certificate after it has been looked at twice, so many days after NOW."""
        clock.on(int(NOW.timestamp() * 1000 + days * DAY) - clock.at.wall)
        for _ in range(2):
            engine.readings([await measured(files, tmp_path, clock, monkeypatch)], clock.at, True)
            clock.on(2 * MINUTE)
            engine.tick(clock.at, True)
        return {a.rule: a.state for a in engine.alarms.values() if a.rule.startswith("certificate")}

    assert await stand(69.9) == {}
    assert await stand(70.1) == {"certificate-ending": AlarmState.UNACKED}
    both = await stand(100.1)
    assert both["certificate-ended"] is AlarmState.UNACKED and both["certificate-ending"] is AlarmState.UNACKED
    Authority(tmp_path / "ca").renew("no3", NOW + timedelta(days=100))
    assert set((await stand(101)).values()) == {AlarmState.RTN_UNACKED}  # the new one counts without a restart


async def test_a_certificate_that_cannot_be_read_is_a_fault_and_none_is_no_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "box.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for file in (str(broken), str(tmp_path / "missing.pem")):
        reading = await measured((file,), tmp_path, Clock(), monkeypatch)
        assert reading.quality is Quality.FAULT and reading.value is None and "读不到" in reading.fault
    assert health.days_left((), 0) is None
