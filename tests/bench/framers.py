"""How many bytes a second each framer reads, beside a plain search for one byte in the same stream. CPU time, one core."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from drivers.framers.telegram import Telegram
from drivers.registry import FRAMERS
from tests.bench.frames import frame

BYTES = 2_000_000
CHUNK = 4096
TIMES = 5  # the best of: other work on the machine only ever makes it slower

Feed = Callable[[bytes], list[Telegram]]


def run(folder: Path) -> list[str]:
    """A row a framer: the line as it is (a hundred places, everything three times), every frame different, and noise."""
    rows = [
        "| framer | as a line is MB/s | ratio to the search | every frame different MB/s | noise MB/s |",
        "|---|---|---|---|---|",
    ]
    noise = random.Random(1).randbytes(BYTES)
    for id in FRAMERS:
        usual, different = _stream(id, lambda n: n // 3 % 100), _stream(id, lambda n: n)
        speed = _speed(id, usual)
        rows.append(
            f"| {id} | {speed:.0f} | {speed / _search(usual):.4f} | {_speed(id, different):.1f} | {_speed(id, noise):.0f} |"
        )
    return rows


def _stream(id: str, number: Callable[[int], int]) -> bytes:
    parts, size, n = [], 0, 0
    while size < BYTES:
        parts.append(frame(id, number(n)))
        size += len(parts[-1])
        n += 1
    return b"".join(parts)


def _speed(id: str, data: bytes) -> float:
    address = ["0"] if id == "wkly-lock" else []

    def once() -> float:
        feed = FRAMERS[id].make(1, address).feed
        began = time.process_time()
        for at in range(0, len(data), CHUNK):
            feed(data[at : at + CHUNK])
        return time.process_time() - began

    return len(data) / 1e6 / min(once() for _ in range(TIMES))


def _search(data: bytes) -> float:
    """Two bytes that do not occur, looked for by `bytes.find`: what Python can do at best that looks at all of it."""

    def once() -> float:
        began = time.process_time()
        for at in range(0, len(data), CHUNK):
            data[at : at + CHUNK].find(b"\x00\xff")
        return time.process_time() - began

    return len(data) / 1e6 / max(1e-6, min(once() for _ in range(TIMES)))
