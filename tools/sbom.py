"""Prints the bill of materials of a release, CycloneDX 1.5: python -m tools.sbom > campus-gateway.cdx.json. See docs/install.md §7.

Of the program and of every package that deploy/requirements.lock pins, each with the hashes of what may be installed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from gateway.version import VERSION

LOCK = Path(__file__).resolve().parents[1] / "deploy" / "requirements.lock"
PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)([^#]*?)(?=^[A-Za-z0-9]|\Z)")


def component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    files = [{"type": "distribution", "url": purl, "hashes": [{"alg": "SHA-256", "content": each}]} for each in hashes]
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "externalReferences": files,
    }  # fmt: skip


def render(lock: str) -> str:
    parts = [component(name, version, re.findall(r"sha256:([0-9a-f]{64})", rest)) for name, version, rest in PIN.findall(lock)]
    program = {"type": "application", "bom-ref": "campus-gateway", "name": "campus-gateway", "version": VERSION}
    tree = [{"ref": "campus-gateway", "dependsOn": [part["bom-ref"] for part in parts]}]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": program}}
    return json.dumps({**head, "components": parts, "dependencies": tree}, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render(LOCK.read_text("utf-8")))
