"""`demo --check`: each story proven from the far side exits 0; each sabotage exits 1 and names the missing step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCENARIOS = ("fire", "leak", "two-locks", "bus-cut", "power")

# what is broken -> (story, a word of the step that must be missing, a word of a step that must still be proven)
SABOTAGES = {
    "sounder": ("two-locks", "guard-room sounder", "opened by one"),
    "channel": ("power", "mains lost: duty and leader", "is journaled"),
    "uplink": ("two-locks", "door open stored", "guard-room sounder"),
    "journal": ("two-locks", "the answer is journaled", "guard-room sounder"),
}


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "gateway.commands",
        "demo",
        "--check",
        "--speed",
        "15",
        "--dir",
        str(folder / "demo"),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_is_proven_from_the_far_side(tmp_path: Path, scenario: str) -> None:
    done = demo(tmp_path, "--scenario", scenario)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "通过 proven" in done.stdout and "MISSING" not in done.stdout


@pytest.mark.parametrize("broken", SABOTAGES)
def test_a_sabotage_is_named(tmp_path: Path, broken: str) -> None:
    scenario, missing, proven = SABOTAGES[broken]
    done = demo(tmp_path, "--scenario", scenario, "--sabotage", broken, "--patience", "12")
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any("MISSING" in line and missing in line for line in lines), done.stdout
    assert any("✓" in line and proven in line for line in lines), done.stdout


def test_a_story_is_needed_for_a_proof(tmp_path: Path) -> None:
    assert demo(tmp_path).returncode == 2
