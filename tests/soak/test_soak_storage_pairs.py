"""D17's pairs with a storage fault in them: each way a card fails, while each part of the stream is away. `make soak` only."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from kills import nothing_lost
from school import School
from test_storage_stream import WAYS, lose_all_but_the_first_page, said, stored_again

from gateway.store.database import set_aside
from tests.bench.storage import strange

CORRUPT = "a corrupt file"
PARTS = ("broker", "ingest", "database")
PAIRS = tuple(itertools.product((*WAYS, CORRUPT), PARTS))
MANY = int(os.environ.get("PAIRS", str(len(PAIRS))))  # fewer, to try it


@pytest.mark.soak
def test_d17_pairs_of_a_storage_fault_and_a_part_of_the_stream_lose_no_reading(tmp_path: Path) -> None:
    school = School(tmp_path / "school")
    try:
        school.start_world(stream=True, database="influxdb", counters=4)
        school.campus.start_ingest()
        run = school.start_run()
        for fault, part in Random(2026).sample(PAIRS, MANY):
            command, before = school.part(part).args, len(school.reads())
            with failing(school, fault):
                school.kill(part)
                school.until("it goes on reading", lambda n=before: len(school.reads()) > n + 30)
            school.campus.start(part, command)  # type: ignore[arg-type]
            school.until(f"after {fault} + {part}: caught up", lambda: backlog(school) < 20)
            assert run.poll() is None, (fault, part)
            print(f"{fault} + {part}: {len(school.reads()) - before} reads meanwhile, all confirmed but the newest")
        _, flying = nothing_lost(school)
        assert len(flying) <= 3 * len(school.lives)
    finally:
        school.close()


@contextmanager
def failing(school: School, fault: str) -> Iterator[None]:
    """The fault comes, the box says so, the fault goes, the box stores again. What a corrupt file takes with it was confirmed."""
    assert school.run is not None
    if fault == CORRUPT:
        school.until("all confirmed but the newest", lambda: backlog(school) < 20)
        newest = max((n for n, _ in set_aside(school.data / "readings.db")), default=0)
        lose_all_but_the_first_page(school.data / "readings.db")
        yield
        school.until("put aside", lambda: [n for n, _ in set_aside(school.data / "readings.db") if n > newest])
    else:
        with strange(school.run.pid, WAYS[fault]):
            school.until(f"{fault}: the box says so", lambda: said(school))
            yield
    school.until(f"after {fault}: stored again", lambda: stored_again(school))


def backlog(school: School) -> int:
    found = school.snapshot()
    return int(found["stream"]["backlog"]) if found else 1 << 30
