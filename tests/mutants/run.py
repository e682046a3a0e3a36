"""Apply each shipped break to a copy of the tree and see its test fail: `python tests/mutants/run.py [word in the name]`.

Exit 0: every break was noticed. Exit 1: names the survivors, the breaks that no longer fit, and tests that fail without one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from cells import MUTANTS, ROOT, Mutant

COPIED = ("drivers", "alerts", "gateway", "dashboard", "config", "docs", "tests", "pyproject.toml", "README.md")
TIME_OUT = 120  # s, for one test; a break that hangs its test has been noticed


def copy(to: Path) -> Path:
    """The parts of the tree that tests need, in a folder of its own."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


def passes(tree: Path, node: str) -> bool:
    """Does the test pass in that tree? A test that cannot be collected counts as a failure of ours."""
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--rootdir", str(tree), node]
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=TIME_OUT, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{node}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def survives(tree: Path, mutant: Mutant) -> str:
    """ "" when the test noticed the break, else what is wrong. Puts the file back."""
    path = tree / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.old) != 1:
        return f"its line occurs {whole.count(mutant.old)} times in {mutant.file}"
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return f"survives {mutant.test}" if passes(tree, mutant.test) else ""
    finally:
        path.write_text(whole, encoding="utf-8")


def main(words: list[str]) -> int:
    chosen = [m for m in MUTANTS if all(w in m.name for w in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        workers = os.cpu_count() or 1
        for n in range(workers):
            trees.put(copy(Path(folder) / str(n)))

        def borrow(work: Mutant | str) -> str:
            tree = trees.get()
            try:
                if isinstance(work, str):
                    return "" if passes(tree, work) else f"{work} fails without any break"
                return survives(tree, work)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(workers) as pool:
            broken = [w for w in pool.map(borrow, sorted({m.test for m in chosen})) if w]
            wrong = [] if broken else list(pool.map(borrow, chosen))
    for why in broken:
        print(why)
    for mutant, why in zip(chosen, wrong, strict=False):
        print(f"{'NOT NOTICED' if why else 'noticed    '}  {mutant.name}  {why}")
    left = len(broken) + sum(1 for why in wrong if why)
    print(f"{len(chosen)} breaks, {left} not noticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
