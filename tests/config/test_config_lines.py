"""Lines of fire panels, lock boards and UPSes in a site file: each mistake has its place and its cure; a right file compiles."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from site_texts import GOOD

from drivers.registry import FRAMERS
from gateway.config.compile import Compiled
from gateway.config.model import Bus

CONFIG = Path(__file__).resolve().parents[2] / "config"
Compile = Callable[..., Compiled]

PANEL = GOOD.replace(
    "buildings:",
    "  - {id: p, type: gst5000-rs485, port: /dev/serial/by-path/p}\nbuildings:",
    1,
).replace(
    "people:",
    """\
  - {id: gst, profile: fire-panel, bus: p, zone: room, name: 主机}
  - {id: s89, profile: panel-smoke, bus: p, address: "365089", zone: room, name: 烟感}
people:""",
    1,
)


def codes(compiled: Compiled) -> list[tuple[str, int]]:
    return [(f.code, f.line) for f in compiled.findings if f.code >= "CFG-06" or not f.warning]


def at(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_panel_line_compiles_with_the_line_of_its_protocol(compiled: Compile) -> None:
    done = compiled(PANEL)
    assert done.site is not None, codes(done)
    assert not codes(done)
    bus = next(b for b in done.site.buses if b.id == "p")
    assert (bus.type, bus.baud, bus.framing, bus.silence) == ("gst5000-rs485", 2400, "8N1", 0)
    smoke = next(d for d in done.site.devices if d.id == "s89")
    assert (smoke.address, smoke.bus) == ("365089", "p") and next(d for d in done.site.devices if d.id == "gst").address == ""
    rules = {r.id: r.points for r in done.site.plant.rules}
    assert "s89/smoke" in rules["smoke"] and "gst/fire-1" in rules["unlisted-fire"] and "s89/isolated" in rules["isolated"]
    assert done.site.plant.points["s89/smoke"].stale <= 30_000


def test_every_line_protocol_can_be_written(compiled: Compile) -> None:
    """The words of `type` and the rows of FRAMERS are the same, and each compiles with its own head and address."""
    allowed = str(Bus.model_fields["type"].annotation)
    for id, protocol in FRAMERS.items():
        assert f"'{id}'" in allowed
        text = PANEL.replace("gst5000-rs485", id)
        profile = {"wkly-lock": "wkly-lock", "megatec-ups": "megatec-ups"}.get(id, "panel-smoke")
        text = text.replace("panel-smoke", profile).replace('"365089"', f'"{protocol.example}"')
        if id == "wkly-lock":
            text = text.replace("  - {id: gst, profile: fire-panel, bus: p, zone: room, name: 主机}\n", "")
        if id == "megatec-ups":
            text = text.replace("  - {id: gst, profile: fire-panel, bus: p, zone: room, name: 主机}\n", "").replace(
                'address: "", ', ""
            )
        done = compiled(text)
        assert done.site is not None, (id, codes(done))
        warned = [code for code, _ in codes(done)]
        assert warned == ([] if protocol.silence else ["CFG-065"]), "what cannot be supervised is said"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("  - {id: gst, profile: fire-panel, bus: p, zone: room, name: 主机}\n", "", "CFG-061", "id: p,"),
        ('address: "365089"', 'address: "004-004"', "CFG-062", "s89"),
        ('address: "365089"', "address: 365089", "CFG-019", "s89"),
        ('address: "365089", ', "", "CFG-063", "s89"),
        ("profile: panel-smoke", "profile: calectro-ug3", "CFG-064", "s89"),
        ("profile: panel-smoke", "profile: fire-panel", "CFG-064", "s89"),
        ("profile: panel-smoke", "profile: megatec-ups", "CFG-064", "s89"),
        ("bus: a, unit: 21, zone: room, name: 烟感", "bus: a, unit: 21, address: x, zone: room, name: 烟感", "CFG-067", "smoke-1"),
        ("profile: sga-gas", "profile: panel-heat", "CFG-064", "id: gas"),
        ("bus: a, unit: 21", "bus: a", "CFG-011", "smoke-1"),
        ('address: "365089"', 'address: "365089", unit: 3', "CFG-067", "s89"),
        ('address: "365089"', 'address: "365089", period: 1s', "CFG-067", "s89"),
        ("type: modbus-rtu, port: /dev/ttyS9", "type: modbus-rtu, silence: 50s, port: /dev/ttyS9", "CFG-067", "id: a,"),
        ("port: /dev/serial/by-path/p", "port: /dev/ttyS9", "CFG-043", "id: p,"),
        ("port: /dev/serial/by-path/p", "port: 3", "CFG-012", "id: p,"),
        ("port: /dev/serial/by-path/p", "baud: 2400", "CFG-023", "id: p,"),
        ("port: /dev/serial/by-path/p", "port: /dev/serial/by-path/p, silence: 1s", "CFG-014", "id: p,"),
        ("port: /dev/serial/by-path/p", "port: /dev/serial/by-path/p, silence: 5m", "CFG-066", "id: p,"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line_and_its_cure(compiled: Compile, old: str, new: str, code: str, words: str) -> None:
    assert PANEL.count(old) == 1, old
    text = PANEL.replace(old, new)
    done = compiled(text)
    assert codes(done) == [(code, at(text, words))]
    (finding,) = [f for f in done.findings if f.code == code]
    assert finding.words() and finding.words("en")


def test_silence_of_the_site_counts(compiled: Compile) -> None:
    done = compiled(PANEL.replace("port: /dev/serial/by-path/p", "port: /dev/serial/by-path/p, silence: 60s, baud: 4800"))
    assert done.site is not None
    bus = next(b for b in done.site.buses if b.id == "p")
    assert (bus.silence, bus.baud) == (60_000, 4800)


def test_a_crt_line_takes_the_panels_address(compiled: Compile) -> None:
    done = compiled(
        PANEL.replace("gst5000-rs485", "gst-crt").replace("bus: p, zone: room, name: 主机", "bus: p, unit: 7, zone: room")
    )
    assert done.site is not None, codes(done)
    assert next(d for d in done.site.devices if d.id == "gst").unit == 7
    assert next(b for b in done.site.buses if b.id == "p").framing == "8S1"


def test_the_panel_of_the_example_is_right_once_it_is_no_comment(compiled: Compile, tmp_path: Path) -> None:
    for path in CONFIG.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = re.sub(r"^  # - \{id", "  - {id", (CONFIG / "site.example.yaml").read_text("utf-8"), flags=re.MULTILINE)
    done = compiled(text)
    assert done.site is not None, codes(done)
    assert [d.address for d in done.site.devices if d.bus == "panel"] == ["", "365089"]
