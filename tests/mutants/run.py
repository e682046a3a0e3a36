"""Apply each shipped break to a copy of the tree and see its test fail: `python -m tests.mutants.run [words in the name]`.

Exit 0: every break was noticed. Exit 1: names the survivors, the breaks that no longer fit, and tests that fail without one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.alarm_breaks import ALARMS
from tests.mutants.box_breaks import BOX
from tests.mutants.bureau_breaks import BUREAU
from tests.mutants.calls_breaks import CALLS
from tests.mutants.cells import cells
from tests.mutants.clause_breaks import CLAUSES
from tests.mutants.field_breaks import FIELD
from tests.mutants.gate_breaks import GATE
from tests.mutants.history_breaks import HISTORIES
from tests.mutants.life_breaks import LIFE
from tests.mutants.line_breaks import LINES
from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.panel_breaks import PANELS
from tests.mutants.people_breaks import PEOPLES
from tests.mutants.reach_breaks import REACH
from tests.mutants.rule_breaks import RULES
from tests.mutants.screen_breaks import SCREENS
from tests.mutants.secure_breaks import SECURE
from tests.mutants.store_breaks import STORES
from tests.mutants.stream_breaks import STREAM
from tests.mutants.tool_breaks import TOOLS
from tests.mutants.typed_breaks import TYPED

MUTANTS: tuple[Mutant, ...] = (
    *cells(),
    *ALARMS,
    *PEOPLES,
    *CALLS,
    *REACH,
    *CLAUSES,
    *RULES,
    *FIELD,
    *LINES,
    *PANELS,
    *STORES,
    *STREAM,
    *BUREAU,
    *HISTORIES,
    *GATE,
    *SCREENS,
    *TYPED,
    *TOOLS,
    *LIFE,
    *BOX,
    *SECURE,
)
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
    "README.zh-CN.md",
)
WORKERS = 2
HEALTHY = 600  # s, for all tests without any break
DURATION = re.compile(r"^([\d.]+)s (?:setup|call|teardown) +(\S.*)$", re.MULTILINE)


def copy(to: Path) -> Path:
    """The parts of the tree that tests need, in a folder of its own."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


def run(tree: Path, nodes: Sequence[str], time_out: float) -> tuple[bool, str]:
    """Do all these tests pass in that tree? And pytest's words. A node that does not exist is a RuntimeError."""
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=line", "--durations=0", "--durations-min=0"]
    process = subprocess.Popen(
        [*command, "--rootdir", str(tree), *nodes], cwd=tree, env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        words, _ = process.communicate(timeout=time_out)
    except subprocess.TimeoutExpired:
        return False, f"not done after {time_out:.0f} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # servers that a broken test has left behind too
        process.wait()
    if process.returncode not in (0, 1):
        raise RuntimeError(f"pytest ended with {process.returncode}\n{words[-2000:]}")
    return process.returncode == 0, words


def folders(nodes: set[str]) -> list[list[str]]:
    """The nodes of each folder of tests together, and no two folders in one run: each has a conftest and helpers of its own."""
    found: dict[Path, list[str]] = {}
    for node in sorted(nodes):
        path = Path(node.partition("::")[0])
        found.setdefault(path.parent if path.suffix else path, []).append(node)
    return list(found.values())


def patience(node: str, words: str) -> float:
    """s a test may take with a break in it, from its durations without: a break that hangs its test has been noticed."""
    took = [(float(seconds), name) for seconds, name in DURATION.findall(words)]
    return 20.0 + 4 * sum(seconds for seconds, name in took if name.startswith(node))


def survives(tree: Path, mutant: Mutant, time_out: float) -> str:
    """ "" when the test noticed the break, else what is wrong. Puts the file back."""
    path = tree / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.old) != 1:
        return f"its line occurs {whole.count(mutant.old)} times in {mutant.file}"
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        began = time.monotonic()
        passed, _ = run(tree, [mutant.test], time_out)
        print(f"{'NOT NOTICED' if passed else 'noticed    '} {time.monotonic() - began:3.0f} s  {mutant.name}", flush=True)
        return f"survives {mutant.test}" if passed else ""
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

        def judge(mutant: Mutant) -> str:
            tree = trees.get()
            try:
                return survives(tree, mutant, patience(mutant.test, words))
            except RuntimeError as error:
                return str(error)
            finally:
                trees.put(tree)

        def well(nodes: list[str]) -> tuple[bool, str]:
            tree = trees.get()
            try:
                return run(tree, nodes, HEALTHY)
            except RuntimeError as error:
                return False, str(error)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(WORKERS) as pool:
            healthy = list(pool.map(well, folders({m.test for m in chosen})))
            words = "\n".join(text for _, text in healthy)
            if not all(fine for fine, _ in healthy):
                print(*(text[-4000:] for fine, text in healthy if not fine), "a test fails without any break", sep="\n")
                return 1
            for mutant, why in zip(chosen, pool.map(judge, chosen), strict=True):
                if why:
                    wrong.append(f"{mutant.name}: {why}")
    for line in wrong:
        print(line)
    print(f"{len(chosen)} breaks, {len(wrong)} problems, {time.monotonic() - began:.0f} s")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
