"""Schools on serial lines for the benchmarks: a site file of ptys with the field simulator at their far ends. No measuring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.parts import field
from tests.bench.site import compile_file, people

BAUD, TURNAROUND = 9600, 5  # ms

PROFILE = """profile: 1
id: {id}
name_zh: 基准
vendor: none
model: fieldsim
kind: bench
verified: "false"
source: tests/bench/fieldsim.c
line: {{baud: 9600, framing: "8N1", unit: 1}}
channels:
  seq: {{quantity: count, space: holding, address: 0, type: u16, page: fieldsim.c}}
{more}
"""
SMOKE = "  smoke: {quantity: smoke, space: holding, address: 5, type: bit, mask: 0x8000, page: fieldsim.c}"  # never set there


@dataclass(frozen=True, slots=True)
class Kind:
    """Devices of one sort. `values`: registers read, the first counts the reads; a detector has its smoke in the sixth."""

    id: str
    units: Sequence[int]
    values: int
    period: int  # s
    fire: bool = False

    def profile(self) -> str:
        rest = range(1, self.values)
        more = "\n".join(
            f"  v{n}: {{quantity: count, space: holding, address: {n}, type: u16, page: fieldsim.c}}" for n in rest
        )
        return PROFILE.format(id=self.id, more=SMOKE if self.fire else more)


def compile_lines(folder: Path, lines: int, kinds: Sequence[Kind], mqtt: int) -> list[str]:
    """Compiles a school with the same devices on each of its `lines`; gives the command that runs it."""
    profiles = folder / "profiles"
    profiles.mkdir()
    for kind in kinds:
        (profiles / f"{kind.id}.yaml").write_text(kind.profile())
    buses = [f"{{id: l{n}, type: modbus-rtu, port: {port(folder, n)}, baud: {BAUD}}}" for n in range(lines)]
    devices = [
        f"{{id: {device(n, unit)}, profile: {kind.id}, bus: l{n}, unit: {unit}, zone: z, name: 基准, period: {kind.period}s}}"
        for n in range(lines)
        for kind in kinds
        for unit in kind.units
    ]
    tables = {
        "buses": buses,
        "buildings": ["{id: b, name: 楼, use: other}"],
        "zones": ["{id: z, name: 室, building: b, kind: other}"],
        "devices": devices,
        "channels": ["{id: console, type: console}"],
        "people": people("console"),
    }
    return compile_file(folder, tables, mqtt)


def port(folder: Path, line: int) -> Path:
    return folder / f"tty-{line}"


def device(line: int, unit: int) -> str:
    return f"l{line}-d{unit}"


@contextmanager
def simulated(folder: Path, lines: int, units: int, dead: Sequence[int], chunk: int) -> Iterator[None]:
    """The far ends; the same units are `dead` on each. `chunk`: bytes that the adapter gives at once."""
    flags = ["--dead", ",".join(map(str, dead))] if dead else []
    with ExitStack() as stack:
        for n in range(lines):
            stack.enter_context(
                field(
                    folder, "rtu", "--link", port(folder, n), "--baud", BAUD, "--bits", 10, "--turnaround-ms", TURNAROUND,
                    "--units", units, "--regs", 30, "--chunk", chunk, "--quiet", *flags,
                )
            )  # fmt: skip
        yield
