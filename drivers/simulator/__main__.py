"""Command line of the simulated campus: `python -m drivers.simulator --dir DIR …`. Options only."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path

from drivers.simulator.faults import KINDS, Fault, parse
from drivers.simulator.program import NOBODY, Options, run
from drivers.simulator.school import campus, from_file
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
    parser.add_argument("--school", type=Path, metavar="FILE", help="other lines and devices than the built-in campus (JSON)")
    parser.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar="LINE[/UNIT]:KIND[=AMOUNT][%%PERCENT][@FROM[-TO]]",
        help="break something; KIND: " + " ".join(KINDS),
    )  # fmt: skip
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="a story of your own: commands with their seconds (JSON lines)"
    )
    given = parser.parse_args()
    if given.speed <= 0:
        parser.error("--speed must be above 0")
    try:
        school = from_file(given.school) if given.school else campus(given.counters, given.port)
        options = Options(
            given.dir, given.seed, given.speed, given.scenario, given.start_after, given.ledger, given.quiet,
            school, tuple(given.fault), given.script,
        )  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run(options))
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _fault(text: str) -> tuple[str, int | None, Fault]:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    main()
