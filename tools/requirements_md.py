"""Writes docs/requirements.md: each id of docs/requirements.yaml with the tests and benches named after it.

Run: python -m tools.requirements_md

A test or bench shows an id by its name: test_r12_smoke_latches, bench_d1_from_the_reading, test_r12_r13_what_clears.
"""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "requirements.md"
TABLE = ROOT / "docs" / "requirements.yaml"
NAMED = re.compile(r"^\s*(?:async )?def ((?:test|bench)_((?:[rd]\d+_)+)\w*)", re.M)
HEAD = """# Requirements · 要求与证明

Written by `tools/requirements_md.py` from `docs/requirements.yaml` and from the names of the tests and benches that show them.
R: behaviour. D: reliability. What nothing shows yet says so.

| id | what | source | shown by |
|---|---|---|---|
"""


def table() -> dict[str, dict[str, str]]:
    return dict(YAML(typ="safe").load(TABLE))


def shown() -> dict[str, list[str]]:
    """Id -> `file::function` of everything named after it, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name, ids in NAMED.findall(path.read_text(encoding="utf-8")):
            for id in ids.upper().strip("_").split("_"):
                found.setdefault(id, []).append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return found


def render() -> str:
    by_id = shown()
    rows = []
    for id, row in table().items():
        names = "<br>".join(f"`{name}`" for name in by_id.get(id, ())) or "nothing yet"
        rows.append(f"| {id} | {row['what']} | {row['source']} | {names} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
