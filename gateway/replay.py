"""An incident once more: its stored readings and commands through a fresh engine under virtual time, nothing is sent or written.

The same rules that ran then (the file carries the compiled site) judge the same readings; what differs is a finding.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from alerts.engine import Engine
from alerts.model import AlarmState, Command, Event, Outcome
from drivers.reading import Now, Quality, Reading
from gateway import incident
from gateway.site import Site, site_from_json
from gateway.store.lines import Sample, samples

LATE = 2_000  # ms: so much later than it was measured a busy box may have heard a reading
SPAN = 60_000  # ms of monotonic time before the first reading, so that no time is negative


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one alarm: rule and point stand for the alarm, whose id a replay cannot know."""

    wall: int
    rule: str
    point: str
    kind: str
    new: str


@dataclass(frozen=True, slots=True)
class Replay:
    """`recorded`: what the journal says of alarms first heard of within the window. `again`: what the engine did now."""

    alarm: str
    timezone: str
    recorded: tuple[Step, ...]
    again: tuple[Step, ...]
    before: tuple[str, ...]  # alarms that were open before the window: a replay cannot know them

    def differences(self) -> list[str]:
        """Words for each alarm whose states do not follow in the same order."""
        out = []
        for rule, point in sorted({(s.rule, s.point) for s in (*self.recorded, *self.again)}):
            was, now = (_states(steps, rule, point) for steps in (self.recorded, self.again))
            if was != now:
                out.append(f"{rule} {point}: 当时 then {' → '.join(was) or '-'} · 重放 now {' → '.join(now) or '-'}")
        return out


def replay(path: Path) -> Replay:
    """Play an incident file. ValueError or zipfile.BadZipFile for what is none."""
    with zipfile.ZipFile(path) as file:
        manifest = incident.load(file, "manifest.json")
        site = site_from_json(file.read("site.json").decode())
        events = [json.loads(json.loads(line)["body"]) for line in file.read("events.jsonl").splitlines()]
        readings = list(samples(file.read("frames.lp")))
    readings = as_heard(readings, events)
    recorded, before = _recorded(events)
    return Replay(str(manifest["alarm"]), site.plant.timezone, recorded, tuple(_play(site, readings, events)), before)


def as_heard(readings: list[Sample], events: list[dict[str, Any]]) -> list[Sample]:
    """The readings as the box heard them where the record proves it later than they were measured, which is all that is stored.

    An alarm whose on-delay ended in an alarm had heard nothing clear until then; what was measured at its point while the
    delay ran, at most LATE before its end, comes just behind that. Earlier ones stay: an engine that passes them over is found.
    """
    began: dict[str, tuple[str, int]] = {}
    held: dict[str, list[tuple[int, int]]] = {}
    for e in events:
        if e["new"] == AlarmState.PENDING.value and e["old"] != e["new"] and "point" in (e.get("args") or {}):
            began[e["alarm"]] = (e["args"]["point"], int(e["wall"]))
        elif e["old"] == AlarmState.PENDING.value and e["new"] == AlarmState.UNACKED.value and e["alarm"] in began:
            point, since = began.pop(e["alarm"])
            held.setdefault(point, []).append((max(since, int(e["wall"]) - LATE), int(e["wall"])))
    return [
        s._replace(wall=next((end + 1 for start, end in held.get(s.point, ()) if start < s.wall <= end), s.wall))
        for s in readings
    ]


def _play(site: Site, readings: list[Sample], events: list[dict[str, Any]]) -> Iterator[Step]:
    """Every change that the readings and the people's commands bring, at the times they came."""
    inputs: list[tuple[int, int, object]] = [
        (wall, 0, list(group)) for wall, group in groupby(sorted(readings, key=lambda s: s.wall), key=lambda s: s.wall)
    ]
    inputs += [(int(e["wall"]), 1, e) for e in events if (e.get("args") or {}).get("command") and e["kind"] != "refused"]
    inputs.sort(key=lambda item: item[:2])
    if not inputs:
        return
    start = inputs[0][0]
    named: dict[str, tuple[str, str]] = {}  # recorded alarm id -> rule and point

    def at(wall: int) -> Now:
        return Now(wall, wall - start + SPAN)

    engine = Engine(site.plant, boot="replay", now=at(start), clock_ok=True)
    yield from _steps(engine, engine.restore((), now=at(start), saved=None, same_boot=True))
    named.update({e["alarm"]: (e["args"]["rule"], e["args"]["point"]) for e in events if "rule" in (e.get("args") or {})})
    for wall, _, given in inputs:
        while (due := engine.next_due()) is not None and due < at(wall).mono:
            moment = at(max(due - SPAN + start, start))
            yield from _steps(engine, engine.tick(moment, True))
            if engine.next_due() == due:
                break
        if isinstance(given, list):
            yield from _steps(engine, engine.readings([_reading(s, at(wall)) for s in given], at(wall), True))
        elif isinstance(given, dict) and (command := _command(given, engine, named)) is not None:
            yield from _steps(engine, engine.command(command, at(wall), True))


def _steps(engine: Engine, outcome: Outcome) -> Iterator[Step]:
    alarms = {a.id: (a.rule, a.point) for a in outcome.alarms} | {a.id: (a.rule, a.point) for a in engine.alarms.values()}
    for event in outcome.events:
        if _changes(event) and event.alarm in alarms:
            rule, point = alarms[event.alarm]
            yield Step(event.at.wall, rule, point, event.kind, event.new)


def _changes(event: Event) -> bool:
    return bool(event.alarm) and event.new != "" and event.old != event.new


def _recorded(events: list[dict[str, Any]]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The changes the journal tells of alarms that began within the window, and the ids of those that began before it."""
    names: dict[str, tuple[str, str]] = {}
    steps, before = [], []
    for e in events:
        args = e.get("args") or {}
        if not e["alarm"] or e["new"] == "" or e["old"] == e["new"]:
            continue
        if e["alarm"] not in names:
            if e["old"] != "normal" or "rule" not in args:
                before.append(e["alarm"])
                continue
            names[e["alarm"]] = (args["rule"], args["point"])
        rule, point = names[e["alarm"]]
        if not rule.startswith("box-"):  # the box's own alarms come from its health, not from stored readings
            steps.append(Step(int(e["wall"]), rule, point, e["kind"], e["new"]))
    return tuple(steps), tuple(dict.fromkeys(before))


def _command(event: dict[str, Any], engine: Engine, named: dict[str, tuple[str, str]]) -> Command | None:
    """The command that made a recorded event, for the alarm that stands for it now; None when there is none."""
    meant = named.get(event["alarm"])
    alarm = next((a for a in engine.alarms.values() if (a.rule, a.point) == meant), None)
    if alarm is None:
        return None
    args = dict(event["args"])
    seen = str(args.pop("on_screen", ""))
    return Command(
        f"{args.pop('command')}:{alarm.id}", event["code"], event["who"], str(args.pop("proof", "local")), event["wall"] + 1,
        alarm.id, args, seen,
    )  # fmt: skip


def _reading(sample: Sample, now: Now) -> Reading:
    quality = Quality(min(sample.quality, Quality.FAULT))
    if quality < Quality.STALE and math.isnan(sample.value):
        quality = Quality.FAULT
    value = None if quality >= Quality.STALE else sample.value
    return Reading(sample.point, value, quality, now, "" if value is not None else "recorded without a value")


def _states(steps: tuple[Step, ...], rule: str, point: str) -> list[str]:
    return [s.new for s in steps if (s.rule, s.point) == (rule, point)]
