"""Apply each shipped break to a copy of the tree and see its test fail: `python -m tests.mutants.run [words in the name]`.

Exit 0: every break was noticed. Exit 1: names the survivors, the breaks that no longer fit, and tests that fail without one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.alarm_breaks import ALARMS
from tests.mutants.cells import cells
from tests.mutants.field_breaks import FIELD
from tests.mutants.gate_breaks import GATE
from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.people_breaks import PEOPLES
from tests.mutants.store_breaks import STORES
from tests.mutants.stream_breaks import STREAM

MUTANTS: tuple[Mutant, ...] = (*cells(), *ALARMS, *PEOPLES, *FIELD, *STORES, *STREAM, *GATE)
COPIED = (
    "drivers",
    "alerts",
    "gateway",
    "dashboard",
    "config",
    "docs",
    "tests",
    "tools",
    "deploy",
    "pyproject.toml",
    "README.md",
)
WORKERS = 2
TIME_OUT = 60  # s, for one test; a break that hangs its test has been noticed
HEALTHY = 600  # s, for all tests without any break


def copy(to: Path) -> Path:
    """The parts of the tree that tests need, in a folder of its own."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


def passes(tree: Path, nodes: Sequence[str], time_out: float) -> str:
    """ "" when all these tests pass in that tree, else pytest's last words. A node that does not exist is a RuntimeError."""
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=line", "--rootdir", str(tree), *nodes]
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=time_out, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {time_out:.0f} s"
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout[-2000:] if done.returncode else ""


def survives(tree: Path, mutant: Mutant) -> str:
    """ "" when the test noticed the break, else what is wrong. Puts the file back."""
    path = tree / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.old) != 1:
        return f"its line occurs {whole.count(mutant.old)} times in {mutant.file}"
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return "" if passes(tree, [mutant.test], TIME_OUT) else f"survives {mutant.test}"
    finally:
        path.write_text(whole, encoding="utf-8")


def main(words: list[str]) -> int:
    """`words`: only the breaks whose name or file holds every one of them."""
    chosen = [m for m in MUTANTS if all(w in f"{m.name} {m.file}" for w in words)]
    began, wrong = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(WORKERS):
            trees.put(copy(Path(folder) / str(n)))

        def borrowed(judge: Callable[[Path], str]) -> str:
            tree = trees.get()
            try:
                return judge(tree)
            except RuntimeError as error:
                return str(error)
            finally:
                trees.put(tree)

        nodes = sorted({m.test for m in chosen})
        shares = [nodes[n::WORKERS] for n in range(WORKERS) if nodes[n::WORKERS]]
        with ThreadPoolExecutor(WORKERS) as pool:
            wrong += [why for why in pool.map(lambda s: borrowed(lambda t: passes(t, s, HEALTHY)), shares) if why]
            if wrong:
                wrong.insert(0, "a test fails without any break:")
                chosen = []
            for mutant, why in zip(chosen, pool.map(lambda m: borrowed(lambda t: survives(t, m)), chosen), strict=True):
                print(f"{'NOT NOTICED' if why else 'noticed    '}  {mutant.name}", flush=True)
                if why:
                    wrong.append(f"{mutant.name}: {why}")
    for line in wrong:
        print(line)
    print(f"{len(chosen)} breaks, {len(wrong)} problems, {time.monotonic() - began:.0f} s")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
