"""R27: what a new site file changes is in the journal, with who, old and new; once, over a real journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alerts.engine import Engine
from alerts.model import Rule, Scalar
from alerts.plant import Plant
from gateway.clock import SystemClock
from gateway.setpoints import changes, note, settings
from gateway.store import audit
from gateway.store.chain import fields
from gateway.store.journal import Journal

CLOCK = SystemClock(assume_ok=True)
HOT = Rule("hot", "threshold", "warning", (), {"high": 45.0, "return_at": 43.0}, 1_000, 0, "")
COLD = Rule("cold", "threshold", "warning", (), {"low": 1.0, "return_at": 2.0}, 0, 0, "")


async def start(folder: Path, by: str, *rules: Rule) -> list[dict[str, Scalar]]:
    """One start of the box with these rules; the set-points that its journal says were changed, all of them so far."""
    journal = Journal(folder / "journal.db", "s", "boot", CLOCK, reserve=1 << 16)
    kept = journal.load()
    engine = Engine(
        Plant("s", "学校", "校", "Asia/Shanghai", {}, {}, {}, {}, (), {}, (), {}), boot="boot", now=CLOCK.now(),
        clock_ok=True, next_seq=kept.next_seq,
    )  # fmt: skip

    async def write(args: dict[str, Scalar]) -> None:
        journal.commit(engine.noted("setpoint", args, CLOCK.now(), True), CLOCK.now())

    await note(rules, by, kept.notes, journal.remember, write)
    journal.commit(engine.noted("selftest", {}, CLOCK.now(), True), CLOCK.now())
    journal.close()
    events = [fields(body) or {} for _, body in audit.events(journal.path, 0, 100)]
    return [e["args"] for e in events if e["kind"] == "setpoint"]  # type: ignore[misc]


async def test_r27_a_changed_set_point_is_journaled_once_with_who_old_and_new(tmp_path: Path) -> None:
    assert await start(tmp_path, "root", HOT, COLD) == []  # the first start changes nothing
    changed = replace(HOT, params={**HOT.params, "high": 50.0})
    told = [{"setpoint": "hot.high", "old": 45.0, "new": 50.0, "by": "wang"}]
    assert await start(tmp_path, "wang", changed, COLD) == told
    assert await start(tmp_path, "li", changed, COLD) == told
    assert await start(tmp_path, "li", changed) == told  # a sensor was removed
    told.append({"setpoint": "hot.on_delay", "old": 1_000, "new": 5_000, "by": "li"})
    assert await start(tmp_path, "li", replace(changed, on_delay=5_000)) == told


def test_r27_each_setting_of_a_rule_has_a_name() -> None:
    assert settings([HOT]) == {"hot.high": 45.0, "hot.return_at": 43.0, "hot.on_delay": 1_000, "hot.off_delay": 0}
    assert changes({"a": 1}, {"b": 1}, "x") == []
