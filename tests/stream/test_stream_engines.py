"""What every InfluxDB must do for us: InfluxDB 1.6 of Debian, and the InfluxDB 2 that `INFLUXD` names. One contract, no proxies.

Without INFLUXD the second engine does not exist: nothing is skipped. Its history is in test_stream_past.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from stream_box import Box, Spawn, TestClock, until
from stream_daemons import INFLUXD, Influx2, Mosquitto

from gateway.stream.client import LinkOptions
from gateway.stream.influx import Denied, InfluxError, V1Writer, V2Writer, Writer, read_points
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


if INFLUXD:  # what only an engine with tokens can show

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
