"""What deploy/ holds for the bureau's server: the compose file, and the database's set-up on a real InfluxDB 1.6."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gateway.acl import Member
from gateway.ca import Authority
from gateway.commands.ingest import add_parser

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stream"))

from stream_daemons import Bureau, Influx16  # noqa: E402

SETUP = ROOT / "deploy" / "influxdb-setup.sh"


def test_the_compose_file_pins_every_image_and_its_workers_can_start() -> None:
    import argparse

    found = YAML(typ="safe", pure=True).load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    services = found["services"]
    assert {"broker", "influxdb", "ingest-1", "ingest-2", "ingest-3", "run", "page", "grafana"} <= services.keys()
    for name, service in services.items():
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+", service["image"]), f"{name}: an image without its exact version"
        for port in service.get("ports", ()):  # only TLS is open to others
            assert port.startswith("127.0.0.1:") or port in ("8883:8883", "443:8443"), port
        for value in service.get("environment", {}).values():
            assert "secret" not in value or value.startswith("/run/secrets/")
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="command"))
    workers = [parser.parse_args(s["command"]) for n, s in services.items() if n.startswith("ingest-")]
    assert len({w.client_id for w in workers}) == 3 and {w.share for w in workers} == {"ingest"}
    image = re.search(r"^FROM (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.M)
    assert image and re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", image[1])


def setup(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(SETUP), *map(str, arguments)], capture_output=True, text=True, timeout=120)


def write(url: str, account: str, line: str) -> int:
    user, _, password = account.partition(":")
    words = urllib.parse.urlencode({"db": "campus", "u": user, "p": password})
    try:
        with urllib.request.urlopen(f"{url}/write?{words}", line.encode(), timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


class Guarded(Influx16):
    """InfluxDB that asks who it is."""

    def command(self) -> list[str]:
        line = super().command()
        conf = self.folder / "influxdb.conf"
        conf.write_text(conf.read_text().replace("  log-enabled = false\n", "  log-enabled = false\n  auth-enabled = true\n"))
        return line


def test_the_set_up_makes_accounts_that_may_only_what_they_must(tmp_path: Path) -> None:
    daemon = Guarded(tmp_path / "influxd")
    daemon.start()
    try:
        done = setup("v1", daemon.url, tmp_path / "out")
        assert done.returncode == 0, done.stderr
        accounts = {name: (tmp_path / "out" / name).read_text().strip() for name in ("admin", "ingest", "reader")}
        assert len(set(accounts.values())) == 3 and not any(word in done.stdout for word in accounts.values())
        assert all(stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600 for name in accounts)
        assert write(daemon.url, accounts["ingest"], "temperature,site=a value=1 1800000000000000000") == 204
        assert write(daemon.url, accounts["reader"], "temperature,site=a value=1 1800000000000000000") == 403
        assert write(daemon.url, "ingest:wrong", "temperature,site=a value=1 1800000000000000000") == 401
        again = setup("v1", daemon.url, tmp_path / "out")
        assert again.returncode == 1 and "不覆盖" in again.stderr
    finally:
        daemon.kill()


class Debian(Bureau):
    """The package's own mosquitto.conf, which takes ours from its conf.d: what stands in both may be said only once."""

    def command(self) -> list[str]:
        program, _, ours = super().command()
        (self.folder / "conf.d").mkdir(exist_ok=True)
        Path(ours).rename(self.folder / "conf.d" / "campus.conf")
        own = self.folder / "debian.conf"
        own.write_text(
            f"pid_file {self.folder}/pid\npersistence true\npersistence_location {self.folder}/\n"
            f"log_dest file {self.folder}/own.log\ninclude_dir {self.folder}/conf.d\n",
            "utf-8",
        )
        return [program, "-c", str(own)]


def test_the_shipped_mosquitto_conf_is_taken_beside_debians_own(tmp_path: Path) -> None:
    authority = Authority.init(tmp_path / "ca", "Test CA")
    authority.issue(Member("broker", "server"), datetime.now(UTC), hosts=["127.0.0.1"])
    daemon = Debian(tmp_path / "mosquitto", authority.folder)
    try:
        daemon.start()
    finally:
        daemon.kill()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("v1",), 2, "usage"),
        (("v3", "http://127.0.0.1:1", "OUT"), 2, "neither"),
        (("v1", "http://127.0.0.1:1", "OUT", "many"), 2, "no number"),
        (("v1", "http://127.0.0.1:1", "OUT"), 1, "没有应答"),
    ],
)
def test_the_set_up_refuses_wrong_input(tmp_path: Path, arguments: tuple[str, ...], code: int, word: str) -> None:
    done = setup(*(a.replace("OUT", str(tmp_path / "out")) for a in arguments))
    assert done.returncode == code and word in done.stderr
    assert not (tmp_path / "out").exists()
