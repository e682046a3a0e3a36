"""Story 14, on simulated streams: 150 schools, a carrier fault silences 37, a fire at another is unanswered in the same minute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.engine import Engine
from alerts.model import Command, Delivery, Fate, Notification, Outcome
from drivers.reading import Now, Reading
from gateway.config.compile import compile_site
from gateway.fleet.state import Call, Known, order, rung

T0 = 1_795_716_000_000
MANY, LOST, BURNING = 150, 37, "s140"
MINUTE = 60_000
PEOPLE = """people:
  - {id: ma, name: 局马, role: duty, phone: "90001", channels: [phone]}
  - {id: song, name: 宋科长, role: leader, phone: "90002", channels: [phone]}
  - {id: cui, name: 崔局长, role: head, phone: "90003", channels: [phone]}
channels: [{id: phone, type: webhook, url: "http://127.0.0.1:1/", secret_file: /x}]
"""
FIRE = {"id": f"{BURNING}-7", "kind": "fire", "lamp": "fire", "severity": 7, "state": "unacked", "first": T0 + MINUTE,
        "raised": T0 + MINUTE, "place": "301室", "what": {"zh": "烟感", "en": "Smoke"}, "bureau": None}  # fmt: skip


class Bureau:
    """The real engine over the compiled bureau file; `told` is what would leave the box, at which minute."""

    def __init__(self, folder: Path, without: str = "") -> None:
        """`without`: a school that is not on the list."""
        listed = [n for n in range(MANY) if f"s{n}" != without]
        rows = "".join(f"  - {{id: s{n}, district: town, name: 第{n}小学, short: {n}小}}\n" for n in listed)
        head = "campus: 1\nsite: {id: ju, kind: bureau, district: town, name: 局, short: 局}\nuplink: {host: 127.0.0.1}\n"
        path = folder / "bureau.yaml"
        path.write_text(f"{head}townships: [{{id: town, name: 镇}}]\nschools:\n{rows}{PEOPLE}", "utf-8")
        site = compile_site(path, data="/x").site
        assert site is not None
        kept = tuple(r for r in site.plant.rules if not any(p.startswith("box/") for p in r.points))
        self.now = Now(T0, 0)
        self.engine = Engine(replace(site.plant, rules=kept), boot="b", now=self.now, clock_ok=True)
        self.known = {s.id: Known(s.id, s.short, s.phone) for s in site.schools}
        self.called: dict[str, str] = {}
        self.told: list[tuple[int, Notification]] = []

    def took(self, outcome: Outcome) -> None:
        for n in outcome.notifications:
            self.told.append((self.now.mono, n))
            self.took(self.engine.delivery(Delivery(n.key, Fate.DELIVERED), self.now, True))

    def step(self, ms: int, alive: Any) -> None:
        self.now = Now(T0 + ms, ms)
        readings: list[Reading] = []
        for school in self.known.values():
            if ms % 30_000 == 0 and alive(school.id):
                readings += school.status({"online": True, "clock_ok": True, "points": 40, "wall": self.now.wall}, self.now)
            readings += school.tick(self.now)
        self.took(self.engine.readings(readings, self.now, True))
        self.took(self.engine.tick(self.now, True))
        self.called, changes = rung(self.called, self.known.values())
        for call, active in changes:
            self.took(self.engine.system(call.kind, active, {**call.evidence, "point": call.point}, self.now, True))

    def of(self, prefix: str) -> list[tuple[int, str, str]]:
        return [(at // 1000, n.person, n.text) for at, n in self.told if n.message.startswith(prefix)]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """45 minutes; at 1 min 37 schools fall silent, within 20 s of each other as the broker hears of them, and a fire breaks out."""
    bureau = Bureau(tmp_path_factory.mktemp("bureau"))
    bureau.known[BURNING].show(FIRE["id"], FIRE)  # shown at once
    for ms in range(0, 45 * MINUTE + 1, 10_000):
        if ms == 3 * MINUTE:  # the school's own policy rings the bureau after two minutes
            bureau.known[BURNING].show(FIRE["id"], {**FIRE, "bureau": {"zh": "2分钟无人响应", "en": "unanswered for 2 min"}})
        if ms == 4 * MINUTE:
            alarm = next(a for a in bureau.engine.alarms.values() if a.kind == "school-fire")
            bureau.took(bureau.engine.command(Command("c", "ack", "ma", "sms", T0 + ms, alarm.id), bureau.now, True))
        bureau.step(ms, lambda id, ms=ms: ms < MINUTE + 1_000 * (int(id[1:]) % 20) or int(id[1:]) >= LOST)
    return bureau


def test_story14_many_silent_schools_are_one_call_after_30_minutes(night: Bureau) -> None:
    silent = [a for a in night.engine.alarms.values() if a.kind == "silent"]
    assert len(silent) == LOST and len([a for a in silent if not a.parent]) == 1
    calls = night.of("school.silent")
    first = [text for at, person, text in calls if person == "ma"]
    assert len(first) == 1 and "37所" in first[0], calls
    at = next(at for at, person, _ in calls if person == "ma")
    began = min(a.raised.mono for a in silent) // 1000
    assert began <= 60 + 20 + 90 and 1800 <= at - began <= 1810
    assert [p for _, p, _ in calls] == ["ma", "song"], "and the leader once, ten minutes later"


def test_story14_the_unanswered_fire_rings_at_once_and_stands_on_top(night: Bureau) -> None:
    calls = night.of("school.call")
    assert calls[0][:2] == (180, "ma")
    assert "140小火警！301室" in calls[0][2] and "2分钟无人响应" in calls[0][2]
    assert not [c for c in calls if c[0] > 300], "收到 at four minutes ends the bureau's own calls"
    rows = order(k.row(night.now) for k in night.known.values())
    assert rows[0]["id"] == BURNING and {r["id"] for r in rows[1 : LOST + 1]} == {f"s{n}" for n in range(LOST)}


def test_a_school_that_leaves_the_list_ends_its_alarm_and_who_was_rung_is_told_so(night: Bureau, tmp_path: Path) -> None:
    """The list was changed and `run` started again: nothing more will be heard of the fire here, which is not to say that it is over."""
    standing = [a for a in night.engine.alarms.values() if a.kind == "school-fire"]
    after = Bureau(tmp_path, without=BURNING)
    after.now = night.now
    restored = after.engine.restore(standing, (), now=night.now, saved=night.now, same_boot=True)
    assert not restored.notifications
    after.called = {a.point: Call(a.kind, a.point, a.evidence) for a in standing}
    after.step(night.now.mono, lambda id: True)
    said = [(person, text) for _, person, text in after.of("school.")]
    assert [person for person, _ in said] == ["ma"] and "140小已移出名单" in said[0][1] and "结束" not in said[0][1]
    assert not [a for a in after.engine.alarms.values() if a.kind == "school-fire"]


def test_people1_the_end_of_the_schools_alarm_ends_the_bureaus(night: Bureau) -> None:
    night.known[BURNING].event({"alarm": FIRE["id"], "new": "normal"})
    night.step(46 * MINUTE, lambda id: int(id[1:]) >= LOST)
    assert not [a for a in night.engine.alarms.values() if a.kind == "school-fire"]
