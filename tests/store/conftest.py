"""Fixtures of the stores' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from store_makers import FakeClock

from gateway.store.journal import Journal
from gateway.store.readings_writer import ReadingsWriter


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_journal(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Journal]]:
    opened: list[Journal] = []

    def open_(boot: str = "boot-1", kind: type[Journal] = Journal, path: Path | None = None) -> Journal:
        opened.append(kind(path or tmp_path / "journal.db", "s", boot, clock, reserve=1 << 20))
        return opened[-1]

    yield open_
    for journal in opened:
        journal.close()


@pytest.fixture
async def make(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Callable[..., Any]]:
    made: list[ReadingsWriter] = []
    (tmp_path / "data").mkdir()

    async def make_(machine: str = "m1", **more: object) -> ReadingsWriter:
        options = {"dests": ["far"], "flush": 1000.0, "reserve": 1 << 16, **more}
        writer = ReadingsWriter(tmp_path / "data" / "readings.db", tmp_path / "tail", machine=machine, clock=clock, **options)  # type: ignore[arg-type]
        await writer.start()
        made.append(writer)
        return writer

    yield make_
    for writer in made:
        await writer.close(20.0)
