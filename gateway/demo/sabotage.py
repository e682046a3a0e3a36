"""Breaks exactly one part of the demonstration, so that its proof can be seen to fail where it should."""

from __future__ import annotations

import json
from typing import Any

from gateway.demo.processes import Campus
from gateway.site import Site


def before_run(campus: Campus, what: str | None) -> None:
    """journal: a folder stands where the journal's file should be, so that it can never be written."""
    if what == "journal":
        (campus.dir / "data" / "journal.db" / "in-the-way").mkdir(parents=True)


def after_run(campus: Campus, site: Site, what: str | None) -> None:
    """sounder: its relay board stops answering."""
    if what != "sounder":
        return
    units = {d.id: (d.bus, d.unit) for d in site.devices}
    for output in site.plant.outputs.values():
        if output.role == "guard-sounder":
            line, unit = units[output.id.partition("/")[0]]
            tell(campus, {"unit": {"line": line, "unit": unit, "mode": "dead"}})


def tell(campus: Campus, order: dict[str, Any]) -> None:
    """One order to the simulated campus, on its standard input."""
    process = next(p for name, p in campus.running if name == "campus")
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
