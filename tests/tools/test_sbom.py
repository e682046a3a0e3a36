"""The bill of materials names every package that a box is given, as it is pinned."""

from __future__ import annotations

import json

from gateway.version import VERSION
from tools import sbom


def test_d25_21_every_pinned_package_stands_in_it_with_its_hashes() -> None:
    lock = sbom.LOCK.read_text("utf-8")
    bill = json.loads(sbom.render(lock))
    pins = [line.split()[0] for line in lock.splitlines() if "==" in line and not line.startswith("#")]
    assert [f"{part['name']}=={part['version']}" for part in bill["components"]] == pins and len(pins) > 20
    told = [file["hashes"][0]["content"] for part in bill["components"] for file in part["externalReferences"]]
    assert len(told) == lock.count("sha256:") and all(part["externalReferences"] for part in bill["components"])
    assert bill["metadata"]["component"]["version"] == VERSION
    assert bill["dependencies"][0]["dependsOn"] == [part["bom-ref"] for part in bill["components"]]
