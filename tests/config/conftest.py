"""A library for tests of the configuration: the shipped profiles and rules, and small policies under the names the rules use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from quick import compile_quickly

from gateway.config.compile import Compiled

CONFIG = Path(__file__).resolve().parents[2] / "config"
FIRE = """policy: fire
loop: 60s
result_asked: true
steps:
  - {id: first, when: unacked, after: 0s, to: [duty, keeper], message: fire.first}
  - {id: again, when: unacked, after: 3m, to: [second, leader], message: fire.again}
  - {id: head, when: unverified, after: 5m, to: [head], message: fire.unverified}
"""


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("library")
    names = set()
    for folder in ("profiles", "rules"):
        (root / folder).symlink_to(CONFIG / folder)
    for path in (CONFIG / "rules").glob("*.yaml"):
        names |= set(re.findall(r"^    policy: (\S+)$", path.read_text("utf-8"), re.M))
    (root / "escalation").mkdir()
    for name in names - {"fire"}:
        (root / "escalation" / f"{name}.yaml").write_text(f"policy: {name}\nresult_asked: false\nsteps: []\n")
    (root / "escalation" / "fire.yaml").write_text(FIRE)
    return root


@pytest.fixture
def compiled(tmp_path: Path, shelf: Path) -> Callable[..., Compiled]:
    """Compile a text as site.yaml."""

    def go(text: str | bytes, *, speed: int = 1, **substitutions: str) -> Compiled:
        path = tmp_path / "site.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return compile_quickly(path, shelf, speed=speed, substitutions=substitutions)

    return go
