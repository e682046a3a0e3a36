"""Every mistake a site file can hold: the right code, at the right place, and all at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from site_texts import GOOD, TEN, TEN_FOUND

from drivers.load import Load
from gateway.config.codes import CODES
from gateway.config.compile import Compiled, compile_site
from gateway.config.findings import render
from tools import errors_md

Go = Callable[..., Compiled]
ROOT = Path(__file__).resolve().parents[2]

LINES = "".join(
    f"  - {{id: s{n}, profile: calectro-ug3, bus: a, unit: {100 + n}, zone: room, period: 1s}}\n" for n in range(60)
)

# code, what stands in GOOD, what is written instead, and the text at which the finding must point
CASES = [
    ("CFG-003", "campus: 1\n", "campus: 2\n", "2\n"),
    ("CFG-010", "district: d1", "district: d1, town: d1", "town"),
    ("CFG-010", "di-2: {quantity: lock}", "di-2: {quantity: lock, colour: red}", "colour"),
    ("CFG-010", "rules:\n", "rools: {}\nrules:\n", "rools"),
    ("CFG-010", "{high: 400}", "{higher: 400}", "higher"),
    ("CFG-010", "{high: 400}", "{equals: 1}", "equals"),
    ("CFG-072", "zones:\n", "zones:\n  - {id: o, name: 后 厨, building: dorm, kind: other}\n", "后厨, building: canteen"),
    ("CFG-073", "zones:\n", "zones:\n  - {id: o, name: A-101, building: dorm, kind: other}\n", "A-101"),
    ("CFG-071", "zones:\n", "speech: {player: cat}\nzones:\n  - {id: o, name: 崑崙室, building: dorm, kind: other}\n", "崑崙"),
    ("CFG-070", "secret_file: /etc/secret}", "secret_file: /etc/secret, ring: fire}", "ring"),
    ("CFG-011", "zone: cooking, period: 2s}", "period: 2s}", "{id: gas,"),
    ("CFG-011", "short: 某中, ", "", "{id: s1, district"),
    ("CFG-012", "unit: 21", "unit: true", "true, zone: room"),
    ("CFG-012", "unit: 21", "unit: [21]", "[21]"),
    ("CFG-012", "unit: 21", "unit: null", "null"),
    ("CFG-012", "zones: [room]", "zones: room", "room}\nduty"),
    ("CFG-012", "port: /dev/ttyS9", "port: 9", "9, baud"),
    ("CFG-012", "{high: 400}", "{high: lots}", "lots"),
    ("CFG-012", "baud: 9600", 'baud: "9600"', '"9600"'),
    ("CFG-013", "kind: kitchen", "kind: kichen", "kichen"),
    ("CFG-013", "baud: 9600", "baud: 9601", "9601"),
    ("CFG-014", "unit: 21", "unit: 256", "256"),
    ("CFG-014", "unit: 21", "unit: 248", "248"),
    ("CFG-014", "port: 1883", "port: 0", "0, confirm"),
    ("CFG-014", "port: 5020", "port: 70000", "70000"),
    ("CFG-014", "port: 5020", "port: /dev/x", "/dev/x"),
    ("CFG-014", "days: [1, 7]", "days: [1, 8]", "8]"),
    ("CFG-015", "{id: smoke-1", "{id: Smoke_1", "Smoke_1"),
    ("CFG-015", "{id: smoke-1", "{id: " + "a" * 33, "a" * 33),
    ("CFG-016", "name: 宿舍101室", "name: 宿舍楼东单元一层一百零一号房间", "宿舍楼东单元"),
    ("CFG-016", "name: 王建国", "name: 王建国同志", "王建国同志"),
    ("CFG-017", "period: 1s}", "period: 1 second}", "1 second"),
    ("CFG-017", "{high: 400}", "{on_delay: soon}", "soon"),
    ("CFG-018", '"07:00"', '"7 Uhr"', '"7 Uhr"'),
    ("CFG-019", 'framing: "8N1"', "framing: 8E1", "8E1"),
    ("CFG-019", 'phone: "+8613800000002"', "phone: +8613800000002", "+8613800000002"),
    ("CFG-020", "profile: calectro-ug3", "profile: calectro-ug", "calectro-ug,"),
    ("CFG-020", "bus: a, unit: 21", "bus: b, unit: 21", "b, unit"),
    ("CFG-020", "zone: room, name", "zone: roam, name", "roam"),
    ("CFG-020", "building: dorm, kind", "building: drom, kind", "drom"),
    ("CFG-020", "person: wang", "person: wong", "wong"),
    ("CFG-020", "channels: [phone, console]", "channels: [phone, consol]", "consol]"),
    ("CFG-020", "zones: [room]", "zones: [roof]", "roof"),
    ("CFG-020", "{quantity: door, ", "{quantity: dore, ", "dore"),
    ("CFG-020", "zone: cooking}\n      di-5", "zone: kooking}\n      di-5", "kooking"),
    ("CFG-020", "relay/relay-1", "rely/relay-1", "rely/"),
    ("CFG-020", "building: dorm}", "building: dom}", "dom}"),
    ("CFG-020", "holders: [wang, chen]", "holders: [wang, chan]", "chan]"),
    ("CFG-021", "id: leak", "id: gas", "gas, profile: acrel"),
    ("CFG-021", "id: leak", "id: a", "a, profile: acrel"),
    ("CFG-021", "relay/relay-2", "relay/relay-1", "relay/relay-1, role: fan"),
    ("CFG-022", "unit: 3", "unit: 2", "2, zone: room"),
    ("CFG-023", "host: 127.0.0.1, port: 5020", "port: 5020", "{id: t,"),
    ("CFG-023", ", secret_file: /etc/secret", "", "{id: phone,"),
    ("CFG-024", "di-5: off", "di-9: off", "di-9"),
    ("CFG-025", "relay/relay-1", "relay/relay-9", "relay/relay-9"),
    ("CFG-025", "relay/relay-1", "io/do-9", "io/do-9"),
    ("CFG-026", "feedback: io/di-4", "feedback: io/di-5", "io/di-5}"),
    ("CFG-026", "door: io/di-1", "door: io/door", "io/door"),
    ("CFG-029", "Asia/Shanghai", "Asia/Dengfeng", "Asia/Dengfeng"),
    ("CFG-030", "{high: 400}", "{high: 1000.5}", "1000.5"),
    ("CFG-030", "{high: 400}", "{on_delay: 31s}", "31s"),
    ("CFG-030", "{high: 400}", "{high: .nan}", ".nan"),
    ("CFG-030", "residual-current-alarm: {high: 400}", "combustible-gas-1: {high: 26}", "26}"),
    ("CFG-030", "residual-current-alarm: {high: 400}", "manual-call: {on_delay: 1s}", "1s}"),
    ("CFG-031", "residual-current-alarm", "residual-curent-alarm", "residual-curent-alarm"),
    ("CFG-030", "residual-current-alarm: {high: 400}", "residual-current-warning: {share: 0.96}", "0.96}"),
    ("CFG-030", "residual-current-alarm: {high: 400}", "cable-temperature-rise: {window: 11m}", "11m}"),
    ("CFG-032", "residual-current-alarm: {high: 400}", "cable-temperature-warning: {high: 70}", "70}"),
    ("CFG-035", "di-5: off", "di-5: {quantity: smoke, zone: cooking}", "waveshare-io8"),
    ("CFG-045", "profile: sga-gas", "profile: jxct-co, channels: {gas: {gas: phosphine}}", "{gas: phosphine}"),
    ("CFG-014", "profile: sga-gas", "profile: jxct-co, channels: {gas: {oel: 0}}", "0}"),
    ("CFG-032", "residual-current-alarm: {high: 400}", "pressure-critical: {low: 0.14}", "0.14}"),
    ("CFG-033", "people:\n", LINES + "people:\n", "{id: a, type"),
    ("CFG-034", "name: 烟感, period: 1s", "name: 烟感, period: 3s", "3s"),
    ("CFG-075", "name: 烟感, period: 1s", "name: 烟感, period: 1400ms", "{id: smoke"),
    ("CFG-034", "zone: cooking, period: 2s", "zone: cooking, period: 11s", "11s"),
    ("CFG-034", "period: 10s", "period: 21s", "21s"),
    ("CFG-035", "zone: room, name", "zone: cooking, name", "calectro-ug3"),
    ("CFG-036", "{high: 400}", "{return_at: 301}", "301"),
    ("CFG-036", "residual-current-alarm: {high: 400}", "oxygen-low: {low: 20, return_at: 19.5}", "19.5"),
    ("CFG-037", "feedback: io/di-4", "feedback: leak/leak-1", "leak/leak-1"),
    ("CFG-037", "door: io/di-1", "door: io/di-2", "io/di-2, lock_a"),
    ("CFG-037", "di-5: off", "di-5: {quantity: temperature}", "temperature"),
    ("CFG-046", 'trained: "2026-09-01"', 'trained: "2026-9-1x"', '"2026-9-1x"'),
    ("CFG-047", ", lock_b: io/di-3", "", "{id: chem, zone"),
    ("CFG-049", "zone: vault\n    period: 1s", "zone: vault\n    period: 2s", "io/di-1, lock_a"),
    ("CFG-076", "holders: [wang, chen]", "holders: [wang]", "{id: chem, zone"),
    ("CFG-077", ', trained: "2026-09-01", channels: [phone, console]', ", channels: [phone, console]", "[wang, chen]"),
    ("CFG-013", "role: fan, zone: cooking", "role: mains-breaker, zone: cooking", "mains-breaker"),
    ("CFG-013", "role: fan, zone: cooking", "role: door-lock, zone: cooking", "door-lock"),
    *(
        ("CFG-084", f"relay-{n}, role: {role}", f"pulse-{n}, role: {role}", f"relay/pulse-{n}")
        for n, role in ((1, "guard-sounder"), (2, "fan"), (3, "evacuation"))
    ),
    ("CFG-084", "relay-2, role: fan", "pulse-2, role: valve", "relay/pulse-2"),
    ("CFG-084", "relay-2, role: fan", "pulse-2, role: room-sounder", "relay/pulse-2"),
    ("CFG-085", "{id: gas, profile", "{id: box, profile", "box, profile"),
    ("CFG-085", "buildings:\n", "  - {id: box, type: modbus-tcp, host: 127.0.0.1}\nbuildings:\n", "box, type"),
    ("CFG-086", "feedback: io/di-4", "feedback: io/di-2", "relay/relay-2"),
    ("CFG-086", "unit: 17, zone: room}", "unit: 17, zone: room, channels: {relay-2: {quantity: mains}}}", "relay/relay-2"),
    ("CFG-079", "stores:\n", "  - {id: relay/pulse-2, role: chirp, zone: vault}\nstores:\n", "relay/pulse-2"),
    ("CFG-038", "role: fan, zone: cooking", "role: fan", "{id: relay/relay-2"),
    ("CFG-038", "role: evacuation, building: dorm", "role: evacuation", "{id: relay/relay-3"),
    ("CFG-039", "{quantity: door, ", "{quantity: door, zone: room, ", "io/di-1, lock_a"),
    ("CFG-041", "channels: [phone], zones", "zones", "{id: chen"),
    ("CFG-042", 'from: "2026-09-01"', 'from: "2026-9-1"', '"2026-9-1"'),
    ("CFG-043", "buildings:\n", "  - {id: b, type: modbus-rtu, port: /dev/ttyS9}\nbuildings:\n", "/dev/ttyS9}"),
    ("CFG-060", "/dev/ttyS9", "/dev/ttyUSB0", "/dev/ttyUSB0"),
    ("CFG-051", ', phone: "+8613800000002"', "", "people"),
    ("CFG-052", "{high: 400}", "{high: 600}", "600"),
    ("CFG-053", "profile: calectro-ug3", "profile: generic-smoke", "generic-smoke"),
    ("CFG-054", "confirm: receipt", "confirm: puback", "puback"),
    ("CFG-090", "secret_file: /etc/secret", "secret_file: /etc/passwd", "/etc/passwd"),
    ("CFG-090", "buses:\n", "buses:\n  - {id: cam, type: http-snapshot, url: \"http://127.0.0.1/x.jpg\", password_file: /etc/passwd}\n",
     "/etc/passwd"),
    ("CFG-055", "type: webhook, url: \"http://127.0.0.1:1/\", secret_file: /etc/secret", "type: console", "channels:\n  - {id: phone"),
    ("CFG-056", "role: guard-sounder", "role: chirp, zone: vault", "outputs:"),
    ("CFG-057", "building: dorm}\nstores", "building: canteen}\nstores", "{id: relay/relay-3"),
    ("CFG-058", 'calendar: {terms: [{name: 秋, from: "2026-09-01", to: "2027-01-22"}]}\n', "", "campus"),
]  # fmt: skip


def test_the_good_file_is_good(compiled: Go) -> None:
    found = compiled(GOOD)
    assert [render(f) for f in found.findings] == []
    assert found.site is not None


@pytest.mark.parametrize(("code", "old", "new", "at"), CASES, ids=[f"{c[0]}-{c[2].strip()[:24]}" for c in CASES])
def test_one_mistake_is_one_finding_in_its_place(compiled: Go, code: str, old: str, new: str, at: str) -> None:
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    place = text.index(at, text.index(new) if at in new else 0)
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    found = compiled(text)
    assert [(f.code, f.line, f.column) for f in found.findings] == [(code, line, column)]
    assert (found.site is None) is not CODES[code].warning
    shown = render(found.findings[0])
    assert f"site.yaml:{line}:{column}  " in shown and code in shown and CODES[code].cure_en in shown
    mark = next(part for part in shown.splitlines() if "^" in part)
    assert mark.index("^") >= len("       | ") - 1


SIREN = GOOD.replace("people:\n", "  - {id: siren, profile: alarm-lamp-v2, bus: a, unit: 30, zone: room}\npeople:\n", 1)


@pytest.mark.parametrize(("feedback", "codes"), [("", ["CFG-078"]), (", feedback: io/di-4", [])])
def test_r21_an_output_that_nobody_can_see_act_is_warned_of(compiled: Go, feedback: str, codes: list[str]) -> None:
    found = compiled(
        SIREN.replace("stores:\n", f"  - {{id: siren/sound, role: room-sounder, zone: room{feedback}}}\nstores:\n")
    )
    assert [f.code for f in found.findings] == codes
    assert found.site is not None and "siren/sound" in found.site.plant.outputs


@pytest.mark.parametrize(("share", "codes"), [(0.8, []), (0.81, ["CFG-050"]), (1.0, ["CFG-050"]), (1.01, ["CFG-033"])])
def test_a_busy_line_is_warned_of_an_impossible_one_refused(
    compiled: Go, monkeypatch: pytest.MonkeyPatch, share: float, codes: list[str]
) -> None:
    monkeypatch.setattr("gateway.config.devices.load", lambda _, line: Load(share if line.drains else 0.0, ("8 ms / 10 ms",)))
    found = compiled(GOOD)
    assert [f.code for f in found.findings] == codes
    assert all(f.line == 4 and f"{share:.0%}"[:-1] in f.words() and "8 ms / 10 ms" in f.words("en") for f in found.findings)


def test_no_duty_person(compiled: Go) -> None:
    found = compiled(re.sub(r"duty:\n.*\n", "", GOOD).replace("role: duty", "role: officer"))
    assert [f.code for f in found.findings] == ["CFG-040"]


@pytest.mark.parametrize("section", ["buses", "zones", "devices"])
def test_an_empty_section_is_missing(compiled: Go, section: str) -> None:
    found = compiled(re.sub(rf"^{section}:\n(  .*\n)+", f"{section}: []\n", GOOD, flags=re.M))
    assert ("CFG-011", section) in {(f.code, f.path) for f in found.findings}


def test_ten_mistakes_are_ten_findings(compiled: Go) -> None:
    found = compiled(TEN)
    assert [(f.line, f.column, f.code, f.hint) for f in found.findings if not f.warning] == TEN_FOUND
    assert found.site is None


def test_the_mark_stands_under_the_mistake_in_terminal_cells(compiled: Go) -> None:
    """A Chinese character is two cells wide."""
    (found,) = compiled(GOOD.replace("name: 后厨, building: canteen", "name: 后厨, building: cantine")).findings
    _, line, mark, _ = render(found).splitlines()
    assert mark.index("^") == line.index("cantine") + len("后厨") and mark.count("^") == len("cantine")


def test_ten_mistakes_through_the_command_line(tmp_path: Path) -> None:
    """The story of the installer: all ten at once with their place, code and cure; exit 78; nothing written, nothing started."""
    path, out = tmp_path / "site.yaml", tmp_path / "site.compiled.json"
    path.write_text(TEN, encoding="utf-8")
    command = [sys.executable, "-m", "gateway.commands", "check", str(path), "-o", str(out)]
    env = {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env)
    assert done.returncode == 78, done.stderr
    assert done.stdout == ""
    for line, column, code, hint in TEN_FOUND:
        shown = done.stderr.split(f"{path}:{line}:{column}  错误/error {code}  ")
        assert len(shown) == 2, f"{code} must be there exactly once at {line}:{column}:\n{done.stderr}"
        rest = shown[1].splitlines()
        assert TEN.splitlines()[line - 1] in rest[1] and "^" in rest[2] and hint in rest[2]
        assert CODES[code].cure_zh in rest[3]
    assert len(re.findall(rf"^{re.escape(str(path))}:.*错误/error", done.stderr, re.M)) == 10
    assert [p.name for p in tmp_path.iterdir()] == ["site.yaml"]


def test_the_same_as_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(TEN, encoding="utf-8")
    command = [sys.executable, "-m", "gateway.commands", "check", str(path), "--json"]
    env = {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env)
    assert done.returncode == 78
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [(r["line"], r["column"], r["code"], r["hint"]) for r in rows if r["file"] == str(path) and r["level"] == "error"]
    assert mine == TEN_FOUND
    assert all(r["zh"] and r["en"] and r["cure_zh"] and r["cure_en"] for r in rows)


def test_a_mistake_does_not_hide_others_nor_bring_forth_false_ones(compiled: Go) -> None:
    """A zone, a bus, a person and a device that cannot be used are still known by name."""
    text = GOOD.replace("kind: dormitory", "kind: bedroom").replace("type: modbus-tcp", "type: modbus")
    text = (
        text.replace("name: 王建国", "nom: 王建国").replace("unit: 1\n", "unit: one\n").replace("person: wang", "person: wong")
    )
    found = compiled(text)
    assert {(f.code, f.path) for f in found.findings} == {
        ("CFG-013", "buses[1].type"),
        ("CFG-013", "zones[0].kind"),
        ("CFG-012", "devices[4].unit"),
        ("CFG-010", "people[0].nom"),
        ("CFG-011", "people[0]"),
        ("CFG-020", "duty[0].person"),
    }


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "CFG-003", 1),
        (b"# nothing\n", "CFG-003", 1),
        (b"[]\n", "CFG-003", 1),
        (b"campus: true\n", "CFG-003", 1),
        (b"campus: 1\nsite: \xff\xfe\n", "CFG-001", 0),
        (b"campus: 1\nsite: {id: x\nbuses: []\n", "CFG-002", 3),
        (b"campus: 1\ncampus: 1\n", "CFG-002", 2),
        (b"campus: 1\n\tsite: {}\n", "CFG-002", 2),
        (b"campus: 1\nsite: \x00\n", "CFG-002", 0),
        (b"campus: 1\n---\ncampus: 1\n", "CFG-002", 2),
        (b"campus: 1\nx: " + b"9" * 5000 + b"\n", "CFG-002", 0),
        (b"campus: 1\nx: 0x" + b"f" * 5000 + b"\n", "CFG-002", 0),
    ],
    ids=["empty", "comment", "list", "bool", "latin", "brace", "twice", "tab", "nul", "two", "digits", "hex"],
)
def test_a_file_that_is_none(compiled: Go, data: bytes, code: str, line: int) -> None:
    found = compiled(data)
    assert [(f.code, f.line) for f in found.findings] == [(code, line)]
    assert found.site is None and render(found.findings[0])


def test_aliases_that_grow_without_end_are_refused(compiled: Go) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert [f.code for f in compiled("campus: 1\n" + "\n".join(rows)).findings] == ["CFG-002"]


def test_anchors_are_welcome(compiled: Go) -> None:
    text = GOOD.replace("channels: [phone, console]", "channels: &both [phone, console]")
    text = text.replace("channels: [phone], zones", "channels: *both, zones")
    found = compiled(text)
    assert not found.findings and found.site is not None
    assert found.site.plant.people["chen"].channels == ("phone", "console")


def test_no_such_file_and_a_folder(tmp_path: Path, shelf: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        found = compile_site(path, data="", root=shelf, substitutions={"x": "y"})
        assert [f.code for f in found.findings] == ["CFG-001"] and found.site is None


def test_substituted_text_that_is_not_utf8(tmp_path: Path, shelf: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(b"campus: 1 # \xff {x}")
    assert [f.code for f in compile_site(path, data="", root=shelf, substitutions={"x": "y"}).findings] == ["CFG-001"]


def test_every_code_has_a_case() -> None:
    elsewhere = {"CFG-001", "CFG-002", "CFG-040", "CFG-048", "CFG-050", "CFG-078"} | {
        "CFG-027",
        "CFG-028",
    }  # above; test_config_library
    elsewhere |= {f"CFG-06{n}" for n in range(1, 8)}  # test_config_lines
    elsewhere |= {f"CFG-08{n}" for n in range(4)}  # test_config_bureau
    elsewhere |= {"CFG-098", "CFG-099", "CFG-100"}  # test_check_command
    elsewhere |= {"CFG-059"}  # test_config_steps
    assert {c[0] for c in CASES} | elsewhere == set(CODES)


def test_errors_md_is_current() -> None:
    assert (ROOT / "docs/errors.md").read_text("utf-8") == errors_md.render(), "run: python -m tools.errors_md > docs/errors.md"


def test_two_holders_of_one_phone_are_one_identity(compiled: Go) -> None:
    found = {f.code: f for f in compiled(GOOD.replace("+8613800000002", "+8613800000001")).findings}
    assert found.keys() == {"CFG-048", "CFG-051"}  # and one phone is nobody's when its battery is flat
    assert found["CFG-048"].args == {"people": "wang chen", "phone": "+8613800000001"}
