"""The architecture as a test: import arrows, the clock, purity, file size. Each message says what to do instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("drivers", "alerts", "gateway", "dashboard")  # a layer imports itself and those before it

IMPURE = {"asyncio", "time", "sqlite3", "socket", "threading", "random", "paho", "pymodbus", "serial", "subprocess", "os"}
HEAVY = {"pydantic", "ruamel", "numpy", "fastapi", "starlette", "uvicorn", "jinja2", "influxdb_client", "typer", "rich"}

PURE = [
    *(p for p in (ROOT / "alerts").rglob("*.py") if "channels" not in p.parts),
    *(ROOT / "drivers/framers").rglob("*.py"),
    *(ROOT / "drivers/modbus" / f"{name}.py" for name in ("line", "frames")),
    *(
        ROOT / "drivers" / f"{name}.py"
        for name in (
            "reading",
            "quantities",
            "profile",
            "bus",
            "codec",
            "plan",
            "schedule",
            "pace",
            "load",
            "learn",
            "switch",
            "framing",
            "tally",
            "guess",
            "recognise",
            "survey",
            "asking",
        )
    ),
]

# files that may know a library, and nobody else
OWNERS = {
    "paho": {"gateway/stream/client.py"},
    "pymodbus": {"drivers/modbus/pdu.py"},
    "influxdb_client": {"gateway/stream/influx.py"},
    "ruamel": {"gateway/config/"},
    "pydantic": {"gateway/config/", "dashboard/"},
    "numpy": {"drivers/simulator/", "gateway/baseline.py"},
    "sqlite3": {
        "gateway/store/",
        "dashboard/database.py",
        "dashboard/auth.py",
        "dashboard/desks.py",
        "dashboard/plans.py",
        "dashboard/tokens.py",
    },
    "serial": {"drivers/port.py", "alerts/channels/modem.py"},
}


# commands that start the page; everything else in `gateway` must not know it
# the set-up page edits text and asks lines through the socket: it uses what the installer's commands use
INSTALLERS = {
    "dashboard/forms.py": ("gateway.config.model",),
    "dashboard/pages/setup.py": (
        "gateway.config.edit", "gateway.config.library", "gateway.config", "gateway.found", "gateway.lines", "gateway.ports",
        "gateway.site", "drivers.profile", "drivers.survey",
    ),
}  # fmt: skip
ENTRANCES = {"gateway/commands/dashboard.py", "gateway/commands/plans.py", "gateway/commands/user.py"}


def sources() -> list[Path]:
    return sorted(p for layer in LAYERS for p in (ROOT / layer).rglob("*.py"))


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every import; `from a import b` gives a.b too, so that submodules are seen."""
    nodes = tree(path).body if top_level_only else list(ast.walk(tree(path)))
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for types and those inside functions count: a circle is two files that are one."""
    files = {rel(p).removesuffix(".py").removesuffix("/__init__").replace("/", "."): p for p in sources()}
    names = {name: {other for other, _ in imports(path) if other in files and other != name} for name, path in files.items()}
    for name, wanted in names.items():  # `from a.b import c` also names the package a.b: c alone is meant when c is a file
        wanted -= {w for w in wanted if any(o.startswith(w + ".") for o in wanted)} | {
            p for p in wanted if name.startswith(p + ".")
        }
    try:
        tuple(TopologicalSorter(names).static_order())
    except CycleError as error:
        pytest.fail(f"{' ← '.join(error.args[1])}: move what they share into a file below both")


def test_imports_run_one_way() -> None:
    wrong = []
    for path in sources():
        own = LAYERS.index(path.relative_to(ROOT).parts[0])
        for name, line in imports(path):
            head = name.split(".")[0]
            if head in LAYERS and LAYERS.index(head) > own and rel(path) not in ENTRANCES:
                wrong.append(f"{rel(path)}:{line} imports {name}: arrows run dashboard → gateway → alerts → drivers; "
                             "hand the value in from above instead")  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_alerts_know_only_the_vocabulary_of_drivers() -> None:
    allowed = ("drivers.reading", "drivers.quantities")
    wrong = [
        f"{rel(path)}:{line} imports {name}: alerts judge Readings; whatever else they need belongs into alerts.plant"
        for path in (ROOT / "alerts").rglob("*.py")
        for name, line in imports(path)
        if name.startswith("drivers.") and not name.startswith(allowed)
    ]
    assert not wrong, "\n".join(wrong)


def test_dashboard_is_a_client_of_the_socket() -> None:
    allowed = (
        "gateway.local",
        "gateway.version",
        "alerts.model",
        "alerts.kinds",
        "alerts.causes",
        "alerts.authority",  # tables of who may what, and of the reasons of 停用: the page offers what the engine allows
        "alerts.marks",
        "drivers.reading",
        "drivers.quantities",
    )
    wrong = [
        f"{rel(path)}:{line} imports {name}: the page talks to `run` through gateway.local only, "
        "so that it may crash without touching an alarm"
        for path in (ROOT / "dashboard").rglob("*.py")
        for name, line in imports(path)
        if name.split(".")[0] in LAYERS[:3] and "." in name and not name.startswith((*allowed, *INSTALLERS.get(rel(path), ())))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_simulated_campus_knows_nothing_of_the_gateway() -> None:
    wrong = [
        f"{rel(path)}:{line} imports {name}: the simulated campus is the judge of the gateway; it must not share its code"
        for path in (ROOT / "drivers/simulator").rglob("*.py")
        for name, line in imports(path)
        if name.split(".")[0] in LAYERS and not name.startswith("drivers.simulator") and name != "drivers"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", PURE, ids=rel)
def test_pure_files_do_no_io(path: Path) -> None:
    wrong = [
        f"{rel(path)}:{line} imports {name}: this file is pure; take the value as an argument and return what to do"
        for name, line in imports(path)
        if name.split(".")[0] in IMPURE
    ]
    assert not wrong, "\n".join(wrong)


def test_libraries_stay_in_their_files() -> None:
    wrong = []
    for path in sources():
        for name, line in imports(path):
            owners = OWNERS.get(name.split(".")[0])
            if owners is not None and not any(rel(path) == o or (o.endswith("/") and rel(path).startswith(o)) for o in owners):
                wrong.append(f"{rel(path)}:{line} imports {name}: only {', '.join(sorted(owners))} may know that library")
    assert not wrong, "\n".join(wrong)


CLOCKS = {
    "time",
    "time_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "clock_gettime",
    "clock_gettime_ns",
}


def test_only_the_clock_asks_the_time() -> None:
    wrong = []
    for path in sources():
        if rel(path) == "gateway/clock.py" or rel(path).startswith("drivers/simulator/"):
            continue  # the simulated campus is a world of its own
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            asks = owner == "time" and node.func.attr in CLOCKS
            asks |= (
                owner in ("datetime", "date") and node.func.attr in ("now", "utcnow", "today") and rel(path)[:9] != "dashboard"
            )
            if asks:
                wrong.append(f"{rel(path)}:{node.lineno} asks {owner}.{node.func.attr}(): take a Now or a Clock instead; "
                             "only gateway/clock.py asks (a wrong wall clock must not move an escalation)")  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_run_stays_small() -> None:
    """What `run` loads, followed through every module-level import, holds no heavy library (44 MB budget)."""
    seen: set[Path] = set()
    todo = [ROOT / "gateway/commands/run.py", ROOT / "gateway/runtime.py"]
    wrong = []
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        deep = rel(path) == "gateway/commands/run.py"
        for name, line in imports(path, top_level_only=not deep):
            if name.split(".")[0] in HEAVY:
                wrong.append(
                    f"{rel(path)}:{line} imports {name}, and `run` loads this file: compile it away, or do it in a child"
                )
            for candidate in (ROOT / (name.replace(".", "/") + ".py"), ROOT / name.replace(".", "/") / "__init__.py"):
                if candidate.exists() and name.split(".")[0] in LAYERS:
                    todo.append(candidate)
    assert len(seen) > 20, "the walk over run's imports found too little to mean anything"
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", sources(), ids=rel)
def test_every_file_says_what_it_is_for_and_stays_small(path: Path) -> None:
    assert ast.get_docstring(tree(path)), f"{rel(path)} must open with one line that says its purpose"
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{rel(path)} has {lines} lines: above 400 it has a second purpose; split it there"


def test_no_exception_is_swallowed() -> None:
    wrong = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass | ast.Continue) for s in node.body):
                broad = node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
                )
                if broad:
                    wrong.append(
                        f"{rel(path)}:{node.lineno}: an error must become a value, a log line or a crash, never nothing"
                    )
    assert not wrong, "\n".join(wrong)


FOREIGN = ("http://", "https://")


def test_the_page_asks_no_other_host() -> None:
    wrong = []
    for path in sorted((ROOT / "dashboard").rglob("*")):
        if path.suffix in (".html", ".css", ".js") and "vendor" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if any(f in line for f in FOREIGN) and "www.w3.org" not in line:
                    wrong.append(f"{rel(path)}:{number}: the page must work without the Internet: {line.strip()[:80]}")
    assert not wrong, "\n".join(wrong)
