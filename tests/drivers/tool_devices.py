"""The shipped profiles and, from their own frames, what registers such a device holds: for tests of scan, trace and doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from drivers.bus import READ_FUNCTION
from drivers.plan import plan
from drivers.profile import Profile, profile_from_dict

ROOT = Path(__file__).resolve().parents[2]
MODBUS = set(READ_FUNCTION)


def _yaml(path: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))


def _profiles() -> dict[str, Profile]:
    found = [profile_from_dict(_yaml(path), path.name) for path in sorted((ROOT / "config/profiles").glob("*.yaml"))]
    return {p.id: p for p in found if all(c.space in MODBUS for c in p.channels)}


ALL = _profiles()
PROFILES = {id: p for id, p in ALL.items() if p.channels}  # of the others nothing can be read

# Maps that are the same, or that one device's answers cannot tell apart: named together, never one of them.
FAMILIES = (
    {"generic-heat", "generic-smoke"},
    {"generic-manual-call", "generic-panic"},
    {"qdw-level", "qdy-pressure"},
    {"jxct-h2s", "jxct-o3", "jxct-so2"},
    {"gst200-modbus", "gst5000-modbus", "faast-schema1", "netsafety-millennium"},
)
# Models whose maps are known to name them alone. A profile that is neither here nor above is only asked to be among the named.
ALONE = {
    "acrel-aim-r100", "acrel-asj", "adam-4150", "aqualeak-10k", "board-8di-fc04", "calectro-ug3", "jxct-co", "jxct-nh3", "jxct-th",
    "jxct-tvoc", "lctech-2di", "lx47le", "raeguard3", "renke-rs-ws-n01", "rle-ld1500", "sdm630", "sga-gas", "vigirex-rhu",
    "wall-th", "waveshare-io8", "waveshare-relay8", "weigh-1ch", "xiyu-arc",
}  # fmt: skip
KNOWN = ALONE.union(*FAMILIES)


def named_right(id: str, names: Sequence[str]) -> bool:
    """Is the model among the named, and no known other one that can be told apart from it?"""
    family = next((f for f in FAMILIES if id in f), {id})
    return id in names and (id not in KNOWN or set(names) & KNOWN <= family)


def image_of(id: str, unit: int) -> dict[tuple[str, int], int]:
    """What its frames show: a case that answers every question, not all of it zero, else the first ones together; signs; address."""
    profile = PROFILES[id]
    needed = {cell for read in plan(profile) for cell in read.cells()}
    images = []
    for case in _yaml(ROOT / f"tests/profiles/{id}/frames.yaml")["cases"]:
        if not case.get("fault"):
            rows = [_registers(bytes.fromhex(question), bytes.fromhex(answer)) for question, answer in case["exchange"]]
            images.append({cell: value for row in rows for cell, value in row.items()})
    whole = sorted((image for image in images if needed <= set(image)), key=lambda image: not any(image.values()))
    image: dict[tuple[str, int], int] = {}
    for one in reversed(whole[:1] or images):
        image |= one
    image |= {(sign.space, sign.address): sign.equals or 1 for sign in profile.signs}
    if at := profile.unit_at:
        image[at.space, at.address] = image.get((at.space, at.address), 0) & ~at.mask & 0xFFFF | unit << at.shift
    return image


def _registers(question: bytes, answer: bytes) -> dict[tuple[str, int], int]:
    space = next(s for s, f in READ_FUNCTION.items() if f == question[1])
    first, count, data = int.from_bytes(question[2:4], "big"), int.from_bytes(question[4:6], "big"), answer[3:-2]
    if space in ("coil", "discrete"):
        return {(space, first + n): data[n // 8] >> n % 8 & 1 for n in range(count)}
    return {(space, first + n): int.from_bytes(data[2 * n : 2 * n + 2], "big") for n in range(count)}
