"""The shipped deploy/telegraf.conf in a real Telegraf, at the shipped broker: it must store what `ingest` stores, and lose nothing.

Without TELEGRAF, the path of a binary, none of these tests exist: nothing is skipped. The database is VictoriaMetrics, and the
InfluxDB 2 that INFLUXD names.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stream_box import PATIENCE, Box, Spawn, TestClock, until
from stream_daemons import INFLUXD, TELEGRAF, Bureau, Daemon, Influx2, Telegraf, Victoria
from test_stream_documented import EXAMPLES

from alerts.plant import Point
from drivers.reading import Now, Quality, Reading
from gateway.acl import Member
from gateway.ca import Authority
from gateway.stream import wire
from gateway.stream.client import Fate, LinkOptions
from gateway.stream.influx import V2Writer
from gateway.stream.ingest import Ingest
from gateway.stream.link import Link
from gateway.stream.pace import MOST

SITE = "no3-middle"
TOPIC = f"campus/v1/songyang/{SITE}/readings"
CONNECTED = "Connected [ssl://"
TRIED = " E! [outputs.influxdb_v2] When writing to"
FIRST = 1_760_000_000_000


def victoria(folder: Path) -> Database:
    daemon = Victoria(folder)
    daemon.start()

    def stored() -> set[str]:
        daemon.flush()
        with urllib.request.urlopen(
            f"{daemon.url}/api/v1/export?match[]={{site!=''}}&reduce_mem_usage=1", timeout=60
        ) as answer:
            series = [json.loads(line) for line in answer.read().splitlines()]
        return {
            json.dumps([one["metric"], at, value], sort_keys=True)
            for one in series
            for at, value in zip(one["timestamps"], one["values"], strict=True)
        }

    return Database(daemon, "any", stored)


def influxdb2(folder: Path) -> Database:
    daemon = Influx2(folder)
    daemon.start()
    daemon.set_up()

    def asked(query: str) -> list[dict[str, object]]:
        words = urllib.parse.urlencode({"db": "campus", "epoch": "ns", "q": query})
        asking = urllib.request.Request(
            f"{daemon.url}/query?{words}", headers={"Authorization": f"Token {daemon.secret('reader')}"}
        )
        with urllib.request.urlopen(asking, timeout=60) as answer:
            (result,) = json.load(answer)["results"]
        return list(result.get("series", []))

    def stored() -> set[str]:
        """Every type of a field, every point with its tags."""
        rows = asked("SHOW FIELD KEYS") + asked("SELECT * FROM /.+/ GROUP BY *")
        return {
            json.dumps([one["name"], one.get("tags"), one["columns"], row], sort_keys=True)
            for one in rows
            for row in one["values"]  # type: ignore[attr-defined]
        }

    return Database(daemon, daemon.secret("ingest"), stored)


@dataclass(frozen=True, slots=True)
class Database:
    daemon: Daemon
    token: str
    stored: Callable[[], set[str]]  # all of it, a word for each


ENGINES = [victoria, *([influxdb2] if INFLUXD else [])]


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    authority, now = Authority.init(tmp_path / "ca", "Test CA"), datetime.now(UTC)
    authority.issue(Member("broker", "server"), now, hosts=["127.0.0.1"])
    authority.issue(Member(SITE, "box", "songyang"), now)
    authority.issue(Member("ingest", "ingest"), now)
    authority.issue(Member("telegraf", "viewer"), now)
    daemon = Bureau(tmp_path / "broker", authority.folder)
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Callable[[Path], Database]], Database]]:
    """Databases of a test's own, killed when it ends."""
    made: list[Database] = []

    def begin(engine: Callable[[Path], Database]) -> Database:
        made.append(engine(tmp_path / f"database-{len(made)}"))
        return made[-1]

    yield begin
    for one in made:
        one.daemon.kill()


@pytest.fixture
def telegraf(bureau: Bureau, tmp_path: Path) -> Iterator[Callable[[Database], Telegraf]]:
    made: list[Telegraf] = []

    def begin(database: Database) -> Telegraf:
        made.append(one := Telegraf(tmp_path / "telegraf", bureau, "telegraf", database.daemon.url, database.token))
        one.start()
        return one

    yield begin
    for one in made:
        one.kill()


def options(bureau: Bureau, name: str, client: str) -> dict[str, str]:
    out, base = bureau.authority / "handout" / name, "box" if name == SITE else "client"
    return {"client_id": client, "tls_ca": f"{out}/ca.pem", "tls_cert": f"{out}/{base}.pem", "tls_key": f"{out}/{base}.key"}


def odd() -> bytes:
    """What a frame can hold beside plain values: names with signs of the line protocol, nothing measured, an exponent."""
    point = Point("lab, 1/t=x", "lab, 1", "temperature", "kit chen", "温度", 30_000)
    readings = [
        Reading(point.id, 21.5, Quality.GOOD, Now(FIRST, 1)),
        Reading(point.id, None, Quality.FAULT, Now(FIRST + 1, 2)),
        Reading(point.id, -3.0e-7, Quality.UNCERTAIN, Now(FIRST + 2, 3)),
        Reading(point.id, None, Quality.STALE, Now(FIRST + 1003, 4)),
    ]
    return wire.frame_lines(wire.line_heads(SITE, "songyang", [point]), readings)


def bulk(piece: int) -> bytes:
    """A stored piece as large as they come."""
    head = f"smoke,district=songyang,site={SITE},zone=hall,device=d-{piece},point=d-{piece}/smoke value=1,quality=0i "
    lines, size = [], 0
    while size < MOST:
        lines.append(f"{head}{FIRST + len(lines)}000000\n".encode())
        size += len(lines[-1])
    return wire.readings_payload("b9", piece, piece, b"".join(lines[:-1]))


async def hearers(link: Link) -> None:
    """Until somebody is subscribed: the broker says so of each message, here of an empty one."""
    async with asyncio.timeout(PATIENCE):
        while (said := link.publish(TOPIC, b"# boot=b0 seq=0\n")) is None or await said is not Fate.TAKEN:
            await asyncio.sleep(0.05)


async def heard(foreign: Telegraf, bureau: Bureau, spawn: Spawn) -> tuple[Telegraf, Box]:
    """It, and a box beside it, both connected to the broker."""
    await until("it", lambda: CONNECTED in foreign.said())
    box = Box(bureau.port, confirm="puback", **{k: v for k, v in options(bureau, SITE, "").items() if v})
    spawn(box.uplink.run())
    await until("the box", lambda: box.uplink.state().connected)
    return foreign, box


if TELEGRAF:

    def test_it_finds_nothing_wrong_with_the_file(bureau: Bureau, tmp_path: Path) -> None:
        daemon = Telegraf(tmp_path / "telegraf", bureau, "telegraf", "http://127.0.0.1:9", "x")
        daemon.command()
        for words in (["config", "check"], ["--test"]):
            done = subprocess.run(
                ["env", "INFLUX_TOKEN=x", TELEGRAF, *words, "--config", str(daemon.conf)],
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            said = done.stderr.replace("W! Outputs are not used in testing mode!", "")
            assert " W! " not in said and " E! " not in said and "eprecated" not in said, said

    @pytest.mark.parametrize("engine", ENGINES)
    async def test_it_stores_what_ingest_stores(
        engine: Callable[[Path], Database],
        bureau: Bureau,
        start: Callable[[Callable[[Path], Database]], Database],
        telegraf: Callable[[Database], Telegraf],
        spawn: Spawn,
    ) -> None:
        """Names, tags, types, values and stamps of live frames, stored ones, the documented example and odd ones."""
        ours, its = start(engine), start(engine)
        foreign = telegraf(its)
        other = Link(LinkOptions("127.0.0.1", bureau.port, **options(bureau, SITE, "other")), (), lambda message: None)
        spawn(other.run())
        await hearers(other)
        writer = V2Writer(ours.daemon.url, "campus", "campus", ours.token)
        files = options(bureau, "ingest", "worker")
        worker = Ingest(LinkOptions("127.0.0.1", bureau.port, manual_ack=True, **files), writer, TestClock())
        spawn(worker.run())
        await until("the worker", lambda: worker._link.up)
        box = Box(bureau.port, **{k: v for k, v in options(bureau, SITE, "").items() if v})
        for _ in range(60):  # stored before the box finds the broker
            box.store.append()
        box.store.append_lines(odd())
        spawn(box.uplink.run())
        await until("the box", lambda: box.uplink.state().connected)
        for _ in range(10):
            box.frame()
        example = EXAMPLES[TOPIC].replace("1800000000000", f"{FIRST}")  # VictoriaMetrics takes no future
        said = other.publish(TOPIC, example.encode() + b"\n")
        assert said is not None and await said is Fate.TAKEN
        await until("every receipt", lambda: not box.store.open)
        await until("the example", lambda: any("kitchen-th/humidity" in row for row in ours.stored()))
        wanted = ours.stored()
        assert len(wanted) > 280 + 4
        await until("the same", lambda: len(its.stored()) >= len(wanted))
        assert its.stored() == wanted
        assert not [line for line in foreign.said().splitlines() if " E! " in line]

    async def test_what_it_has_not_written_it_gets_again(
        bureau: Bureau,
        start: Callable[[Callable[[Path], Database]], Database],
        telegraf: Callable[[Database], Telegraf],
        spawn: Spawn,
    ) -> None:
        """Killed while the database is away; what came before and while it was dead is stored afterwards."""
        its = start(victoria)
        foreign, box = await heard(telegraf(its), bureau, spawn)
        its.daemon.kill()
        for _ in range(10):
            box.frame()
        await until("the broker has them", lambda: not box.store.open)
        await until("it tries", lambda: TRIED in foreign.said())
        foreign.kill()
        for _ in range(10):
            box.frame()
        await until("the broker has them, too", lambda: not box.store.open)
        its.daemon.start()
        foreign.start()
        await until("all of it", lambda: len(its.stored()) == 2 * len(box.store.ledger))

    async def test_it_waits_for_a_broker_that_starts_later(
        bureau: Bureau,
        start: Callable[[Callable[[Path], Database]], Database],
        telegraf: Callable[[Database], Telegraf],
    ) -> None:
        bureau.kill()
        foreign = telegraf(start(victoria))
        await until("it tries", lambda: "connection refused" in foreign.said())
        bureau.start()
        await until("it", lambda: CONNECTED in foreign.said())

    async def test_a_broker_that_forgot_everything_is_found_again(
        bureau: Bureau,
        start: Callable[[Callable[[Path], Database]], Database],
        telegraf: Callable[[Database], Telegraf],
        spawn: Spawn,
    ) -> None:
        """Killed, and its sessions with it: until Telegraf is back the broker says that nobody is subscribed, and the box keeps all."""
        its = start(victoria)
        _, box = await heard(telegraf(its), bureau, spawn)
        for _ in range(10):
            box.frame()
        await until("the first ten", lambda: len(its.stored()) == 2 * len(box.store.ledger))
        bureau.kill()
        for _ in range(5):
            box.frame()
        bureau.start()
        await until("the box again", lambda: box.uplink.state().connected)
        for _ in range(5):
            box.frame()
        await until("all of it", lambda: len(its.stored()) == 2 * len(box.store.ledger) and not box.store.open)

    async def test_a_database_away_makes_it_drop_nothing(
        bureau: Bureau,
        start: Callable[[Callable[[Path], Database]], Database],
        telegraf: Callable[[Database], Telegraf],
        spawn: Spawn,
    ) -> None:
        """As many of the largest messages as it takes in at once: what its own buffer cannot hold would be gone."""
        its = start(victoria)
        foreign = telegraf(its)
        box = Link(LinkOptions("127.0.0.1", bureau.port, **options(bureau, SITE, "")), (), lambda message: None)
        spawn(box.run())
        await hearers(box)
        its.daemon.kill()
        payloads = [bulk(n) for n in range(100)]
        for payload in payloads:
            said = box.publish(TOPIC, payload)
            assert said is not None and await said is Fate.TAKEN
        await until("all of it is there", lambda: foreign.has_read() > sum(map(len, payloads)))
        tried = foreign.said().count(TRIED)
        await until("it has tried since", lambda: foreign.said().count(TRIED) > tried + 1)
        its.daemon.start()
        lines = sum(payload.count(b"\n") - 1 for payload in payloads)

        def count() -> int:
            its.daemon.answers("/internal/force_flush")
            query = urllib.parse.urlencode({"query": "sum(count_over_time(smoke_value[1h]))", "time": FIRST // 1000 + 1800})
            with urllib.request.urlopen(f"{its.daemon.url}/api/v1/query?{query}", timeout=60) as answer:
                found = json.load(answer)["data"]["result"]
            return int(found[0]["value"][1]) if found else 0

        await until(f"{lines} lines", lambda: count() >= lines)
        assert "dropped" not in foreign.said()
