"""Fixtures of the system tests: a school in a temporary folder, ended whatever happens; the browser of the page's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "dashboard"))

pytest.register_assert_rewrite("kills")  # what it finds is to be read in a failure, not only that it found something

from browsing import Watched, chromium, proxied  # noqa: F401 - fixtures
from school import School, living


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path / "school")
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """One living school with its page for a module of stories, all points heard of: every story leaves it calm and whole."""
    made = School(tmp_path_factory.mktemp("living") / "school")
    try:
        living(made)
        yield made
    finally:
        made.close()


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:  # noqa: F811 - the fixture above
    made = Watched(chromium)
    yield made
    made.close()
