"""The version of the product; the package takes it from here. Nothing else: `run` need not read its own metadata."""

from __future__ import annotations

VERSION = "0.1.0"
