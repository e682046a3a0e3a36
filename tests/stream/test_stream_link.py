"""The link's safety: TLS with certificates, passwords from files, plain MQTT never beyond this machine, and its imports."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stream_box import Box, Spawn, until
from stream_daemons import Mosquitto, binary

from gateway.stream import client as client_module


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([binary("openssl"), *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem; server.pem for 127.0.0.1; box.pem with CN no3-middle; other-ca.pem that signed nothing."""
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for ca in ("ca", "other-ca"):
        _openssl(
            folder, "req", "-x509", *key, "-days", "3650", "-subj", f"/CN={ca}", "-keyout", f"{ca}.key", "-out", f"{ca}.pem"
        )
    for name, subject in (("server", "/CN=127.0.0.1"), ("box", "/CN=no3-middle")):
        extension = folder / f"{name}.ext"
        extension.write_text("subjectAltName=IP:127.0.0.1\n")
        _openssl(folder, "req", *key, "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", extension.name)
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *sign, "-out", f"{name}.pem")
    return folder


class Guarded(Mosquitto):
    """mosquitto that asks for a client certificate and a password."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        super().__init__(folder)
        self.certificates = certificates

    def command(self) -> list[str]:
        passwords, conf = self.folder / "passwords", self.folder / "mosquitto.conf"
        passwords.touch(mode=0o600)
        subprocess.run([binary("mosquitto_passwd"), "-b", str(passwords), "no3-middle", "canary-3x"], check=True)
        conf.write_text(
            f"listener {self.port} 127.0.0.1\ncafile {self.certificates}/ca.pem\ncertfile {self.certificates}/server.pem\n"
            f"keyfile {self.certificates}/server.key\nrequire_certificate true\nallow_anonymous false\n"
            f"password_file {passwords}\nuser root\nlog_type warning\n"
        )
        return [binary("mosquitto"), "-c", str(conf)]


@pytest.fixture
def guarded(tmp_path: Path, certificates: Path) -> Iterator[Guarded]:
    daemon = Guarded(tmp_path / "guarded", certificates)
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
def settings(certificates: Path, tmp_path: Path) -> dict[str, str]:
    password = tmp_path / "password"
    password.write_text("canary-3x\n")
    names = {"tls_ca": "ca.pem", "tls_cert": "box.pem", "tls_key": "box.key"}
    files = {name: str(certificates / file) for name, file in names.items()}
    return {**files, "user": "no3-middle", "password_file": str(password)}


async def test_client_certificate_and_password(guarded: Guarded, settings: dict[str, str], spawn: Spawn) -> None:
    box = Box(guarded.port, **settings)
    spawn(box.uplink.run())
    await until("the connection", lambda: box.uplink.state().connected)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"tls_ca": "other-ca.pem"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"tls_ca": ""}, ""),
        ({"tls_cert": ""}, ""),
        ({"password_file": "/nonexistent/password"}, "/nonexistent/password"),
        ({"user": "no4-middle"}, "Not authorized"),
    ],
    ids=["foreign CA", "plain", "no certificate", "no password file", "other user"],
)
async def test_what_keeps_a_box_out_is_said_and_secrets_are_not(
    guarded: Guarded,
    settings: dict[str, str],
    certificates: Path,
    spawn: Spawn,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, str],
    word: str,
) -> None:
    change = {name: str(certificates / value) if name == "tls_ca" and value else value for name, value in change.items()}
    box = Box(guarded.port, **{**settings, **change})
    spawn(box.uplink.run())
    await until("the problem", lambda: box.uplink.state().problem not in ("", "not connected yet"))
    assert word in box.uplink.state().problem
    assert not box.uplink.state().connected
    assert "canary-3x" not in caplog.text


async def test_a_broker_that_hangs_does_not_hold_up_the_end_of_the_process(certificates: Path) -> None:
    """It takes the connection and never answers the TLS handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import asyncio; from gateway.stream.client import LinkOptions; from gateway.stream.link import Link\n"
            "async def main():\n"
            f"    link = Link(LinkOptions('127.0.0.1', {port}, 'x', tls_ca={str(certificates / 'ca.pem')!r}), [], print)\n"
            "    task = asyncio.create_task(link.run())\n"
            "    await asyncio.to_thread(input)\n"
            "    task.cancel()\n"
            "asyncio.run(main())\n"
            "print('ended')\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        hanging = await asyncio.to_thread(server.accept)
        async with asyncio.timeout(15):  # paho alone would wait 20 s for the handshake
            out, _ = await process.communicate(b"\n")
        assert out == b"ended\n"
        hanging[0].close()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("broker.example", False),
        ("192.0.2.1", False),
        ("0.0.0.0", False),
    ],
)
def test_plain_mqtt_only_to_this_machine(host: str, here: bool) -> None:
    assert client_module._on_this_machine(host) is here


def test_the_uplink_loads_none_of_the_big_libraries() -> None:
    """`run` must stay small."""
    code = "import sys, gateway.stream.uplink; print(*sys.modules)"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True).stdout.split()
    assert "paho.mqtt.client" in loaded
    assert not {"influxdb_client", "urllib3", "pydantic", "ruamel", "fastapi", "numpy"} & {
        name.split(".")[0] for name in loaded
    }


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    code = "import sys, gateway.commands.ingest; print(*sys.modules)"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True).stdout.split()
    assert not {"influxdb_client", "urllib3", "paho"} & {name.split(".")[0] for name in loaded}
