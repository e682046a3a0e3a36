"""The yearly calendar of a site file, or of the file it names, as a Calendar (docs/roster.md). Finds mistakes; raises nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from alerts.plant import Calendar, Span
from gateway.config.findings import Finding, close
from gateway.config.source import Path_, Source, read

SPANS = ("terms", "holidays", "exams")
KEYS = (*SPANS, "makeup")
SPAN = ("name", "from", "to")


def calendar(source: Source, given: Any) -> tuple[Calendar, list[Finding]]:
    """`given` is what the site file says under `calendar`: nothing, the calendar itself, or the name of a file beside it."""
    if given is None:
        return Calendar(), [source.finding("CFG-058", ("calendar",))]
    if not isinstance(given, str):
        return _Reader(source, ("calendar",)).calendar(given)
    other = read(Path(source.file).parent / given)
    if isinstance(other, Finding):
        why = "文件读不了 cannot be read" if other.code == "CFG-001" else "不是有效的 YAML not valid YAML"
        return Calendar(), [source.finding("CFG-042", ("calendar",), why=f"{given}: {why} · {other.args['why']}")]
    return _Reader(other, ()).calendar(other.data)


class _Reader:
    def __init__(self, source: Source, root: Path_) -> None:
        self._source, self._root = source, root
        self._findings: list[Finding] = []

    def calendar(self, data: Any) -> tuple[Calendar, list[Finding]]:
        if not isinstance(data, dict):
            self._wrong((), "不是一组键值 is not a mapping")
            return Calendar(), self._findings
        for key in data:
            if key not in KEYS:
                at = (*self._root, key)
                words = " ".join(KEYS)
                self._findings.append(self._source.finding("CFG-010", at, key=True, hint=close(key, KEYS), allowed=words))
        spans = {name: self._spans(data.get(name) or [], (name,)) for name in SPANS}
        made = Calendar(spans["terms"], spans["holidays"], self._days(data.get("makeup") or [], ("makeup",)), spans["exams"])
        if not made.terms and not self._findings:
            self._wrong((), "缺少学期 terms is missing")
        for n, term in enumerate(made.terms[1:], 1):
            if any(term.start <= t.end and t.start <= term.end for t in made.terms[:n]):
                self._wrong(("terms", n), f"学期重叠 terms overlap: {term.name}")
        for n, day in enumerate(made.makeup):
            if date.fromisoformat(day).isoweekday() <= 5 and not any(h.start <= day <= h.end for h in made.holidays):
                self._wrong(("makeup", n), f"{day} 本来就是工作日 is a working day anyway")
        return made, self._findings

    def _spans(self, items: Any, at: Path_) -> tuple[Span, ...]:
        out = []
        for n, item in enumerate(self._list(items, at)):
            here = (*at, n)
            if not isinstance(item, dict) or set(item) != set(SPAN) or not isinstance(item.get("name"), str):
                self._wrong(here, "要写 name、from、to · needs name, from and to")
                continue
            start, end = self._day(item["from"], (*here, "from")), self._day(item["to"], (*here, "to"))
            if start and end and end < start:
                self._wrong((*here, "to"), f"{end} 早于 {start} · ends before it begins")
            elif start and end:
                out.append(Span(item["name"], start, end))
        return tuple(sorted(out, key=lambda s: s.start))

    def _days(self, items: Any, at: Path_) -> tuple[str, ...]:
        return tuple(d for n, item in enumerate(self._list(items, at)) if (d := self._day(item, (*at, n))))

    def _list(self, items: Any, at: Path_) -> list[Any]:
        if isinstance(items, list):
            return items
        self._wrong(at, "要写成列表 must be a list")
        return []

    def _day(self, value: Any, at: Path_) -> str:
        """An ISO date; YAML's own dates come as text already."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self._wrong(at, f"日期 {value} 看不懂，例：2026-09-01 · is no date, e.g. 2026-09-01")
            return ""

    def _wrong(self, at: Path_, why: str) -> None:
        self._findings.append(self._source.finding("CFG-042", (*self._root, *at), why=why))
