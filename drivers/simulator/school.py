"""What is simulated: lines, devices, what follows what. The built-in campus, or another school from a JSON file. No state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.simulator.campus import BAUD, FOLLOWS, LINES, ROOMS, SCENES, UNITS, Follow, GasRoom, Scene, Unit, counters
from drivers.simulator.models import MODELS, Model
from drivers.simulator.pdu import READS, Space

TYPES = ("rtu", "rtu-tcp", "tcp")


@dataclass(frozen=True, slots=True)
class Line:
    """type: rtu (a pty) | rtu-tcp (a serial server) | tcp | camera. `port` of the last three on loopback, 0 takes a free one."""

    id: str
    type: str = "rtu"
    baud: int = BAUD
    port: int = 0


@dataclass(frozen=True, slots=True)
class School:
    lines: tuple[Line, ...]
    units: tuple[Unit, ...]
    models: Mapping[str, Model] = field(default_factory=lambda: MODELS)
    follows: tuple[Follow, ...] = ()
    rooms: tuple[GasRoom, ...] = ()
    scenes: Mapping[str, Scene] = field(default_factory=dict)  # of each camera, by its line


def campus(counting: int = 0, port: int = 0) -> School:
    """The built-in school; `counting` as drivers.simulator.campus.counters, `port` of its Modbus TCP host."""
    lines = tuple(Line(id, "tcp", port=port) if id == "tcp" else Line(id) for id in LINES)
    eyes = tuple(Line(id, "camera") for id in SCENES)
    return School((*lines, *eyes), (*UNITS, *(counters(counting) if counting else ())), MODELS, FOLLOWS, ROOMS, SCENES)


def from_file(path: Path) -> School:
    """A school of docs/simulated-campus.md, "Another school". ValueError says what is wrong and where."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        lines = tuple(Line(id, **about) for id, about in data["lines"].items())
        models, units = dict(MODELS), []
        for row in data["devices"]:
            if "image" in row:
                models[row["id"]] = _model(row["id"], row["image"], row.get("most", 125), row.get("address"))
            units.append(Unit(row["line"], row["unit"], row["id"], row.get("model", row["id"]), ""))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from None
    known, places = {line.id for line in lines}, {(u.line, u.unit) for u in units}
    for unit in units:
        if unit.line not in known or unit.model not in models:
            raise ValueError(f"{path}: {unit.id}: no line {unit.line!r}, or no model {unit.model!r} and no image")
    if wrong := [line.id for line in lines if line.type not in TYPES]:
        raise ValueError(f"{path}: {' '.join(wrong)}: type is one of {' '.join(TYPES)}")
    if len(places) < len(units):
        raise ValueError(f"{path}: two devices have the same line and unit (the fault `clash` makes such a pair)")
    return School(lines, tuple(units), models)


def _model(id: str, image: Mapping[str, Mapping[str, Any]], most: int, own: Mapping[str, Any] | None = None) -> Model:
    """A device that holds just these registers: {space: {"address": value}}. All others are refused with exception 2.

    `own`: {"at": holding register of its own address, "obeys": reply | power | never}; it can be written there.
    """
    fixed: dict[tuple[Space, int], int] = {}
    for space in READS.values():
        for address, value in image.get(space, {}).items():
            fixed[space, int(address, 0)] = int(value)
    if unknown := set(image) - set(READS.values()):
        raise ValueError(f"{id}: no space {' '.join(sorted(unknown))}")
    if own is None:
        return Model(id, (), _spans(fixed), fixed, most=most)
    at = int(own["at"])
    fixed.pop(("holding", at), None)
    spans = (*_spans(fixed), ("holding", at, 1))
    return Model(
        id, (), spans, fixed, (("holding", at, 1),), most, unit_at=("holding", at, 0), obeys=str(own.get("obeys", "reply"))
    )


def _spans(fixed: Mapping[tuple[Space, int], int]) -> tuple[tuple[Space, int, int], ...]:
    """The registers as runs (space, first, count)."""
    runs: list[tuple[Space, int, int]] = []
    for space, address in sorted(fixed):
        if runs and runs[-1][0] == space and runs[-1][1] + runs[-1][2] == address:
            runs[-1] = (space, runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((space, address, 1))
    return tuple(runs)
