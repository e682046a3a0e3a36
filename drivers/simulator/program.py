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

from drivers.simulator import script
from drivers.simulator.camera import CameraServer
from drivers.simulator.clock import mono
from drivers.simulator.control import Control
from drivers.simulator.ends import PtyEnd, SocketEnd
from drivers.simulator.faults import Fault
from drivers.simulator.log import FileLog
from drivers.simulator.rtu import RtuLine
from drivers.simulator.school import Line, School
from drivers.simulator.stage import Stage
from drivers.simulator.tcp import TcpServer
from drivers.simulator.world import World

MORNING = 8 * 3600.0  # the world's day begins at eight
TICK = 0.05  # real seconds between two looks at what moves by itself
NOBODY = "none"
SERIAL = ("rtu", "rtu-tcp")


@dataclass(frozen=True, slots=True)
class Options:
    dir: Path
    seed: int
    speed: float
    scenario: str
    start_after: float
    ledger: bool
    quiet: bool
    school: School
    faults: tuple[tuple[str, int | None, Fault], ...] = ()  # (line, unit, fault), times counted from the start
    script: Path | None = None


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

    world = World(options.seed, log, second, ledger=options.ledger, school=options.school)
    stage = Stage(world, log, tell)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, ended.set)
    control = Control(world, stage, log, second, ended.set)
    story = script.read(options.script, control.verbs) if options.script else []
    for line, unit, fault in options.faults:
        world.spoil(line, unit, fault)
    serial = [_line(options.dir.absolute(), about, world, log) for about in options.school.lines if about.type in SERIAL]
    served = [about for about in options.school.lines if about.type not in SERIAL]
    servers = [_server(about, world) for about in served]
    ready: dict[str, Any] = {"ready": True, **{line.line: line.where for line in serial}}
    for server, about in zip(servers, served, strict=True):
        ready[server.line] = list(await server.open(about.port))
    for each in serial:
        each.start()
    log("start", seed=options.seed, speed=options.speed, scenario=options.scenario)
    print(json.dumps(ready), flush=True)
    start = second() + options.start_after * options.speed
    if options.scenario != NOBODY:
        stage.start(options.scenario, start)
    _follow_stdin(loop, control, ended)

    counters = {s.line: s.counts for s in servers} | {s.line: s.counts for s in serial}
    told = loop.time()
    while not ended.is_set():
        if dead := [line.name for line in serial if not line.is_alive()]:
            raise RuntimeError(f"{', '.join(dead)} ended by an error")  # half a campus would be a false witness
        world.tick()
        stage.step(second())
        while story and start + story[0][0] <= second():
            control.carry_out(story.pop(0)[1])
        if loop.time() >= told + 1:
            told = loop.time()
            _report(log, world, counters)
        try:
            await asyncio.wait_for(ended.wait(), TICK)
        except TimeoutError:
            continue
    _report(log, world, counters)
    for server in servers:
        await server.close()
    for each in serial:
        each.close()
    log("end")
    log.close()


def _line(folder: Path, about: Line, world: World, log: FileLog) -> RtuLine:
    end = PtyEnd(folder / about.id) if about.type == "rtu" else SocketEnd(about.port)
    return RtuLine(about.id, end, world, log, about.baud)


def _server(about: Line, world: World) -> TcpServer | CameraServer:
    return TcpServer(about.id, world) if about.type == "tcp" else CameraServer(about.id, world, world.school.scenes[about.id])


def _report(log: FileLog, world: World, counters: dict[str, Any]) -> None:
    """What was asked, per line and unit: running totals once a second."""
    for line, counts in counters.items():
        units = {str(unit): count for unit, count in sorted(world.asked[line].items())}
        told = {k: counts[k] for k in ("question", "answer", "gap", "collision", "bad")}
        log("ask", line=line, **told, units=units, faults=dict(world.struck[line]))


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
