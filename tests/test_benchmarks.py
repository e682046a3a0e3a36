"""docs/benchmarks.md has one place for each benchmark, and a new run of one changes nothing but that place."""

from __future__ import annotations

import pytest

from tests.bench.page import names, placed
from tests.bench.run import SECTIONS, TARGET

PAGE = "# Benchmarks\n\n<!-- bench a -->\nold a\n<!-- /bench a -->\n\nwhat a person wrote\n\n<!-- bench b -->\nold b\n<!-- /bench b -->\n"


def test_a_table_takes_the_place_of_the_old_one_and_leaves_the_rest() -> None:
    assert placed(PAGE, "a", "new\n") == PAGE.replace("old a", "new")
    assert placed(PAGE, "b", "new") == PAGE.replace("old b", "new")


def test_a_table_without_a_place_gets_one_at_the_end() -> None:
    made = placed(PAGE, "c", "new")
    assert made == PAGE + "\n<!-- bench c -->\nnew\n<!-- /bench c -->\n"
    assert placed(made, "c", "newer") == made.replace("new\n", "newer\n")


def test_a_place_without_an_end_is_refused_and_eats_nothing() -> None:
    for broken in (PAGE.replace("<!-- /bench a -->\n", ""), "<!-- bench a -->\nx"):
        with pytest.raises(ValueError, match="bench a"):
            placed(broken, "a", "new")


def test_every_benchmark_has_its_place() -> None:
    found = names(TARGET.read_text(encoding="utf-8"))
    assert sorted(found) == sorted(set(found)), "twice"
    assert set(found) == set(SECTIONS)
