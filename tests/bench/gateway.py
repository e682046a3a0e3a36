"""50 devices × 20 values at 1 s end to end: readings/s, read → MQTT latency, CPU and memory of `run`, and modpoll's in the same run."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.parts import binary, broker, free_port, percentile, start_broker, usage
from tests.bench.parts import field as field_simulator
from tests.bench.site import DEVICES, write

WARM, SECONDS = 8.0, 20.0
WRAP = 1 << 32


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


def ours(payload: str) -> Iterator[tuple[str, str, float]]:
    """(device, channel, value) of each line of one `readings` payload."""
    for line in payload.split("\n"):
        if line.startswith("#") or "value=" not in line:
            continue
        tags, fields, _ = line.split(" ")
        device, _, channel = tags.partition(",point=")[2].partition("/")
        yield device, channel, float(fields.partition("value=")[2].split(",")[0])


def modpoll(topic: str, payload: str) -> Iterator[tuple[str, str, float]]:
    for name, value in json.loads(payload).items():
        yield topic.split("/")[1], name.split("|")[0], float(value)


def measure(log: Path, parse: str, start: float, end: float) -> Seen:
    seen = Seen()
    last_read: dict[str, int] = {}
    for entry in records(log):
        stamp, topic, payload = entry
        if not start <= stamp <= end:
            continue
        seen.bytes += len(payload)
        seen.times.append(stamp)
        values: Iterable[tuple[str, str, float]] = ours(payload) if parse == "ours" else modpoll(topic, payload)
        for device, channel, value in values:
            seen.readings += 1
            if channel == "seq":
                seen.sequences[device].append(int(value))
            if channel == "rd" and last_read.get(device) != int(value):
                last_read[device] = int(value)
                seen.latency.append((int(stamp * 1000) - int(value)) % WRAP)
    return seen


def records(log: Path) -> Iterator[tuple[float, str, str]]:
    """mosquitto_sub's output: time, topic, payload; a payload's own line ends are kept by the record mark."""
    for block in log.read_text(encoding="utf-8", errors="replace").split("\x1e"):
        parts = block.lstrip("\n").split("\t", 2)
        if len(parts) == 3:
            yield float(parts[0]), parts[1], parts[2]


@dataclass
class Figures:
    name: str
    readings_s: float
    p50: float
    p99: float
    cpu: float
    rss: float
    lost: int
    bytes_reading: float

    def row(self) -> str:
        return (
            f"| {self.name} | {self.readings_s:.0f} | {self.p50} | {self.p99} | {self.cpu:.1f} | {self.rss:.1f} | "
            f"{self.lost} | {self.bytes_reading:.1f} |"
        )


def once(folder: Path, name: str, command: Sequence[str], tcp: int, mqtt: int, topic: str, parse: str) -> Figures:
    log = folder / f"{name}.log"
    with field_simulator(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30), broker(folder, mqtt):
        subscriber = subscribe(log, mqtt, topic)
        with (folder / f"{name}.err").open("wb") as err:
            gateway = subprocess.Popen(command, stdout=err, stderr=err, cwd=folder)
            try:
                time.sleep(WARM)
                start, (cpu0, _) = time.time(), usage(gateway.pid)
                time.sleep(SECONDS)
                end, (cpu1, rss) = time.time(), usage(gateway.pid)
            finally:
                gateway.send_signal(signal.SIGTERM)
                gateway.wait(15)
                subscriber.terminate()
                subscriber.wait()
    seen = measure(log, parse, start, end)
    span = end - start
    return Figures(
        name, seen.readings / span, percentile(seen.latency, 0.5), percentile(seen.latency, 0.99),
        (cpu1 - cpu0) / span * 100, rss, seen.lost, seen.bytes / max(1, seen.readings),
    )  # fmt: skip


def subscribe(log: Path, mqtt: int, topic: str) -> subprocess.Popen[bytes]:
    command = [binary("mosquitto_sub"), "-p", str(mqtt), "-t", topic, "-q", "1", "-c", "-i", "bench", "-F", "%U\t%t\t%p\x1e"]
    return subprocess.Popen(command, stdout=log.open("wb"), stderr=subprocess.DEVNULL)


def compile_site(folder: Path, tcp: int, mqtt: int) -> list[str]:
    """Compiles the bench's school; gives the command that runs it."""
    site, compiled = write(folder, tcp, mqtt), folder / "site.compiled.json"
    gateway = [sys.executable, "-m", "gateway.commands"]
    subprocess.run([*gateway, "check", site, "-o", compiled, "--data", folder / "data"], check=True, stderr=subprocess.DEVNULL)
    return [*gateway, "run", str(compiled), "--assume-clock"]


def modpoll_command(folder: Path, tcp: int, mqtt: int) -> list[str]:
    """modpoll 1.6.0 in an environment of its own, with the same 50 × 20 values; [] when it cannot be installed."""
    venv = folder / "modpoll"
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        done = subprocess.run([venv / "bin/pip", "install", "-q", "modpoll==1.6.0"], check=False)
        if done.returncode:
            shutil.rmtree(venv)
            return []
    names = ["ref,seq,0,uint16,r", "ref,chg,1,uint32,r", "ref,rd,3,uint32,r"]
    names += [f"ref,v{n},{n},uint16,r" for n in range(5, 22)]
    lines = []
    for unit in range(1, DEVICES + 1):
        lines += [f"device,d{unit},{unit},,", "poll,holding_register,0,22,BE_BE", *names]
    config = folder / "modpoll.csv"
    config.write_text("\n".join(lines) + "\n")
    return [
        str(venv / "bin/modpoll"), "--tcp", "127.0.0.1", "--tcp-port", str(tcp), "-f", str(config), "-r", "1",
        "--interval", "0", "--mqtt-host", "127.0.0.1", "--mqtt-port", str(mqtt), "--mqtt-version", "5.0",
        "--mqtt-publish-topic-pattern", "modpoll/{{device_name}}", "--mqtt-qos", "1",
    ]  # fmt: skip


def run(folder: Path) -> list[str]:
    rows = [
        "| | readings/s | read → MQTT p50 ms | p99 ms | CPU % | RSS MB | lost | bytes a reading |",
        "|---|---|---|---|---|---|---|---|",
    ]
    tcp, mqtt = free_port(), free_port()
    rows.append(once(folder, "run", compile_site(folder, tcp, mqtt), tcp, mqtt, "campus/#", "ours").row())
    if command := modpoll_command(folder, tcp, mqtt):
        rows.append(once(folder, "modpoll", command, tcp, mqtt, "modpoll/#", "modpoll").row())
    else:
        rows.append("| modpoll | could not be installed here | | | | | | |")
    return rows


def start_time(folder: Path) -> list[str]:
    """From the exec of `run` to the field's first answered read, and to the first message at the broker."""
    tcp, mqtt = free_port(), free_port()
    command = compile_site(folder, tcp, mqtt)
    times = []
    for _ in range(5):
        with (
            field_simulator(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30),
            broker(folder, mqtt),
        ):
            log = folder / "start.log"
            subscriber = subscribe(log, mqtt, "campus/+/+/readings")
            began = time.time()
            gateway = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            first = 0.0
            while not first and time.time() - began < 30:
                first = next((stamp for stamp, _, _ in records(log)), 0.0)
                time.sleep(0.02)
            times.append(first - began)
            gateway.terminate()
            gateway.wait(15)
            subscriber.terminate()
            subscriber.wait()
    return ["| start → first reading at the broker, s (5 runs) | " + " ".join(f"{t:.2f}" for t in sorted(times)) + " |"]


def outage(folder: Path, seconds: float = 20.0) -> list[str]:
    """The broker is away for 20 s and `run` is killed -9 in the middle of it: sequence numbers lost, silence after the return."""
    tcp, mqtt = free_port(), free_port()
    command = compile_site(folder, tcp, mqtt)
    site = json.loads((folder / "site.compiled.json").read_text())
    site["uplink"]["confirm"] = "puback"  # the bench's subscriber sends no receipts
    (folder / "site.compiled.json").write_text(json.dumps(site))
    log = folder / "outage.log"
    with field_simulator(folder, "tcp", "--port", tcp, "--ports", 1, "--units", DEVICES, "--regs", 30):
        house = start_broker(folder, mqtt)
        subscriber = subscribe(log, mqtt, "campus/+/+/readings")
        gateway = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(WARM)
        start = time.time()
        house.terminate()
        house.wait()
        time.sleep(seconds / 2)
        gateway.kill()
        gateway.wait()
        gateway = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds / 2)
        house, back = start_broker(folder, mqtt), time.time()
        time.sleep(25)
        end = time.time()
        gateway.terminate()
        gateway.wait(15)
        subscriber.terminate()
        subscriber.wait()
        house.terminate()
        house.wait()
    seen = measure(log, "ours", start - 3, end)
    total = sum(max(s) - min(s) + 1 for s in seen.sequences.values())
    twice = sum(len(s) - len(set(s)) for s in seen.sequences.values())
    silence = min((t for t in seen.times if t > back), default=float("nan")) - back
    return [
        f"| broker away {seconds:.0f} s, kill -9 in it | lost {seen.lost} of {total} | sent twice {twice} "
        f"| silence after its return {silence:.1f} s |"
    ]
