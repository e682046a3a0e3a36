"""The shipped units as tests use them: rendered with the test's own paths, read, and played by a small systemd. No assertions."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "deploy" / "systemd"
WAIT = 60.0  # s; guards against hanging


def rendered(name: str, **paths: object) -> str:
    """A template with what install.sh fills in: prefix, etc, data, user, group."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: str(paths[found[1].lower()]), text)


class Unit:
    """[Service] of a unit: a key may stand several times."""

    def __init__(self, text: str) -> None:
        self.lines = [
            line.partition("=") for line in text.partition("[Service]")[2].partition("\n[")[0].splitlines() if "=" in line
        ]

    def all(self, key: str) -> list[str]:
        return [value.strip() for name, _, value in self.lines if name.strip() == key]

    def one(self, key: str) -> str:
        (value,) = self.all(key)
        return value

    def seconds(self, key: str) -> float:
        return float(self.one(key).removesuffix("s"))

    def syscalls(self) -> set[str]:
        """What SystemCallFilter lets through (systemd.exec(5)): lists are added, or with ~ taken away, in order."""
        allowed: set[str] = set()
        for line in self.all("SystemCallFilter"):
            names = set().union(*(_calls(word) for word in line.removeprefix("~").split()))
            allowed = allowed - names if line.startswith("~") else allowed | names
        return allowed


def _calls(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(["systemd-analyze", "syscall-filter", word], check=True, capture_output=True, text=True).stdout
    words = [line.strip() for line in told.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*(_calls(w) for w in words))


class Systemd:
    """Plays systemd for one unit: NOTIFY_SOCKET, watchdog, restarts, and its limits as far as a container allows.

    `log` holds what happened: started, READY, WATCHDOG (once a start), hung, ended <code>, failed. `watch` replaces WatchdogSec.
    """

    def __init__(self, unit: Unit, folder: Path, *, watch: float, wrap: tuple[str, ...] = (), delay: float = 0.1) -> None:
        self.unit, self.folder, self.watch, self.wrap, self.delay = unit, folder, watch, wrap, delay
        self.log: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.on_ready = lambda: None
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def pid(self) -> int:
        """Of the daemon: the shells before it have replaced themselves."""
        assert self.process is not None
        return self.process.pid

    def stop(self) -> None:
        self._stopping = True
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self._thread.join(WAIT)

    def until(self, what: str, times: int = 1) -> None:
        with self._news:
            assert self._news.wait_for(lambda: self.log.count(what) >= times, WAIT), (what, self.log, self.output()[-2000:])

    def output(self) -> str:
        file = self.folder / "unit.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _say(self, what: str) -> None:
        with self._news:
            self.log.append(what)
            self._news.notify_all()

    def _run(self) -> None:
        refused = {int(code) for code in self.unit.one("RestartPreventExitStatus").split()}
        while not self._stopping:
            code = self._once()
            self._say(f"ended {code}")
            if code in refused or self.unit.one("Restart") != "always":
                self._say("failed")
                return
            time.sleep(self.delay)

    def _once(self) -> int:
        address = self.folder / "notify"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, (self.folder / "unit.log").open("ab") as out:
            told.bind(str(address))
            told.settimeout(0.1)
            environment = {**os.environ, "NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": str(int(self.watch * 1e6))}
            command = [*self.wrap, *shlex.split(self.unit.one("ExecStart"))]
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, start_new_session=True)
            self._say("started")
            heard, ready = time.monotonic(), False
            while self.process.poll() is None:
                try:
                    said = told.recv(4096).decode()
                except TimeoutError:
                    said = ""
                if "READY=1" in said:
                    ready, heard = True, time.monotonic()
                    self.on_ready()
                    self._say("READY")
                if "WATCHDOG=1" in said:
                    heard = time.monotonic()
                    if self.log[-1] != "WATCHDOG":
                        self._say("WATCHDOG")
                if ready and time.monotonic() - heard > self.watch:
                    self._say("hung")
                    os.killpg(self.process.pid, signal.SIGKILL)
                    self.process.wait()
            return self.process.returncode


def cage(unit: Unit) -> tuple[str, ...]:
    """The unit's limits without an init: everything read-only but ReadWritePaths, no capabilities, no new ones, few files."""
    writable = [path for line in unit.all("ReadWritePaths") for path in line.split()]
    mounts = "".join(f"mount --bind {shlex.quote(p)} {shlex.quote(p)} && " for p in writable)
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    files = unit.one("LimitNOFILE")
    drop = f'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all prlimit --nofile={files} -- "$@"'
    return (*namespace, "sh", "-c", f"{mounts}mount -o remount,bind,ro / && umask {unit.one('UMask')} && {drop}", "cage")
