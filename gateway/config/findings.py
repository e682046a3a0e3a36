"""A finding: one mistake in one place, and how it is printed (interface: file:line:column, code, the line, the cure)."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.config.codes import CODES


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` and `column` count from 1; 0 when the whole file is meant. `path` is like devices[3].baud."""

    code: str
    file: str
    line: int
    column: int
    path: str
    args: Mapping[str, object] = field(default_factory=dict)
    excerpt: str = ""
    width: int = 1
    hint: str = ""  # "did you mean"

    @property
    def warning(self) -> bool:
        return CODES[self.code].warning

    def words(self, language: str = "zh") -> str:
        code = CODES[self.code]
        return (code.zh if language == "zh" else code.en).format(**self.args)

    def as_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "level": "warning" if self.warning else "error",
            "zh": self.words("zh"),
            "en": self.words("en"),
            "hint": self.hint,
            "cure_zh": CODES[self.code].cure_zh,
            "cure_en": CODES[self.code].cure_en,
        }


def close(word: object, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or ""."""
    found = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return found[0] if found else ""


def render(finding: Finding) -> str:
    """Two to four lines of text for a terminal, Chinese first: what and where, the line, its cure."""
    level = "警告/warning" if finding.warning else "错误/error"
    where = f"{finding.file}:{finding.line}:{finding.column}" if finding.line else finding.file
    path = f"{finding.path}: " if finding.path else ""
    lines = [f"{where}  {level} {finding.code}  {path}{finding.words('zh')} · {finding.words('en')}"]
    if finding.excerpt:
        lines.append(f"{finding.line:>6} | {finding.excerpt}")
        before = finding.excerpt[: finding.column - 1]
        marked = finding.excerpt[finding.column - 1 :][: finding.width]
        mark = " " * 6 + " | " + " " * _cells(before) + "^" * max(1, _cells(marked))
        lines.append(mark + (f" 是否想写 {finding.hint}？did you mean {finding.hint}?" if finding.hint else ""))
    elif finding.hint:
        lines.append(f"       是否想写 {finding.hint}？did you mean {finding.hint}?")
    code = CODES[finding.code]
    lines.append(f"       改法 cure: {code.cure_zh} · {code.cure_en}")
    return "\n".join(lines)


def _cells(text: str) -> int:
    """Terminal cells: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
