"""Fixtures of the system tests: a school in a temporary folder, ended whatever happens; the browser of the page's tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "dashboard"))

pytest.register_assert_rewrite("kills")  # what it finds is to be read in a failure, not only that it found something

from browsing import Watched, chromium, proxied  # noqa: F401 - fixtures
from ruamel.yaml import YAML
from school import SPEED, School, living
from tongues import names_in


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path / "school")
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[School]:
    """One living school with its page for a module of stories, all points heard of: every story leaves it calm and whole. The times
    of its rules are shortened by the module's SPEED."""
    made = School(tmp_path_factory.mktemp("living") / "school", getattr(request.module, "SPEED", SPEED))
    try:
        living(made)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def come_in(world: School) -> Callable[..., Any]:
    """`come_in(watched, person, path)`: the living page of that person, who gets a password at his first coming."""
    passwords = {"admin": world.password}

    def open_it(watched: Watched, person: str, path: str = "/", **how: Any) -> Any:
        if person not in passwords:
            passwords[person] = world.user(person)
        page = watched.open(world.url, person, passwords[person], **how)
        page.set_default_timeout(90_000)
        if path != "/":
            page.goto(world.url + path)
            page.wait_for_selector("body:not(.waiting):not(.lost) header.top")
        return page

    open_it.passwords = passwords  # type: ignore[attr-defined]
    return open_it


@pytest.fixture(scope="module")
def names(world: School) -> list[str]:
    """What people have named in the site file, and what makers have named on their devices (profiles): it stays as they wrote it."""
    assert world.site is not None
    channels = [channel for device in world.site.devices for channel in device.profile.channels]
    makers = [[channel.name, *channel.values.values()] for channel in channels]
    return names_in([YAML(typ="safe").load(world.dir / "site" / "site.yaml"), makers])


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:  # noqa: F811 - the fixture above
    made = Watched(chromium)
    yield made
    made.close()
