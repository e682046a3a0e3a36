"""Does the file have the right shape? Pydantic's errors turned into findings with place, words and cure."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.config.findings import Finding, close
from gateway.config.model import SiteFile
from gateway.config.source import Path_, Source

# pydantic's error type -> (what is wanted, zh, en)
WANTED = {
    "int_type": ("整数", "a whole number"),
    "int_parsing": ("整数", "a whole number"),
    "float_type": ("数", "a number"),
    "string_type": ("文字", "text"),
    "bool_type": ("true 或 false", "true or false"),
    "list_type": ("列表", "a list"),
    "dict_type": ("一组键值", "a mapping"),
    "model_type": ("一组键值", "a mapping"),
    "model_attributes_type": ("一组键值", "a mapping"),
    "none_required": ("空", "empty"),
}
BOUNDS = {"greater_than_equal": "ge", "less_than_equal": "le"}


def shape(source: Source) -> tuple[SiteFile | None, list[Finding]]:
    """The file as a typed model, or None and everything that is wrong with its shape."""
    if not isinstance(source.data, dict) or source.data.get("campus") != 1:
        return None, [source.finding("CFG-003", ("campus",))]
    try:
        return SiteFile.model_validate(source.data), []
    except ValidationError as error:
        found: dict[tuple[str, str], Finding] = {}
        for item in error.errors(include_url=False):
            finding = _finding(source, item)
            found.setdefault((finding.code, finding.path), finding)
        return None, list(found.values())


def _finding(source: Source, item: Any) -> Finding:
    path, missing = _real(source.data, item["loc"])
    kind, value = item["type"], _short(item["input"])
    if kind == "extra_forbidden":
        allowed = _keys(path[:-1])
        return source.finding("CFG-010", path, key=True, hint=close(path[-1], allowed), allowed=" ".join(allowed) or "-")
    if kind == "missing":
        return source.finding("CFG-011", path[:-1] if missing else path, key=False, name=path[-1])
    if kind == "literal_error":
        allowed = [str(x).strip("'\" ") for x in str(item["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        if all(a.isdigit() for a in allowed) and not isinstance(item["input"], int):
            digits = "".join(c for c in str(item["input"]) if c.isdigit())
            return source.finding(
                "CFG-012",
                path,
                hint=digits if digits in allowed else "",
                value=value,
                wanted_zh="整数",
                wanted="a whole number",
            )
        return source.finding("CFG-013", path, hint=close(item["input"], allowed), value=value, allowed=" ".join(allowed))
    if kind in BOUNDS:
        low, high = _bounds(path)
        return source.finding("CFG-014", path, value=value, low=low, high=high)
    if kind == "too_short":
        return source.finding("CFG-011", path, key=True, name=f"{path[-1]}[0]")
    if kind.startswith("CFG-"):
        return source.finding(kind, path, value=value, **(item.get("ctx") or {}))
    wanted_zh, wanted = WANTED.get(kind, ("这里要的值", item["msg"]))
    return source.finding("CFG-012", path, value=value, wanted_zh=wanted_zh, wanted=wanted)


def _real(data: Any, loc: tuple[Any, ...]) -> tuple[Path_, bool]:
    """The part of pydantic's location that exists in the file (it names union members too), and whether its end is missing."""
    path: list[str | int] = []
    node = data
    for n, part in enumerate(loc):
        try:
            node = node[part]
            path.append(part)
        except (KeyError, IndexError, TypeError):
            if n == len(loc) - 1 and isinstance(node, dict):
                return (*path, part), True
    return tuple(path), False


def _model_at(path: Path_) -> type[BaseModel] | None:
    model: Any = SiteFile
    for part in path:
        if isinstance(part, int):
            continue
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return model if path[-1] != part else None
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        model = _inner(field.annotation) if field else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _inner(annotation: Any) -> Any:
    """The model inside list[X], dict[str, X], X | Y."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (list, dict, typing.Union, types.UnionType):
        for arg in args:
            found = _inner(arg)
            if isinstance(found, type) and issubclass(found, BaseModel):
                return found
    return annotation


def _keys(path: Path_) -> list[str]:
    if len(path) >= 2 and path[0] == "devices" and path[-2] == "channels":
        from gateway.config.model import ChannelFile

        return list(ChannelFile.model_fields)
    model = _model_at(path)
    return [f.alias or n for n, f in model.model_fields.items()] if model else []


def _bounds(path: Path_) -> tuple[object, object]:
    model = _model_at(path[:-1] if isinstance(path[-1], str) else path[:-2])
    name = next((p for p in reversed(path) if isinstance(p, str)), "")
    field = next((f for n, f in model.model_fields.items() if name in (n, f.alias)), None) if model else None
    if field is None:
        return "?", "?"
    metas = list(field.metadata)
    for arg in typing.get_args(field.annotation):
        metas += list(getattr(arg, "__metadata__", ())) and [
            m for meta in arg.__metadata__ for m in getattr(meta, "metadata", [meta])
        ]
    low = next((m.ge for m in metas if getattr(m, "ge", None) is not None), "-∞")
    high = next((m.le for m in metas if getattr(m, "le", None) is not None), "∞")
    return low, high


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
