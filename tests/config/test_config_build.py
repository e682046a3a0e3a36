"""What a right site file becomes: devices, points, rules with their points, policies; and that the engine takes it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quick import compile_quickly
from ruamel.yaml import YAML
from site_texts import GOOD

from alerts.engine import Engine
from alerts.model import Rule
from alerts.plant import OutputPoint, Shift
from drivers.reading import Now, Quality, Reading
from gateway.config.compile import Compiled, compile_site
from gateway.config.findings import render
from gateway.config.shape import shape
from gateway.config.source import Source, parse
from gateway.site import BusConfig, ChannelConfig, Site, site_from_json, site_to_json

Go = Callable[..., Compiled]
EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "site.example.yaml"


def site_of(found: Compiled) -> Site:
    assert found.site is not None, "\n".join(render(f) for f in found.findings)
    return found.site


def rule(site: Site, id: str) -> Rule:
    (found,) = [r for r in site.plant.rules if r.id == id]
    return found


def test_the_compiled_form_comes_back_the_same(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    assert site_from_json(site_to_json(site)) == site


def test_the_engine_takes_it(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    assert not Engine(site.plant, boot="b", now=Now(0, 0), clock_ok=True).alarms


def test_lines_people_and_places(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    assert site.buses == (
        BusConfig("a", "modbus-rtu", "/dev/ttyS9", 9600, "8N1"),
        BusConfig("t", "modbus-tcp", host="127.0.0.1", tcp_port=5020),
    )
    plant = site.plant
    assert plant.shifts == (Shift("duty", "wang", 420, 1440, (1, 7)),)
    assert plant.people["chen"].zones == ("room",) and plant.people["wang"].channels == ("phone", "console")
    assert plant.holders == {"vault": ("wang", "chen")}
    assert plant.outputs["relay/relay-2"] == OutputPoint("relay/relay-2", "fan", "cooking", "", "io/di-4")
    assert plant.buildings["dorm"].evacuation and not plant.buildings["canteen"].evacuation
    assert site.channels[0] == ChannelConfig("phone", "webhook", {"url": "http://127.0.0.1:1/", "secret_file": "/etc/secret"})
    assert (site.uplink.client_id, site.uplink.confirm, site.district, site.data) == ("s1", "receipt", "d1", "/var/lib/x")


def test_r21_what_has_no_other_feedback_is_seen_by_its_read_back(compiled: Go) -> None:
    """A sounder whose relay does not close is a fault too, though nothing else shows that it sounds."""
    outputs = site_of(compiled(GOOD)).plant.outputs
    assert {o.id: o.feedback for o in outputs.values()} == {
        "relay/relay-1": "relay/relay-1", "relay/relay-2": "io/di-4", "relay/relay-3": "relay/relay-3",
    }  # fmt: skip


def test_channels_as_the_site_changes_them(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    io = next(d for d in site.devices if d.id == "io")
    channels = {c.id: c for c in io.profile.channels}
    assert (channels["di-1"].quantity, channels["di-1"].invert, channels["di-2"].invert) == ("door", True, False)
    assert "di-5" not in channels and "io/di-5" not in site.plant.points
    assert site.plant.points["io/di-4"].zone == "cooking" and site.plant.points["io/di-1"].zone == "vault"


def test_invert_turns_round_what_the_profile_says(compiled: Go) -> None:
    text = GOOD.replace("name: 烟感, period: 1s}", "period: 1s, channels: {mounted: {invert: true}}}")
    (mounted,) = [c for c in site_of(compiled(text)).devices[0].profile.channels if c.id == "mounted"]
    assert not mounted.invert  # 1 = mounted is inverted by the profile


def test_an_output_whose_readback_is_off_is_no_output(compiled: Go) -> None:
    text = GOOD.replace("unit: 17, zone: room}", "unit: 17, zone: room, channels: {relay-8: off}}")
    relay = next(d for d in site_of(compiled(text)).devices if d.id == "relay")
    assert [o.id for o in relay.profile.outputs] == [f"{form}-{n}" for form in ("relay", "pulse") for n in range(1, 8)]


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ("smoke-1/smoke", "烟感"),  # the device's name: its one smoke point
        ("io/di-1", "库门"),  # the site's name of the channel
        ("leak/leak-3", "第 3 回路"),  # several of one quantity: the profile's name of the channel
        ("a/link", "线路"),
    ],
)
def test_what_a_point_is_called(compiled: Go, point: str, name: str) -> None:
    assert site_of(compiled(GOOD)).plant.points[point].name == name


@pytest.mark.parametrize(
    ("point", "stale"),
    [
        ("smoke-1/smoke", 3_000),  # fire: three periods
        ("gas/gas", 6_000),
        ("leak/leak-1", 15_000),
        ("io/di-1", 3_000),  # a store's door
        ("air/temperature", 30_000),
        ("relay/relay-1", 15_000),  # no period given: 5 s
        ("a/link", 30_000),
    ],
)
def test_how_long_a_point_may_be_silent(compiled: Go, point: str, stale: int) -> None:
    assert site_of(compiled(GOOD)).plant.points[point].stale == stale


def test_no_point_may_be_silent_too_long(compiled: Go) -> None:
    """Safety kinds 30 s; any other so that with the longest on-delay of a no-data rule, 30 s, it stays within 100 s (R5)."""
    text = GOOD.replace("zone: cooking, period: 2s", "zone: cooking, period: 10s").replace(
        "zone: vault, period: 10s", "zone: vault, period: 20s"
    )
    points = site_of(compiled(text)).plant.points
    assert points["gas/gas"].stale == 30_000 and points["air/temperature"].stale == 60_000


# rules


def test_each_rule_has_the_points_of_its_quantities_and_zones(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    assert rule(site, "smoke").points == ("smoke-1/smoke",)
    assert rule(site, "combustible-gas-2").points == ("gas/gas",)
    assert rule(site, "store-humidity-high").points == ("air/humidity",)
    ids = {r.id for r in site.plant.rules}
    assert not ids & {"room-temperature", "kitchen-temperature", "heat", "flow"}  # nothing here they fit


def test_of_a_group_only_the_first_rule_that_fits_applies(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    asleep, others = rule(site, "no-data-sleep").points, rule(site, "no-data").points
    assert asleep == ("smoke-1/smoke",)
    assert not set(asleep) & set(others)
    assert set(asleep) | set(others) == {p for p in site.plant.points if not p.endswith("/link")}


def test_an_intruder_counts_at_any_hour_outdoors_and_where_people_sleep_else_out_of_hours(compiled: Go) -> None:
    more = "      di-6: {quantity: intrusion, zone: cooking}\n      di-7: {quantity: intrusion, zone: room}\n"
    site = site_of(compiled(GOOD.replace("      di-5: off\n", "      di-5: off\n" + more)))
    indoors, always = rule(site, "intrusion-indoors"), rule(site, "intrusion")
    assert (indoors.points, indoors.kind, indoors.params["during"]) == (("io/di-6",), "timetable", "closed")
    assert (always.points, always.kind) == (("io/di-7",), "state")
    assert indoors.policy == always.policy == "intrusion"


def test_a_closed_valve_of_the_fire_water_is_told_and_that_of_the_gas_is_not(compiled: Go) -> None:
    more = "      di-6: {quantity: valve, zone: cooking}\n      di-7: {quantity: valve, zone: room}\n"
    site = site_of(compiled(GOOD.replace("      di-5: off\n", "      di-5: off\n" + more)))
    assert rule(site, "valve-closed").points == ("io/di-7",)


def test_a_camera_at_a_contact_is_told_when_it_is_offline(compiled: Go) -> None:
    site = site_of(compiled(GOOD.replace("di-5: off", "di-5: {quantity: online}")))
    assert rule(site, "offline").points == ("io/di-5",) and rule(site, "offline").alarm == "fault"


def test_a_line_has_its_own_rule_and_no_other(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    assert rule(site, "line").points == ("a/link", "t/link")
    assert [r.id for r in site.plant.rules if "a/link" in r.points] == ["line"]
    link = site.plant.points["a/link"]
    assert (link.device, link.quantity, link.zone, link.bus) == ("a", "link", "", "a")


def test_each_store_has_a_rule_for_every_deviation_that_its_parts_can_show(compiled: Go) -> None:
    site = site_of(compiled(GOOD))
    made = rule(site, "store-single-chem")
    assert (made.kind, made.points, made.alarm, made.on_delay) == ("cabinet", ("io/di-1",), "store", 2_000)
    assert made.params == {"case": "single", "store": "chem"}
    assert made.parts == ("io/di-1", "io/di-2", "io/di-3", "io/di-4", "air/humidity", "air/temperature")
    cases = {str(r.params["case"]) for r in site.plant.rules if r.kind == "cabinet"}
    assert cases == {
        "single",
        "forced",
        "lock",
        "proof",
        "unproven",
        "stranger",
        "ask",
        "overrun",
        "hours",
        "fan",
        "blind",
        "list",
    }
    blind = GOOD.replace("lock_a: io/di-2, lock_b: io/di-3, fan: io/di-4", "locks: none")
    cases = {str(r.params["case"]) for r in site_of(compiled(blind)).plant.rules if r.kind == "cabinet"}
    assert not cases & {"single", "forced", "lock", "fan", "same"}


def test_two_stores_of_one_room_share_its_holders(compiled: Go) -> None:
    store = "  - {id: more, zone: vault, door: io/di-1, lock_a: io/di-2, lock_b: io/di-3, holders: [chen]}\n"
    text = GOOD.replace("stores:\n", "stores:\n" + store)
    assert site_of(compiled(text)).plant.holders == {"vault": ("chen", "wang")}


def test_a_rule_is_as_its_file_says(compiled: Go) -> None:
    made = rule(
        site_of(compiled(GOOD.replace("rules:\n  residual-current-alarm: {high: 400}\n", ""))), "residual-current-alarm"
    )
    assert made.params == {"high": 300.0, "return_at": 270.0}
    assert (made.alarm, made.policy, made.on_delay, made.off_delay) == ("electrical", "electrical", 0, 10_000)
    assert (made.message_zh, made.message_en) == ("剩余电流", "Residual current")


@pytest.mark.parametrize(
    ("change", "id", "params", "delays"),
    [
        ("residual-current-alarm: {high: 400}", "residual-current-alarm", {"high": 400.0, "return_at": 360.0}, (0, 10_000)),
        (
            "residual-current-alarm: {high: 400, return_at: 399}",
            "residual-current-alarm",
            {"high": 400.0, "return_at": 399.0},
            (0, 10_000),
        ),
        (
            "residual-current-alarm: {on_delay: 30s, off_delay: 1m}",
            "residual-current-alarm",
            {"high": 300.0, "return_at": 270.0},
            (30_000, 60_000),
        ),
        ("smoke: {on_delay: 60s}", "smoke", {"equals": 1.0}, (60_000, 0)),
    ],
)
def test_what_a_site_changes(
    compiled: Go, change: str, id: str, params: dict[str, float], delays: tuple[int, int]
) -> None:  # fmt: skip
    made = rule(site_of(compiled(GOOD.replace("residual-current-alarm: {high: 400}", change))), id)
    assert made.params == params and (made.on_delay, made.off_delay) == delays


def test_speed_divides_delays_steps_and_loops_only(compiled: Go) -> None:
    site, fast = site_of(compiled(GOOD)), site_of(compiled(GOOD, speed=10))
    assert rule(fast, "residual-current-warning").on_delay == rule(site, "residual-current-warning").on_delay // 10 == 60_000
    assert rule(fast, "residual-current-alarm").off_delay == 1_000
    assert [s.after for s in fast.plant.policies["fire"].steps] == [0, 18_000, 30_000]
    assert (fast.plant.policies["fire"].loop, fast.plant.speed) == (6_000, 10)
    assert fast.devices == site.devices and fast.plant.points == site.plant.points


def test_speed_leaves_a_gap_between_polls(compiled: Go) -> None:
    text = GOOD.replace("profile: sga-gas", "profile: generic-cable-temperature")
    slow, fast = (rule(site_of(compiled(text, speed=n)), "cable-temperature-rise").params for n in (1, 10))
    assert (slow["window"], fast["window"], slow["gap"], fast["gap"]) == (180_000, 18_000, 60_000, 60_000)
    assert slow["rise"] == fast["rise"] == 10.0  # the kind itself knows the speed


def test_r20_each_toxic_gas_has_its_own_limits(compiled: Go) -> None:
    """Ammonia's are not carbon monoxide's; a gas of the site's own takes its exposure limit in ppm."""
    text = GOOD.replace(
        "  - id: io\n",
        "  - {id: nh3, profile: jxct-nh3, bus: t, unit: 7, zone: vault}\n"
        "  - {id: co, profile: jxct-co, bus: t, unit: 8, zone: vault}\n"
        "  - {id: ph3, profile: jxct-co, bus: t, unit: 9, zone: vault, channels: {gas: {gas: phosphine, oel: 0.2}}}\n"
        "  - id: io\n",
    )
    site = site_of(compiled(text))
    for id, points, high in (
        ("toxic-gas-1-ammonia", ("nh3/gas",), 25.2),
        ("toxic-gas-2-ammonia", ("nh3/gas",), 50.4),
        ("toxic-gas-1-carbon-monoxide", ("co/gas",), 15.3),
        ("toxic-gas-2-ph3-gas", ("ph3/gas",), 0.36),
    ):
        assert (rule(site, id).points, rule(site, id).params["high"]) == (points, high)


def test_a_deviation_follows_the_sites_own_alarm(compiled: Go) -> None:
    params = rule(site_of(compiled(GOOD)), "residual-current-warning").params
    assert (params["set"], params["share"], params["above"]) == (400.0, 0.8, 50.0)


def test_a_rule_over_a_zone_stands_once_for_each(compiled: Go) -> None:
    text = GOOD.replace("  - id: io\n", "  - {id: air-2, profile: jxct-th, bus: t, unit: 7, zone: vault}\n  - id: io\n")
    made = rule(site_of(compiled(text)), "heat-two-vault")
    assert made.parts == ("air-2/temperature", "air/temperature") and made.points == made.parts[:1]
    assert not [r for r in site_of(compiled(GOOD)).plant.rules if r.kind == "k_of_n"]  # one sensor is no pair


@pytest.mark.parametrize(
    ("room", "watched"),
    [
        ("kind: dormitory", True),
        ("kind: classroom", False),
        ('kind: classroom, sleep: [{from: "12:30", to: "14:00", school_days: true}]', True),
        ("kind: classroom, sleep: []", False),
    ],
)
def test_lost_detection_is_told_wherever_people_sleep_also_in_a_classroom_at_noon(
    compiled: Go, room: str, watched: bool
) -> None:
    site = site_of(compiled(GOOD.replace("kind: dormitory", room)))
    rules = {r.id: r.points for r in site.plant.rules}
    assert ("smoke-1/smoke" in rules.get("no-data-sleep", ())) is watched
    assert ("smoke-1/smoke" in rules["no-data"]) is not watched


def test_r19_the_contact_of_a_gas_alarm_is_gas_level_2_with_sounder_and_fan(compiled: Go) -> None:
    """The alarm in the kitchen has a relay and no register: a contact that is told to be `gas-alarm`."""
    site = site_of(compiled(GOOD.replace("      di-5: off\n", "      di-5: {quantity: gas-alarm, zone: cooking}\n")))
    engine = Engine(site.plant, boot="b", now=Now(0, 0), clock_ok=True)
    engine.readings([Reading("io/di-5", 0.0, Quality.GOOD, Now(1000, 1000))], Now(1000, 1000), True)
    assert not engine.alarms
    engine.readings([Reading("io/di-5", 1.0, Quality.GOOD, Now(2000, 2000))], Now(2000, 2000), True)
    (alarm,) = engine.alarms.values()
    assert (alarm.kind, alarm.rule, alarm.point) == ("gas-2", "gas-alarm", "io/di-5")
    assert engine.outputs["relay/relay-1"] and engine.outputs["relay/relay-2"], "guard-room sounder and the kitchen's fan"


@pytest.mark.parametrize(("level", "kinds"), [(199, []), (200, ["fire"])])
def test_r12_a_smoke_detector_that_tells_only_a_level_is_a_fire_detector(compiled: Go, level: float, kinds: list[str]) -> None:
    """Without a rule of its own it would be on every screen and wake nobody. A site takes its maker's figure."""
    text = GOOD.replace("profile: calectro-ug3, bus: a", "profile: xixing-smoke, bus: a")
    engine = Engine(site_of(compiled(text)).plant, boot="b", now=Now(0, 0), clock_ok=True)
    engine.readings([Reading("smoke-1/level", level, Quality.GOOD, Now(1000, 1000))], Now(1000, 1000), True)
    assert [alarm.kind for alarm in engine.alarms.values()] == kinds and engine.outputs["relay/relay-1"] is bool(kinds)
    site = site_of(compiled(text.replace("rules:\n", "rules:\n  smoke-level: {high: 400}\n")))
    assert rule(site, "smoke-level").params == {"high": 400, "return_at": 300}


def test_substitutions_fill_in_the_text(compiled: Go) -> None:
    text = GOOD.replace("/dev/ttyS9", '"{line}"').replace("port: 5020", "port: {tcp}")
    site = site_of(compiled(text, line="/tmp/x", tcp="5021"))
    assert (site.buses[0].port, site.buses[1].tcp_port) == ("/tmp/x", 5021)


def test_warnings_are_kept_and_do_not_stop(compiled: Go) -> None:
    found = compiled(GOOD.replace("{high: 400}", "{high: 600}"))
    assert len(site_of(found).warnings) == 1 and site_of(found).warnings[0].startswith("CFG-052 ")


def test_the_example_has_nothing_to_complain_of(shelf: Path) -> None:
    found = compile_site(EXAMPLE, data="/var/lib/x", root=shelf)
    assert [render(f) for f in found.findings] == []
    site = site_of(found)
    assert {r.alarm for r in site.plant.rules} >= {
        "fire",
        "gas-2",
        "gas-1",
        "electrical",
        "store",
        "lock",
        "water",
        "comm-sleep",
        "mains",
    }
    assert rule(site, "pressure-low").params == {"low": 0.16, "return_at": 0.18}


# whatever is in the file, it ends in findings


WORDS = st.sampled_from(
    [
        "campus",
        "site",
        "buses",
        "devices",
        "zones",
        "id",
        "channels",
        "rules",
        "smoke",
        "on_delay",
        "high",
        "off",
        "x",
        "a/b",
        "1s",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 300) | st.floats() | WORDS | st.text(max_size=4)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.integers(0, 3), inner, max_size=4)
)


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=" \n\t-:{}[]&*!|>'\"#%@`,?abc01\u4e2d", max_size=60))
@example("campus: 1\nsite: &a {x: *a}\n")
@example("campus: 1\nbuses: &a [*a]\n")
@example("campus: 1\nsite: !x y\nbuses: !!set {a, b}\n? [1, 2]\n: 3\n")
@example("campus: 1\n<<: {buses: []}\n")
@example("campus: 1\nsite: 2024-01-01\n")
def test_garbage_never_ends_in_a_traceback(text: str) -> None:
    source = parse("x.yaml", text)
    if isinstance(source, Source):
        for finding in shape(source).findings:
            assert render(finding)
    else:
        assert render(source)


@settings(deadline=None, max_examples=80)
@given(tree=TREES, places=st.lists(st.integers(0, 400), min_size=1, max_size=3))
def test_a_good_file_with_something_else_in_it(shelf: Path, tree: object, places: list[int]) -> None:
    """Any value of the good file replaced by anything: findings or a site, and each finding can be shown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        path.write_text(swapped(tree, places), encoding="utf-8")
        found = compile_quickly(path, shelf)
    assert (found.site is None) == any(not f.warning for f in found.findings)
    assert all(render(f) for f in found.findings)
    if found.site is not None:
        assert site_from_json(site_to_json(found.site)) == found.site


def swapped(tree: object, places: list[int]) -> str:
    """The good file with `tree` in place of some of its values. JSON is YAML, but for its words for numbers that are none."""
    data = YAML(typ="safe", pure=True).load(GOOD)
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            spots.append((node, key))
            walk(node[key])

    walk(data)
    for place in places:
        node, key = spots[place % len(spots)]
        node[key] = tree
    return json.dumps(data, ensure_ascii=False).replace("NaN", ".nan").replace("Infinity", ".inf")


CAMERA = (
    '  - {id: eye, type: http-snapshot, url: "https://192.0.2.60/snap.jpg", user: viewer, password_file: /etc/eye.secret}\n'
)


def with_camera(more: str = CAMERA) -> str:
    return GOOD.replace("buses:\n", "buses:\n" + more).replace(
        "fan: io/di-4, holders", "fan: io/di-4, camera: eye/link, holders"
    )


def test_a_camera_is_a_line_of_its_own(compiled: Go) -> None:
    """Its link is what the store's camera reads; a dead line is the usual fault, and the store is blind while it is open."""
    site = site_of(compiled(with_camera()))
    bus = next(b for b in site.buses if b.id == "eye")
    assert (bus.url, bus.user, bus.password_file) == ("https://192.0.2.60/snap.jpg", "viewer", "/etc/eye.secret")
    assert site.plant.stores["chem"].camera == "eye/link" and site.plant.points["eye/link"].quantity == "link"
    assert "eye/link" in rule(site, "line").points
    own = {id for id, point in site.plant.points.items() if point.bus == "eye"}
    assert own == {"eye/link"}, "a point that nobody ever tells would keep the whole school from being normal"
    assert rule(site, "store-blind-chem").params["case"] == "blind"
    assert site_from_json(site_to_json(site)) == site


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (CAMERA.replace("https://", "https://viewer:word@"), "CFG-012"),
        (CAMERA.replace("https", "rtsp"), "CFG-012"),
        (CAMERA.replace('url: "https://192.0.2.60/snap.jpg", ', ""), "CFG-023"),
    ],
)
def test_a_camera_line_that_cannot_be(compiled: Go, line: str, code: str) -> None:
    found = compiled(with_camera(line))
    assert found.site is None and any(f.code.startswith(code) for f in found.findings)


def test_no_device_hangs_on_a_camera(compiled: Go) -> None:
    text = with_camera().replace(
        "devices:\n", "devices:\n  - {id: odd, profile: generic-smoke, bus: eye, unit: 9, zone: vault}\n"
    )
    assert "CFG-064" in {f.code for f in compiled(text).findings}


def test_r33_a_simulated_fire_names_a_fire_detector_and_a_person(compiled: Go) -> None:
    text = GOOD + 'fire_test: {point: smoke/smoke, at: "10:00", person: wang}\n'
    point = next(p for p in site_of(compiled(GOOD)).plant.points.values() if p.quantity == "smoke").id
    made = site_of(compiled(text.replace("smoke/smoke", point)))
    assert (made.fire_test.point, made.fire_test.at, made.fire_test.person) == (point, 600, "wang")
    for old, new in (
        (f"point: {point}", "point: io/di-1"),
        (f"point: {point}", "point: nowhere/x"),
        ("person: wang", "person: x"),
    ):
        assert compiled(text.replace("smoke/smoke", point).replace(old, new)).site is None, new
