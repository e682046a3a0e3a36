"""The breaks of the state table, one for each cell, made from the table's own text. No other break is listed here."""

from __future__ import annotations

import re

from tests.mutants.mutant import ROOT, Mutant

MACHINE = "alerts/machine.py"
TABLE_TEST = "tests/alerts/test_machine.py"

_CELL = re.compile(r"^    \(S\.(\w+), I\.(\w+)\): Cell\((None|S\.\w+),", re.MULTILINE)


def cells() -> tuple[Mutant, ...]:
    """One for each cell of the state table: a cell that moves stays instead, one that stays or refuses moves."""
    text = (ROOT / MACHINE).read_text(encoding="utf-8")
    out = []
    for match in _CELL.finditer(text):
        state, input, to = match.groups()
        other = "None" if to != "None" else ("S.UNACKED" if state == "NORMAL" else "S.NORMAL")
        line = text[match.start() : text.index("\n", match.start())]
        new = line.replace(f"Cell({to},", f"Cell({other},", 1)
        # a refusal would hide the new target: it goes in the same line
        new = re.sub(r', refused="[^"]+"', "", new)
        out.append(Mutant(f"D19 cell {state} {input}", MACHINE, line, new, TABLE_TEST))
    return tuple(out)
