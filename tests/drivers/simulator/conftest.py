"""Fixtures of the simulated campus's tests: a world with a clock in the hand, and the program as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator_play import Play

PATIENCE = 30.0


@pytest.fixture
def play() -> Play:
    return Play()


class Campus:
    """The program as its users start it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.dir = folder
        self.patience = "5"  # of mbpoll, seconds
        self.baud = "9600"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "drivers.simulator", "--dir", str(folder), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdin and self.process.stdout
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def log(self, what: str = "") -> list[dict[str, Any]]:
        text = (self.dir / "campus.jsonl").read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        return [e for e in map(json.loads, whole.splitlines()) if what in ("", e["what"])]

    def tell(self, **command: Any) -> None:
        """Give a command and wait until it is logged."""
        before = len(self.log("control")) + len(self.log("refused"))
        assert self.process.stdin
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        wait_for(lambda: len(self.log("control")) + len(self.log("refused")) > before)

    def mbpoll(
        self, where: str, unit: int, kind: str, address: int, count: int = 1, *write: int
    ) -> subprocess.CompletedProcess[str]:
        """The independent master. kind: mbpoll's -t: 0 coil, 1 discrete, 3 input, 4 holding."""
        if where == "tcp":
            host, port = next(address for address in self.ready.values() if isinstance(address, list))
            target, line = host, ["-m", "tcp", "-p", str(port)]
        else:
            target, line = self.ready[where], ["-m", "rtu", "-b", self.baud, "-P", "none"]
        read = [] if write else ["-c", str(count), "-1"]
        command = [
            "mbpoll",
            *line,
            "-a",
            str(unit),
            "-t",
            kind,
            "-0",
            "-B",
            "-r",
            str(address),
            "-o",
            self.patience,
            *read,
            target,
        ]
        return subprocess.run([*command, *map(str, write)], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def poll(self, where: str, unit: int, kind: str, address: int, count: int = 1) -> list[float]:
        """The values mbpoll prints."""
        done = self.mbpoll(where, unit, kind, address, count)
        assert done.returncode == 0, done.stdout + done.stderr
        return [float(row.split("\t")[1].split()[0]) for row in done.stdout.splitlines() if row.startswith("[")]

    def complaints(self) -> str:
        """What an ended program wrote to its error output."""
        assert self.process.stderr
        return self.process.stderr.read()

    def end(self) -> int:
        """Wait for the end; its exit code."""
        return self.process.wait(PATIENCE)


def wait_for(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Campus]]:
    """Starts campuses; ends those that still run."""
    running: list[Campus] = []

    def begin(*options: str) -> Campus:
        running.append(Campus(tmp_path / f"campus-{len(running)}", *options))
        return running[-1]

    yield begin
    for campus in running:
        campus.process.kill()
        campus.process.wait()
        for pipe in (campus.process.stdin, campus.process.stdout, campus.process.stderr):
            assert pipe
            pipe.close()
