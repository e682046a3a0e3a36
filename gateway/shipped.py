"""Where the data that ships with the product lies. One path; imports nothing of ours."""

from __future__ import annotations

from pathlib import Path


def data_dir() -> Path:
    """In the installed wheel, else in the source tree."""
    here = Path(__file__).resolve().parent
    installed = here / "data"
    return installed if installed.is_dir() else here.parent / "config"
