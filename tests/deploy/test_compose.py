"""The compose file as plain processes: every command, mount, port and secret in it is taken from it, so that it cannot rot.

A container's path becomes a folder here, a service's name 127.0.0.1, a published port a free one. The database is the InfluxDB 2 that
`INFLUXD` names, with the options of the file, and the InfluxDB 1.6 of Debian, with two others. Grafana alone is not started.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.acl import Member
from gateway.ca import Authority
from gateway.local import RunDown, ask_once

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(ROOT / "tests" / "stream"))

from stream_box import Box  # noqa: E402
from stream_daemons import INFLUXD, Influx2, Influx16, binary, free_port  # noqa: E402

from gateway.stream.influx import read_points  # noqa: E402

WAIT = 120.0
V2, V1 = ["--org", "campus", "--bucket", "campus"], ["--style", "v1", "--db", "campus"]
BUREAU = """campus: 1
site: {id: ju, kind: bureau, district: dengfeng, name: 登封市教育体育局, short: 教体局}
uplink:
  host: 127.0.0.1
  port: 8883
  tls_ca: /etc/campus-gateway/ca.pem
  tls_cert: /etc/campus-gateway/client.pem
  tls_key: /etc/campus-gateway/client.key
townships: [{id: songyang, name: 嵩阳街道}]
schools: [{id: no3-middle, district: songyang, name: 登封市第三中学, short: 三中}]
people: [{id: ma, name: 马文斌, role: duty, phone: "+8613800000013", channels: [console]}]
channels: [{id: console, type: console}]
"""


class Compose:
    """The services of deploy/compose.yaml over a folder that stands for `deploy/` and its volumes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "deploy"
        self.home.mkdir()
        shutil.copy(DEPLOY / "mosquitto.conf", self.home)
        self.file = YAML(typ="safe", pure=True).load((DEPLOY / "compose.yaml").read_text("utf-8"))
        self.services: dict[str, dict[str, Any]] = self.file["services"]
        self.ports = {p.split(":")[-1]: free_port() for s in self.services.values() for p in s.get("ports", ())}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def mounts(self, service: str) -> dict[str, str]:
        """Path in the container -> path here. A named volume must be declared; a folder of the file's own must be there."""
        found = {}
        for volume in self.services[service].get("volumes", ()):
            source, target = volume.split(":")[:2]
            if source.startswith("./"):
                here = self.home / source[2:]
                assert here.exists(), f"{service}: nothing was told to make {source}"
            else:
                assert source in self.file["volumes"], source
                here = self.folder / "volumes" / source
                here.mkdir(parents=True, exist_ok=True)
            found[target] = str(here)
        return found

    def here(self, service: str, text: str) -> str:
        """`text` of this service with paths, names and ports of this machine."""
        for target, path in self.mounts(service).items():
            text = text.replace(target, path)
        for name in self.services:
            for port, free in self.ports.items():
                text = text.replace(f"{name}:{port}", f"127.0.0.1:{free}")
        return text

    def start(self, service: str, command: list[str], folder: str = "") -> None:
        log = (self.folder / f"{service}.log").open("ab")
        self.running[service] = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder or self.folder)
        log.close()

    def campus(self, service: str, change: Callable[[list[str]], list[str]] = list) -> None:
        """The program of the image with the service's command."""
        given = [str(word) for word in change(self.services[service]["command"])]
        words = [word if word not in self.ports else str(self.ports[word]) for word in (self.here(service, w) for w in given)]
        self.start(service, [sys.executable, "-m", "gateway.commands", *words])

    def until(self, what: str, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            for service, process in self.running.items():
                assert process.poll() is None, f"{service} ended:\n{self.log(service)}"
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"never: {what}\n" + "\n".join(f"{s}:\n{self.log(s)}" for s in self.running))

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(errors="replace")[-1500:]

    def close(self) -> None:
        for process in reversed(self.running.values()):
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def hand_out(compose: Compose) -> Authority:
    """docs/install.md section 9: the certificates, where the file expects them."""
    authority, now = Authority.init(compose.home / "ca", "Test CA"), datetime.now(UTC)
    for server in ("broker", "page"):
        authority.issue(Member(server, "server"), now, hosts=["127.0.0.1"])
    authority.issue(Member("no3-middle", "box", "songyang"), now)
    authority.issue(Member("ingest", "ingest"), now)
    authority.issue(Member("ju", "bureau"), now)
    (compose.home / "broker").mkdir()
    for name in ("ca.pem", "crl.pem", "acl"):
        shutil.copy(authority.folder / name, compose.home / "broker")
    for name in ("server.pem", "server.key"):
        shutil.copy(authority.folder / "handout" / "broker" / name, compose.home / "broker")
    (compose.home / "bureau" / "site").mkdir(parents=True)
    for name in ("ca.pem", "client.pem", "client.key"):
        shutil.copy(authority.folder / "handout" / "ju" / name, compose.home / "bureau")
    return authority


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    made = Compose(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("style", ["v1", *(["v2"] if INFLUXD else [])])
async def test_what_the_compose_file_describes_works_as_plain_processes(compose: Compose, tmp_path: Path, style: str) -> None:
    authority = hand_out(compose)
    database = (Influx16 if style == "v1" else Influx2)(tmp_path / "volumes" / "influxdb")
    compose.ports["8086"] = database.port
    database.start()
    try:
        done = subprocess.run(
            ["sh", str(DEPLOY / "influxdb-setup.sh"), style, database.url, str(compose.home / "secrets")],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

        conf = tmp_path / "mosquitto.conf"
        tls = compose.ports["8883"]
        shipped = (compose.home / "mosquitto.conf").read_text("utf-8").replace("listener 8883", f"listener {tls} 127.0.0.1")
        conf.write_text(compose.here("broker", shipped) + ("user root\n" if os.getuid() == 0 else ""), "utf-8")
        assert "/etc/mosquitto" not in conf.read_text("utf-8").replace("# ", "").partition("listener")[2], (
            "all of it is mounted"
        )
        written = compose.mounts("broker")[compose.services["broker"]["working_dir"]]
        compose.start("broker", [binary("mosquitto"), "-c", str(conf)], written)

        workers = [name for name in compose.services if name.startswith("ingest-")]
        for name in workers:
            compose.campus(name, as_here if style == "v1" else list)
        site = compose.home / "bureau" / "site" / "bureau.yaml"
        site.write_text(compose.here("run", BUREAU.replace("port: 8883", f"port: {tls}")), "utf-8")
        data = compose.mounts("run")["/var/lib/campus-gateway"]
        made = subprocess.run(
            [sys.executable, "-m", "gateway.commands", "check", str(site), "-o", str(site.with_name("site.compiled.json")), "--data", data],
            capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        compose.campus("run")
        assert compose.mounts("page")["/var/lib/campus-gateway"] == data, (
            "the page looks where `run` writes: its default folder"
        )
        compose.campus(
            "page", lambda command: ["127.0.0.1" if word == "0.0.0.0" else word for word in (*command, "--data", data)]
        )

        out = authority.folder / "handout" / "no3-middle"
        box = Box(tls, tls_ca=f"{out}/ca.pem", tls_cert=f"{out}/box.pem", tls_key=f"{out}/box.key")
        uplink = asyncio.create_task(box.uplink.run())
        frames = [box.frame() for _ in range(9)]
        await asyncio.to_thread(compose.until, "every frame has its receipt", lambda: not box.store.open)
        reader = (
            (compose.home / "secrets" / "reader").read_text("utf-8").strip() if style == "v2" else ""
        )  # 1.6 asks nobody here
        assert (
            len(read_points("v1", database.url, "campus", "no3-middle", token=reader)) == len(box.store.ledger) >= len(frames)
        )
        await asyncio.to_thread(compose.until, "the bureau hears the box", lambda: heard(Path(data) / "run.sock"))
        context = ssl.create_default_context(cafile=str(authority.folder / "ca.pem"))
        page = f"https://127.0.0.1:{compose.ports['8443']}/healthz"
        await asyncio.to_thread(compose.until, "the page is served over TLS", lambda: answers(page, context))
        uplink.cancel()
        compose.running["broker"].send_signal(signal.SIGUSR1)  # mosquitto writes it now; by itself every five minutes
        await asyncio.to_thread(compose.until, "the broker's memory is in its volume", (Path(written) / "mosquitto.db").exists)
    finally:
        database.kill()


def as_here(command: list[str]) -> list[str]:
    at = command.index("--org")
    assert command[at : at + 4] == V2, "what the set-up of InfluxDB 2 makes"
    return [*command[:at], *V1, *command[at + 4 :]]


def heard(path: Path) -> bool:
    try:
        schools = ask_once(path, {"ask": "fleet"}, 20)["data"]["schools"]
    except RunDown:
        return False
    return bool(schools["no3-middle"]["state"] == "alive")


def answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
