"""What ships with the product as data: profiles, default rules, escalation policies. Mistakes in them are findings too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.messages import MESSAGES
from alerts.model import Policy, Scalar, Step
from alerts.plant import Item
from alerts.rules.combination import operands, parse
from drivers.profile import Profile, ProfileError, profile_from_dict
from gateway.config import checklistfile
from gateway.config.findings import Finding, close
from gateway.config.model import duration
from gateway.config.ready import Ready
from gateway.config.rulefile import RuleFile, RuleFileError, rule_from_dict
from gateway.config.source import Path_, Source, read
from gateway.shipped import data_dir as data_dir

WHEN = ("unacked", "unverified", "always")
TO = ("duty", "second", "leader", "head", "officer", "electrician", "keeper", "holder", "bureau", "everyone")
POLICY_KEYS = {"policy", "loop", "repair", "steps", "result_asked"}
STEP_KEYS = {"id", "when", "after", "to", "message", "during", "every", "listed", "rung"}
DURING = ("", "asleep", "not-falling", "daily")


@dataclass(slots=True)
class Library:
    """`models`: every profile there is, read or not (a file is named after its id).

    `broken`: those of them whose file is wrong, which is a finding already: a device of theirs is not unknown besides.
    """

    profiles: dict[str, Profile] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    rules: dict[str, RuleFile] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    checklists: dict[str, tuple[Item, ...]] = field(default_factory=dict)  # kind of alarm -> items
    findings: list[Finding] = field(default_factory=list)
    used: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, id) -> the file it comes from


def load(root: Path, extra_profiles: Path | None = None, models: Collection[str] | None = None) -> Library:
    """Everything under `root`, and a site's own profiles (a folder `profiles` beside the site file).

    `models`: of the shipped profiles only these are read; None: all.
    """
    library = Library()
    places: list[tuple[Source, RuleFile, Path_]] = []
    own = extra_profiles if extra_profiles and extra_profiles.resolve() != (root / "profiles").resolve() else None
    library.models |= {file.stem for file in (root / "profiles").glob("*.yaml")}
    mine = list(_sources(library, (own,)))
    if models is not None:
        models = {*models, *(str(s.data.get("id")) for s in mine if isinstance(s.data, dict))}
    _shipped(library, root, models)
    for source in mine:
        _profile(library, source)
    library.models |= library.profiles.keys()
    for source in _sources(library, (root / "rules",)):
        places += _rules(library, source)
    for source in _sources(library, (root / "escalation",)):
        _policy(library, source)
    for source in _sources(library, (root / "checklists",)):
        checklists, findings = checklistfile.read(source)
        library.checklists |= checklists
        library.findings += findings
    for source, rule, path in places:
        for key, name, known in (("policy", rule.policy, library.policies), ("less_than", rule.less_than, library.rules)):
            if name and name not in known:
                why = f"{rule.id}: {key} {name} 不存在 · does not exist"
                library.findings.append(source.finding("CFG-028", (*path, key), hint=close(name, known), why=why))
        named = [str(rule.params["of"])] if "of" in rule.params else []
        named += operands(parse(str(rule.params["expr"]))) if "expr" in rule.params else []
        for name in named:
            operand = library.rules.get(name)
            if operand is None or operand.kind == "combination" or ("of" in rule.params and not operand.side):
                why = f"{rule.id}: 规则 {name} 不存在或不能引用 · rule {name} does not exist or cannot be referred to"
                library.findings.append(source.finding("CFG-028", path, hint=close(name, library.rules), why=why))
        other = library.rules.get(rule.less_than, rule)
        if other.side != rule.side:
            why = f"{rule.id} 与 {other.id} 的限值不在同一侧 · their limits are not on one side"
            library.findings.append(source.finding("CFG-028", (*path, "less_than"), why=why))
    return library


def only_profiles(root: Path, extra: Path | None = None) -> Library:
    """The profiles alone, shipped and own: for tools that need no rules."""
    library = Library()
    _shipped(library, root)
    for source in _sources(library, (extra,)):
        _profile(library, source)
    return library


def only_policies(root: Path) -> dict[str, Policy]:
    """The shipped escalation alone: what a page offers to change."""
    library = Library()
    for source in _sources(library, (root / "escalation",)):
        _policy(library, source)
    return library.policies


def _shipped(library: Library, root: Path, stems: Collection[str] | None = None) -> None:
    """The profiles under `root`; of those named after `stems` only. Read as JSON where that is as good as the YAML."""
    ready = Ready(root)
    for path in sorted((root / "profiles").glob("*.yaml")):
        if stems is not None and path.stem not in stems:
            continue
        profile = ready.profile(path)
        if profile is not None and ("profile", profile.id) not in library.used:
            library.used["profile", profile.id] = str(path)
            library.profiles[profile.id] = profile
        elif isinstance(source := read(path), Finding):
            library.findings.append(source)
            library.broken.add(path.stem)
        else:
            _profile(library, source)


def _sources(library: Library, folders: Iterable[Path | None]) -> Iterable[Source]:
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")) if folder else ():
            source = read(path)
            if isinstance(source, Finding):
                library.findings.append(source)
                library.broken.add(path.stem)
            else:
                yield source


def _take(library: Library, source: Source, kind: str, id: str, path: Path_) -> bool:
    """False, and a finding, when the id is taken by another file already."""
    other = library.used.setdefault((kind, id), source.file)
    if other != source.file or id in getattr(library, f"{kind}s" if kind != "policy" else "policies"):
        zh, en = f"{id} 已在 {other} 中", f"{id} is already in {other}"
        if kind == "profile":
            library.findings.append(source.finding("CFG-027", path, zh=zh, en=en))
        else:
            library.findings.append(source.finding("CFG-028", path, why=f"{zh} · {en}"))
        return False
    return True


def _profile(library: Library, source: Source) -> None:
    try:
        profile = profile_from_dict(source.data if isinstance(source.data, dict) else {}, source.file)
    except ProfileError as error:
        library.findings.append(source.finding("CFG-027", tuple(error.path), zh=error.zh, en=error.en))
        library.broken |= {Path(source.file).stem, str(source.data.get("id")) if isinstance(source.data, dict) else ""}
        return
    if _take(library, source, "profile", profile.id, ("id",)):
        library.profiles[profile.id] = profile


def _rules(library: Library, source: Source) -> Iterable[tuple[Source, RuleFile, Path_]]:
    items = source.data.get("rules") if isinstance(source.data, dict) else None
    if not isinstance(items, list):
        library.findings.append(source.finding("CFG-028", (), why="缺少列表 rules · a list `rules` is missing"))
        return
    for n, item in enumerate(items):
        try:
            rule = rule_from_dict(item)
        except RuleFileError as error:
            library.findings.append(source.finding("CFG-028", ("rules", n, *error.path), why=str(error)))
            continue
        if _take(library, source, "rule", rule.id, ("rules", n, "id")):
            library.rules[rule.id] = rule
            yield source, rule, ("rules", n)


def _policy(library: Library, source: Source) -> None:
    try:
        policy = policy_from_dict(source.data)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        why = f"缺少 {error} · {error} is missing" if isinstance(error, KeyError) else str(error)
        library.findings.append(source.finding("CFG-028", (), why=why))
        return
    if _take(library, source, "policy", policy.id, ("policy",)):
        library.policies[policy.id] = policy


def policy_from_dict(data: Mapping[str, Any]) -> Policy:
    """docs/escalation.md. Raises KeyError, ValueError or TypeError."""
    _only(data, POLICY_KEYS)
    steps = tuple(_step(item) for item in data["steps"])
    if len({s.id for s in steps}) != len(steps):
        raise ValueError("两个步骤同名 · two steps of one id")
    if not isinstance(data["result_asked"], bool):
        raise TypeError("result_asked 要写 true 或 false · must be true or false")
    return Policy(
        _text(data["policy"]), steps, duration(data.get("loop", 0)), data["result_asked"], duration(data.get("repair", 0))
    )


def _step(item: Mapping[str, Any]) -> Step:
    _only(item, STEP_KEYS)
    to = tuple(_one_of(name, TO) for name in item["to"])
    listed, rung = _yes(item, "listed", False), _yes(item, "rung", True)
    message = _one_of(item["message"], tuple(MESSAGES))
    during, every = _one_of(item.get("during", ""), DURING), duration(item.get("every", 0))
    when, after = _one_of(item["when"], WHEN), duration(item["after"])
    return Step(_text(item["id"]), when, after, to, message, during, every, listed, rung)


def _yes(item: Mapping[str, Any], key: str, otherwise: bool) -> bool:
    value = item.get(key, otherwise)
    if not isinstance(value, bool):
        raise TypeError(f"{key} 要写 true 或 false · must be true or false")
    return value


def _only(data: Mapping[str, Any], keys: set[str]) -> None:
    extra = set(data.keys()) - keys
    if extra:
        raise ValueError(f"没有这一项 no such key: {' '.join(sorted(map(str, extra)))}")


def _text(value: Scalar) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} 不是文字 · is not text")
    return value


def _one_of(value: Scalar, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"{value} 不在可选值内 · is none of: {' '.join(words)}")
    return str(value)
