"""Settings of every test of the drivers. No fixtures of single tests."""

from __future__ import annotations

from hypothesis import settings

# The machine may be busy with anything: how long one example takes says nothing about the code.
settings.register_profile("drivers", deadline=None)
settings.load_profile("drivers")
