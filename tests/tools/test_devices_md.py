"""docs/devices.md is what the profiles say today."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from drivers.profile import Channel, Limits, ScaleFrom, ValidIf, Within
from drivers.switch import Output

ROOT = Path(__file__).resolve().parents[2]


def test_devices_md_is_current() -> None:
    made = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "tools.devices_md"], cwd=ROOT, capture_output=True, check=True, timeout=120
    ).stdout.decode()
    assert (ROOT / "docs/devices.md").read_text("utf-8") == made, "run: python -m tools.devices_md > docs/devices.md"


def test_add_a_device_explains_every_key_of_a_profile() -> None:
    """The page names every key the loader takes; a new one must be explained to installers."""
    page = (ROOT / "docs/add-a-device.md").read_text("utf-8")
    keys = {f.name for shape in (Channel, Limits, Output, ScaleFrom, ValidIf, Within) for f in fields(shape)} - {"id"}
    keys |= {
        "profile",
        "name_zh",
        "vendor",
        "model",
        "kind",
        "verified",
        "source",
        "caveats",
        "line",
        "limits",
        "channels",
        "outputs",
    }
    assert sorted(key for key in keys if f"`{key}`" not in page) == []
