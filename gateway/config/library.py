"""What ships with the product as data: profiles, default rules, escalation policies. Mistakes in them are findings too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.kinds import KINDS
from alerts.model import Policy, Step
from drivers.profile import Profile, ProfileError, profile_from_dict
from drivers.quantities import QUANTITIES
from gateway.config.findings import Finding
from gateway.config.model import duration
from gateway.config.source import Source, read

NUMBERS = ("high", "low", "return_at", "equals")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One default rule before it is given its points. `limits`: hard ones; `advice`: the standard's range; both per number."""

    id: str
    kind: str
    alarm: str
    policy: str
    on_delay: int
    off_delay: int
    quantity: str = ""
    zones: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    except_zones: tuple[str, ...] = ()
    except_uses: tuple[str, ...] = ()
    fire: bool | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    advice: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    zh: str = ""
    en: str = ""


@dataclass(slots=True)
class Library:
    profiles: dict[str, Profile] = field(default_factory=dict)
    rules: dict[str, RuleFile] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def data_dir() -> Path:
    """Where the shipped data lies: in the installed wheel, else in the source tree."""
    installed = Path(__file__).resolve().parent.parent / "data"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "config"


def load(root: Path, extra_profiles: Path | None = None) -> Library:
    """Everything under `root`, and a site's own profiles (a folder `profiles` beside the site file)."""
    library = Library()
    folders = [root / "profiles"] + ([extra_profiles] if extra_profiles and extra_profiles.is_dir() else [])
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            _each(library, path, _profile)
    for path in sorted((root / "rules").glob("*.yaml")):
        _each(library, path, _rules)
    for path in sorted((root / "escalation").glob("*.yaml")):
        _each(library, path, _policy)
    return library


def _each(library: Library, path: Path, use: Callable[[Library, Source], None]) -> None:
    source = read(path)
    if isinstance(source, Finding):
        library.findings.append(source)
        return
    use(library, source)


def _profile(library: Library, source: Source) -> None:
    try:
        profile = profile_from_dict(source.data if isinstance(source.data, dict) else {}, source.file)
    except ProfileError as error:
        library.findings.append(source.finding("CFG-027", tuple(error.path), why=f"{error.zh} · {error.en}"))
        return
    library.profiles[profile.id] = profile


def _rules(library: Library, source: Source) -> None:
    for n, item in enumerate(source.data["rules"]):
        try:
            rule = _rule(item)
        except (KeyError, ValueError, TypeError) as error:
            why = f"{type(error).__name__} {error}"
            library.findings.append(source.finding("CFG-028", ("rules", n), why=why))
            continue
        library.rules[rule.id] = rule


def _rule(item: Mapping[str, Any]) -> RuleFile:
    if item["alarm"] not in KINDS:
        raise ValueError(f"alarm {item['alarm']}")
    quantity = item.get("quantity", "")
    if quantity and quantity not in QUANTITIES:
        raise ValueError(f"quantity {quantity}")
    return RuleFile(
        id=item["id"],
        kind=item["kind"],
        alarm=item["alarm"],
        policy=item.get("policy", ""),
        on_delay=duration(item.get("on_delay", 0)),
        off_delay=duration(item.get("off_delay", 0)),
        quantity=quantity,
        zones=tuple(item.get("zones", ())),
        uses=tuple(item.get("uses", ())),
        except_zones=tuple(item.get("except_zones", ())),
        except_uses=tuple(item.get("except_uses", ())),
        fire=item.get("fire"),
        params={name: float(item[name]) for name in NUMBERS if name in item} | dict(item.get("params", {})),
        limits={k: (float(v[0]), float(v[1])) for k, v in item.get("limits", {}).items()},
        advice={k: (float(v[0]), float(v[1])) for k, v in item.get("advice", {}).items()},
        zh=item["what"]["zh"],
        en=item["what"]["en"],
    )


def _policy(library: Library, source: Source) -> None:
    try:
        data = source.data
        steps = tuple(
            Step(s["id"], s["when"], duration(s["after"]), tuple(s["to"]), s["message"]) for s in data.get("steps", ())
        )
        policy = Policy(data["policy"], steps, duration(data.get("loop", 0)), bool(data.get("result", True)))
    except (KeyError, ValueError, TypeError) as error:
        library.findings.append(source.finding("CFG-028", (), why=f"{type(error).__name__} {error}"))
        return
    library.policies[policy.id] = policy
