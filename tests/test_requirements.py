"""Every requirement is shown by a test or bench that carries its id, or the table says that nothing shows it yet."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mutants.run import MUTANTS
from tools import requirements_md

LEADING = re.compile(r"^(?:[RD]\d+ )+")  # the ids that a row's name begins with


def test_the_table_is_current() -> None:
    assert requirements_md.TARGET.read_text(encoding="utf-8") == requirements_md.render(), (
        "run: python -m tools.requirements_md"
    )


def test_what_is_not_open_is_shown() -> None:
    by_id = requirements_md.shown()
    missing = [id for id, row in requirements_md.table().items() if not row.get("open") and id not in by_id]
    assert not missing, f"name a test after each of {' '.join(missing)}, or mark it open: true in docs/requirements.yaml"


def test_what_is_shown_is_not_open() -> None:
    by_id = requirements_md.shown()
    late = [id for id, row in requirements_md.table().items() if row.get("open") and id in by_id]
    assert not late, f"{' '.join(late)}: tests carry these ids; take `open` out of docs/requirements.yaml"


def test_no_test_carries_an_id_that_nobody_owes() -> None:
    unknown = {id: names for id, names in requirements_md.shown().items() if id not in requirements_md.table()}
    assert not unknown, unknown


def test_a_break_is_noticed_for_each_that_is_shown() -> None:
    broken = {id for row in MUTANTS if (ids := LEADING.match(row.name)) for id in ids[0].split()}
    missing = [id for id in requirements_md.shown() if id not in broken]
    assert not missing, f"tests/mutants/*_breaks.py: a row whose name begins with each of {' '.join(missing)}"


def test_a_test_that_carries_the_id_notices_a_break_of_it() -> None:
    """Unless only a bench shows it."""
    broken = {(id, row.test.partition("[")[0]) for row in MUTANTS if (ids := LEADING.match(row.name)) for id in ids[0].split()}
    files = {(id, test.partition("::")[0]) for id, test in broken if "::" not in test}
    missing = []
    for id, names in requirements_md.shown().items():
        noticed = any((id, name) in broken or (id, name.partition("::")[0]) in files for name in names)
        if not noticed and not all(name.startswith("tests/bench/") for name in names):
            missing.append(id)
    assert not missing, f"a row of {' '.join(missing)} must be noticed by a test named after it"


def test_each_break_fits_its_file_and_names_a_test_that_exists() -> None:
    gone = []
    for row in MUTANTS:
        if Path(requirements_md.ROOT / row.file).read_text(encoding="utf-8").count(row.old) != 1:
            gone.append(f"{row.name}: its line is not once in {row.file}")
        file, _, node = row.test.partition("::")
        text = Path(requirements_md.ROOT / file).read_text(encoding="utf-8")
        if node and f"def {node.split('::')[-1].partition('[')[0]}(" not in text:
            gone.append(f"{row.name}: {row.test}")
    assert not gone, gone
