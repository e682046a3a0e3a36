"""Typed keys out of a plain mapping, strictly: a wrong one is a ProfileError with its path. Knows no profile."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn, TypeVar

T = TypeVar("T")
S = TypeVar("S", bound=str)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MISSING = object()
ALIKE = 0.8  # of difflib: a word misspelt, not another word
FEW = 12  # words that a message lists whole; of more only the nearest


class ProfileError(ValueError):
    """A profile that cannot be used. `path` leads to the wrong key; `zh`, `en` tell a person what is wrong there.

    `allowed` lists the words that would have been right, where there is such a list.
    """

    def __init__(self, where: str, path: tuple[str, ...], zh: str, en: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(f"{where}: {'.'.join(path)}: {zh} / {en}")
        self.where, self.path, self.zh, self.en, self.allowed = where, path, zh, en, allowed


class Fields:
    """One mapping under reading. A method without a default requires its key; `done` refuses keys never asked for."""

    def __init__(self, data: object, where: str, path: tuple[str, ...]) -> None:
        self.where, self._path = where, path
        if not isinstance(data, Mapping):
            raise ProfileError(where, path, "这里应是“键: 值”的表", "a mapping is expected here")
        self._data: Mapping[object, object] = data
        self._asked: set[object] = set()

    def fail(self, key: str, zh: str, en: str, allowed: tuple[str, ...] = ()) -> NoReturn:
        raise ProfileError(self.where, (*self._path, key), zh, en, allowed)

    def done(self) -> None:
        for key in self._data:
            if key not in self._asked:
                words = tuple(sorted(map(str, self._asked)))
                zh, en = (f"；可用 {' '.join(words)}", f": {' '.join(words)}") if len(words) <= FEW else ("", "")
                if near := difflib.get_close_matches(str(key), words, 1, ALIKE):
                    zh, en = f"，是 {near[0]} 吗", f"; {near[0]}?"
                self.fail(str(key), f"没有这个键{zh}", f"unknown key{en}", words)

    def _get(self, key: str, default: object) -> object:
        self._asked.add(key)
        value = self._data.get(key, default)
        if value is _MISSING:
            written = next((str(other) for other in self._data if _meant(str(other), key)), "")
            zh, en = (f"，写成了 {written!r}（看拼写，标点用半角）", f"; {written!r} is written") if written else ("", "")
            self.fail(key, f"缺少这个键{zh}", f"this key is missing{en}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Not empty unless the default is."""
        value = self._get(key, _MISSING if default is None else default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, "应是文字（必要时加引号）", "a text is expected (put it in quotes)")
        return value

    def id(self, key: str) -> str:
        return self._as_id(self.text(key), key)

    def _as_id(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            self.fail(key, "标识只能用小写字母、数字和 -，最长 32", "an id is a-z, 0-9 and -, at most 32 characters")
        return value

    def choice(self, key: str, allowed: tuple[S, ...], default: S | None = None) -> S:
        value = self._get(key, _MISSING if default is None else default)
        for word in allowed:
            if value == word:
                return word
        # YAML takes 8E1 for the number 80 and false for a truth value.
        zh, en = ("", "") if isinstance(value, str) else ("，应是文字，请加引号", "; a text is expected, put it in quotes")
        near: Sequence[str] = (
            allowed if len(allowed) <= FEW else difflib.get_close_matches(str(value), list[str](allowed), 5, 0.5)
        )
        words = " ".join(near)
        zh += f"；可用 {words}" if near else "；可用的见 docs/add-a-device.md"
        en += f": {words}" if near else ": see docs/add-a-device.md"
        self.fail(key, f"不认识 {value!r}{zh}", f"{value!r} is not one of the allowed words{en}", allowed)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self._get(key, _MISSING if default is None else default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            zh, en = ("，十六进制写 0x…，不加引号", ", in hex 0x..., without quotes") if isinstance(value, str) else ("", "")
            self.fail(key, f"应是 {low} 到 {high} 的整数{zh}", f"a whole number from {low} to {high} is expected{en}")
        return value

    def integers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """One whole number, or a list of at least one."""
        value = self._get(key, _MISSING)
        numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not numbers or any(not isinstance(n, int) or isinstance(n, bool) or not low <= n <= high for n in numbers):
            zh, en = (
                f"应是 {low} 到 {high} 的整数，或这样的列表",
                f"a whole number from {low} to {high} is expected, or a list of such",
            )
            self.fail(key, zh, en)
        return numbers

    def one_of(self, key: str, allowed: tuple[int, ...], default: int | None = None) -> int:
        value = self._get(key, _MISSING if default is None else default)
        if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            words = tuple(map(str, allowed))
            self.fail(key, f"只能是 {'、'.join(words)}", f"must be one of {', '.join(words)}", words)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = as_number(self._get(key, _MISSING if default is None else default))
        if value is None:
            self.fail(key, "应是数字，不加引号，小数点用 .", "a number is expected, without quotes")
        return value

    def flag(self, key: str) -> bool:
        value = self._get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "应是 true 或 false", "true or false is expected")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        items = self._items(key)
        for item in items:
            if not isinstance(item, str):
                self.fail(key, "列表里只能是文字", "a list of texts is expected")
        return tuple(map(str, items))

    def codes(self, key: str, read: Callable[[object], T | None]) -> dict[int, T]:
        """Raw code (an integer, or its digits or 0x form as text) -> what `read` makes of it; None from it is an error."""
        table = Fields(self._get(key, {}), self.where, (*self._path, key))
        found: dict[int, T] = {}
        for name, item in table._data.items():
            code, value = _code(name), read(item)
            if code is None:
                zh = "代码应是非负整数：设备发来的原码，十六进制写 0x…，-1 写 0xFFFF"
                table.fail(str(name), zh, "a code is a whole number as it comes on the wire, in hex 0x...: -1 is 0xFFFF")
            if value is None:
                table.fail(str(name), "应是“代码: 值”，冒号后面的写错了", "'code: value' is expected, the value is wrong")
            if code in found:
                table.fail(str(name), "代码重复", "this code is given twice")
            found[code] = value
        return found

    def has(self, key: str) -> bool:
        """Is the key there? It is a known one either way."""
        self._asked.add(key)
        return key in self._data

    def table(self, key: str) -> Fields:
        """The mapping under the key; an empty one when the key is absent."""
        return Fields(self._get(key, {}), self.where, (*self._path, key))

    def tables(self, key: str) -> list[tuple[str, Fields]]:
        """(id, its mapping) for every entry of the mapping under the key, in its order."""
        outer = self.table(key)
        return [
            (outer._as_id(id, str(id)), Fields(item, self.where, (*outer._path, str(id)))) for id, item in outer._data.items()
        ]

    def rows(self, key: str) -> Iterator[Fields]:
        """The mappings of the list under the key; the path names them 0, 1, ..."""
        for n, item in enumerate(self._items(key)):
            yield Fields(item, self.where, (*self._path, key, str(n)))

    def _items(self, key: str) -> tuple[object, ...]:
        value = self._get(key, ())
        if not isinstance(value, list | tuple):
            self.fail(key, "应是列表", "a list is expected")
        return tuple(value)


def _meant(written: str, key: str) -> bool:
    """Misspelt, or with a full-width colon, which makes the value a part of the key."""
    return written != key and bool(
        written.startswith((f"{key}：", f"{key} ：")) or difflib.get_close_matches(written, (key,), 1, ALIKE)
    )


def as_text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def as_number(value: object) -> float | None:
    """A finite number; True and False are not numbers here."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _code(name: object) -> int | None:
    if isinstance(name, str) and re.fullmatch(r"[0-9]+|0x[0-9A-Fa-f]+", name):
        return int(name, 16 if name.startswith("0x") else 10)
    return name if isinstance(name, int) and not isinstance(name, bool) and name >= 0 else None
