"""Frozen dataclasses to JSON-ready values and back, by their type hints. Strict: a wrong shape raises ValueError. Pure."""

from __future__ import annotations

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_jsonable(value: Any) -> Any:
    """Dataclasses become objects, tuples arrays, enums their values (IntEnum: their numbers), mapping keys text.

    NaN and infinity have no JSON form and become null; what is none of these is left as it is.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def from_jsonable(kind: type[T], data: Any) -> T:
    """The value of type `kind` that `data` describes. Unknown object fields are ignored, missing ones take their default."""
    return typing.cast(T, _make(kind, data, kind.__name__))


@cache
def _fields(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _make(kind: Any, data: Any, where: str) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(data, Mapping):
            raise ValueError(f"{where}: an object is expected")
        known = {name: _make(hint, data[name], f"{where}.{name}") for name, hint in _fields(kind).items() if name in data}
        try:
            return typing.cast(Any, kind)(**known)
        except TypeError as error:
            raise ValueError(f"{where}: {error}") from None
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(args, data, where)
    if origin is typing.Literal:
        if data not in args:
            raise ValueError(f"{where}: {data!r} is none of {args}")
        return data
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise ValueError(f"{where}: an array is expected")
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_make(args[0], item, f"{where}[{n}]") for n, item in enumerate(data))
        if len(args) != len(data):
            raise ValueError(f"{where}: {len(args)} items are expected")
        return tuple(_make(arg, item, f"{where}[{n}]") for n, (arg, item) in enumerate(zip(args, data, strict=True)))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(data, Mapping):
            raise ValueError(f"{where}: an object is expected")
        return {_make(args[0], _key(args[0], key), where): _make(args[1], item, f"{where}.{key}") for key, item in data.items()}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(data)
    return _plain(kind, data, where)


def _key(kind: Any, key: Any) -> Any:
    return int(key) if kind is int else key


def _union(args: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in args:
        return None
    scalars = tuple(a for a in args if a in (str, int, float, bool))
    if scalars and isinstance(data, scalars):
        return data
    (rest,) = [a for a in args if a is not type(None)]
    return _make(rest, data, where)


def _plain(kind: Any, data: Any, where: str) -> Any:
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is int and isinstance(data, bool):
        raise ValueError(f"{where}: a number is expected, not {data!r}")
    if not isinstance(data, kind):
        raise ValueError(f"{where}: {kind.__name__} is expected, not {data!r}")
    return data
