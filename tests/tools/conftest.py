"""Fixtures of the tools' tests: the browser of the page's tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "dashboard"))

from browsing import chromium  # noqa: F401 - a fixture
