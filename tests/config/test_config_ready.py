"""The shipped profiles as JSON: the same as the YAML, never older than it, and nothing is lost without them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.config import library
from gateway.config.ready import FILE
from tools import profiles_json

MODEL = "jxct-th"
STALE = (
    "a profile was changed and config/profiles.json was not: run\n"
    "  python -m tools.profiles_json > config/profiles.json\n"
    "(docs/add-a-device.md)"
)


@pytest.fixture(scope="module")
def yaml_only(tmp_path_factory: pytest.TempPathFactory) -> library.Library:
    root = tmp_path_factory.mktemp("yaml")
    shutil.copytree(library.data_dir() / "profiles", root / "profiles")
    return library.only_profiles(root)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A data folder of one model, with its JSON."""
    (tmp_path / "profiles").mkdir()
    shutil.copy(library.data_dir() / "profiles" / f"{MODEL}.yaml", tmp_path / "profiles")
    (tmp_path / FILE).write_text(profiles_json.render(tmp_path / "profiles"), encoding="utf-8")
    return tmp_path


def test_the_json_is_made_of_the_profiles_as_they_are() -> None:
    made = (library.data_dir() / FILE).read_text(encoding="utf-8")
    assert made == profiles_json.render(), STALE


def test_it_says_what_the_yaml_says(yaml_only: library.Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "read", lambda path: pytest.fail(f"{path.name} was read as YAML"))
    ready = library.only_profiles(library.data_dir())
    assert ready.profiles == yaml_only.profiles and not ready.findings
    assert {key: Path(file).name for key, file in ready.used.items()} == {
        key: Path(file).name for key, file in yaml_only.used.items()
    }


def test_a_yaml_file_that_was_changed_counts(shelf: Path) -> None:
    path = shelf / "profiles" / f"{MODEL}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("vendor: ", "vendor: 新"), encoding="utf-8")
    assert library.only_profiles(shelf).profiles[MODEL].vendor.startswith("新")


def test_a_mistake_in_a_yaml_file_is_found_where_it_stands(shelf: Path) -> None:
    path = shelf / "profiles" / f"{MODEL}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("baud: 9600", "baud: 9601"), encoding="utf-8")
    (finding,) = library.only_profiles(shelf).findings
    assert finding.code == "CFG-027" and finding.path == "line.baud" and "9601" in finding.excerpt


@pytest.mark.parametrize("text", ["", "{", "[]", f'{{"{MODEL}.yaml": 3}}', f'{{"{MODEL}.yaml": ["0", {{}}]}}'])
def test_without_the_json_nothing_is_lost(shelf: Path, yaml_only: library.Library, text: str) -> None:
    (shelf / FILE).write_text(text)
    assert library.only_profiles(shelf).profiles == {MODEL: yaml_only.profiles[MODEL]}
