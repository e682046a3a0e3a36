"""Modbus TCP row: 50 connections, our bus against pymodbus's async client by turns in one run: transactions per CPU second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from drivers.framing import PortSettings
from drivers.registry import open_bus
from tests.bench.parts import field, free_port, percentile

CONNECTIONS = 50
SIZES = (10, 100)
SECONDS = 3.0
TURNS = 5
Ask = Callable[[], Awaitable[None]]


async def _load(asks: list[Ask]) -> tuple[float, float]:
    """(transactions a second, a CPU second) of every connection asking as fast as it is answered."""
    done, end = 0, time.perf_counter() + SECONDS

    async def loop(ask: Ask) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await ask()
            done += 1

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(loop, asks))
    return done / (time.perf_counter() - wall), done / (time.process_time() - cpu)


async def ours(port: int, registers: int) -> tuple[float, float]:
    buses = [open_bus("modbus-tcp", PortSettings(""), "127.0.0.1", port) for _ in range(CONNECTIONS)]

    def asking(bus: object, unit: int) -> Ask:
        async def ask() -> None:
            found = await bus.read(unit, "holding", 0, registers)  # type: ignore[attr-defined]
            assert len(found) == registers

        return ask

    asks = [asking(bus, n + 1) for n, bus in enumerate(buses)]
    for ask in asks:
        await ask()
    found = await _load(asks)
    for bus in buses:
        await bus.close()
    return found


async def pymodbus(port: int, registers: int) -> tuple[float, float]:
    from pymodbus.client import AsyncModbusTcpClient

    clients = [AsyncModbusTcpClient("127.0.0.1", port=port, timeout=3, retries=0) for _ in range(CONNECTIONS)]
    for client in clients:
        await client.connect()

    def asking(client: AsyncModbusTcpClient, unit: int) -> Ask:
        async def ask() -> None:
            answer = await client.read_holding_registers(0, count=registers, device_id=unit)
            assert len(answer.registers) == registers

        return ask

    found = await _load([asking(client, n + 1) for n, client in enumerate(clients)])
    for client in clients:
        client.close()
    return found


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table: medians of the turns."""
    rows = [
        "| registers | ours, tx per CPU second | pymodbus async | ratio | ours, tx/s | pymodbus async |",
        "|---|---|---|---|---|---|",
    ]
    port = free_port()
    with field(folder, "tcp", "--port", port, "--units", CONNECTIONS, "--regs", 130, "--quiet"):
        for registers in SIZES:
            mine, its = [], []
            for _ in range(TURNS):
                mine.append(asyncio.run(ours(port, registers)))
                its.append(asyncio.run(pymodbus(port, registers)))
            rate, cpu = (percentile([m[n] for m in mine], 0.5) for n in (0, 1))
            peer_rate, peer_cpu = (percentile([m[n] for m in its], 0.5) for n in (0, 1))
            rows.append(f"| {registers} | {cpu:.0f} | {peer_cpu:.0f} | {cpu / peer_cpu:.2f} | {rate:.0f} | {peer_rate:.0f} |")
    return rows
