"""A story file: control commands with the second at which each is carried out. Read and checked before anything starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drivers.simulator.faults import make

Command = dict[str, Any]


def read(path: Path, verbs: set[str]) -> list[tuple[float, Command]]:
    """(second of the story, command) in order. One JSON object a line: {"at": second, verb: argument}; `#` begins a remark.

    ValueError names the line that is none, and a fault there is not.
    """
    rows: list[tuple[float, Command]] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        try:
            row = dict(json.loads(text))
            at = float(row.pop("at"))
            (verb,) = row
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}:{number}: not {{"at": second, verb: argument}}: {error}') from None
        if verb not in verbs:
            raise ValueError(f"{path}:{number}: no command {verb!r}; there are: {' '.join(sorted(verbs))}")
        if verb == "fault":
            _checked(row[verb], f"{path}:{number}")
        rows.append((at, row))
    return sorted(rows, key=lambda row: row[0])


def _checked(fault: Any, where: str) -> None:
    try:
        make(fault["kind"], fault.get("amount"), fault.get("share", 1.0))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: no fault: {type(error).__name__}: {error}") from None
