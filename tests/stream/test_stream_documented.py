"""docs/mqtt.md, the Telegraf configuration and the Grafana dashboards as files: published, read back and asked for real."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stream_box import until
from stream_daemons import INFLUXD, Bureau, Influx2

from alerts.plant import Point
from drivers.quantities import QUANTITIES
from drivers.reading import Now, Quality, Reading
from gateway.acl import Member, lines
from gateway.ca import Authority
from gateway.stream import wire
from gateway.stream.client import Fate, LinkOptions
from gateway.stream.command import parse_reply, unseal
from gateway.stream.grammar import check_line
from gateway.stream.link import Link, Message
from gateway.stream.pace import MOST
from gateway.stream.past import authorization

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^`(campus/v1/\S+)`[^\n]*\n+```\n(.*?)\n```", PAGE, re.M | re.S))
BOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
DOWN = {"receipt": "ingest", "command": "bureau"}
WALL = 1_800_000_000_000


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    folder = tmp_path_factory.mktemp("documented")
    authority, now = Authority.init(folder / "ca", "Test CA"), datetime.now(UTC)
    authority.issue(Member("broker", "server"), now, hosts=["127.0.0.1"])
    authority.issue(Member("no3-middle", "box", "songyang"), now)
    for name in ("ingest", "bureau"):
        authority.issue(Member(name, name), now)
    daemon = Bureau(folder / "broker", authority.folder)
    daemon.start()
    yield daemon
    daemon.kill()


def link(bureau: Bureau, name: str, heard: list[Message], *topics: str) -> Link:
    out, base = bureau.authority / "handout" / name, "box" if name == "no3-middle" else "client"
    files = {"tls_ca": f"{out}/ca.pem", "tls_cert": f"{out}/{base}.pem", "tls_key": f"{out}/{base}.key"}
    return Link(LinkOptions("127.0.0.1", bureau.port, f"d-{name}", expiry=0, **files), topics, heard.append)


async def test_every_documented_topic_is_published_and_read_back_byte_for_byte(bureau: Bureau) -> None:
    root = "campus/v1/songyang/no3-middle/"
    assert {topic.removeprefix(root).partition("/")[0] for topic in EXAMPLES} == {
        "readings", "events", "alarm", "status", "devices", "receipt", "command", "reply",
    }  # fmt: skip
    heard: list[Message] = []
    own = [t for t in EXAMPLES if t.removeprefix(root) in DOWN]
    links = {
        "no3-middle": link(bureau, "no3-middle", heard, *own),
        "ingest": link(bureau, "ingest", heard, "campus/v1/+/+/readings"),
        "bureau": link(
            bureau,
            "bureau",
            heard,
            *(f"campus/v1/+/+/{leaf}" for leaf in ("events", "alarm/#", "status", "devices/#", "reply")),
        ),
    }
    tasks = [asyncio.create_task(each.run()) for each in links.values()]
    try:
        await until("everybody", lambda: all(each.up for each in links.values()))
        for topic, payload in EXAMPLES.items():
            said = links[DOWN.get(topic.removeprefix(root), "no3-middle")].publish(topic, _bytes(topic, payload))
            assert said is not None and await said is Fate.TAKEN, topic
        await until("all of it", lambda: len(heard) == len(EXAMPLES))
    finally:
        for task in tasks:
            task.cancel()
    assert {m.topic: m.payload for m in heard} == {topic: _bytes(topic, payload) for topic, payload in EXAMPLES.items()}


def _bytes(topic: str, payload: str) -> bytes:
    """A code block has no line end of its own; readings end with one."""
    return payload.encode() + (b"\n" if topic.endswith("/readings") else b"")


def test_every_documented_example_is_what_the_product_takes() -> None:
    for topic, payload in EXAMPLES.items():
        box, leaf = wire.parse_topic(topic)
        assert (box.district, box.site) == ("songyang", "no3-middle")
        data = _bytes(topic, payload)
        match leaf:
            case "readings":
                batch = wire.parse_readings(data)
                assert batch.lines and not any(check_line(line, box.site, box.district) for line in batch.lines)
            case "receipt":
                assert wire.parse_receipt(data).dest == wire.DEST
            case "command":
                assert unseal(topic, data, [bytes(range(32))], WALL).verb == "ack"
            case "reply":
                assert parse_reply(data).ok
            case _:
                assert wire.parse_json(data)["v"] == 1


# Telegraf


def telegraf(payload: bytes) -> list[tuple[str, dict[str, str], dict[str, float | int], int]]:
    """Line protocol as its specification and Telegraf's parser `influx` have it, written apart from our own grammar."""
    found = []
    for line in payload.decode().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, fields, stamp = re.split(r"(?<!\\) ", line)
        measurement, *tags = re.split(r"(?<!\\),", head)
        pairs = dict(re.split(r"(?<!\\)=", tag) for tag in tags)
        values = {k: int(v[:-1]) if v.endswith("i") else float(v) for k, v in (f.split("=") for f in fields.split(","))}
        found.append((measurement, {k: re.sub(r"\\(.)", r"\1", v) for k, v in pairs.items()}, values, int(stamp)))
    return found


def test_telegraf_takes_our_bytes_as_they_are() -> None:
    point = Point("lab, 1/t", "lab, 1", "temperature", "kit chen", "温度", 30_000)
    readings = [
        Reading(point.id, 21.5, Quality.GOOD, Now(WALL, 1)),
        Reading(point.id, None, Quality.FAULT, Now(WALL + 1000, 2)),
        Reading(point.id, -3.0, Quality.UNCERTAIN, Now(WALL + 2000, 3)),
    ]
    body = wire.frame_lines(wire.line_heads("no3-middle", "songyang", [point]), readings)
    tags = {"district": "songyang", "site": "no3-middle", "zone": "kit chen", "device": "lab, 1", "point": "lab, 1/t"}
    assert telegraf(wire.readings_payload("b1", 7, 7, body)) == [
        ("temperature", tags, {"value": 21.5, "quality": 0}, WALL * 1_000_000),
        ("temperature", tags, {"quality": 3}, (WALL + 1000) * 1_000_000),
        ("temperature", tags, {"value": -3.0, "quality": 1}, (WALL + 2000) * 1_000_000),
    ]


def test_the_telegraf_configuration_asks_for_what_is_there() -> None:
    conf = tomllib.loads((ROOT / "deploy" / "telegraf.conf").read_text(encoding="utf-8"))
    (consumer,) = conf["inputs"]["mqtt_consumer"]
    (topic,) = consumer["topics"]
    assert f"topic read {topic}" in lines(Member("telegraf", "viewer"))  # the certificate it names may read it
    assert (consumer["data_format"], consumer["qos"], consumer["topic_tag"]) == ("influx", 1, "")
    assert consumer["persistent_session"] and consumer["client_id"]
    assert conf["agent"]["metric_batch_size"] < consumer["max_undelivered_messages"] * 20  # readings of a school's frame
    shortest = len(b"x,district=a,site=b,device=c,point=d quality=0i 1800000000000000000\n")
    assert (
        consumer["max_undelivered_messages"] * MOST / shortest < conf["agent"]["metric_buffer_limit"]
    )  # more would be dropped
    assert all(server.startswith("ssl://") for server in consumer["servers"])
    (output,) = conf["outputs"]["influxdb_v2"]
    assert output["token"] == "${INFLUX_TOKEN}"  # never in the file


# Grafana


def queries(board: Path) -> list[str]:
    found = json.loads(board.read_text(encoding="utf-8"))
    return [target["query"] for panel in found["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("board", BOARDS, ids=lambda p: p.stem)
def test_dashboards_ask_for_measurements_and_tags_that_exist(board: Path) -> None:
    found = json.loads(board.read_text(encoding="utf-8"))
    assert found["uid"] == board.stem and len({panel["id"] for panel in found["panels"]}) == len(found["panels"]) > 5
    for query in queries(board):
        assert (named := re.search(r'FROM "([^"]+)"', query)) and named[1] in QUANTITIES, query
        assert re.findall(r'\w+\("(\w+)"\)', query)[0] in ("value", "quality")
        used = set(re.findall(r'"(\w+)" =~', query)) | set(re.findall(r', "(\w+)"', query))
        assert used <= {"district", "site", "zone", "device", "point"}
        assert "$timeFilter" in query and "$site" in query


def asked(url: str, db: str, query: str, token: str = "") -> dict[str, Any]:
    """The query with Grafana's variables filled in, put to InfluxDB."""
    for name, value in (
        ("$timeFilter", f"time > {WALL - 60_000}ms AND time < {WALL + 60_000}ms"),
        ("$__interval", "10s"),
        ("$district", ".*"),
        ("$site", ".*"),
    ):
        query = query.replace(name, value)
    words = urllib.parse.urlencode({"db": db, "q": query})
    request = urllib.request.Request(f"{url}/query?{words}", headers=authorization(token, "Token"))
    with urllib.request.urlopen(request, timeout=30) as answer:
        (result,) = json.load(answer)["results"]
        return dict(result)


@pytest.mark.parametrize("engine", ["influx16", *(["influxdb2"] if INFLUXD else [])])
def test_dashboards_show_what_a_box_has_sent(request: pytest.FixtureRequest, engine: str) -> None:
    """InfluxDB takes the payload as it is, comment and all, and answers the dashboards with the reader's token."""
    token = ""
    if engine == "influxdb2":
        two: Influx2 = request.getfixturevalue("influx2")
        url, db, token = two.url, "campus", two.secret("reader")
        way, headers = "/api/v2/write?org=campus&bucket=campus", authorization(two.secret("ingest"), "Token")
    else:
        url, db = request.getfixturevalue("influx")
        way, headers = f"/write?db={db}", {}
    wanted = {m for board in BOARDS for q in queries(board) for m in re.findall(r'FROM "([^"]+)"', q)}
    points = [Point(f"d-{n}/x", f"d-{n}", quantity, "hall", "点", 30_000) for n, quantity in enumerate(sorted(wanted))]
    heads = wire.line_heads("no3-middle", "songyang", points)
    body = wire.frame_lines(heads, [Reading(p.id, 1.0, Quality.GOOD, Now(WALL, 1)) for p in points])
    writing = urllib.request.Request(f"{url}{way}", wire.readings_payload("b1", 1, 1, body), headers)
    with urllib.request.urlopen(writing, timeout=30) as answer:
        assert answer.status == 204
    for board in BOARDS:
        for query in queries(board):
            (series,) = asked(url, db, query, token)["series"]
            assert series["tags"]["site"] == "no3-middle" and series["values"][0][1] in (1, 0), query
