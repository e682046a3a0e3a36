"""One question, several histories: the local chunks, InfluxDB 1.6 (and 2) and VictoriaMetrics say the same of the same lines."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from urllib.parse import parse_qs

import pytest
from stream_daemons import INFLUXD, Influx2, Victoria

from drivers.reading import Now, Quality, Reading
from gateway.site import DatabaseConfig
from gateway.store.history import History, Series
from gateway.store.lines import samples
from gateway.store.readings import MIGRATIONS
from gateway.stream import wire
from gateway.stream.databases import open_past
from gateway.stream.influx import V1Writer, V2Writer
from gateway.stream.influxql import InfluxQL
from gateway.stream.past import Past, PastError
from gateway.stream.promql import PromQL

HOUR = 3_600_000
ENGINES = ["influxql", "promql", *(["influxql2"] if INFLUXD else [])]
FIRST = 1_760_000_000_000 + 7  # no multiple of any bucket
HEAD = "temperature,district=songyang,site=no5-past,zone=k,device=dev-0,point=dev-0/t "


def lines() -> bytes:
    """Five hours of a sensor at 7 s with holes, faults without a value and a spike."""
    chance, readings = Random(3), []
    for n in range(0, 5 * 3600, 7):
        if 4000 < n < 6000:
            continue
        at = Now(FIRST + n * 1000, n)
        if chance.random() < 0.02:
            readings.append(Reading("dev-0/t", None, Quality.FAULT, at, "silent"))
        else:
            readings.append(Reading("dev-0/t", 80.0 if n == 3003 else round(80 + 20 * math.sin(n / 900)) / 4, Quality.GOOD, at))
    return wire.frame_lines({"dev-0/t": HEAD}, readings)


class Local:
    """The chunks of a box, asked like a database."""

    def __init__(self) -> None:
        db = sqlite3.connect(":memory:", isolation_level=None)
        db.executescript("".join(MIGRATIONS))
        self._history = History()
        self._history.attach(db)
        self._history.add(samples(lines()))

    def query(self, site: str, point: str, first: int, last: int, most: int) -> Series:
        return self._history.query(point, first, last, most, last)


@pytest.fixture
def influxql(influx: tuple[str, str]) -> Past:
    V1Writer(*influx).write(lines())
    return InfluxQL(*influx)


@pytest.fixture
def influxql2(influx2: Influx2) -> Past:
    V2Writer(influx2.url, "campus", "campus", influx2.secret("ingest")).write(lines())
    return InfluxQL(influx2.url, "campus", influx2.secret("reader"))


@pytest.fixture
def promql(victoria: Victoria) -> Past:
    V2Writer(victoria.url, "o", "b", "t").write(lines())
    victoria.flush()
    return PromQL(victoria.url)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("hours", "buckets"), [(1, 60), (2, 13), (2, 7200)])
def test_every_engine_says_what_the_box_says(request: pytest.FixtureRequest, engine: str, hours: int, buckets: int) -> None:
    past: Past = request.getfixturevalue(engine)
    wanted = Local().query("no5-past", "dev-0/t", FIRST, FIRST + hours * HOUR, buckets)
    found = past.query("no5-past", "dev-0/t", FIRST, FIRST + hours * HOUR, buckets)
    if buckets == 7200:  # finer than the readings: the box gives each its own time, a database that of its bucket
        assert len(found.t) == len(wanted.t)
    else:
        assert (found.t, found.min, found.max, found.quality) == (wanted.t, wanted.min, wanted.max, wanted.quality)
        assert found.mean == [pytest.approx(v, abs=1e-9) for v in wanted.mean]
    assert (None in found.quality) == (hours > 1), "the hole is a hole"
    assert max(v for v in found.max if v is not None) == 80.0


@pytest.mark.parametrize("engine", ENGINES)
def test_of_another_site_or_time_nothing_is_known(request: pytest.FixtureRequest, engine: str) -> None:
    past: Past = request.getfixturevalue(engine)
    assert past.query("no4-middle", "dev-0/t", FIRST, FIRST + HOUR, 10).t == []
    assert past.query("no5-past", "dev-0/t", FIRST - HOUR, FIRST, 10).t == []
    with pytest.raises(ValueError, match="no id"):
        past.query("no3' OR 1=1 --", "dev-0/t", FIRST, FIRST + HOUR, 10)


class Engine:
    """A small HTTP server that keeps what it was asked and answers what a test wants."""

    def __init__(self, status: int, body: object) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                engine.asked.append((self.path, fields, self.headers["Authorization"] or ""))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/base"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    made: list[Engine] = []
    yield made
    for engine in made:
        engine.close()


COLUMNS = ["time", "low", "mean", "high", "quality"]


@pytest.mark.parametrize(("token", "header"), [("abc", "Token abc"), ("u:p", "Basic dTpw"), ("", "")])
def test_influxdb_2_and_3_are_asked_with_a_token(engines: list[Engine], tmp_path: Path, token: str, header: str) -> None:
    """They serve the same /query; InfluxDB 3 answers null for a field that nobody wrote."""
    rows = [[FIRST, 1.0, 2.0, 3.0, None], [FIRST + 60_000, None, None, None, 3]]
    engines.append(engine := Engine(200, {"results": [{"series": [{"columns": COLUMNS, "values": rows}]}]}))
    (tmp_path / "token").write_text(token + "\n")
    past = open_past(DatabaseConfig("influxql", engine.url, "campus", str(tmp_path / "token")))
    found = past.query("s", "d/t", FIRST, FIRST + 120_000, 2)
    assert found == Series([FIRST, FIRST + 60_000], [1.0, None], [2.0, None], [3.0, None], [1, 3])
    path, fields, given = engine.asked[0]
    assert (path, fields["db"], given) == ("/base/query", ["campus"], header)


@pytest.mark.parametrize("style", ["influxql", "promql"])
@pytest.mark.parametrize(
    ("status", "body"),
    [(503, {}), (401, {}), (200, b"<html>"), (200, []), (200, {"results": [{"error": "timeout"}], "status": "error"})],
)
def test_whatever_a_broken_engine_answers_is_an_error(engines: list[Engine], style: str, status: int, body: object) -> None:
    engines.append(engine := Engine(status, body))
    with pytest.raises(PastError):
        open_past(DatabaseConfig(style, engine.url)).query("s", "d/t", FIRST, FIRST + HOUR, 10)


def test_nobody_there_is_an_error() -> None:
    for style in ("influxql", "promql"):
        with pytest.raises(PastError):
            open_past(DatabaseConfig(style, "http://127.0.0.1:9")).query("s", "d/t", FIRST, FIRST + HOUR, 10)
