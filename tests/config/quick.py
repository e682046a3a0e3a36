"""compile_site with the library read once: the shipped files do not change while tests run, and reading them takes a while."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from gateway.config import library
from gateway.config.compile import Compiled, compile_site

_load = functools.cache(library.load)


def compile_quickly(path: Path, root: Path, **settings: Any) -> Compiled:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load", lambda root, own, models: _load(root, own if own.is_dir() else None))
        return compile_site(path, data="/var/lib/x", root=root, **settings)
