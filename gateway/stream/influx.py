"""Writes ready lines to an InfluxDB-compatible database (v2 or v1 API) and reads them back. Knows no MQTT, no batching."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from alerts.channels import secrets
from gateway.stream.past import authorization

_TIMEOUT_MS = 30_000
_WHY = 300  # characters of a database's answer that are kept
_DROPPED = re.compile(r"\bdropped=(\d{1,9})\b")  # InfluxDB 1.x and 2.x
# How a 400 begins that judges no line: the page of a web server before the database; http:// to a port of https:// (Go's own words).
# Taken for one, it would have every reading of every school thrown away as bad, and confirmed.
_OF_NO_LINE = ("<", "Client sent an HTTP request to an HTTPS server")


class InfluxError(Exception):
    """The database did not take the lines; `str()` says why."""


class Retry(InfluxError):
    """Not now: no connection, 429, 5xx. The same lines may be taken later."""


class BadBatch(InfluxError):
    """Not these: 400, 413, 422. At least one line of them is never going to be taken; `dropped` of them, where the database says so."""

    def __init__(self, why: str, dropped: int = 0) -> None:
        super().__init__(why)
        self.dropped = dropped


class Denied(InfluxError):
    """Not us: 401, 403, 404, or a 400 that is no database's. Somebody must repair a token, a bucket or a URL."""


class Writer(Protocol):
    def write(self, lines: bytes) -> None:
        """Blocks until the database has stored all of `lines` (stamps in ns), or raises one of the InfluxErrors."""
        ...


def _error(status: int, answer: str, secret: str = "") -> InfluxError:
    """`secret` was sent, and may be quoted: the words go to logs, to /healthz and, in receipts, to the boxes."""
    why = f"{status} {' '.join(secrets.hidden(answer, secret).split())[:_WHY]}"
    if status == 413 or (status in (400, 422) and not answer.lstrip().startswith(_OF_NO_LINE)):
        dropped = _DROPPED.search(answer)
        return BadBatch(why, int(dropped[1]) if dropped else 0)
    if status in (400, 401, 403, 404, 422):
        return Denied(why)
    return Retry(why)


class V2Writer:
    """/api/v2/write through influxdb-client's synchronous way, the only one of its ways that tells what became of it."""

    def __init__(self, url: str, org: str, bucket: str, token: str) -> None:
        self._bucket, self._token = bucket, token
        self._client = InfluxDBClient(url=url, token=token, org=org, timeout=_TIMEOUT_MS, enable_gzip=True)
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: bytes) -> None:
        try:
            self._api.write(bucket=self._bucket, record=lines)
        except ApiException as error:
            raise _error(error.status or 0, _text(error.body) or str(error.reason), self._token) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Retry(str(error)[:_WHY]) from error


class V1Writer:
    """/write of InfluxDB 1.x and its look-alikes. `user` and `password` go as basic authentication when set."""

    def __init__(self, url: str, db: str, user: str = "", password: str = "") -> None:
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT_MS / 1000, retries=False)
        self._url = f"{url.rstrip('/')}/write?{urlencode({'db': db, 'precision': 'ns'})}"
        self._password = password
        self._headers = urllib3.make_headers(basic_auth=f"{user}:{password}") if user else {}

    def write(self, lines: bytes) -> None:
        try:
            answer = self._pool.request("POST", self._url, body=lines, headers=self._headers)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Retry(str(error)[:_WHY]) from error
        if answer.status not in (200, 204):
            raise _error(answer.status, _text(answer.data), self._password)


def create_database(url: str, db: str) -> None:
    """Make the database of an InfluxDB 1.x; nothing when it is there. InfluxError when the server does not."""
    _query(url, {"q": f'CREATE DATABASE "{db}"'})


def read_points(
    style: str, url: str, db: str = "", site: str = "", field: str = "value", token: str = ""
) -> list[tuple[str, int, float]]:
    """Every stored value as (point, ms since 1970, value), in order: evidence for checks, not for charts.

    style: v1 (InfluxQL of an InfluxDB 1.x, with `token` of a 2.x) or vm (VictoriaMetrics' /api/v1/export). `site`: one box;
    `field`: value or quality.
    """
    rows = _read_v1(url, db, site, field, token) if style == "v1" else _read_vm(url, site, field)
    return sorted(rows)


def _read_v1(url: str, db: str, site: str, field: str, token: str) -> list[tuple[str, int, float]]:
    where = f" WHERE \"site\" = '{site}'" if site else ""
    data = _query(url, {"db": db, "epoch": "ms", "q": f'SELECT "{field}" FROM /.+/{where} GROUP BY "point"'}, token)
    rows = []
    for result in data["results"]:
        for series in result.get("series", []):
            point = series["tags"]["point"]
            rows += [(point, int(at), float(value)) for at, value in series["values"] if value is not None]
    return rows


def _read_vm(url: str, site: str, field: str) -> list[tuple[str, int, float]]:
    match = f'{{__name__=~".+_{field}",site="{site}"}}' if site else f'{{__name__=~".+_{field}"}}'
    text = _get(url, "/api/v1/export", {"match[]": match, "reduce_mem_usage": "1"})
    rows = []
    for line in text.splitlines():
        series = json.loads(line)
        rows += [
            (series["metric"]["point"], at, float(v)) for at, v in zip(series["timestamps"], series["values"], strict=True)
        ]
    return rows


def _query(url: str, fields: dict[str, str], token: str = "") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_get(url, "/query", fields, "POST", token))
    for result in data.get("results", []):
        if "error" in result:
            raise BadBatch(result["error"])
    return data


def _get(url: str, path: str, fields: dict[str, str], method: str = "GET", token: str = "") -> str:
    http = urllib3.PoolManager(timeout=_TIMEOUT_MS / 1000, retries=False)
    headers = authorization(token, "Token")
    try:
        answer = http.request(method, f"{url.rstrip('/')}{path}?{urlencode(fields)}", headers=headers)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Retry(str(error)[:_WHY]) from error
    text = _text(answer.data)
    if answer.status != 200:
        raise _error(answer.status, text)
    return text


def _text(body: bytes | str | None) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
