"""Panels, a lock board and a UPS on their own serial lines, through the real `run`: what they say reaches alarms and phones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from school import School, demo_text

from drivers.simulator.panels import LINES, Panels
from gateway.config.library import data_dir
from gateway.site import site_from_json

ADDRESS = {"gst5000-rs485": "365089", "gst-crt": "001004", "ld128en-printer": "004-004", "nmea-fir": "aa-001-012"}
FIRE = [line for line in LINES if line in ADDRESS]


def site_text(panels: Panels) -> str:
    """The demo's school with all six lines; every panel has one smoke detector that is listed."""
    buses = "".join(f"  - {{id: {line}, type: {line}, port: {panels.links[line]}}}\n" for line in LINES)
    devices = "".join(
        f"  - {{id: p-{line}, profile: fire-panel, bus: {line}, zone: guard-room, name: 主机}}\n"
        f'  - {{id: s-{line}, profile: panel-smoke, bus: {line}, address: "{ADDRESS[line]}", zone: guard-room, name: 烟感}}\n'
        for line in FIRE
    )
    devices += '  - {id: board, profile: wkly-lock, bus: wkly-lock, address: "0", zone: guard-room}\n'
    devices += "  - {id: ups, profile: megatec-ups, bus: megatec-ups, zone: guard-room}\n"
    return demo_text().replace("\nbuses:\n", f"\nbuses:\n{buses}", 1).replace("\ndevices:\n", f"\ndevices:\n{devices}", 1)


def mains(school: School) -> str:
    return str(school.ask({"ask": "health"})["data"]["mains"]["state"])


@pytest.fixture
def living(tmp_path: Path) -> Iterator[tuple[School, Panels, list[dict[str, Any]]]]:
    heard: list[dict[str, Any]] = []
    panels = Panels(tmp_path, lambda what, **fields: heard.append({"what": what, **fields}))
    panels.start()
    school = School(tmp_path / "school", speed=1)
    try:
        school.campus.start_phone()
        school.campus.start_campus("none", 0)
        site = tmp_path / "school" / "site" / "site.yaml"
        site.parent.mkdir()
        site.write_text(site_text(panels), encoding="utf-8")
        calendar = "calendar.example.yaml"
        (site.parent.parent / calendar).write_bytes((data_dir() / calendar).read_bytes())
        school.compiled = school.campus.compile(site)
        school.site = site_from_json(school.compiled.read_text(encoding="utf-8"))
        school.data.mkdir(mode=0o700, exist_ok=True)
        school.start_run()
        yield school, panels, heard
    finally:
        school.close()
        panels.close()


def test_r1_r12_a_panel_prints_a_fire_and_the_phone_rings(living: tuple[School, Panels, list[dict[str, Any]]]) -> None:
    """Every panel protocol through one `run`; never a byte to a panel that its document does not foresee."""
    school, panels, heard = living
    for line in FIRE:
        school.until("the line is heard", lambda line=line: school.point(f"s-{line}/smoke")["quality"] == "uncertain")
        panels.say(line, "fire", ADDRESS[line])
    for line in FIRE:
        school.until(
            f"alarm of {line}", lambda line=line: [a for a in school.alarms("fire") if a["point"] == f"s-{line}/smoke"]
        )
    school.until("a phone rings", lambda: [m for m in school.messages() if "火警" in m["text"]])
    (raised,) = [e for e in school.events("raised") if e["args"]["point"] == "s-ld128en-printer/smoke"]
    assert raised["args"]["device_time"] == "2026-11-02 02:14" and "东楼三层走廊" in raised["args"]["said"], "R29"
    school.until(
        "its clock stands still", lambda: [a for a in school.alarms("fault") if a["point"] == "ld128en-printer/panel-clock"]
    )
    (drifted,) = [e for e in school.events("raised") if e["args"]["point"] == "ld128en-printer/panel-clock"]
    assert drifted["args"]["device_time"] == "2026-11-02 02:14" and abs(drifted["args"]["value"]) > 30, "R29: both times"

    panels.say("gst5000-rs485", "fire", "000777")
    school.until(
        "an address nobody listed", lambda: [a for a in school.alarms("fire") if a["point"].startswith("p-gst5000-rs485/")]
    )
    panels.say("ld128en-printer", "reset")
    school.until("the point is normal", lambda: school.point("s-ld128en-printer/smoke")["value"] == 0)
    (alarm,) = [a for a in school.alarms("fire") if a["point"] == "s-ld128en-printer/smoke"]
    assert alarm["state"] == "rtn_unacked", "the alarm stays until a person resets it"

    panels.lock(1, True)
    school.until("the lock is seen open", lambda: school.point("board/lock-1")["value"] == 1)
    assert school.point("board/lock-2")["value"] == 0
    school.until("mains present at all that tell of it", lambda: mains(school) == "present")
    panels.mains(False)
    school.until("mains lost at the UPS", lambda: mains(school) == "lost")
    assert school.point("ups/mains")["value"] == 0
    panels.silence("gst-crt", True)
    school.until("a silent panel is a fault", lambda: school.point("s-gst-crt/smoke")["quality"] == "fault")
    school.until("its line is down", lambda: [a for a in school.alarms("line") if a["point"] == "gst-crt/link"])
    assert [a for a in school.alarms("fire") if a["point"] == "s-gst-crt/smoke"], "and its fire stands"
    assert not [entry for entry in heard if entry["what"] == "strange"], "no byte that a document does not foresee"
