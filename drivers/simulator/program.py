"""Runs the campus: builds it, opens its lines, plays the story, takes commands, ends cleanly. The wiring on one page."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.simulator.clock import mono
from drivers.simulator.control import Control
from drivers.simulator.log import FileLog
from drivers.simulator.rtu import RtuLine
from drivers.simulator.stage import Stage
from drivers.simulator.tcp import LINE as TCP
from drivers.simulator.tcp import TcpServer
from drivers.simulator.world import World

MORNING = 8 * 3600.0  # the world's day begins at eight
TICK = 0.05  # real seconds between two looks at what moves by itself
SERIAL = ("rs485-a", "rs485-b")
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Options:
    dir: Path
    seed: int
    speed: float
    scenario: str
    start_after: float
    port: int
    ledger: bool
    quiet: bool
    counting: int = 0


async def run(options: Options) -> None:
    """Run until SIGINT, SIGTERM, {"stop": true}, or the end of a stdin that is a pipe (the parent is gone)."""
    options.dir.mkdir(parents=True, exist_ok=True)
    log = FileLog(options.dir / "campus.jsonl")
    began = mono()

    def second() -> float:
        return MORNING + (mono() - began) * options.speed

    def tell(story: str, zh: str, en: str) -> None:
        if not options.quiet:
            print(f"[{story}] {zh} · {en}", flush=True)

    world = World(options.seed, log, second, ledger=options.ledger, counting=options.counting)
    stage = Stage(world, log, tell)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, ended.set)
    control = Control(world, stage, log, second, ended.set)
    lines = [RtuLine(name, options.dir.absolute() / name, world, log) for name in SERIAL]
    server = TcpServer(world)
    address = await server.open(options.port)
    for line in lines:
        line.start()
    log("start", seed=options.seed, speed=options.speed, scenario=options.scenario)
    ready: dict[str, Any] = {"ready": True, **{line.name.split()[1]: str(line.link) for line in lines}, "tcp": list(address)}
    print(json.dumps(ready), flush=True)
    if options.scenario != NOBODY:
        stage.start(options.scenario, second() + options.start_after * options.speed)
    _follow_stdin(loop, control, ended)

    counters = {TCP: server.counts, **{name: line.counts for name, line in zip(SERIAL, lines, strict=True)}}
    told = loop.time()
    while not ended.is_set():
        if dead := [line.name for line in lines if not line.is_alive()]:
            raise RuntimeError(f"{', '.join(dead)} ended by an error")  # half a campus would be a false witness
        world.tick()
        stage.step(second())
        if loop.time() >= told + 1:
            told = loop.time()
            _report(log, world, counters)
        try:
            await asyncio.wait_for(ended.wait(), TICK)
        except TimeoutError:
            continue
    _report(log, world, counters)
    await server.close()
    for line in lines:
        line.close()
    log("end")
    log.close()


def _report(log: FileLog, world: World, counters: dict[str, Any]) -> None:
    """What was asked, per line and unit: running totals once a second."""
    for line, counts in counters.items():
        units = {str(unit): count for unit, count in sorted(world.asked[line].items())}
        log("ask", line=line, **{k: counts[k] for k in ("question", "answer", "gap", "collision", "bad")}, units=units)


def _follow_stdin(loop: asyncio.AbstractEventLoop, control: Control, ended: asyncio.Event) -> None:
    """Hand each line of stdin to the control, in the loop. Raw reads: nothing may hold a lock when the program ends."""
    mode = os.fstat(0).st_mode
    parent = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

    def follow() -> None:
        rest = b""
        while data := os.read(0, 65536):
            *whole, rest = (rest + data).split(b"\n")
            for text in whole:
                if text.strip():
                    loop.call_soon_threadsafe(control.take, text.decode(errors="replace"))
        if parent:
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=follow, name="control", daemon=True).start()
