"""The socket's question `history`: this box's points from its own chunks, other sites' from the database. Judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, TypeGuard

from gateway.jsonable import to_jsonable
from gateway.local import RequestError
from gateway.site import DatabaseConfig
from gateway.store.database import StoreError
from gateway.store.history import Series
from gateway.store.readings_writer import ReadingsWriter

Json = dict[str, Any]
MOST_BUCKETS = 5000
MOST_POINTS = 20  # curves of one chart
BUCKETS = 1000


class Histories:
    """Answers `{"points": [P…] or "point": P, "from", "to", "buckets", "site"}`."""

    def __init__(self, own: str, database: DatabaseConfig, readings: ReadingsWriter, known: Collection[str]) -> None:
        """`own`: this site's id. `known`: the points it has."""
        self._own, self._database, self._readings, self._known = own, database, readings, known

    async def answer(self, request: Json) -> Json:
        """With `point` one Series and its point, with `points` a Series by point. Raises RequestError."""
        start, end, site = request.get("from"), request.get("to"), request.get("site", self._own)
        buckets = request.get("buckets", request.get("max", BUCKETS))
        points = request.get("points", [request.get("point")])
        if not isinstance(points, list) or not all(isinstance(p, str) for p in points) or not isinstance(site, str):
            raise _bad("点位无效", "history needs a point, or a list of points")
        if not (_whole(start) and _whole(end) and _whole(buckets)) or not 0 <= start < end or buckets < 1:
            raise _bad("时间无效", "history needs from < to in ms, and buckets from 1")
        if len(points) > MOST_POINTS:
            raise _bad(f"一次最多 {MOST_POINTS} 个点位", f"at most {MOST_POINTS} points at a time")
        most = min(buckets, MOST_BUCKETS)
        found = {point: to_jsonable(await self._series(site, point, start, end, most)) for point in points}
        return {"points": found} if "points" in request else {"point": points[0], **found[points[0]]}

    async def _series(self, site: str, point: str, start: int, end: int, most: int) -> Series:
        if site != self._own:
            return await self._elsewhere(site, point, start, end, most)
        if point not in self._known:
            raise _bad(f"没有这个点位：{point}", f"no such point: {point}")
        try:
            return await self._readings.query(point, start, end, most)
        except StoreError as error:
            raise _down(error) from None

    async def _elsewhere(self, site: str, point: str, start: int, end: int, most: int) -> Series:
        from gateway.stream.databases import open_past  # an HTTP client that a box without a database never loads
        from gateway.stream.past import PastError

        config = self._database
        if not config.url:
            raise RequestError(
                "no-database",
                "没有配置数据库（site.yaml 的 database），看不到别的学校的历史",
                "no database is configured (database in the site file): the history of other sites cannot be read",
            )
        try:
            return await asyncio.to_thread(lambda: open_past(config).query(site, point, start, end, most))
        except ValueError as error:
            raise _bad("学校或点位无效", str(error)) from None
        except (PastError, OSError) as error:
            raise _down(error) from None


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(zh: str, en: str) -> RequestError:
    return RequestError("bad-request", zh, en)


def _down(error: Exception) -> RequestError:
    return RequestError("history-down", f"历史读不了：{error}", f"the history cannot be read: {error}")
