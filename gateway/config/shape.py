"""Does the file have the right shape? Pydantic's errors as findings, and what is left of the file for the later checks."""

from __future__ import annotations

import copy
import types
import typing
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.config.findings import Finding, close
from gateway.config.model import SiteFile
from gateway.config.source import Path_, Source

# pydantic's error type -> what is wanted (zh, en)
WANTED = {
    "int_type": ("整数", "a whole number"),
    "float_type": ("数", "a number"),
    "string_type": ("文字", "text"),
    "bool_type": ("true 或 false", "true or false"),
    "list_type": ("列表", "a list"),
    "dict_type": ("一组键值", "a mapping"),
    "model_type": ("一组键值", "a mapping"),
    "model_attributes_type": ("一组键值", "a mapping"),
}
EXTRA = ("extra_forbidden", "invalid_key")
NO_SITE = {"id": "x", "district": "x", "name": "x", "short": "x"}  # stands in for a broken `site`; nothing is built from it
LISTS = [n for n, f in SiteFile.model_fields.items() if typing.get_origin(f.annotation) is list]


@dataclass(slots=True)
class Shaped:
    """What could be read. An item with a mistake that leaves it without meaning is left out of `file`.

    `index`: section -> place in the file of each item kept. `lost`: section -> ids of items left out, so that
    what refers to them is no mistake. `blind`: sections that could not be read at all.
    """

    file: SiteFile | None
    findings: list[Finding]
    index: dict[str, list[int]] = field(default_factory=dict)
    lost: dict[str, set[str]] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)


def shape(source: Source) -> Shaped:
    """`file` is None only when the file is no site file at all."""
    data = source.data
    if not isinstance(data, dict) or data.get("campus") != 1 or isinstance(data["campus"], bool):
        return Shaped(None, [source.finding("CFG-003", ("campus",))])
    sections = {n: list(range(len(data[n]))) for n in LISTS if isinstance(data.get(n), list)}
    try:
        return Shaped(SiteFile.model_validate(data), [], sections)
    except ValidationError as error:
        found: dict[tuple[str, str], Finding] = {}
        shaped = Shaped(None, [], sections)
        rest = copy.deepcopy(data)
        for item in error.errors(include_url=False):
            path, missing = _real(data, item["loc"])
            finding = _finding(source, item, path, missing)
            found.setdefault((finding.code, finding.path), finding)
            _leave_out(rest, shaped, path, item["type"] in EXTRA)
        shaped.findings = list(found.values())
        for section, kept in shaped.index.items():
            if section in rest:
                rest[section] = [rest[section][n] for n in kept]
        shaped.file = SiteFile.model_validate(rest)
        return shaped


def _leave_out(rest: dict[str, Any], shaped: Shaped, path: Path_, extra: bool) -> None:
    """Take the least out of `rest` that makes it valid."""
    section = str(path[0])
    if extra:
        _pop(rest, path)
    elif section == "site":
        kind = rest["site"].get("kind") if isinstance(rest.get("site"), dict) else None
        rest["site"] = {**NO_SITE, "kind": "bureau" if kind == "bureau" else "school"}  # what a bureau may write is no mistake
    elif len(path) == 1 or section not in ("rules", *shaped.index):
        rest.pop(section, None)
        shaped.index.pop(section, None)
        shaped.blind.add(section)
    elif section == "rules":
        rest["rules"].pop(path[1], None)
    else:
        _leave_out_item(rest, shaped, section, path)


def _pop(rest: Any, path: Path_) -> None:
    """Take the key at `path` away, unless something above it is gone already."""
    for part in path[:-1]:
        if isinstance(rest, dict) and part not in rest:
            return
        rest = rest[part]
    rest.pop(path[-1], None)


def _leave_out_item(rest: dict[str, Any], shaped: Shaped, section: str, path: Path_) -> None:
    n = path[1]
    assert isinstance(n, int)
    item = rest[section][n]
    model = _type_at(path[:2])
    known = {f.alias or name: f for name, f in model.model_fields.items()}
    key = path[2] if len(path) > 2 else None
    if isinstance(item, dict) and key in known and not known[str(key)].is_required():
        item.pop(key, None)
    elif n in shaped.index[section]:
        shaped.index[section].remove(n)
        if isinstance(item, dict):
            shaped.lost.setdefault(section, set()).add(str(item.get("id")))


def _finding(source: Source, item: Any, path: Path_, missing: bool) -> Finding:
    kind, given = item["type"], item["input"]
    value = _short(given)
    if kind in EXTRA:
        allowed = _keys(path[:-1])
        return source.finding("CFG-010", path, key=True, hint=close(path[-1], allowed), allowed=" ".join(allowed) or "-")
    if missing:
        return source.finding("CFG-011", path[:-1], name=path[-1])
    if kind.startswith("CFG-"):
        return source.finding(kind, path, value=value, **(item.get("ctx") or {}))
    scalar = isinstance(given, int | float)
    if kind == "literal_error":
        allowed = [a for a in _choices(path) if not isinstance(a, bool)]
        words = [str(a) for a in allowed]
        if all(isinstance(a, str) for a in allowed) and scalar:
            return _quote(source, path, value)
        if all(isinstance(a, int) for a in allowed) and not scalar:
            digits = "".join(c for c in value if c.isdigit())
            hint = digits if digits in words else ""
            return source.finding("CFG-012", path, hint=hint, value=value, wanted_zh="整数", wanted="a whole number")
        return source.finding("CFG-013", path, hint=close(value, words), value=value, allowed=" ".join(words))
    if kind == "string_type" and scalar:
        return _quote(source, path, value)
    wanted_zh, wanted = WANTED.get(kind, ("这里要的值", str(item["msg"])))
    return source.finding("CFG-012", path, value=value, wanted_zh=wanted_zh, wanted=wanted)


def _quote(source: Source, path: Path_, value: str) -> Finding:
    """YAML took a word for a number: 8E1 is 80.0, a bare phone number loses its plus."""
    raw = source.raw(path)
    return source.finding("CFG-019", path, hint=f'"{raw}"', raw=raw, value=value)


def _real(data: Any, loc: tuple[Any, ...]) -> tuple[Path_, bool]:
    """The part of pydantic's location that exists in the file (it names union members too), and whether its end is missing."""
    path: list[str | int] = []
    node = data
    for n, part in enumerate(loc):
        try:
            if isinstance(node, str):
                break
            node = node[part]
            path.append(part)
        except (KeyError, IndexError, TypeError):
            if n == len(loc) - 1 and isinstance(node, dict) and part != "[key]":
                return (*path, part), True
    return tuple(path), False


def _bare(kind: Any) -> Any:
    """`kind` without Annotated and without None."""
    while True:
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            kind = args[0]
        elif origin in (typing.Union, types.UnionType) and type(None) in args:
            kind = next(a for a in args if a is not type(None))
        else:
            return kind


def _type_at(path: Path_) -> Any:
    """The model or type that describes `path`; None where there is none."""
    kind: Any = SiteFile
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next((f.annotation for n, f in kind.model_fields.items() if part == (f.alias or n)), None)
        else:
            kind = next(iter(typing.get_args(kind)[-1:]), None)  # of a list or a dict
        kind = _bare(kind)
    return kind


def _keys(path: Path_) -> list[str]:
    kind = _type_at(path)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [f.alias or n for n, f in kind.model_fields.items()]


def _choices(path: Path_) -> tuple[Any, ...]:
    return typing.get_args(_type_at(path))


def _short(value: Any) -> str:
    """A value as a person wrote it, near enough."""
    if value is None or isinstance(value, bool):
        return "空 empty" if value is None else str(value).lower()
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
