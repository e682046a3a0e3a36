"""A simulated school for the installer's tools: one device of every profile on TCP, odd ones on a fast serial line. A process."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.commands import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "drivers"))
import tool_devices

PROFILES, KNOWN = tool_devices.PROFILES, tool_devices.KNOWN
image_of, named_right = tool_devices.image_of, tool_devices.named_right

PATIENCE = 60.0
BAUD = 115200  # of the serial line: the tests wait less


def rows(image: dict[tuple[str, int], int]) -> dict[str, dict[str, int]]:
    """{space: {address: value}} as a school file writes it."""
    out: dict[str, dict[str, int]] = {}
    for (space, address), value in image.items():
        out.setdefault(space, {})[str(address)] = value
    return out


def device(line: str, unit: int, id: str, image: dict[tuple[str, int], int]) -> dict[str, Any]:
    return {"id": id, "line": line, "unit": unit, "image": rows(image)}


def of_every_profile(line: str) -> list[dict[str, Any]]:
    """Units 1, 2, ... in the order of PROFILES."""
    return [device(line, n, id, image_of(id, n)) for n, id in enumerate(PROFILES, 1)]


class School:
    """The simulator with these devices; lines `a` (pty), `server` (RTU over TCP), `host` (Modbus TCP)."""

    def __init__(self, folder: Path, devices: Sequence[dict[str, Any]], *options: str, baud: int = BAUD) -> None:
        self.dir = folder
        folder.mkdir(parents=True, exist_ok=True)
        lines = {"a": {"baud": baud}, "server": {"type": "rtu-tcp"}, "host": {"type": "tcp"}}
        (folder / "school.json").write_text(json.dumps({"lines": lines, "devices": list(devices)}))
        command = [sys.executable, "-m", "drivers.simulator", "--dir", str(folder), "--school", str(folder / "school.json")]
        self.process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin and self.process.stdout
        ready = json.loads(self.process.stdout.readline())
        self.a, self.server, self.host = ready["a"], ready["server"], ":".join(map(str, ready["host"]))

    def log(self, what: str) -> list[dict[str, Any]]:
        text = (self.dir / "campus.jsonl").read_text(encoding="utf-8")
        return [e for e in map(json.loads, text[: text.rfind("\n") + 1].splitlines()) if e["what"] == what]

    def tell(self, **command: Any) -> None:
        """Give a command and wait until it is carried out."""
        before = len(self.log("control"))
        assert self.process.stdin
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        end = time.monotonic() + PATIENCE
        while len(self.log("control")) == before:
            assert time.monotonic() < end, f"{command} was not carried out: {self.log('refused')}"
            time.sleep(0.01)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()


def command(*words: str, answers: str = "", code: int | None = 0) -> str:
    """What `campus-gateway` prints, errors after it; its exit code must be `code` unless that is None. In this process."""
    out, err, stdin = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(answers)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = main(words)
    except SystemExit as end:
        ended = int(end.code or 0)
    finally:
        sys.stdin = stdin
    text = out.getvalue() + err.getvalue()
    assert code is None or ended == code, f"{words}: {ended}\n{text}"
    return text
