"""The shipped profiles as JSON, made by tools/profiles_json.py: reading 50 YAML files takes a second, on a small box several.

An entry counts only while its YAML file is the very file it was made of, so it can be missing but never old.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from drivers.profile import Profile, ProfileError, profile_from_dict

FILE = "profiles.json"  # beside the folder `profiles`: name of the YAML file -> [its SHA-256, the profile]


class Ready:
    """Of one data folder. A file that is missing or broken gives nothing."""

    def __init__(self, root: Path) -> None:
        self._made: dict[str, Any] = {}
        try:
            made = json.loads((root / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(made, dict):
            self._made = made

    def profile(self, path: Path) -> Profile | None:
        """What the YAML file at `path` says; None when that must be read there."""
        try:
            sha256, data = self._made[path.name]
            if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return profile_from_dict(data, str(path))
        except (KeyError, TypeError, ValueError, OSError, ProfileError):
            return None
        return None
