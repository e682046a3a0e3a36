"""What one shipped break is. A value and the root of the tree; no break is listed here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` occurs exactly once in `file`; `test` is the pytest node that must fail when it is `new`."""

    name: str
    file: str
    old: str
    new: str
    test: str
