"""History out of an InfluxDB: InfluxQL over /query, which 1.x, 2.x (under the bucket's name) and 3.x all serve."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from drivers.reading import Quality
from gateway.store.history import Piece, Series, series
from gateway.stream.past import PastError, authorization, checked, post, width_of


class InfluxQL:
    """`token`: user:password (1.x) or a token (2.x, 3.x), "" for none."""

    def __init__(self, url: str, db: str, token: str = "") -> None:
        self._url, self._db = url, db
        self._headers = authorization(token, "Token")

    def query(self, site: str, point: str, first: int, last: int, most: int) -> Series:
        """See gateway.stream.past.Past."""
        width = width_of(first, last, most)
        where = f"\"site\" = '{checked(site)}' AND \"point\" = '{checked(point)}' AND time >= {first}ms AND time < {last}ms"
        text = (
            'SELECT min("value") AS low, mean("value") AS mean, max("value") AS high, max("quality") AS quality '
            f"FROM /.+/ WHERE {where} GROUP BY time({width}ms, {first % width}ms) fill(none)"
        )
        body = post(self._url, "/query", {"db": self._db, "epoch": "ms", "q": text}, self._headers)
        return series(sorted(_pieces(body)), first, width)


def _pieces(body: bytes) -> Iterator[Piece]:
    """One piece a bucket; a point that changed its quantity has several series. What has no quality is no good reading."""
    try:
        found = json.loads(body)
        for result in found.get("results", []):
            if "error" in result:
                raise PastError(str(result["error"]))
            for one in result.get("series", []):
                at = [one["columns"].index(name) for name in ("time", "low", "mean", "high", "quality")]
                for row in one["values"]:
                    t, low, mean, high, quality = (row[column] for column in at)
                    yield (
                        int(t),
                        _number(low),
                        _number(mean),
                        _number(high),
                        Quality.UNCERTAIN if quality is None else int(quality),
                    )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PastError(f"no InfluxQL answer: {error!r}") from error


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
