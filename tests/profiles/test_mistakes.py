"""Every row of the table of mistakes in docs/add-a-device.md, made in the page's own example: the text it promises, at its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from drivers.profile import ProfileError, profile_from_dict
from drivers.quantities import QUANTITIES
from tests.profiles import test_profiles
from tests.profiles.test_profiles import load_yaml
from tools import rules_md

PROFILES = Path(__file__).resolve().parents[2] / "config" / "profiles"
PAGE = (Path(__file__).resolve().parents[2] / "docs/add-a-device.md").read_text("utf-8")
ROW = re.compile(r"^\| ([^|]+) \| `([\w.-]+): (.+?)` \| `(.+?)` \| ([^|]+) \|$", re.M)
EXAMPLE = PAGE.split("# 例子 example\n")[1].split("```")[0]
TABLE = PAGE[PAGE.index("| 错误 mistake |") :].partition("\n\n")[0]
ROWS = ROW.findall(TABLE)
GONE = "删去"


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def example() -> Any:
    return read(EXAMPLE)


def test_the_example_is_right_and_every_row_is_read() -> None:
    assert profile_from_dict(example(), "example-meter.yaml").id == "example-meter"
    rows = [line for line in TABLE.splitlines()[2:] if line.startswith("|")]
    assert len(ROWS) == len(rows) > 20, "a row is: mistake, `path: value`, `text`, cure"


@pytest.mark.parametrize(("mistake", "path", "value", "text", "cure"), ROWS, ids=[row[1] + ": " + row[2][:20] for row in ROWS])
def test_the_mistake_gives_what_the_page_says(mistake: str, path: str, value: str, text: str, cure: str) -> None:
    data = example()
    *way, key = path.split(".")
    there = data
    for part in way:
        there = there[int(part)] if part.isdigit() else there[part]
    if value == GONE:
        del there[key]
    else:
        there[key] = read(f"x: {value}")["x"]
    with pytest.raises(ProfileError) as wrong:
        profile_from_dict(data, "example-meter.yaml")
    assert text in str(wrong.value) and str(wrong.value).startswith("example-meter.yaml: "), str(wrong.value)
    assert cure.strip()


def test_the_page_lists_every_quantity_a_device_has() -> None:
    for path in sorted(PROFILES.glob("*.yaml")):
        for name in set(re.findall(r"quantity: ([a-z0-9-]+)", path.read_text("utf-8"))):
            quantity = QUANTITIES[name]
            listed = f"`{name}` {quantity.zh}" + (f" {quantity.unit}" if quantity.unit else "")
            assert listed in PAGE, f"docs/add-a-device.md, quantities: {listed}"


def test_the_page_warns_of_the_catch_all_quantities_that_never_alarm() -> None:
    """An installer who takes one of them for an alarm bit has wired a detector that nobody hears."""
    unjudged = {q for names in rules_md.UNJUDGED for q in names}
    warning = PAGE.split("**量决定报不报警**")[1].split("\n\n")[0]
    named = set(re.findall(r"`([a-z0-9-]+)`", warning))
    assert {"contact", "alert", "code", "count", "number"} <= named & unjudged
    assert named - unjudged == {"gas-alarm", "panel-fire"}, "what is named besides is what to write instead"


def test_a_word_that_is_none_is_answered_with_those_that_are() -> None:
    with pytest.raises(ProfileError, match="smoke-level"):
        profile_from_dict({**example(), "channels": {"x": {"quantity": "smoke-lvl", "space": "coil", "address": 9}}}, "x")
    with pytest.raises(ProfileError, match="coil discrete input holding"):
        profile_from_dict({**example(), "channels": {"x": {"quantity": "smoke", "space": "relay", "address": 9}}}, "x")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("    space", "\tspace", 15), ("kind: ", "kind：", 7), ("kind: digital-io", "kind: a\nkind: b", 7)],
)
def test_a_slip_in_the_yaml_itself_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    """A tab, a full-width colon (seen at the next colon), a key twice."""
    file = tmp_path / "x.yaml"
    file.write_text(EXAMPLE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=rf"x.yaml 第 {line} 行"):
        load_yaml(file)


def test_a_file_saved_by_another_editor(tmp_path: Path) -> None:
    """UTF-8 with a mark at its start is read; GBK is told, not thrown."""
    file = tmp_path / "x.yaml"
    file.write_text(EXAMPLE, encoding="utf-8-sig")
    assert load_yaml(file) == example()
    file.write_text(EXAMPLE.replace("µ", ""), encoding="gbk")
    with pytest.raises(pytest.fail.Exception, match=r"x\.yaml: 不是 UTF-8"):
        load_yaml(file)


def test_a_full_width_colon_between_braces_is_shown_as_part_of_the_key() -> None:
    with pytest.raises(ProfileError, match="quantity: 缺少这个键，写成了 'quantity：alert'"):
        profile_from_dict({**example(), "channels": {"x": read("{quantity：alert, space: coil, address: 9}")}}, "x")


FRAMES = """
cases:
  - name: 520 mA, warning
    from: hand
    exchange:
      - ["01 03 00 00 00 01 84 0A", "01 03 02 02 08 B8 E2"]
      - ["01 03 00 1B 00 01 F4 0D", "01 03 02 00 01 79 84"]
    expect: {leak: 520, alarm: 0}
"""
SLIPS = [
    ("B8 E2", "B8 E3", "CRC should be B8 E2"),
    ("01 03 02 02 08 B8 E2", "0x01 03 02", "pairs of hex digits, in quotes"),
    ("01 03 00 00 00 01 84 0A", "01 06 00 00 00 01 48 0A", "is no question of function 1 to 4"),
    ("01 03 02 02 08 B8 E2", "01 04 02 02 08 B9 96", "are not those of the question"),
    ("01 03 02 02 08 B8 E2", "01 03 04 02 08 00 00 7A 49", "says 4 bytes, has 4; asked for are 2"),
    ("    from: hand\n", "", "case 1: from is missing"),
    ("from: hand", "from: manual", "case 1: from is source or hand"),
    ('["01 03 00 1B 00 01 F4 0D", "01 03 02 00 01 79 84"]', '"01 03 00 1B 00 01 F4 0D"', "exchange is a list of"),
    ("cases:", "case:", "cases: and a list are expected"),
    ("leak: 520", "leek: 520", "the profile has no channel leek"),
    ("leak: 520", "leak: 5.2", "leak is read as 520.0, expect says 5.2"),
]


@pytest.mark.parametrize(("old", "new", "text"), SLIPS, ids=[row[2] for row in SLIPS])
def test_a_slip_in_the_frames_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, text: str
) -> None:
    """Never as a traceback. The frames are those the page shows."""
    monkeypatch.setattr(test_profiles, "FRAMES", tmp_path)
    file = tmp_path / "acrel-asj" / "frames.yaml"
    file.parent.mkdir()
    file.write_text(FRAMES, encoding="utf-8")
    test_profiles.test_frames_decode_to_what_they_mean("acrel-asj")
    assert FRAMES.count(old) == 1
    file.write_text(FRAMES.replace(old, new), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=re.escape(text)):
        test_profiles.test_frames_decode_to_what_they_mean("acrel-asj")
