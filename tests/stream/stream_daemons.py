"""Real mosquitto, InfluxDB 1.6 (2 where there is one) and VictoriaMetrics for tests: free ports, killed for certain. No test logic."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

PACKAGES = {
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "openssl": "openssl",
    "influxd": "influxdb",
    "victoria-metrics": "victoria-metrics",
}
INFLUXD = os.environ.get("INFLUXD", "")  # the binary of an InfluxDB 2, which Debian has not
TELEGRAF = os.environ.get("TELEGRAF", "")  # the binary of a Telegraf, which Debian has not either
PATIENCE = 60.0  # s; guards against hanging, asserts nothing about speed


def binary(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise RuntimeError(f"this test needs {name}: apt-get install {PACKAGES[name]}")
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_for(what: str, condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(0.05)


class Daemon:
    """One server process. `start` after `kill` uses the same port and folder."""

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.folder)
        log.close()
        wait_for(f"{self.name} (see {self.folder / 'log'})", self._up)

    def _up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
        return self.ready()

    def kill(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return bool(answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False


class Mosquitto(Daemon):
    """Persistence on, but written rarely: after kill -9 it has forgotten what it acknowledged, as in the field."""

    name = "mosquitto"

    def __init__(self, folder: Path, more: str = "") -> None:
        super().__init__(folder)
        self._more = more

    def command(self) -> list[str]:
        conf = self.folder / "mosquitto.conf"
        conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {self.folder}/\n"
            "max_queued_messages 0\nmax_inflight_messages 0\nlog_type warning\nuser root\n"
            f"{self._more}\n"
        )
        return [binary("mosquitto"), "-c", str(conf)]

    def ready(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True


class Bureau(Mosquitto):
    """mosquitto with the shipped deploy/mosquitto.conf: its own port, and the files of a certificate folder (`campus-gateway cert`)."""

    shipped = Path(__file__).parents[2] / "deploy" / "mosquitto.conf"

    def __init__(self, folder: Path, authority: Path, server: str = "broker") -> None:
        super().__init__(folder)
        self.authority, self.server = authority, server

    def command(self) -> list[str]:
        text = self.shipped.read_text(encoding="utf-8")
        handout = self.authority / "handout" / self.server
        changes = {"listener 8883": f"listener {self.port} 127.0.0.1"}
        changes |= {f"/etc/mosquitto/campus/{name}": f"{self.authority}/{name}" for name in ("acl", "crl.pem", "ca.pem")}
        changes |= {f"/etc/mosquitto/campus/{name}": f"{handout}/{name}" for name in ("server.pem", "server.key")}
        for old, new in changes.items():
            assert text.count(old) == 1, f"deploy/mosquitto.conf no longer has {old}"
            text = text.replace(old, new)
        conf = self.folder / "mosquitto.conf"
        conf.write_text(text + ("user root\n" if os.getuid() == 0 else ""), encoding="utf-8")
        return [binary("mosquitto"), "-c", str(conf)]

    def reread(self) -> None:
        """systemctl reload mosquitto."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)


class Influx16(Daemon):
    name = "influxd"

    def command(self) -> list[str]:
        conf, data = self.folder / "influxdb.conf", self.folder / "data"
        if not hasattr(self, "_rpc"):
            self._rpc = free_port()
        conf.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{self._rpc}"\n'
            f'[meta]\n  dir = "{data}/meta"\n[data]\n  dir = "{data}/data"\n  wal-dir = "{data}/wal"\n'
            f'[monitor]\n  store-enabled = false\n[http]\n  bind-address = "127.0.0.1:{self.port}"\n  log-enabled = false\n'
            "[ifql]\n  enabled = false\n"
        )
        return [binary("influxd"), "-config", str(conf)]

    def ready(self) -> bool:
        return self.answers("/ping")


class Influx2(Daemon):
    """InfluxDB 2 as `INFLUXD` names it, set up by the shipped script: `secret` reads the files that it leaves.

    `tls`: the folder of a server's certificate, which it then speaks alone; whoever asks must trust its authority (SSL_CERT_FILE).
    """

    name = "influxd 2"
    script = Path(__file__).parents[2] / "deploy" / "influxdb-setup.sh"

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        super().__init__(folder)
        self._tls = tls

    def command(self) -> list[str]:
        settings = {
            "BOLT_PATH": f"{self.folder}/bolt",
            "SQLITE_PATH": f"{self.folder}/sqlite",
            "ENGINE_PATH": f"{self.folder}/engine",
            "HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "REPORTING_DISABLED": "true",
        }
        if self._tls is not None:
            settings |= {"TLS_CERT": f"{self._tls}/server.pem", "TLS_KEY": f"{self._tls}/server.key"}
        return ["env", *(f"INFLUXD_{name}={value}" for name, value in settings.items()), INFLUXD]

    @property
    def url(self) -> str:
        return super().url if self._tls is None else super().url.replace("http:", "https:")

    def ready(self) -> bool:
        return self.answers("/health")

    def run_script(self, out: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", str(self.script), "v2", self.url, str(out)], capture_output=True, text=True, timeout=120)

    def set_up(self) -> None:
        done = self.run_script(self.folder / "secrets")
        assert done.returncode == 0, done.stderr

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text("utf-8").strip()


class Victoria(Daemon):
    name = "victoria-metrics"

    def command(self) -> list[str]:
        return [
            binary("victoria-metrics"),
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder / 'data'}",
            "-retentionPeriod=100y",
        ]

    def ready(self) -> bool:
        return self.answers("/health")

    def flush(self) -> None:
        """Make what is written visible to queries now."""
        assert self.answers("/internal/force_flush")


class Telegraf(Daemon):
    """Telegraf as `TELEGRAF` names it, with the shipped deploy/telegraf.conf: `member`'s files, and other addresses, stand for its own."""

    name = "telegraf"
    shipped = Path(__file__).parents[2] / "deploy" / "telegraf.conf"

    def __init__(self, folder: Path, bureau: Bureau, member: str, database: str, token: str) -> None:
        super().__init__(folder)
        self._token = token
        self._changes = {
            "ssl://broker.example.org:8883": f"ssl://127.0.0.1:{bureau.port}",
            "/etc/telegraf/campus/": f"{bureau.authority}/handout/{member}/",
            "http://127.0.0.1:8086": database,
        }

    def command(self) -> list[str]:
        text = self.shipped.read_text(encoding="utf-8")
        for old, new in self._changes.items():
            assert old in text, f"deploy/telegraf.conf no longer has {old}"
            text = text.replace(old, new)
        self.conf = self.folder / "telegraf.conf"
        self.conf.write_text(text, encoding="utf-8")
        return ["env", f"INFLUX_TOKEN={self._token}", TELEGRAF, "--config", str(self.conf)]

    def said(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def ready(self) -> bool:
        return "Loaded outputs: influxdb_v2" in self.said()

    def has_read(self) -> int:
        """Bytes, from everywhere."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/io").read_text().split("rchar: ")[1].split()[0])


def ingest_command(*arguments: str) -> subprocess.Popen[bytes]:
    """`campus-gateway ingest` in a process of its own; its log on `stderr`."""
    command = [sys.executable, "-m", "gateway.commands", "ingest", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2])
