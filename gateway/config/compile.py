"""Site file to compiled Site: read, shape, resolve, build, weigh the lines. Every mistake of the file at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.schedule import load

from drivers.plan import plan
from gateway.config import library
from gateway.config.build import Builder
from gateway.config.findings import Finding, close
from gateway.config.resolve import Resolver
from gateway.config.shape import shape
from gateway.config.source import Source, parse
from gateway.config.source import read as read_source
from gateway.site import Site

WARN, REFUSE = 0.8, 1.0


@dataclass(frozen=True, slots=True)
class Compiled:
    """`site` is None exactly when a finding is an error."""

    site: Site | None
    findings: tuple[Finding, ...]


def compile_site(
    path: Path, *, data: str, substitutions: Mapping[str, str] | None = None, speed: int = 1, root: Path | None = None
) -> Compiled:
    """Compile `path`. `substitutions` replace `{name}` in the text; `speed` divides durations of rules and steps."""
    source = _read(path, substitutions or {})
    if isinstance(source, Finding):
        return Compiled(None, (source,))
    shelf = library.load(root or library.data_dir(), path.parent / "profiles")
    file, findings = shape(source)
    findings += shelf.findings
    if file is None:
        return Compiled(None, _sorted(findings))
    findings += Resolver(source, file, shelf).run()
    for name in file.rules:
        if name not in shelf.rules:
            known = sorted(shelf.rules)
            findings.append(
                source.finding(
                    "CFG-031", ("rules", name), key=True, hint=close(name, known), value=name, allowed=" ".join(known)
                )
            )
    if any(not f.warning for f in findings):
        return Compiled(None, _sorted(findings))
    builder = Builder(source, file, shelf, speed)
    site = builder.site(data)
    findings += builder.findings + _gas_order(source, site) + _weigh(source, site)
    bad = any(not f.warning for f in findings)
    return Compiled(None if bad else site, _sorted(findings))


def _read(path: Path, substitutions: Mapping[str, str]) -> Source | Finding:
    if not substitutions:
        return read_source(path)
    found = read_source(path) if not path.is_file() else None
    if found is not None:
        return found
    text = path.read_text(encoding="utf-8")
    for name, value in substitutions.items():
        text = text.replace("{" + name + "}", value)
    return parse(str(path), text)


def _gas_order(source: Source, site: Site) -> list[Finding]:
    highs = {rule.alarm: rule.params.get("high") for rule in site.plant.rules if rule.alarm in ("gas-1", "gas-2")}
    one, two = highs.get("gas-1"), highs.get("gas-2")
    if isinstance(one, float) and isinstance(two, float) and two <= one:
        return [source.finding("CFG-032", ("rules",))]
    return []


def _weigh(source: Source, site: Site) -> list[Finding]:
    found = []
    for n, bus in enumerate(site.buses):
        if bus.type == "modbus-tcp":
            continue
        devices = [d for d in site.devices if d.bus == bus.id]
        weight = load(devices, {d.id: plan(d.profile) for d in devices}, bus.baud, bus.framing)
        if weight.share > WARN:
            code = "CFG-033" if weight.share > REFUSE else "CFG-050"
            arithmetic = "; ".join(weight.lines)
            found.append(source.finding(code, ("buses", n), bus=bus.id, share=round(weight.share * 100), arithmetic=arithmetic))
    return found


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.warning, f.file, f.line, f.column, f.code)))
