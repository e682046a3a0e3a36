"""Fixtures of the stores' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_makers import FakeClock

from gateway.store.journal import Journal


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
