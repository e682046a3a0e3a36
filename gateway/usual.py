"""What points usually show, as a file beside the databases: made by the child (gateway/baseline), loaded by `run`. No numpy, no judging."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alerts.rules.scene import HOURS, Usual

FILE = "baseline.json"
Table = Mapping[str, tuple[Usual | None, ...]]


def write(path: Path, made: int, points: Mapping[str, Sequence[Usual | None]]) -> None:
    """The whole file or none of it. `made`: wall ms. Raises OSError."""
    rows = {id: [None if u is None else [u.value, u.sigma, u.days, u.hours] for u in table] for id, table in points.items()}
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump({"v": 1, "made": made, "points": rows}, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def load(path: Path) -> tuple[int, Table]:
    """(wall ms at which it was made, what is usual). (0, {}) without a file. Raises ValueError for one that is none, OSError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0, {}
    try:
        found = json.loads(text)
        return int(found["made"]), {str(id): _table(rows) for id, rows in found["points"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error!r}") from None


def _table(rows: Any) -> tuple[Usual | None, ...]:
    table = tuple(None if row is None else Usual(float(row[0]), int(row[2]), float(row[1]), int(row[3])) for row in rows)
    if len(table) != HOURS or not all(u is None or math.isfinite(u.value + u.sigma) for u in table):
        raise ValueError(f"{len(table)} hours")
    return table
