"""RTU row: our line against the physical limit of the simulated line, its gap violations, and pymodbus's async client in the same run."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from drivers.bus import DeviceFault
from drivers.framing import PortSettings
from drivers.registry import open_bus
from tests.bench.parts import field, last

BAUD, BITS, TURNAROUND = 9600, 10, 0.005
SIZES = (1, 10, 50, 125)
SECONDS = 6.0
HEADS = (
    "registers", "limit tx/s", "ours / limit", "ours: gap violations, lost", "ours: CPU ms a transaction",
    "pymodbus async / limit", "its gap violations, lost", "its CPU ms a transaction", "strict: ours lost",
    "strict: pymodbus lost",
)  # fmt: skip


def limit(registers: int) -> float:
    """Transactions a second that the line allows: (8 + 3.5 + 5 + 2n + 3.5) characters and the device's turnaround."""
    return 1 / ((8 + 3.5 + 5 + 2 * registers + 3.5) * BITS / BAUD + TURNAROUND)


async def ours(port: Path, registers: int) -> tuple[float, int, float]:
    """(transactions a second, failures, CPU ms a transaction with all its threads)."""
    bus = open_bus("modbus-rtu", PortSettings(str(port), BAUD), "", 0)
    done = failed = 0
    await bus.read(1, "holding", 0, registers)
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < SECONDS:
        try:
            await bus.read(1, "holding", 0, registers)
            done += 1
        except DeviceFault:
            failed += 1
    rate, cpu = done / (time.perf_counter() - began), time.process_time() - cpu
    await bus.close()
    return rate, failed, 1000 * cpu / max(1, done)


async def pymodbus(port: Path, registers: int) -> tuple[float, int, float]:
    from pymodbus.client import AsyncModbusSerialClient
    from pymodbus.exceptions import ModbusException

    client = AsyncModbusSerialClient(str(port), baudrate=BAUD, timeout=0.5, retries=0)
    await client.connect()
    done = failed = 0
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < SECONDS:
        try:
            answer = await client.read_holding_registers(0, count=registers, device_id=1)
            done += not answer.isError()
            failed += answer.isError()
        except ModbusException:
            failed += 1
            await client.connect()
    rate, cpu = done / (time.perf_counter() - began), time.process_time() - cpu
    client.close()
    return rate, failed, 1000 * cpu / max(1, done)


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table."""
    rows = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for registers in SIZES:
        cells = [str(registers), f"{limit(registers):.2f}"]
        for strict in (False, True):
            for client in (ours, pymodbus):
                port = folder / "tty-bench"
                flags = ["--strict"] if strict else []
                with field(
                    folder,
                    "rtu",
                    "--link",
                    port,
                    "--baud",
                    BAUD,
                    "--bits",
                    BITS,
                    "--turnaround-ms",
                    5,
                    "--regs",
                    130,
                    "--quiet",
                    *flags,
                ) as (sim, log):
                    rate, failed, cpu = asyncio.run(client(port, registers))
                    sim.terminate()
                    sim.wait()
                    seen = last(log)
                if strict:
                    cells.append(f"{failed}")
                else:
                    cells += [f"{rate / limit(registers):.3f}", f"{seen['gap'] + seen['coll']}, {failed}", f"{cpu:.2f}"]
        rows.append("| " + " | ".join(cells) + " |")
    return rows
