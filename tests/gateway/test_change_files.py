"""What is on the disk at every moment of a change, and what the next start makes of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.change import files as module
from gateway.change.files import KEPT, ConfigFiles, at_start, difference, own, read_trial, write_whole
from gateway.change.start import load
from gateway.change.trial import STARTS, Trial


@pytest.fixture
def files(tmp_path: Path) -> ConfigFiles:
    (tmp_path / "etc").mkdir()
    made = ConfigFiles(tmp_path / "site.compiled.json", tmp_path / "etc" / "site.yaml", tmp_path)
    made.source.write_text("old: 1\n", encoding="utf-8")
    made.compiled.write_text(compiled(made, "old"), encoding="utf-8")
    return made


def compiled(files: ConfigFiles, name: str) -> str:
    return json.dumps({"v": 2, "source": str(files.source), "name": name})


def trial(files: ConfigFiles) -> Trial:
    old, new = compiled(files, "old"), compiled(files, "new")
    return Trial("t1", "gong", "龚工", 5, "applying", 0, ("a/b",), "old: 1\n", old, "new: 2\n", new)


def both(files: ConfigFiles) -> tuple[str, str]:
    return files.source.read_text(encoding="utf-8"), json.loads(files.compiled.read_text(encoding="utf-8"))["name"]


def test_a_change_is_put_in_place_and_kept(files: ConfigFiles) -> None:
    files.begin(trial(files))
    assert both(files) == ("new: 2\n", "new")
    on = files.trial()
    assert on == replace(trial(files), phase="on")
    files.keep(on)
    assert files.trial() is None and json.loads((own(files.compiled) / "good.json").read_text("utf-8"))["name"] == "new"
    assert [(h["n"], h["by"]) for h in files.history()] == [(2, "gong"), (1, "")]
    assert (files.version(1), files.version(2), files.version(9)) == ("old: 1\n", "new: 2\n", None)


@pytest.mark.parametrize("died_after", ["trial", "source", "compiled"])
def test_a_start_finishes_what_a_crash_cut_short(files: ConfigFiles, died_after: str) -> None:
    """The trial is written first; whichever file was not, the next start writes it."""
    one = trial(files)
    files._save(one)
    if died_after in ("source", "compiled"):
        write_whole(files.source, one.new_source)
    if died_after == "compiled":
        write_whole(files.compiled, one.new_compiled)
    at_start(files.compiled)
    assert both(files) == ("new: 2\n", "new")
    found = read_trial(files.compiled)
    assert found is not None and (found.phase, found.starts) == ("on", 1)


def test_one_that_keeps_falling_over_returns_by_itself(files: ConfigFiles) -> None:
    files.begin(trial(files))
    for _ in range(STARTS):
        at_start(files.compiled)
        assert both(files) == ("new: 2\n", "new")
    at_start(files.compiled)
    assert both(files) == ("old: 1\n", "old") and files.trial() is None
    assert files.returned() == {"by": "gong", "name": "龚工", "why": "starts"}
    assert files.returned() is None, "told once"


def test_one_proposed_over_a_broken_site_returns_too(files: ConfigFiles) -> None:
    """The last good one ran in its place, and does so again; a change that keeps falling over must not keep the box down."""
    files.hold()
    files.compiled.write_text("{torn", encoding="utf-8")
    files.begin(replace(trial(files), old_compiled="{torn"))
    for _ in range(STARTS + 1):
        at_start(files.compiled)
    assert files.compiled.read_text(encoding="utf-8") == "{torn" and files.trial() is None
    assert files.source.read_text(encoding="utf-8") == "old: 1\n"


def test_a_return_cut_short_is_finished(files: ConfigFiles) -> None:
    files.begin(trial(files))
    files._save(replace(trial(files), phase="returning"))
    at_start(files.compiled)
    assert both(files) == ("old: 1\n", "old") and files.trial() is None


def test_a_broken_trial_keeps_nothing_from_starting(files: ConfigFiles) -> None:
    own(files.compiled).mkdir()
    (own(files.compiled) / "trial.json").write_text('{"id": "t', encoding="utf-8")
    with pytest.raises(ValueError, match="version"):  # of the site itself, not of the trial
        files.compiled.write_text("{}", encoding="utf-8")
        load(files.compiled)
    assert files.trial() is None and (own(files.compiled) / "trial.broken").exists()


def test_without_a_last_good_one_a_broken_site_is_an_error(files: ConfigFiles) -> None:
    files.compiled.write_text("{cut", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        load(files.compiled)


def test_the_history_is_bounded_and_tells_a_version_once(files: ConfigFiles) -> None:
    for n in range(KEPT + 5):
        files.remember(f"v: {n}\n", "gong", "龚工", n)
        files.remember(f"v: {n}\n", "gong", "龚工", n)
    kept = files.history()
    assert len(kept) == KEPT and kept[0]["n"] == KEPT + 5 and "text" not in kept[0]


def test_a_file_keeps_its_rights_and_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_whole(path, "a")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    write_whole(path, "b")
    assert path.stat().st_mode & 0o777 == 0o640 and path.read_text() == "b" and list(tmp_path.iterdir()) == [path]


def test_a_difference_is_short_and_names_the_file() -> None:
    told = difference("a\nb\n", "a\nc\n", "site.yaml")
    assert told[0] == "--- site.yaml" and "-b" in told and "+c" in told
    assert len(difference("", "x\n" * 9999)) <= 400


def test_what_the_disk_did_not_take_never_comes_into_force(files: ConfigFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site file is written, the compiled one is not: refused means refused, also for the next start."""
    real = module.write_whole

    def full(path: Path, text: str) -> None:
        if path == files.compiled:
            raise OSError(28, "No space left on device")
        real(path, text)

    monkeypatch.setattr(module, "write_whole", full)
    with pytest.raises(OSError, match="space"):
        files.begin(trial(files))
    monkeypatch.undo()
    at_start(files.compiled)
    assert both(files) == ("old: 1\n", "old") and files.trial() is None


async def test_two_who_check_at_once_are_each_told_of_their_own_text(files: ConfigFiles) -> None:
    texts = [f"campus: 1\nsite: {{id: no3, name: 三中, district: {name}!}}\n" for name in ("east", "west")]
    one, two = await asyncio.gather(*(files.check(text, "gong") for text in texts))
    assert "east!" in str(one.findings) and "west!" not in str(one.findings), one
    assert "west!" in str(two.findings) and "east!" not in str(two.findings), two
