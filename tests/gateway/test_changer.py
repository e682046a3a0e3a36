"""The clock of a trial: five minutes from the start, never in a fire; an answer goes out before the process ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_decide import PLANT

from alerts.model import Severity
from drivers.reading import Now, Quality
from gateway.change import changer as module
from gateway.change.changer import Changer
from gateway.change.files import Checked, ConfigFiles
from gateway.change.trial import LASTS, Trial
from gateway.site import Site, UplinkConfig


@dataclass
class Clock:
    mono: int = 1_000

    def now(self) -> Now:
        return Now(1_700_000_000_000 + self.mono, self.mono)

    def ok(self) -> bool:
        return True


@dataclass
class World:
    """An engine as far as the changer looks at it, and what was noted and asked for."""

    alarms: dict[str, Any] = field(default_factory=dict)
    view: dict[str, Any] = field(default_factory=dict)
    noted: list[dict[str, Any]] = field(default_factory=list)
    restarted: asyncio.Event = field(default_factory=asyncio.Event)

    async def note(self, kind: str, args: dict[str, Any]) -> None:
        assert kind == "config"
        self.noted.append(args)


@pytest.fixture
async def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    monkeypatch.setattr(module, "AFTER_S", 0.0)
    source, compiled = tmp_path / "site.yaml", tmp_path / "site.compiled.json"
    source.write_text("old: 1\n", encoding="utf-8")
    old = json.dumps({"v": 2, "source": str(source), "n": "old"})
    compiled.write_text(old, encoding="utf-8")
    ConfigFiles(compiled, source, tmp_path).begin(
        Trial("t", "gong", "龚工", 1, "applying", 0, ("d/smoke",), "old: 1\n", old, "new: 2\n", old.replace("old", "new"))
    )
    site = Site(2, "x", str(source), "", str(tmp_path), PLANT, (), (), UplinkConfig(), ())
    world, clock = World(), Clock()
    made = Changer(site, compiled, world, clock, world.note, world.restarted.set)  # type: ignore[arg-type]
    running = asyncio.create_task(made.run())
    while made.state() is None:
        await asyncio.sleep(0.001)
    yield SimpleNamespace(changer=made, world=world, clock=clock, source=source)
    running.cancel()


async def test_it_returns_by_itself_when_its_time_is_over(trial: Any) -> None:
    shown = trial.changer.state()
    assert (shown["need"], shown["good"], shown["missing"]) == (1, 0, ["d/smoke"])
    assert shown["until"] == trial.clock.now().wall + LASTS
    trial.clock.mono += LASTS - 1
    await asyncio.sleep(0.05)
    assert not trial.world.restarted.is_set()
    trial.clock.mono += 1
    await asyncio.wait_for(trial.world.restarted.wait(), 20)
    assert trial.source.read_text() == "old: 1\n" and trial.changer.state() is None


async def test_not_in_a_fire(trial: Any) -> None:
    trial.world.alarms = {"a": SimpleNamespace(severity=Severity.FIRE, number=7)}
    trial.clock.mono += 2 * LASTS
    await asyncio.sleep(0.05)
    refused = await trial.changer.do("config-return", "gong", {"role": "installer"})
    assert not trial.world.restarted.is_set() and refused["code"] == "refused.alarm" and "7" in refused["text"]["zh"]
    trial.world.alarms = {}
    await asyncio.wait_for(trial.world.restarted.wait(), 20)


async def test_only_its_own_person_confirms_and_only_with_the_points(trial: Any) -> None:
    do = trial.changer.do
    assert (await do("config-confirm", "wang", {"role": "installer"}))["code"] == "refused.role", "the site knows Wang as duty"
    assert (await do("config-confirm", "other", {"role": "admin"}))["code"] == "refused.other-person"
    assert (await do("config-confirm", "gong", {"role": "installer"}))["code"] == "refused.points"
    assert trial.changer.state() is not None and [n["step"] for n in trial.world.noted] == ["refused"] * 3


async def test_nobody_puts_a_second_change_on_top_while_the_first_only_starts(
    trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people at once: the box ends half a second after its answer, and what it ends for is neither topped nor confirmed."""
    do, files = trial.changer.do, trial.changer.files
    assert (await do("config-return", "gong", {"role": "installer"}))["code"] == "config.returned"
    trial.changer._ending = False  # as in the process that starts

    async def passes(text: str, by: str) -> Checked:
        return Checked(files.compiled.read_text("utf-8"), ())

    monkeypatch.setattr(files, "check", passes)
    assert (await do("config-propose", "gong", {"role": "installer", "text": "a: 1\n"}))["code"] == "config.taken"
    assert (await do("config-propose", "zhao", {"role": "admin", "text": "b: 1\n"}))["code"] == "refused.busy"
    assert (await do("config-confirm", "gong", {"role": "installer"}))["code"] == "refused.busy"
    kept = files.trial()
    assert kept is not None and (kept.by, kept.old_source, kept.new_source) == ("gong", "old: 1\n", "a: 1\n")


async def test_a_confirmation_that_cannot_be_kept_leaves_it_on_trial(trial: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.world.view = {"d/smoke": SimpleNamespace(quality=Quality.GOOD)}

    def full(_: Trial) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trial.changer.files, "keep", full)
    answer = await trial.changer.do("config-confirm", "gong", {"role": "installer"})
    assert answer["code"] == "config.unwritable" and trial.changer.state() is not None
    monkeypatch.undo()
    assert (await trial.changer.do("config-confirm", "gong", {"role": "installer"}))["code"] == "config.confirmed"
