"""Prints deploy/requirements.lock, what a box needs of requirements.lock: python -m tools.runtime_lock > deploy/requirements.lock."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# What a box needs of requirements.lock, without the tools of development. Generated, do not edit:
#     python -m tools.runtime_lock > deploy/requirements.lock
"""


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def blocks() -> dict[str, str]:
    """Package -> its lines of requirements.lock: the pin and its hashes."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    parts = re.split(r"(?m)^(?=[A-Za-z0-9])", text)
    return {
        name_of(part): re.sub(r"(?m)^ *#.*\n?", "", part).rstrip() + "\n" for part in parts if re.match(r"[A-Za-z0-9]", part)
    }


def render() -> str:
    pinned = blocks()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    todo, needed = [name_of(r) for r in project["dependencies"]], set[str]()
    while todo:
        name = todo.pop()
        if name in needed or name not in pinned:  # not pinned: a marker keeps it from every platform of ours
            continue
        needed.add(name)
        try:
            todo += [name_of(r) for r in requires(name) or () if "extra" not in r.partition(";")[2]]
        except PackageNotFoundError:  # of another platform: it is pinned, and that is all there is to know here
            continue
    return HEAD + "".join(pinned[name] for name in sorted(needed))


if __name__ == "__main__":
    sys.stdout.write(render())
