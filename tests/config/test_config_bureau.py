"""The bureau file: what it compiles to, and every mistake only a bureau can make, at its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from site_texts import GOOD

from gateway.config.codes import CODES
from gateway.config.compile import Compiled
from gateway.config.findings import render
from gateway.site import site_from_json, site_to_json

Go = Callable[..., Compiled]
EXAMPLE = (Path(__file__).parents[2] / "config/bureau.example.yaml").read_text("utf-8")
BUREAU = EXAMPLE.replace(
    "calendar: calendar.example.yaml", 'calendar: {terms: [{name: 秋, from: "2026-09-01", to: "2027-01-22"}]}'
)

# code, what stands in BUREAU, what is written instead, and the text at which the finding must point
CASES = [
    ("CFG-011", BUREAU[BUREAU.index("uplink:") : BUREAU.index("# 乡镇")], "", "site"),
    ("CFG-020", "district: daye, name", "district: daxia, name", "daxia"),
    ("CFG-021", "{id: caoyuan-primary", "{id: no3-middle", "no3-middle, district: songyang, name: 草园"),
    ("CFG-085", "- {id: no3-middle", "- {id: box", "box"),
    ("CFG-021", "- {id: no3-middle", "- {id: songyang", "songyang, district"),
    ("CFG-080", "at: [113.03, 34.46]", "at: [34.46, 113.03]", "[34.46"),
    ("CFG-080", "at: [113.03, 34.46]", "at: here", "here"),
    ("CFG-081", "kind: bureau\n", "kind: school\n", "schools"),
    ("CFG-082", ", command_key: /etc/campus-gateway/keys/no3-middle", "", "{id: no3-middle"),
    ("CFG-083", ", at: [113.03, 34.46]", "", "{id: no3-middle"),
    ("CFG-016", "short: 大冶中心小学", "short: 大冶镇中心小学校部", "大冶镇中心小学校部"),
]


def test_a_bureau_hears_schools_and_needs_no_line_or_sensor(compiled: Go) -> None:
    found = compiled(BUREAU)
    assert [render(f) for f in found.findings] == [] and found.site is not None
    site = found.site
    assert site_from_json(site_to_json(site)) == site
    school = site.schools[0]
    assert (school.id, school.short, school.at, school.command_key[-10:]) == (
        "no3-middle",
        "三中",
        (113.03, 34.46),
        "no3-middle",
    )
    assert [t.id for t in site.townships] == ["songyang", "daye"] and len(site.townships[0].outline) == 5
    zone = site.plant.zones["no3-middle"]
    assert (zone.name, zone.building, zone.kind) == ("三中", "songyang", "remote")
    judged = {r.id: r.points for r in site.plant.rules if any(p.startswith("no3-middle/") for p in r.points)}
    assert judged.keys() == {"silent", "clock-unknown", "clock-fast", "clock-slow", "reports-missing"}, (
        "and no no-data rule for the rest"
    )
    assert judged["silent"] == tuple(f"{s.id}/alive" for s in site.schools)


@pytest.mark.parametrize(("code", "old", "new", "at"), CASES, ids=[f"{c[0]}-{c[2].strip()[:20]}" for c in CASES])
def test_one_mistake_is_told_at_its_place(compiled: Go, code: str, old: str, new: str, at: str) -> None:
    assert old in BUREAU
    text = BUREAU.replace(old, new, 1)
    place = text.index(at, text.index(new) if at in new else 0)
    found = compiled(text)
    first = next((f for f in found.findings if f.code == code), None)
    assert first is not None, [render(f) for f in found.findings]
    assert (first.line, first.column) == (text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place))
    assert (found.site is None) is not CODES[code].warning and CODES[code].cure_en in render(first)


@pytest.mark.parametrize("section", ["schools", "townships"])
def test_an_empty_section_is_missing(compiled: Go, section: str) -> None:
    start = BUREAU.index(f"\n{section}:") + 1
    end = BUREAU.index("\n\n", start)
    found = compiled(BUREAU[:start] + f"{section}: []" + BUREAU[end:])
    assert ("CFG-011", section) in {(f.code, f.path) for f in found.findings}


def test_a_school_may_list_the_bureaus_people_without_a_channel_when_the_bureau_rings_them_itself(compiled: Go) -> None:
    person = "people:\n  - {id: ma, name: 局马, role: bureau}\n"
    text = GOOD.replace("people:\n", person)
    assert "CFG-041" in {f.code for f in compiled(text).findings}
    keyed = text.replace("uplink: {", "uplink: {command_key: /etc/key, ")
    assert keyed != text and "CFG-041" not in {f.code for f in compiled(keyed).findings}
