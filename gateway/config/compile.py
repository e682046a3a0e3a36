"""Site file to compiled Site: read, shape, resolve, limits, devices, lines, build. Every mistake of the file at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alerts.plant import Calendar
from gateway.config import library
from gateway.config.build import build
from gateway.config.calendarfile import calendar
from gateway.config.devices import devices, weigh
from gateway.config.findings import Finding
from gateway.config.limits import overridden
from gateway.config.lines import lines
from gateway.config.resolve import Resolver
from gateway.config.shape import shape
from gateway.config.source import read
from gateway.config.steps import hurried
from gateway.site import Site


@dataclass(frozen=True, slots=True)
class Compiled:
    """`site` is None exactly when a finding is an error."""

    site: Site | None
    findings: tuple[Finding, ...]


def compile_site(
    path: Path, *, data: str, substitutions: Mapping[str, str] | None = None, speed: int = 1, root: Path | None = None
) -> Compiled:
    """Compile `path`. `substitutions` replace `{name}` in its text; `speed` divides durations of rules and steps.

    `root` holds profiles, rules and escalation (default: what ships with the product); profiles of the site's own may
    lie in a folder `profiles` beside the file. Nothing is raised: whatever is wrong is a finding.
    """
    source = read(path, substitutions)
    if isinstance(source, Finding):
        return Compiled(None, (source,))
    shaped = shape(source)
    file = shaped.file
    models = {d.profile for d in file.devices} if file else set()
    shelf = library.load(root or library.data_dir(), path.parent / "profiles", models)
    if file is None:
        return Compiled(None, _sorted(shaped.findings + shelf.findings))
    resolved = Resolver(source, shaped, file, shelf).run()
    rules, limits = overridden(source, file.rules, shelf.rules)
    policies, steps = hurried(source, file.escalation, shelf.policies)
    made, slow = devices(source, shaped, shelf)
    year, dates = calendar(source, file.calendar) if "calendar" not in shaped.blind else (Calendar(), [])
    load = weigh(source, shaped, list(made.values()))
    panels = lines(source, shaped, shelf)
    findings = _sorted(shaped.findings + shelf.findings + resolved + limits + steps + slow + load + panels + dates)
    if any(not f.warning for f in findings):
        return Compiled(None, findings)
    warnings = tuple(f"{f.code} {f.words()} · {f.words('en')}" for f in findings)
    site = build(
        source, file, list(made.values()), rules, shelf,
        policies=policies, calendar=year, data=data, speed=speed, warnings=warnings,
    )  # fmt: skip
    return Compiled(site, findings)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.warning, f.file, f.line, f.column, f.code)))
