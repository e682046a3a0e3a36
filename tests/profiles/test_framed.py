"""Every shipped profile of a line protocol against its frames: bytes from the source or written by hand, never made by our framers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from drivers.profile import Device, Profile, profile_from_dict, profile_to_dict
from drivers.reading import Now, Quality, Reading
from drivers.registry import FRAMERS
from drivers.told import Told

ROOT = Path(__file__).resolve().parents[2]
FRAMES = Path(__file__).parent


def load_yaml(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


PROFILES: dict[str, Profile] = {
    path.stem: profile_from_dict(load_yaml(path), path.name)
    for path in sorted((ROOT / "config/profiles").glob("*.yaml"))
    if "signal:" in path.read_text("utf-8")
}


def play(profile: Profile, frames: dict[str, Any], case: dict[str, Any]) -> dict[str, Reading]:
    protocol, address = FRAMERS[frames["line"]], frames.get("address", "")
    device = Device("place", profile, "line", 0, 5000, address)
    told = Told("line", protocol, [device], Now(0, 0))
    framer = protocol.make(0, [address] if address else [])
    told.opened(Now(0, 0))
    for telegram in framer.feed(b"".join(bytes.fromhex(text) for text in case["hear"])):
        told.take(telegram, Now(1, 1))
    return {r.point.removeprefix("place/"): r for r in told.device(device, Now(1, 1))}


@pytest.mark.parametrize("id", PROFILES)
def test_frames_decode_to_what_they_mean(id: str) -> None:
    frames = load_yaml(FRAMES / id / "frames.yaml")
    shown = set()
    for case in frames["cases"]:
        assert case["from"] in ("source", "hand"), case["name"]
        got = play(PROFILES[id], frames, case)
        for channel, value in case["expect"].items():
            assert (got[channel].value, got[channel].value is None) == (pytest.approx(value), False), (
                case["name"],
                got[channel],
            )
            shown.add(channel)
        for channel, words in case.get("fault", {}).items():
            assert got[channel].quality is Quality.FAULT and words in got[channel].fault, (case["name"], got[channel])
    assert shown == {c.id for c in PROFILES[id].channels}, "every channel is shown by a frame"
    assert (PROFILES[id].verified == "frames") <= any(case["from"] == "source" for case in frames["cases"])


@pytest.mark.parametrize("id", PROFILES)
def test_profile_is_complete_and_survives_json(id: str) -> None:
    profile = PROFILES[id]
    assert profile.id == id and profile.framed and profile.name_zh and profile.source
    assert all(c.page and c.name for c in profile.channels)
    assert profile.outputs == (), "nothing on such a line is ever switched"
    assert profile_from_dict(profile_to_dict(profile), id) == profile


@pytest.mark.parametrize("id", PROFILES)
def test_its_signals_are_those_of_its_line(id: str) -> None:
    line = FRAMERS[load_yaml(FRAMES / id / "frames.yaml")["line"]]
    assert {c.signal for c in PROFILES[id].channels} <= line.signals
