"""What deploy/influxdb-setup.sh asks of an InfluxDB 2: a stand-in keeps it and answers as the API's documents say. No database here.

The same script against a real one: tests/stream/test_stream_engines.py with INFLUXD.
"""

from __future__ import annotations

import json
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SETUP = Path(__file__).resolve().parents[2] / "deploy" / "influxdb-setup.sh"
BUCKET, ORG = "5a2f0c1d3b4e6f70", "0f1e2d3c4b5a6978"
Json = dict[str, Any]


class InfluxDB2:
    """/api/v2/setup, buckets and authorizations. `asked`: (method, path, Authorization, body)."""

    def __init__(self, onboarded: bool = False, refuse: str = "") -> None:
        self.asked: list[tuple[str, str, str, Json]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                said: Json = json.loads(body) if body else {}
                if self.path != "/ping":
                    stand_in.asked.append((self.command, self.path, self.headers["Authorization"] or "", said))
                status, answer = stand_in.answer(self.path.removeprefix("/api/v2/"), said, onboarded, refuse)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer, indent="\t").encode() if answer else b"")

            do_GET = do_POST = _answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def answer(path: str, said: Json, onboarded: bool, refuse: str) -> tuple[int, Json]:
        bucket = {"id": BUCKET, "orgID": ORG, "type": "user", "name": "campus", "retentionRules": [], "labels": []}
        match path.partition("?")[0]:
            case "/ping":
                return 204, {}
            case at if refuse and at == refuse:
                return 401, {"code": "unauthorized", "message": "unauthorized access"}
            case "setup" if onboarded:
                return 422, {"code": "conflict", "message": "onboarding has already been completed"}
            case "setup":
                return 201, {"user": {"id": "1"}, "bucket": bucket, "org": {"id": ORG}, "auth": {"token": said["token"]}}
            case "buckets":
                return 200, {"links": {"self": "/api/v2/buckets"}, "buckets": [bucket]}
            case "authorizations":
                return 201, {"id": "9", "token": f"made-for-{said['description'].split()[-1]}==", "orgID": ORG}
        return 404, {"code": "not found"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def databases() -> Iterator[list[InfluxDB2]]:
    made: list[InfluxDB2] = []
    yield made
    for one in made:
        one.close()


def setup(url: str, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(SETUP), "v2", url, str(out)], capture_output=True, text=True, timeout=120)


def files(out: Path) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in out.iterdir()}


def may(token: Json) -> list[tuple[str, str, str, str]]:
    return [(p["action"], p["resource"]["type"], p["resource"]["id"], p["resource"]["orgID"]) for p in token["permissions"]]


def test_d25_18_a_worker_may_only_write_the_bucket_and_the_history_only_read_it(
    databases: list[InfluxDB2], tmp_path: Path
) -> None:
    databases.append(database := InfluxDB2())
    done = setup(database.url, out := tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (_, first, nobody, began), (_, looked, *_), *tokens = database.asked
    assert (first, nobody, began["retentionPeriodSeconds"]) == ("/api/v2/setup", "", 1826 * 86400)
    assert looked == "/api/v2/buckets?org=campus&name=campus"
    kept = files(out)
    assert kept == {
        "admin": f"admin:{began['password']}",
        "operator": began["token"],
        "ingest": "made-for-ingest==",
        "reader": "made-for-reader==",
    }
    asked = {body["description"]: may(body) for _, path, _, body in tokens if path == "/api/v2/authorizations"}
    assert asked == {
        "campus ingest": [("write", "buckets", BUCKET, ORG)],
        "campus reader": [("read", "buckets", BUCKET, ORG)],
    }
    assert {given for _, _, given, _ in database.asked[1:]} == {f"Token {kept['operator']}"}
    assert all(stat.S_IMODE((out / name).stat().st_mode) == 0o600 for name in kept)
    assert not any(word in done.stdout + done.stderr for word in (*kept.values(), began["password"]))


def test_a_token_that_was_an_operators_is_replaced_without_a_new_set_up(databases: list[InfluxDB2], tmp_path: Path) -> None:
    """`mv ingest operator` and once more: a bureau whose workers hold the operator token, or a set-up that stopped halfway."""
    databases.append(database := InfluxDB2(onboarded=True))
    out = tmp_path / "out"
    out.mkdir()
    (out / "admin").write_text("admin:known\n")
    (out / "operator").write_text("old\n")
    done = setup(database.url, out)
    assert done.returncode == 0, done.stderr
    assert files(out) == {
        "admin": "admin:known",
        "operator": "old",
        "ingest": "made-for-ingest==",
        "reader": "made-for-reader==",
    }
    assert not any(path == "/api/v2/setup" for _, path, _, _ in database.asked)
    again = setup(database.url, out)
    assert again.returncode == 1 and "不覆盖" in again.stderr


def test_a_database_that_was_set_up_before_says_what_is_missing(databases: list[InfluxDB2], tmp_path: Path) -> None:
    databases.append(database := InfluxDB2(onboarded=True))
    done = setup(database.url, tmp_path / "out")
    assert done.returncode == 1 and "onboarding has already been completed" in done.stderr
    assert "operator token into" in done.stderr
    assert files(tmp_path / "out") == {}


@pytest.mark.parametrize("refused", ["buckets", "authorizations"])
def test_what_the_database_refuses_ends_the_set_up_and_it_can_go_on(
    databases: list[InfluxDB2], tmp_path: Path, refused: str
) -> None:
    databases.append(strict := InfluxDB2(refuse=refused))
    done = setup(strict.url, out := tmp_path / "out")
    assert done.returncode == 1 and f"/api/v2/{refused}: " in done.stderr and "unauthorized" in done.stderr
    assert files(out).keys() == {"admin", "operator"}
    databases.append(mended := InfluxDB2(onboarded=True))
    assert setup(mended.url, out).returncode == 0
    assert files(out).keys() == {"admin", "operator", "ingest", "reader"}
