"""The calendar of a site file: in it, or in a file beside it; every mistake with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from site_texts import GOOD

from alerts.plant import Calendar, Sleep, Span
from gateway.config.calendarfile import calendar
from gateway.config.compile import Compiled, compile_site
from gateway.config.source import Source, parse

Go = Callable[..., Compiled]
TEXT = """\
terms:
  - {name: 秋, from: 2026-09-01, to: "2027-01-22"}
holidays:
  - {name: 国庆, from: 2026-10-01, to: 2026-10-07}
makeup: [2026-10-10]
"""
BARE = GOOD[: GOOD.index("calendar:")]
MADE = Calendar((Span("秋", "2026-09-01", "2027-01-22"),), (Span("国庆", "2026-10-01", "2026-10-07"),), ("2026-10-10",), ())


def source(text: str) -> Source:
    found = parse("site.yaml", text)
    assert isinstance(found, Source)
    return found


def test_in_the_site_file_or_beside_it(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(BARE + "calendar: year.yaml\n", encoding="utf-8")
    (tmp_path / "year.yaml").write_text(TEXT, encoding="utf-8")
    beside = compile_site(tmp_path / "site.yaml", data="d")
    inside = BARE + "calendar:\n" + "".join(f"  {line}\n" for line in TEXT.splitlines())
    (tmp_path / "site.yaml").write_text(inside, encoding="utf-8")
    within = compile_site(tmp_path / "site.yaml", data="d")
    assert beside.site and within.site and beside.site.plant.calendar == within.site.plant.calendar == MADE
    assert not beside.findings and beside.site.plant.zones["room"].sleep == (Sleep(1290, 390),)


def test_none_is_a_warning_and_a_missing_file_an_error(compiled: Go) -> None:
    assert [f.code for f in compiled(BARE).findings] == ["CFG-058"]
    (found,) = [f for f in compiled(BARE + "calendar: none.yaml\n").findings if not f.warning]
    assert found.code == "CFG-042" and "none.yaml" in found.words()


def test_a_zone_says_when_people_sleep_in_it(compiled: Go) -> None:
    for given, sleep in (
        ('sleep: [{from: "22:00", to: "06:00", school_days: true}]', (Sleep(1320, 360, True),)),
        ("sleep: []", ()),
    ):
        found = compiled(GOOD.replace("kind: dormitory}", f"kind: dormitory, {given}}}"))
        assert found.site and found.site.plant.zones["room"].sleep == sleep


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("terms: [{name: 秋, from: 2026-09-01, to: '2026-13-01'}]", 1, "2026-13-01"),
        ("terms: [{name: 秋, from: 2026-09-01}]", 1, "name、from、to"),
        ("terms: [{name: 秋, from: 2026-09-01, to: 2026-08-01}]", 1, "早于"),
        ("terms: 秋", 1, "列表"),
        ("holidays: []", 1, "缺少学期"),
        ("- 1", 1, "键值"),
        (TEXT + "makeups: []", 6, "makeup"),
        (TEXT.replace("2026-10-10", "2026-10-12"), 5, "2026-10-12"),
        (TEXT.replace("holidays:", "  - {name: 冬, from: 2027-01-20, to: 2027-03-01}\nholidays:"), 3, "重叠"),
    ],
)
def test_mistakes_have_their_line_and_cure(text: str, line: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "year.yaml").write_text(text, encoding="utf-8")
    found = parse(str(tmp_path / "site.yaml"), "calendar: year.yaml")
    assert isinstance(found, Source)
    _, findings = calendar(found, "year.yaml")
    assert [f.line for f in findings] == [line] and words in findings[0].words() + str(findings[0].hint)
    assert findings[0].file.endswith("year.yaml")
