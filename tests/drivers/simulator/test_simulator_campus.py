"""The campus as data: big enough, consistent in itself, and the same school as the demo's site file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from drivers.simulator.campus import FOLLOWS, LINES, ROOMS, UNITS, size
from drivers.simulator.faults import KINDS
from drivers.simulator.models import MODELS
from drivers.simulator.stories import NAMES, STORIES, Back, Cable, Leak, Put, Ramp

SITE = Path(__file__).resolve().parents[3] / "config" / "demo" / "site.yaml"
BY_ID = {u.id: u for u in UNITS}


@pytest.fixture(scope="module")
def site() -> dict[str, Any]:
    values = {
        "tcp_port": "1502",
        "mqtt_port": "1883",
        "rs485-a": "/a",
        "rs485-b": "/b",
        "phone_url": "http://x/",
        "phone_secret": "/s",
    }
    text = SITE.read_text(encoding="utf-8")
    for name, value in values.items():
        assert "{" + name + "}" in text, f"{SITE.name} must hold the placeholder {{{name}}}"
        text = text.replace("{" + name + "}", value)
    return dict(YAML(typ="safe").load(text))


def test_size() -> None:
    devices, points = size()
    assert devices >= 40
    assert points >= 200
    assert {u.line for u in UNITS} == set(LINES)


def test_no_two_devices_share_a_unit_or_a_name() -> None:
    assert len({(u.line, u.unit) for u in UNITS}) == len(UNITS) == len(BY_ID)


def test_units_are_those_the_models_allow() -> None:
    assert all(1 <= u.unit <= 16 for u in UNITS if u.model == "acrel-aim-r100")
    assert all(1 <= u.unit <= 63 for u in UNITS if u.model == "calectro-ug3")


def test_every_signal_can_be_read() -> None:
    for model in MODELS.values():
        for signal in model.signals:
            words = 2 if signal.type == "f32" else 1
            assert any(
                space == signal.space and first <= signal.address and signal.address + words <= first + count
                for space, first, count in model.spans
            ), f"{model.id}/{signal.name}"


def signal_of(device: str, name: str) -> Any:
    return next(s for s in MODELS[BY_ID[device].model].signals if s.name == name)


def test_tables_name_only_what_exists() -> None:
    for unit in UNITS:
        for name in (*unit.rests, *unit.bits):
            signal_of(unit.id, name)
    for follow in FOLLOWS:
        assert signal_of(*follow.cause).binary and signal_of(*follow.effect).binary
    for room in ROOMS:
        signal_of(*room.valve), signal_of(*room.fan)
        for head in room.heads:
            signal_of(head, "gas")
    for story in STORIES.values():
        for _, action in story:
            match action:
                case Put(device, name, _):
                    assert signal_of(device, name).binary
                case Ramp(device, name, _, _) | Back(device, name, _):
                    assert not signal_of(device, name).binary
                case Leak(room_id, _, _):
                    assert room_id in {room.id for room in ROOMS}
                case Cable(line, mode):
                    assert line in LINES and mode in ("cut", "up")


def test_the_site_file_is_this_campus(site: dict[str, Any]) -> None:
    there = {(d["id"], d["bus"], d["unit"], d["profile"]) for d in site["devices"]}
    assert there == {(u.id, u.line, u.unit, u.model) for u in UNITS}


def test_the_site_file_holds_together(site: dict[str, Any]) -> None:
    zones, buildings, people = ({row["id"] for row in site[key]} for key in ("zones", "buildings", "people"))
    assert {d["zone"] for d in site["devices"]} <= zones
    assert {z["building"] for z in site["zones"]} <= buildings
    assert {row["person"] for row in site["duty"]} <= people
    for store in site["stores"]:
        assert store["zone"] in zones and set(store["holders"]) <= people
    for output in site["outputs"]:
        assert output.get("zone", "guard-room") in zones
        assert output["id"].split("/")[0] in BY_ID and output.get("feedback", "store-io/").split("/")[0] in BY_ID


def test_words_fit_what_a_guard_hears(site: dict[str, Any]) -> None:
    assert all(len(z["name"]) <= 14 for z in site["zones"])
    assert all(len(p["name"]) <= 4 for p in site["people"])
    assert all(len(d["name"]) <= 8 for d in site["devices"])
    assert all(
        len(c.get("name", "")) <= 8 for d in site["devices"] for c in d.get("channels", {}).values() if isinstance(c, dict)
    )


def test_every_feedback_is_moved_by_its_output(site: dict[str, Any]) -> None:
    """A fan or valve whose feedback no interlock moves would be a fault of the demo, not of the product."""
    moved = {(f"{f.cause[0]}/{f.cause[1]}", f"{f.effect[0]}/{f.effect[1]}") for f in FOLLOWS}
    told = {(o["id"], o["feedback"]) for o in site["outputs"] if "feedback" in o}
    assert told == moved


def test_the_page_about_the_campus_names_every_option_command_and_log_line() -> None:
    page = (SITE.parents[2] / "docs" / "simulated-campus.md").read_text(encoding="utf-8")
    source = "".join(p.read_text(encoding="utf-8") for p in sorted((SITE.parents[2] / "drivers" / "simulator").glob("*.py")))
    options = set(re.findall(r'add_argument\(\s*"(--[a-z-]+)"', source))
    kinds = set(re.findall(r'(?:_log|log|_misuse)\("([a-z]+)"', source))
    verbs = set(re.findall(r'^            "([a-z]+)": lambda', source, re.M))
    assert len(options) == 12 and len(verbs) == 9 and len(kinds) > 10
    missing = [name for name in (*options, *NAMES, "normal", *KINDS) if f"`{name}`" not in page]
    missing += [f'"{verb}"' for verb in verbs if f'{{"{verb}"' not in page]
    missing += [kind for kind in kinds if f"`{kind}`" not in page]
    assert not missing, f"docs/simulated-campus.md does not name {', '.join(missing)}"
    assert set(re.findall(r"^\| `(--[a-z-]+)`", page, re.M)) == options
