"""The proof of a story from the far side only: the simulator's log, the stub phone, the database, `journal export`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock
from gateway.demo.expect import EXPECTED, Item, Person, Recorded, Stored, Told, Written
from gateway.demo.processes import Campus
from gateway.site import Site
from gateway.stream.influx import read_points

PATIENCE = 60.0  # seconds for one piece of evidence; the story's own waits are divided by the speed
LOOK_EVERY = 0.2


class Evidence:
    """Walks through the expectations of one story and prints the timeline."""

    def __init__(self, campus: Campus, site: Site, patience: float = PATIENCE) -> None:
        self._campus, self._site, self._patience = campus, site, patience
        self._clock = SystemClock()
        self._began = self._clock.now()

    def check(self, scenario: str) -> list[str]:
        """The words of everything that is missing; empty when the story is proven."""
        missing = []
        for item in EXPECTED[scenario]:
            found = self._await(item)
            print(
                f"{self._since():>7.1f} s  {'✓' if found else '✗ 缺少 MISSING'}  {item.words}"
                + (f"  ← {found}" if found else "")
            )
            sys.stdout.flush()
            if not found:
                missing.append(item.words)
        return missing

    def _await(self, item: Item) -> str:
        """What was found, or "" after the patience is over."""
        looks: dict[type, Callable[[Any], str]] = {
            Written: self._written, Told: self._told, Stored: self._stored, Recorded: self._recorded, Person: self._answer,
        }  # fmt: skip
        end = self._clock.now().mono + self._patience * 1000
        while True:
            found = looks[type(item)](item)
            if found or self._clock.now().mono > end or self._campus.died():
                return found
            time.sleep(LOOK_EVERY)

    def _since(self) -> float:
        return (self._clock.now().mono - self._began.mono) / 1000

    # the far sides

    def _written(self, item: Written) -> str:
        """An off counts only after an on: the gateway also writes off when it starts. What is on already needs no new write."""
        targets = {self._wire(o.id): o.id for o in self._site.plant.outputs.values() if o.role == item.role}
        was_on: set[tuple[str, int, int]] = set()
        for entry in _lines(self._campus.dir / "campus" / "campus.jsonl"):
            if entry.get("what") != "write":
                continue
            for offset, value in enumerate(_values(entry)):
                target = (entry["line"], entry["unit"], entry["address"] + offset)
                if target not in targets:
                    continue
                told = f"{targets[target]}: {target[0]} unit {target[1]} coil {target[2]} = {value} (simulator's log)"
                if bool(value) and item.on:
                    return told
                if not value and not item.on and target in was_on:
                    return told
                if value:
                    was_on.add(target)
        return ""

    def _told(self, item: Told) -> str:
        people = self._site.plant.people
        got = [e for e in _lines(self._campus.dir / "phone.jsonl") if item.text in e["text"]]
        roles = {people[e["person"]].role for e in got if e["person"] in people}
        if not set(item.roles) <= roles:
            return ""
        return f"{len(got)} 条 “{got[0]['text'][:24]}…” (stub phone)"

    def _stored(self, item: Stored) -> str:
        database = self._campus.database
        if database is None:
            return "没有数据库，本项不适用 (embedded: local history only)"
        style = "v1" if database.style == "v1" else "vm"
        points = self._site.plant.points
        rows = [
            row
            for row in read_points(style, database.url, "campus", self._site.plant.site, item.field)
            if row[1] >= self._began.wall and row[0] in points and points[row[0]].quantity == item.quantity
        ]
        fits = [row for row in rows if item.low <= row[2] <= item.high]
        return f"{fits[-1][0]} = {fits[-1][2]:g} ({len(fits)} rows over HTTP from {database.kind})" if fits else ""

    def _recorded(self, item: Recorded) -> str:
        kinds: dict[str, str] = {}
        for event in self._export():
            if "alarm_kind" in event["args"]:
                kinds[event["alarm"]] = event["args"]["alarm_kind"]
            fits = item.event in ("", event["kind"]) and item.new in ("", event["new"])
            if fits and kinds.get(event["alarm"]) in item.kinds:
                return f"event {event['seq']} of {event['alarm']} (journal export)"
        return ""

    def _answer(self, item: Person) -> str:
        done = self._gateway("alarm", "list", "--json")
        if done.returncode:
            return ""
        alarms = [a for a in json.loads(done.stdout) if a["kind"] in item.kinds]
        who = next(p.id for p in self._site.plant.people.values() if p.role == item.role)
        more = [item.result, "--cause", item.cause, "--on-site"] if item.verb == "result" else []
        answers = [self._gateway("alarm", item.verb, a["id"], *more, "--as", who) for a in alarms]
        good = [a for a in answers if a.returncode == 0]
        return f"{who}: {good[0].stdout.strip()}" if good and len(good) == len(answers) else ""

    def _export(self) -> Iterator[dict[str, Any]]:
        for line in self._gateway("journal", "export").stdout.splitlines():
            yield json.loads(line)

    def _gateway(self, *command: str) -> subprocess.CompletedProcess[str]:
        data = ["--data", str(self._campus.dir / "data")]
        return subprocess.run(
            [sys.executable, "-m", "gateway.commands", *command, *data], capture_output=True, text=True, check=False
        )

    def _wire(self, output: str) -> tuple[str, int, int]:
        device_id, _, name = output.partition("/")
        device = next(d for d in self._site.devices if d.id == device_id)
        return device.bus, device.unit, next(o.address for o in device.profile.outputs if o.id == name)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a log that is still being written."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def _values(entry: dict[str, Any]) -> list[int]:
    values = entry["values"] if "values" in entry else [entry["value"]]
    return [int(value) for value in values]
