"""A YAML file with the place of every key and value. The only file that reads site files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.config.findings import Finding

Path_ = tuple[str | int, ...]

MOST = 200_000  # values in one file; a school has some thousands


def dotted(path: Path_) -> str:
    """("devices", 3, "baud") → devices[3].baud"""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


class Source:
    """One parsed file. `data` is made of plain dicts, lists and scalars."""

    def __init__(self, file: str, text: str, tree: Any) -> None:
        self.file = file
        self.lines = text.splitlines()
        self._tree = tree
        self.data: Any = _plain(tree, [MOST])

    def finding(self, code: str, path: Path_, /, *, key: bool = False, hint: str = "", **args: object) -> Finding:
        """A finding at `path`: at its value, or at its key when `key`; where `path` is absent, at its nearest parent."""
        line, column = self.place(path, key=key)
        excerpt = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        width = len(str(path[-1])) if key and path else self._width(excerpt, column)
        return Finding(code, self.file, line, column, dotted(path), args, excerpt, width, hint)

    def place(self, path: Path_, *, key: bool = False) -> tuple[int, int]:
        node, place = self._tree, (1, 1)
        for part in path:
            marks = getattr(node, "lc", None)
            mark = marks.data.get(part) if marks is not None and marks.data else None
            if mark is None:
                break
            place = (mark[0] + 1, mark[1] + 1) if key or len(mark) == 2 else (mark[2] + 1, mark[3] + 1)
            node = node[part]
        return place

    def written(self, path: Path_) -> bool:
        """Is there something at `path`, right or wrong? What is wrong has been complained of already, and is not missing."""
        node: Any = self.data
        for part in path:
            if isinstance(node, dict) and part not in node:
                return False
            node = node[part]
        return bool(node)

    def raw(self, path: Path_) -> str:
        """The value at `path` as it is written, on one line."""
        line, column = self.place(path)
        excerpt = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return excerpt[column - 1 :][: self._width(excerpt, column)]

    def _width(self, excerpt: str, column: int) -> int:
        rest = excerpt[column - 1 :]
        for stop in (" #", ",", "}", "]"):
            rest = rest.split(stop)[0]
        return max(1, len(rest.rstrip()))


def read(path: Path, substitutions: Mapping[str, str] | None = None) -> Source | Finding:
    """The file, or the one finding that says why it cannot be used. Each `{name}` of `substitutions` is replaced first."""
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return Finding("CFG-001", name, 0, 0, "", {"why": f"不是 UTF-8 / not UTF-8 (byte {error.start})"})
    except OSError as error:
        return Finding("CFG-001", name, 0, 0, "", {"why": error.strerror or type(error).__name__})
    for key, value in (substitutions or {}).items():
        text = text.replace("{" + key + "}", value)
    return parse(name, text)


def parse(name: str, text: str) -> Source | Finding:
    try:
        return Source(name, text, YAML(typ="rt").load(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = (error.problem or "").split("\n")[0].split(" with value")[0] or type(error).__name__
        if mark is None:
            return Finding("CFG-002", name, 0, 0, "", {"why": why})
        lines = text.splitlines()
        excerpt = lines[mark.line] if mark.line < len(lines) else ""
        return Finding("CFG-002", name, mark.line + 1, mark.column + 1, "", {"why": why}, excerpt)
    except (YAMLError, ValueError, RecursionError) as error:
        why = str(error).split("\n")[0][:120] or type(error).__name__
        return Finding("CFG-002", name, 0, 0, "", {"why": why})


def _plain(node: Any, budget: list[int]) -> Any:
    """Raises ValueError when aliases make it grow beyond MOST values."""
    budget[0] -= 1
    if budget[0] < 0:
        raise ValueError(f"超过 {MOST} 个值 · more than {MOST} values")
    if isinstance(node, dict):
        return {(k if isinstance(k, int) and not isinstance(k, bool) else str(k)): _plain(v, budget) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(item, budget) for item in node]
    if isinstance(node, int) and abs(node) >= 1 << 64:
        raise ValueError("数太大 · a number is too large")
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)
