"""Frozen dataclasses to JSON-ready values and back. Pure; knows no table and no file."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
import types
import typing
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """The value as dict, list, text, number, bool or None. Enumerations become their values, NaN and infinity None."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def canonical(value: object) -> bytes:
    """The one JSON form that is hashed and sent: keys sorted, no spaces, UTF-8 (a lone surrogate becomes "?")."""
    text = json.dumps(to_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def from_plain(kind: type[T], data: object) -> T:
    """Rebuild a dataclass from `to_plain`'s form. Unknown fields are ignored and absent ones take their default,

    so that an older and a newer release read each other's rows. Raises ValueError, KeyError or TypeError on anything else.
    """
    if not isinstance(data, dict):
        raise TypeError(f"{kind.__name__} wants an object, not {data!r}")
    given = {name: _rebuild(hint, data[name]) for name, hint in _hints(typing.cast(Hashable, kind)).items() if name in data}
    return kind(**given)


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _rebuild(hint: Any, data: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _rebuild(args[0], data) if data is not None and len(args) == 2 and args[1] is type(None) else data
    if origin is tuple:
        inner = [args[0]] * len(data) if args[-1] is Ellipsis else list(args)
        return tuple(_rebuild(one, item) for one, item in zip(inner, data, strict=True))
    if origin is not None:
        return dict(data)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(data)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint, data)
    return data
