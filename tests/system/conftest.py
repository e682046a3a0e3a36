"""Fixtures of the system tests: a school in a temporary folder, ended whatever happens; the browser of the page's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "dashboard"))

pytest.register_assert_rewrite("kills")  # what it finds is to be read in a failure, not only that it found something

from browsing import chromium, proxied  # noqa: F401 - fixtures
from school import School


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path / "school")
    yield made
    made.close()
