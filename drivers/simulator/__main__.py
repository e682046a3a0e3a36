"""Command line of the simulated campus: `python -m drivers.simulator --dir DIR …`. Options only."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path

from drivers.simulator.program import NOBODY, Options, run
from drivers.simulator.stories import NAMES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulator", description="A simulated school speaking real Modbus.")
    parser.add_argument("--dir", type=Path, required=True, help="folder for the two lines and campus.jsonl")
    parser.add_argument("--seed", type=int, default=1, help="of weather and noise")
    parser.add_argument("--speed", type=float, default=1.0, help="divides the times of stories, interlocks and the day")
    parser.add_argument("--scenario", choices=(*NAMES, NOBODY), default=NOBODY)
    parser.add_argument("--start-after", type=float, default=0.0, metavar="S", help="real seconds before the scenario begins")
    parser.add_argument("--port", type=int, default=0, help="of Modbus TCP on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--ledger", action="store_true", help="log the values of every answered read")
    parser.add_argument("--quiet", action="store_true", help="print nothing after the ready line")
    parser.add_argument(
        "--counters", type=int, default=0, metavar="N", help="N further devices on TCP that count their answers"
    )
    given = parser.parse_args()
    if given.speed <= 0:
        parser.error("--speed must be above 0")
    options = Options(
        given.dir,
        given.seed,
        given.speed,
        given.scenario,
        given.start_after,
        given.port,
        given.ledger,
        given.quiet,
        given.counters,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options))


if __name__ == "__main__":
    main()
