"""Prints config/profiles.json from the profiles: python -m tools.profiles_json > config/profiles.json. Writes no file itself."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from ruamel.yaml import YAML

from drivers.profile import profile_from_dict, profile_to_dict

CONFIG = Path(__file__).resolve().parents[1] / "config"


def render(folder: Path = CONFIG / "profiles") -> str:
    """One line a profile, so that two changes rarely meet. Raises ProfileError at the first profile that is wrong."""
    yaml = YAML(typ="safe", pure=True)
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_bytes()
        profile = profile_to_dict(profile_from_dict(yaml.load(text.decode()), path.name))
        entry = [hashlib.sha256(text).hexdigest(), profile]
        rows.append(f"{json.dumps(path.name)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    sys.stdout.write(render())
