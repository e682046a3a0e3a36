"""Fixtures of the system tests: a school in a temporary folder, ended whatever happens; the browser of the page's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "dashboard")]

from browsing import chromium, proxied  # noqa: E402, F401 - fixtures
from school import School  # noqa: E402


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path / "school")
    yield made
    made.close()
