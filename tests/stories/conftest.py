"""The stories' own modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "dashboard"))

from browsing import chromium  # noqa: F401 - a fixture
