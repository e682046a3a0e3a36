"""One row added, set or removed, and not a character changed elsewhere; what cannot be proven is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.edit import CannotEdit, add, change, remove, tables
from gateway.shipped import data_dir

SITE = """# 学校
campus: 1
site: {id: a, name: 三中} # 名字
buses:
  - {id: rs485-a, baud: 9600} # 教学楼
  # 第二条以后再接

# 区域
zones:
  - id: hall # 走廊
    name: 走廊
    kind: corridor

  - {id: store, name: "库"} # 危化品

devices: []
people:
"""


@pytest.mark.parametrize(
    "section, row, line",
    [
        ("buses", {"id": "b", "framing": "8E1"}, '  - {id: b, framing: "8E1"}'),
        ("zones", {"id": "x", "name": "3号宿舍"}, '  - {id: x, name: "3号宿舍"}'),
        ("devices", {"id": "d", "unit": 3}, "devices: [{id: d, unit: 3}]"),
        ("people", {"id": "p", "phone": "+86138"}, '  - {id: p, phone: "+86138"}'),
        ("duty", {"post": "duty", "days": [1, 2]}, "  - {post: duty, days: [1, 2]}"),
    ],
)
def test_a_row_is_added_behind_the_others(section: str, row: dict[str, Any], line: str) -> None:
    made = add(SITE, section, row)
    assert line in made.splitlines()
    assert tables(made)[section][-1] == row
    kept = [x for x in SITE.splitlines() if x and (x != "devices: []" or section != "devices")]
    assert [x for x in made.splitlines() if x in kept] == kept, "every other line stays"


def test_a_comment_stays_with_what_it_is_about() -> None:
    assert "# 教学楼\n  - {id: b}\n  # 第二条以后再接\n\n# 区域\n" in add(SITE, "buses", {"id": "b"})


@pytest.mark.parametrize(
    "section, place, values, line",
    [
        ("buses", 0, {"baud": 4800}, "  - {id: rs485-a, baud: 4800} # 教学楼"),
        ("buses", 0, {"framing": "8N1"}, '  - {id: rs485-a, baud: 9600, framing: "8N1"} # 教学楼'),
        ("buses", 0, {"baud": None}, "  - {id: rs485-a} # 教学楼"),
        ("zones", 0, {"name": "东走廊"}, "    name: 东走廊"),
        ("zones", 0, {"building": "lab"}, "    building: lab"),
        ("zones", 0, {"id": None}, "  - name: 走廊"),
        ("zones", 1, {"name": "药品库"}, "  - {id: store, name: 药品库} # 危化品"),
        ("zones", 1, {"name": "no"}, '  - {id: store, name: "no"} # 危化品'),
    ],
)
def test_a_value_is_set_where_it_stands(section: str, place: int, values: dict[str, Any], line: str) -> None:
    made = change(SITE, section, place, values)
    assert line in made.splitlines()
    assert len(set(made.splitlines()) ^ set(SITE.splitlines())) <= 3


@pytest.mark.parametrize("section, place, left", [("buses", 0, []), ("zones", 0, ["store"]), ("zones", 1, ["hall"])])
def test_a_row_is_removed(section: str, place: int, left: list[str]) -> None:
    made = remove(SITE, section, place)
    assert [row["id"] for row in tables(made)[section]] == left
    assert "  # 第二条以后再接\n\n# 区域\n" in made
    assert tables(add(made, section, {"id": "new"}))[section][-1] == {"id": "new"}


@pytest.mark.parametrize("text", ["campus: [", "- a", "", "campus: 1\nzones: {a: b}\n"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(CannotEdit):
        add(text, "zones", {"id": "x"})


def test_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(CannotEdit, match="old"):
        change(SITE, "zones", 7, {"name": "x"})


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
VALUES = st.one_of(NAMES, st.integers(-5, 70_000), st.booleans(), st.lists(NAMES, max_size=3))
SHIPPED = [(data_dir() / name).read_text("utf-8") for name in ("site.example.yaml", "demo/site.yaml")]


EDITS = given(st.sampled_from(SHIPPED), st.sampled_from(["buses", "zones", "devices", "people"]), st.data())


@settings(max_examples=6, deadline=None)  # each reads a whole site file some twenty times
@EDITS
def test_whatever_is_edited_says_what_was_meant_or_is_refused(text: str, section: str, data: st.DataObject) -> None:
    _edited(text, section, data)


@pytest.mark.soak
@settings(max_examples=400, deadline=None)
@EDITS
def test_whatever_is_edited_says_what_was_meant_400_times(text: str, section: str, data: st.DataObject) -> None:
    _edited(text, section, data)


def _edited(text: str, section: str, data: st.DataObject) -> None:
    rows = tables(text)[section]
    place = data.draw(st.integers(0, len(rows) - 1))
    values = data.draw(st.dictionaries(st.sampled_from(["id", "name", "unit", "neu"]), VALUES, min_size=1, max_size=2))
    made = change(text, section, place, values)
    assert tables(made)[section][place] == {**rows[place], **values}
    longer = add(made, section, values)
    assert tables(remove(longer, section, len(rows))) == tables(made)
    comments = [x for x in text.splitlines() if x.lstrip().startswith("#")]
    assert [x for x in longer.splitlines() if x.lstrip().startswith("#")] == comments


def test_the_file_that_ships_is_edited_line_by_line() -> None:
    text = Path(data_dir() / "site.example.yaml").read_text("utf-8")
    made = add(text, "devices", {"id": "new-1", "profile": "jxct-co", "bus": "rs485-a", "unit": 30, "zone": "dorm-101"})
    assert len(made.splitlines()) == len(text.splitlines()) + 1
