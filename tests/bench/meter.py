"""What a subscriber saw: the log of mosquitto_sub parsed into readings, latencies and sequence numbers. No processes but its own."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.parts import binary

WRAP = 1 << 32  # the simulator's stamps are ms modulo this
RECORD = "\x1e"  # after each message; payloads of ours hold line ends

Value = tuple[str, str, float]  # device, channel, value
Parse = Callable[[str, str], Iterable[Value]]  # of topic and payload


@dataclass
class Seen:
    """What the subscriber saw in the window."""

    readings: int = 0
    bytes: int = 0
    latency: list[int] = field(default_factory=list)
    sequences: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    times: list[float] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(max(s) - min(s) + 1 - len(set(s)) for s in self.sequences.values())

    @property
    def twice(self) -> int:
        return sum(len(s) - len(set(s)) for s in self.sequences.values())

    @property
    def expected(self) -> int:
        return sum(max(s) - min(s) + 1 for s in self.sequences.values())


def ours(topic: str, payload: str) -> Iterator[Value]:
    """Each line of one `readings` payload; nothing of any other topic."""
    if not topic.endswith("/readings"):
        return
    for line in payload.split("\n"):
        if line.startswith("#") or "value=" not in line:
            continue
        tags, fields, _ = line.split(" ")
        device, _, channel = tags.partition(",point=")[2].partition("/")
        yield device, channel, float(fields.partition("value=")[2].split(",")[0])


def modpoll(topic: str, payload: str) -> Iterator[Value]:
    for name, value in json.loads(payload).items():
        yield topic.split("/")[1], name.split("|")[0], float(value)


def measure(log: Path, parse: Parse, start: float, end: float) -> Seen:
    """`rd` holds the simulator's clock at the moment of the read: the latency is from there to the subscriber."""
    seen = Seen()
    for stamp, topic, payload in records(log):
        if not start <= stamp <= end:
            continue
        seen.bytes += len(payload)
        seen.times.append(stamp)
        for device, channel, value in parse(topic, payload):
            seen.readings += 1
            if channel == "seq":
                seen.sequences[device].append(int(value))
            if channel == "rd":
                seen.latency.append((int(stamp * 1000) - int(value)) % WRAP)
    return seen


def records(log: Path) -> Iterator[tuple[float, str, str]]:
    """(time, topic, payload) of each whole message in the log."""
    blocks = log.read_text(encoding="utf-8", errors="replace").split(RECORD)
    for block in blocks[:-1]:
        stamp, topic, payload = block.lstrip("\n").split("\t", 2)
        yield float(stamp), topic, payload


@contextmanager
def subscriber(log: Path, port: int, topic: str) -> Iterator[subprocess.Popen[bytes]]:
    """mosquitto_sub with a session the broker keeps, writing each message to `log` as it comes."""
    command = [
        binary("mosquitto_sub"),
        "-p",
        str(port),
        "-t",
        topic,
        "-q",
        "1",
        "-c",
        "-i",
        "bench-subscriber",
        "-F",
        f"%U\t%t\t%p{RECORD}",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
