"""What every InfluxDB must do for us: InfluxDB 1.6 of Debian, and the InfluxDB 2 that `INFLUXD` names. One contract, no proxies.

Without INFLUXD the second engine does not exist: nothing is skipped. Its history is in test_stream_past.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stream_box import Box, Spawn, TestClock, until
from stream_daemons import INFLUXD, Influx2, Influx16, Mosquitto

from gateway.acl import Member
from gateway.ca import Authority
from gateway.stream import ingest as ingest_module
from gateway.stream.client import LinkOptions
from gateway.stream.influx import Denied, InfluxError, Retry, V1Writer, V2Writer, Writer, create_database, read_points
from gateway.stream.ingest import Ingest, write_lines

STAMP = 1760000000000  # ms
ENGINES = ["influx16", *(["influxdb2"] if INFLUXD else [])]


@dataclass(frozen=True, slots=True)
class Engine:
    """`stored` gives every value of a site: asked with the reader's token, never the worker's."""

    writer: Writer
    url: str
    db: str
    reader: str = ""

    def stored(self, site: str) -> list[tuple[str, int, float]]:
        return read_points("v1", self.url, self.db, site, token=self.reader)


@pytest.fixture
def influx16(influx: tuple[str, str]) -> Engine:
    return Engine(V1Writer(*influx), *influx)


@pytest.fixture
def influxdb2(influx2: Influx2) -> Engine:
    writer = V2Writer(influx2.url, "campus", "campus", influx2.secret("ingest"))
    return Engine(writer, influx2.url, "campus", influx2.secret("reader"))


@pytest.fixture
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Influx16 | Influx2]:
    """An engine of this test's own, which it may kill."""
    made = (Influx2 if request.param == "influxdb2" else Influx16)(tmp_path / "engine")
    made.start()
    yield made
    made.kill()


def begun(daemon: Influx16 | Influx2) -> Engine:
    if isinstance(daemon, Influx16):
        create_database(daemon.url, "campus")
        return Engine(V1Writer(daemon.url, "campus"), daemon.url, "campus")
    daemon.set_up()
    writer = V2Writer(daemon.url, "campus", "campus", daemon.secret("ingest"))
    return Engine(writer, daemon.url, "campus", daemon.secret("reader"))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


def line(measurement: str, site: str, point: str, value: str = "1") -> bytes:
    return f"{measurement},district=d,site={site},device=d,point=d/{point} value={value},quality=0i {STAMP}000000".encode()


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
async def test_every_reading_once_though_the_broker_and_the_worker_repeat(
    engine: Engine, broker: Mosquitto, spawn: Spawn
) -> None:
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), engine.writer, TestClock())
    box = Box(broker.port, site="no6-engine")
    spawn(ingest.run())
    spawn(box.uplink.run())
    await until("both connections", lambda: box.uplink.state().connected and ingest._link.up)
    frames = [box.frame() for _ in range(20)]
    await until("all receipts", lambda: not box.store.open)
    once = engine.stored("no6-engine")
    assert once == sorted(box.store.ledger) and len(once) == 80
    for frame in frames[:7]:
        engine.writer.write(frame.lines)
    assert engine.stored("no6-engine") == once, "the same lines again change nothing"
    assert not box.store.refusals


@pytest.mark.parametrize("daemon", ENGINES, indirect=True)
async def test_killed_again_and_again_under_load_it_has_every_reading_once(
    daemon: Influx16 | Influx2, broker: Mosquitto, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_module, "_BACKOFF", (0.1,))
    engine = begun(daemon)
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), engine.writer, TestClock())
    box = Box(broker.port, site="no6-engine")
    for _ in range(3000):
        box.store.append()
    spawn(ingest.run())
    spawn(box.uplink.run())
    for _ in range(4):
        left = len(box.store.open)
        await until("some are stored", lambda left=left: left - len(box.store.open) > 200)
        daemon.kill()
        assert box.store.open, "it was killed while there was something to do"
        box.frame()
        await until("it is missed", lambda: ingest.state.problem.startswith("Retry"))
        daemon.start()
    box.frame()
    await until("all receipts", lambda: not box.store.open)
    assert engine.stored("no6-engine") == sorted(box.store.ledger)
    assert not box.store.refusals


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_batch_that_it_calls_bad_is_halved_down_to_the_line(engine: Engine) -> None:
    """A field of another type is refused by every engine in its own words; what stood beside it is stored, once."""
    engine.writer.write(line("typed", "no7-other", "x", '"text"'))
    bad = line("typed", "no7-engine", "bad")
    good = [line("humidity", "no7-engine", f"g{n}", str(n)) for n in range(40)]
    refused = write_lines(engine.writer, [*good[:13], bad, *good[13:]])
    assert list(refused) == [bad]
    assert "conflict" in refused[bad] and refused[bad][:3] in ("400", "422")
    assert engine.stored("no7-engine") == sorted((f"d/g{n}", STAMP, float(n)) for n in range(40))


if INFLUXD:  # what only an engine with tokens and a set-up of its own can show

    def test_what_is_older_than_it_keeps_is_named_and_the_rest_stored(influx2: Influx2) -> None:
        writer = V2Writer(influx2.url, "campus", "campus", influx2.secret("ingest"))
        old = [line("smoke", "no9-engine", f"o{n}").replace(b"1760", b"1560") for n in range(40)]
        good = [line("smoke", "no9-engine", f"g{n}") for n in range(40)]
        refused = write_lines(writer, [*good[:9], *old, *good[9:]])
        assert set(refused) == set(old) and all("retention" in why.lower() for why in refused.values())
        assert len(read_points("v1", influx2.url, "campus", "no9-engine", token=influx2.secret("reader"))) == 40

    @pytest.mark.parametrize(("org", "bucket"), [("nobodys", "campus"), ("campus", "nobodys")])
    def test_a_name_that_it_does_not_know_is_told_and_judges_no_line(influx2: Influx2, org: str, bucket: str) -> None:
        with pytest.raises(Denied, match=r"^404 .*not found"):
            V2Writer(influx2.url, org, bucket, influx2.secret("ingest")).write(line("smoke", "no8-engine", "x"))

    def test_set_up_again_it_tells_how(influx2: Influx2, tmp_path: Path) -> None:
        """The operator token in the folder gives new tokens, which may do the same; without it the script says what it needs."""
        again = influx2.run_script(tmp_path)
        assert again.returncode == 1 and "onboarding has already been completed" in again.stderr and "operator" in again.stderr
        (tmp_path / "operator").write_text(influx2.secret("operator"))
        again = influx2.run_script(tmp_path)
        assert again.returncode == 0, again.stderr
        ingest, reader = ((tmp_path / name).read_text().strip() for name in ("ingest", "reader"))
        V2Writer(influx2.url, "campus", "campus", ingest).write(line("smoke", "no10-engine", "x"))
        assert len(read_points("v1", influx2.url, "campus", "no10-engine", token=reader)) == 1
        with pytest.raises(Denied, match=r"^403"):
            V2Writer(influx2.url, "campus", "campus", reader).write(line("smoke", "no10-engine", "y"))

    @pytest.mark.parametrize("name", ["reader", "", "wrong"])
    def test_only_the_token_for_writing_writes(influx2: Influx2, name: str) -> None:
        token = influx2.secret(name) if name == "reader" else name
        with pytest.raises(Denied, match=r"^40[13]"):
            V2Writer(influx2.url, "campus", "campus", token).write(line("smoke", "no8-engine", "x"))

    def test_the_token_for_writing_reads_nothing(influx2: Influx2) -> None:
        V2Writer(influx2.url, "campus", "campus", influx2.secret("ingest")).write(line("smoke", "no8-engine", "x"))
        assert read_points("v1", influx2.url, "campus", "no8-engine", token=influx2.secret("reader"))
        try:
            assert not read_points("v1", influx2.url, "campus", "no8-engine", token=influx2.secret("ingest"))
        except InfluxError as error:
            assert "database not found" in str(error)  # 2.7.12: whose bucket it may not read, there is none

    def test_it_is_reached_over_tls_and_http_to_that_port_judges_no_line(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A certificate of one's own authority: SSL_CERT_FILE names it to the worker, CURL_CA_BUNDLE to the script."""
        authority = Authority.init(tmp_path / "ca", "Test CA")
        authority.issue(Member("db", "server"), datetime.now(UTC), hosts=["127.0.0.1"])
        for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(authority.folder / "ca.pem"))
        daemon = Influx2(tmp_path / "engine", tls=authority.folder / "handout" / "db")
        daemon.start()
        try:
            daemon.set_up()
            ingest, reader = daemon.secret("ingest"), daemon.secret("reader")
            with pytest.raises(Denied, match="HTTP request to an HTTPS server"):
                V2Writer(daemon.url.replace("https:", "http:"), "campus", "campus", ingest).write(
                    line("smoke", "no8-engine", "x")
                )
            V2Writer(daemon.url, "campus", "campus", ingest).write(line("smoke", "no8-engine", "x"))
            assert len(read_points("v1", daemon.url, "campus", "no8-engine", token=reader)) == 1
            monkeypatch.delenv("SSL_CERT_FILE")
            with pytest.raises(Retry, match="certificate verify failed"):
                V2Writer(daemon.url, "campus", "campus", ingest).write(line("smoke", "no8-engine", "y"))
        finally:
            daemon.kill()
