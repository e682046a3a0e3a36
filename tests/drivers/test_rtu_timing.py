"""The 3.5-character silence on a line with real timing at 9600 baud; a strict device drops every frame that breaks it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.framing import PortSettings
from drivers.modbus.rtu import RtuBus, silence

SOURCE = Path(__file__).parent.parent / "bench" / "fieldsim.c"
TRANSACTIONS = 100


@pytest.fixture(scope="module")
def fieldsim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("fieldsim") / "fieldsim"
    subprocess.run(["gcc", "-O2", "-o", target, SOURCE], check=True)
    return target


@pytest.fixture(params=[(), ("--strict",), ("--chunk", "8")], ids=["byte by byte", "strict", "in chunks"])
def line(request: pytest.FixtureRequest, fieldsim: Path, tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    link = tmp_path / "tty"
    command = [str(fieldsim), "rtu", "--link", str(link), "--baud", "9600", "--quiet", *request.param]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None and "ready" in process.stderr.readline()
    yield link, process
    process.kill()
    process.wait()


async def test_the_silence_is_kept_and_no_question_is_lost(line: tuple[Path, subprocess.Popen[str]]) -> None:
    """Units, sizes, refusals and writes alternate; every question is answered."""
    link, process = line
    bus = RtuBus(PortSettings(str(link), 9600))
    for n in range(TRANSACTIONS):
        if n % 10 == 9:
            await bus.write(1 + n % 3, 6, 50, (n,))
        else:
            assert len(await bus.read(1 + n % 3, "holding", 0, 1 + n % 12)) == 1 + n % 12
    await bus.close()
    process.terminate()
    counters = json.loads(process.communicate()[0].splitlines()[-1])
    assert (counters["gap"], counters["coll"], counters["bad"]) == (0, 0, 0), counters
    assert counters["req"] == TRANSACTIONS


@pytest.mark.parametrize(
    "baud, bits, ms",
    [(9600, 10, 3.646), (9600, 11, 4.010), (1200, 10, 29.17), (19200, 11, 2.005), (38400, 10, 1.75), (115200, 10, 1.75)],
)
def test_the_silence_of_the_specification(baud: int, bits: int, ms: float) -> None:
    """Modbus over serial line 1.02, 2.5.1.1: 3.5 characters, a fixed 1.75 ms above 19200 baud."""
    assert silence(baud, bits) * 1000 == pytest.approx(ms, abs=0.01)
