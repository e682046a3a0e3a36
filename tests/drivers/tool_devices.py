"""The shipped profiles and, from their own frames, what registers such a device holds: for tests of scan, trace and doctor."""

from __future__ import annotations

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


PROFILES = _profiles()


def image_of(id: str, unit: int) -> dict[tuple[str, int], int]:
    """What its frames show: a case that answers every question, else the first ones together; its own address where it keeps that."""
    profile = PROFILES[id]
    needed = {cell for read in plan(profile) for cell in read.cells()}
    images = []
    for case in _yaml(ROOT / f"tests/profiles/{id}/frames.yaml")["cases"]:
        if not case.get("fault"):
            rows = [_registers(bytes.fromhex(question), bytes.fromhex(answer)) for question, answer in case["exchange"]]
            images.append({cell: value for row in rows for cell, value in row.items()})
    whole = [image for image in images if needed <= set(image)]
    image: dict[tuple[str, int], int] = {}
    for one in reversed(whole[:1] or images):
        image |= one
    if at := profile.unit_at:
        image[at.space, at.address] = image.get((at.space, at.address), 0) & ~at.mask & 0xFFFF | unit << at.shift
    return image


def _registers(question: bytes, answer: bytes) -> dict[tuple[str, int], int]:
    space = next(s for s, f in READ_FUNCTION.items() if f == question[1])
    first, count, data = int.from_bytes(question[2:4], "big"), int.from_bytes(question[4:6], "big"), answer[3:-2]
    if space in ("coil", "discrete"):
        return {(space, first + n): data[n // 8] >> n % 8 & 1 for n in range(count)}
    return {(space, first + n): int.from_bytes(data[2 * n : 2 * n + 2], "big") for n in range(count)}
