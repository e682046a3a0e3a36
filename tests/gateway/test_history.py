"""The socket's question `history`: one point or several, here or at another school, and what is said when it cannot be."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from gateway.history import Histories
from gateway.local import RequestError
from gateway.site import DatabaseConfig
from gateway.store.history import Series


class Log:
    """A log of readings that answers with what it was asked."""

    broken = False

    async def query(self, point: str, first: int, last: int, most: int) -> Series:
        if self.broken:
            raise sqlite3.OperationalError("disk I/O error")
        return Series([first], [1.0], [2.0], [3.0], [most])


def histories(log: Log | None = None, **database: str) -> Histories:
    return Histories("s1", DatabaseConfig(**database), log or Log(), {"d/a", "d/b"})  # type: ignore[arg-type]


async def refused(given: Histories, request: dict[str, Any]) -> str:
    with pytest.raises(RequestError) as error:
        await given.answer(request)
    return error.value.code


async def test_one_point_and_several() -> None:
    curve = {"t": [5], "min": [1.0], "mean": [2.0], "max": [3.0]}
    assert await histories().answer({"point": "d/a", "from": 5, "to": 9}) == {"point": "d/a", **curve, "quality": [1000]}
    found = await histories().answer({"points": ["d/b", "d/a"], "from": 5, "to": 9, "buckets": 7})
    assert found == {"points": {p: {**curve, "quality": [7]} for p in ("d/b", "d/a")}}
    assert (await histories().answer({"points": [], "from": 5, "to": 9})) == {"points": {}}


@pytest.mark.parametrize(
    "wrong",
    [{"point": "d/x"}, {"point": None}, {"points": "d/a"}, {"points": ["d/a", 3]}, {"points": ["d/a"] * 21}, {"from": 9},
     {"to": True}, {"from": -1}, {"buckets": 0}, {"buckets": "many"}, {"site": 3}],
)  # fmt: skip
async def test_what_is_no_question(wrong: dict[str, Any]) -> None:
    assert await refused(histories(), {"point": "d/a", "from": 5, "to": 9, **wrong}) == "bad-request"


async def test_other_schools_come_from_the_database_and_a_missing_one_is_said() -> None:
    ask = {"point": "d/a", "from": 5, "to": 9, "site": "no9"}
    assert await refused(histories(), ask) == "no-database"
    nobody = histories(style="promql", url="http://127.0.0.1:9")
    assert await refused(nobody, ask) == "history-down"
    assert await refused(nobody, ask | {"site": "no 9"}) == "bad-request"
    log = Log()
    log.broken = True
    assert await refused(histories(log), {"point": "d/a", "from": 5, "to": 9}) == "history-down"
