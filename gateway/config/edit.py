"""Small edits of a site file's text that leave every comment and line alone: add, set, remove one row. Pure.

Each edit is made at the place the YAML parser names, and proven: the edited text must parse to exactly the data that was
meant, else CannotEdit says so and the person edits the file by hand.
"""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.config.findings import Finding
from gateway.config.source import parse

Row = Mapping[str, Any]

# Words that YAML reads as text and as nothing else; everything in doubt is quoted.
_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff./@_-]*")
_NO_TEXT = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n|\.?nan|\.?inf)")


class CannotEdit(ValueError):
    """The file cannot be edited by this road; (zh, en) say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def add(text: str, section: str, row: Row) -> str:
    """`row` at the end of the list `section`, which is made where it is missing."""
    rows = _get(_root(text), section)
    line = _flow(row)
    match rows:
        case None:
            made = f"{text.rstrip()}\n\n{section}:\n  - {line}\n"
        case SequenceNode() if rows.flow_style:
            at = rows.end_mark.index - 1
            made = text[:at] + (", " if rows.value else "") + line + text[at:]
        case SequenceNode() if rows.value:
            at = _line_end(text, _end(rows.value[-1]))
            dash = text.rfind("-", 0, rows.value[0].start_mark.index)
            indent = " " * (dash - text.rfind("\n", 0, dash) - 1)
            made = f"{text[:at]}\n{indent}- {line}{text[at:]}"
        case ScalarNode():  # `devices:` with nothing below
            at = _line_end(text, rows.start_mark.index if rows.value else _key_end(_root(text), section))
            made = f"{text[:at]}\n  - {line}{text[at:]}"
        case _:
            raise _by_hand(section)
    return _proven(text, made, lambda data: _list(data, section).append(dict(row)))


def remove(text: str, section: str, place: int) -> str:
    """Without the row at `place` (from 0) of the list `section`."""
    rows, item = _row(text, section, place)
    if rows.flow_style:
        first, last = item.start_mark.index, _end(item)
        if place + 1 < len(rows.value):
            last = rows.value[place + 1].start_mark.index
        elif place:
            first = _end(rows.value[place - 1])
        made = text[:first] + text[last:]
    else:
        first = text.rfind("\n", 0, text.rfind("-", 0, item.start_mark.index)) + 1
        last = _line_end(text, _end(item))
        made = text[:first] + text[last + 1 :]
        if len(rows.value) == 1:
            key = text.index(":", _key_end(_root(text), section)) + 1
            made = f"{text[:key]} []{made[key:]}"
    return _proven(text, made, lambda data: _list(data, section).pop(place))


def change(text: str, section: str, place: int, values: Row) -> str:
    """The row at `place` with these keys; a key whose value is None is taken away."""
    for key, value in values.items():
        _, item = _row(text, section, place)
        if not isinstance(item, MappingNode):
            raise _by_hand(section)
        made = _without(text, item, key) if value is None else _with(text, item, key, value)
        text = _proven(text, made, lambda data, key=key, value=value: _put(_list(data, section)[place], key, value))
    return text


def tables(text: str) -> dict[str, Any]:
    """The file's plain data. Raises CannotEdit when it is no YAML mapping."""
    source = parse("site.yaml", text)
    if isinstance(source, Finding):
        raise CannotEdit(f"第 {source.line} 行：{source.words()}", f"line {source.line}: {source.words('en')}")
    if not isinstance(source.data, dict):
        raise CannotEdit("这不是站点文件", "this is no site file")
    return source.data


def _with(text: str, item: MappingNode, key: str, value: Any) -> str:
    pair = next(((k, v) for k, v in item.value if k.value == key), None)
    if pair and not (isinstance(pair[1], ScalarNode) and not pair[1].value):
        node = pair[1]
        return text[: node.start_mark.index] + _scalar(value) + text[_end(node) :]
    if pair:
        at = text.index(":", pair[0].end_mark.index) + 1
        return f"{text[:at]} {_scalar(value)}{text[at:]}"
    entry = f"{_scalar(key)}: {_scalar(value)}"
    if item.flow_style:
        at = item.end_mark.index - 1
        return text[:at].rstrip() + (", " if item.value else "") + entry + text[at:]
    at = _line_end(text, _end(item))
    first = item.value[0][0].start_mark
    return f"{text[:at]}\n{' ' * first.column}{entry}{text[at:]}"


def _without(text: str, item: MappingNode, key: str) -> str:
    at = next((n for n, (k, _) in enumerate(item.value) if k.value == key), None)
    if at is None:
        return text
    key_node, value = item.value[at]
    first, last = key_node.start_mark.index, _end(value) if value.value or item.flow_style else key_node.end_mark.index + 1
    if item.flow_style:
        if at + 1 < len(item.value):
            last = item.value[at + 1][0].start_mark.index
        elif at:
            first = _end(item.value[at - 1][1])
        return text[:first] + text[last:]
    if at == 0:
        if len(item.value) == 1:
            raise _by_hand(key)
        return text[:first] + text[item.value[1][0].start_mark.index :]  # the dash stays before what was second
    return text[: text.rfind("\n", 0, first)] + text[_line_end(text, last) :]


def _root(text: str) -> MappingNode:
    try:
        root = YAML(typ="rt").compose(io.StringIO(text))
    except YAMLError as error:
        raise CannotEdit(f"文件读不懂：{error}", f"the file is no YAML: {error}") from None
    if not isinstance(root, MappingNode) or root.flow_style:
        raise CannotEdit("这不是站点文件", "this is no site file")
    return root


def _get(node: MappingNode, key: str) -> Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _key_end(node: MappingNode, key: str) -> int:
    return int(next(name.end_mark.index for name, _ in node.value if name.value == key))


def _row(text: str, section: str, place: int) -> tuple[SequenceNode, Node]:
    rows = _get(_root(text), section)
    if not isinstance(rows, SequenceNode) or not 0 <= place < len(rows.value):
        raise CannotEdit("没有这一行，页面可能旧了", "there is no such row; the page may be old")
    return rows, rows.value[place]


def _end(node: Node) -> int:
    """Where the node's own text ends; a block's end mark lies behind the comments that follow it."""
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, at: int) -> int:
    """The end of the line, with its comment."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _flow(row: Row) -> str:
    return "{" + ", ".join(f"{_scalar(key)}: {_scalar(value)}" for key, value in row.items()) + "}"


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping):
        return _flow(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_scalar(v) for v in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _list(data: dict[str, Any], section: str) -> list[Any]:
    if data.get(section) is None:
        data[section] = []
    found: list[Any] = data[section]
    return found


def _put(row: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        row.pop(key, None)
    else:
        row[key] = value


def _proven(old: str, made: str, meant: Any) -> str:
    """`made`, when it says exactly what was meant."""
    wanted = copy.deepcopy(tables(old))
    meant(wanted)
    try:
        got = tables(made)
    except CannotEdit:
        got = {}
    if json.dumps(got, default=str) != json.dumps(wanted, default=str):
        raise _by_hand("")
    return made


def _by_hand(what: str) -> CannotEdit:
    return CannotEdit(f"{what} 写得特别，请在“文件”里直接改", f"{what} is written in a way of its own: edit the file itself")
