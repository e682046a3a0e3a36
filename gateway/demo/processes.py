"""The demo's processes: simulated campus, stub phone, broker, database and the product's own programs. Starts, names, ends them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from gateway.clock import SystemClock
from gateway.shipped import data_dir

SYSTEM_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin"
DATABASES = {"victoria-metrics": "victoria-metrics", "influxdb": "influxd"}  # kind -> its binary, the preferred one first
PATIENCE = 30.0  # seconds a part may take to be ready


class NotReady(Exception):
    """A part did not come up; the text says which and where its log lies."""


def find(binary: str) -> str | None:
    """The full path of a system program; daemons live in sbin, which a user's PATH often leaves out."""
    return shutil.which(binary, path=SYSTEM_PATH)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def wait_for(what: str, ready: Callable[[], bool], seconds: float = PATIENCE) -> None:
    clock = SystemClock()
    end = clock.now().mono + seconds * 1000
    while not ready():
        if clock.now().mono > end:
            raise NotReady(f"{what} was not ready within {seconds:.0f} s")
        time.sleep(0.05)


def listening(port: int) -> bool:
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0


@dataclass(slots=True)
class Database:
    """style: v1 | v2; kind: influxdb | victoria-metrics."""

    kind: str
    style: str
    url: str


@dataclass(slots=True)
class Campus:
    """Everything that runs for one demonstration, and where its traces lie."""

    dir: Path
    speed: int
    seed: int
    quiet: bool = False
    running: list[tuple[str, subprocess.Popen[Any]]] = field(default_factory=list)
    phone_url: str = ""
    ports: dict[str, str] = field(default_factory=dict)
    mqtt_port: int = 0
    database: Database | None = None
    page_port: int = 0

    # the outside world

    def start_campus(self, scenario: str, start_after: float, counters: int = 0) -> None:
        """`counters`: further devices that count their answers, for proofs that no reading is lost."""
        ready = self._ready_line(
            "campus",
            [
                sys.executable, "-m", "drivers.simulator", "--dir", str(self.dir / "campus"), "--seed", str(self.seed),
                "--speed", str(self.speed), "--scenario", scenario, "--start-after", str(start_after), "--ledger",
                "--counters", str(counters),
            ],
            keep_stdin=True,
        )  # fmt: skip
        self.ports = {
            "rs485-a": ready["rs485-a"],
            "rs485-b": ready["rs485-b"],
            "tcp_port": str(ready["tcp"][1]),
            "eye_port": str(ready["store-eye"][1]),
        }

    def start_phone(self, refuse: bool = False) -> None:
        secret = self.dir / "phone.secret"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_hex(32), encoding="ascii")
        command = [
            sys.executable, "-m", "gateway.stub_phone", "--port", "0", "--log", str(self.dir / "phone.jsonl"),
            "--secret-file", str(secret),
        ]  # fmt: skip
        self.phone_url = self._ready_line("phone", command + (["--refuse"] if refuse else []))["url"]

    def start_broker(self) -> bool:
        binary = find("mosquitto")
        if not binary:
            return False
        self.mqtt_port = free_port()
        store = self.dir / "mosquitto"
        store.mkdir(mode=0o700, exist_ok=True)
        lines = [
            f"listener {self.mqtt_port} 127.0.0.1", "allow_anonymous true", "persistence true",
            f"persistence_location {store}/", "autosave_interval 1", "autosave_on_changes true",
            "max_queued_messages 0", "log_type error", "log_type warning",
        ]  # fmt: skip
        if os.geteuid() == 0:
            lines.append("user root")  # the folder belongs to whoever runs the demonstration
        conf = self.dir / "mosquitto.conf"
        conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.start("broker", [binary, "-c", str(conf)])
        wait_for("the broker", lambda: self._alive("broker") and listening(self.mqtt_port))
        return True

    def start_database(self, kinds: Iterable[str] = DATABASES) -> bool:
        """The first of `kinds` that this machine has; False when it has none."""
        port, store = free_port(), self.dir / "database"
        kind = next((kind for kind in kinds if find(DATABASES[kind])), "")
        binary = find(DATABASES.get(kind, "")) or ""
        if kind == "victoria-metrics":
            command = [
                binary, f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={store}", "-retentionPeriod=12",
                "-memory.allowedPercent=10", "-loggerLevel=ERROR", "-search.latencyOffset=0s",
            ]  # fmt: skip
            self.database = Database("victoria-metrics", "v2", f"http://127.0.0.1:{port}")
        elif kind == "influxdb":
            command = [binary, "-config", str(self._influx_conf(port, free_port(), store))]
            self.database = Database("influxdb", "v1", f"http://127.0.0.1:{port}")
        else:
            return False
        self.start("database", command)
        wait_for("the database", lambda: self._alive("database") and listening(port))
        if kind == "influxdb":
            from gateway.stream.influx import create_database  # heavy: only where there is a database

            create_database(self.database.url, "campus")
        return True

    # the product

    def compile(self, site_file: Path) -> Path:
        """The compiled site; a mistake in it raises NotReady with the findings.

        The site file becomes one of its own, `site/site.yaml`, with the ports of this campus in it: the screen may change it.
        """
        compiled = self.dir / "site.compiled.json"
        values = {**self.ports, "phone_url": self.phone_url, "phone_secret": str(self.dir / "phone.secret"),
                  "mqtt_port": str(self.mqtt_port or 1)}  # fmt: skip
        text = site_file.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        own = self.dir / "site" / "site.yaml"
        own.parent.mkdir(exist_ok=True)
        own.write_text(text.replace("../calendar.example.yaml", str(data_dir() / "calendar.example.yaml")), encoding="utf-8")
        command = [sys.executable, "-m", "gateway.commands", "check", str(own), "-o", str(compiled),
                   "--data", str(self.dir / "data"), "--speed", str(self.speed)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReady(f"the demo's site file does not compile:\n{done.stderr}")
        return compiled

    def start_run(self, compiled: Path) -> None:
        (self.dir / "data").mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-m", "gateway.commands", "run", str(compiled), "--assume-clock"]
        if not self.mqtt_port:
            command.append("--no-uplink")
        self.start("run", command, show=not self.quiet)
        wait_for("run", lambda: (self.dir / "data" / "run.sock").exists() and self._alive("run"))

    def start_ingest(self) -> None:
        assert self.database is not None
        self.start("ingest", [
            sys.executable, "-m", "gateway.commands", "ingest", "--broker", f"127.0.0.1:{self.mqtt_port}",
            "--influx", self.database.url, "--style", self.database.style,
            *(["--db", "campus"] if self.database.style == "v1" else ["--org", "campus", "--bucket", "campus"]),
        ])  # fmt: skip

    def start_dashboard(self, port: int) -> None:
        self.page_port = port if port and not listening(port) else free_port()
        self.start("dashboard", [
            sys.executable, "-m", "gateway.commands", "dashboard", "--data", str(self.dir / "data"),
            "--port", str(self.page_port),
        ], show=not self.quiet)  # fmt: skip
        wait_for("the page", lambda: self._alive("dashboard") and listening(self.page_port))

    def put_up_plans(self, folder: Path) -> None:
        """Floor plans of a folder; what cannot be taken raises NotReady with the findings."""
        command = [sys.executable, "-m", "gateway.commands", "plans", str(folder), "--data", str(self.dir / "data")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReady(f"the demo's plans cannot be put up:\n{done.stderr}")

    # processes

    def start(self, name: str, command: Sequence[str], *, show: bool = False) -> subprocess.Popen[Any]:
        """Start a part in a session of its own, so that Ctrl-C reaches only us and we end the parts in order."""
        out: int | IO[bytes] | None = None if show else (self.dir / f"{name}.log").open("ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        self.running.append((name, process))
        return process

    def stop(self) -> None:
        """End everything, the product first, the world last; what does not end by itself in 8 s is killed."""
        order = ["dashboard", "ingest", "run", "broker", "database", "phone", "campus"]
        for name, process in sorted(self.running, key=lambda item: order.index(item[0])):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    print(f"{name} did not end by itself and was killed", file=sys.stderr)
                    process.kill()
                    process.wait()
        self.running.clear()

    def died(self) -> str | None:
        """The name of a part that ended by itself, or None."""
        return next((name for name, process in self.running if process.poll() is not None), None)

    def _alive(self, name: str) -> bool:
        process = next(p for n, p in self.running if n == name)
        if process.poll() is not None:
            raise NotReady(f"{name} ended with code {process.returncode}; see {self.dir / f'{name}.log'}")
        return True

    def _ready_line(self, name: str, command: Sequence[str], *, keep_stdin: bool = False) -> dict[str, Any]:
        """Start a part that prints one JSON line when it is ready; the rest of what it prints goes on to the terminal."""
        log = (self.dir / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if keep_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            text=True,
        )
        self.running.append((name, process))
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReady(f"{name} ended at once; see {self.dir / f'{name}.log'}")
        _pump(process.stdout, None if self.quiet else sys.stdout)
        return dict(json.loads(line))

    def _influx_conf(self, port: int, rpc: int, store: Path) -> Path:
        conf = self.dir / "influxdb.conf"
        conf.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc}"\n[meta]\ndir = "{store}/meta"\n'
            f'[data]\ndir = "{store}/data"\nwal-dir = "{store}/wal"\n[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n',
            encoding="utf-8",
        )
        return conf


def _pump(source: IO[str], target: IO[str] | None) -> None:
    """Pass a part's lines on to the terminal (or drop them), so that its pipe never fills."""

    def work() -> None:
        for line in source:
            if target is not None:
                target.write(line)
                target.flush()

    threading.Thread(target=work, daemon=True, name="pump").start()
