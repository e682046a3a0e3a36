"""The product installed on a throw-away machine as docs/install.md says, with the simulated campus beside it. No assertions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nspawn import Machine
from school import demo_text

from gateway.site import site_from_json
from gateway.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
NEXT, DEAD = f"{VERSION}.post1", f"{VERSION}.post2"  # newer versions: one like this, one whose `run` ends at once
BOX, PAGE, WORKER = "campus-gateway.service", "campus-dashboard.service", "campus-ingest@1.service"
ETC, DATA, OPT = "/etc/campus-gateway", "/var/lib/campus-gateway", "/opt/campus-gateway"
SITE, COMPILED = f"{ETC}/site/site.yaml", f"{ETC}/site/site.compiled.json"
WAIT = 60.0  # s; guards against hanging
DETECTORS = [f"{where}-smoke-{n}/smoke" for where in ("dorm", "teach") for n in range(1, 9)]  # each gives one alarm

# Its orders come through a pipe that never ends; the lines are a serial port's: of the group dialout, and nobody else's.
WORLD = """[Service]
Environment=PYTHONPATH=/opt/tree:/opt/packages PYTHONDONTWRITEBYTECODE=1
WorkingDirectory=/srv/world
ExecStartPre=/bin/sh -c 'rm -f * && mkfifo orders'
ExecStart=/bin/sh -c 'exec /usr/bin/python3 -m drivers.simulator --dir . --seed 7 --port 5020 --quiet --ledger 0<>orders'
ExecStartPost=/bin/sh -c 'until [ -e rs485-b ]; do sleep 0.1; done; chgrp dialout rs485-?; chmod 660 rs485-?'
[Install]
WantedBy=multi-user.target
"""

# What stands at the command line for the box's socket: the request, the answer.
ASK = """import json, pathlib, sys
from gateway.local import ask_once
print(json.dumps(ask_once(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), 20)))
"""

BUREAU = f"""set -e
cd /root
install -d -o mosquitto -m 700 /etc/mosquitto/campus
install -o mosquitto -m 600 ca/ca.pem ca/crl.pem ca/acl ca/handout/broker/server.pem ca/handout/broker/server.key /etc/mosquitto/campus/
install -m 644 /opt/source/deploy/mosquitto.conf /etc/mosquitto/conf.d/campus.conf
systemctl restart mosquitto
systemctl start influxdb
until curl --silent --fail http://127.0.0.1:8086/ping; do sleep 0.2; done
[ -e secrets ] || /opt/source/deploy/influxdb-setup.sh v1 http://127.0.0.1:8086 secrets
sed -i 's/# auth-enabled = false/auth-enabled = true/' /etc/influxdb/influxdb.conf
systemctl restart influxdb
until curl --silent --fail http://127.0.0.1:8086/ping; do sleep 0.2; done
install -m 600 ca/handout/ingest/* {ETC}/ingest/
install -m 600 secrets/ingest {ETC}/ingest/influx.token
echo 'INGEST_OPTIONS=--broker localhost:8883 --share ingest --influx http://127.0.0.1:8086 --style v1 --db campus' >{ETC}/ingest.env
"""

# Prints each thing that it can do here.
TRIES = f"""
import os, pathlib, socket
def write(folder):
    file = pathlib.Path(folder, "tried"); file.touch(); file.unlink()
def read(file):
    pathlib.Path(file).read_bytes()
def device(path):
    os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
tries = {{f"write {{folder}}": (write, folder) for folder in
    "{DATA} {ETC}/site {ETC} {OPT} /etc /usr/local /root /var/log /opt/test/open /sys/fs/cgroup/systemd".split()}}
tries |= {{f"open {{path}}": (device, path) for path in "/dev/null /dev/ttyS0 /dev/fuse".split()}}
tries |= {{f"read {{path}}": (read, path) for path in
    "/proc/sys/kernel/random/boot_id {ETC}/secrets/box.key {ETC}/ingest/ca.pem /etc/shadow".split()}}
tries["a raw socket"] = (lambda kind: socket.socket(socket.AF_PACKET, kind).close(), socket.SOCK_RAW)
for name, (how, what) in tries.items():
    try:
        how(what)
        print(name)
    except OSError:
        pass
"""


class Box:
    """Installed and configured when made; nothing is started but the world."""

    def __init__(self, folder: Path) -> None:
        wheels = folder / "wheels"
        for version in (VERSION, NEXT, DEAD):
            build(folder / version, version, wheels)
        packages = Path(sysconfig.get_path("purelib"))
        self.machine = Machine(folder, {"/opt/tree": ROOT, "/opt/packages": packages, "/opt/wheels": wheels})
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def _set_up(self) -> None:
        m = self.machine
        # the shipped script, but that it watches a new version for five seconds only
        m.sh(
            "mkdir -p /srv/world /opt/source && mkdir -m 777 /opt/test/open && cp -r /opt/tree/deploy /opt/tree/docs /opt/source"
        )
        m.sh("sed -i 's/^proof=45 /proof=5 /' /opt/source/deploy/install.sh")
        self.said = self.install(VERSION, "--page", "--ingest", "1").stdout
        m.write("/etc/systemd/system/world.service", WORLD)
        m.run("systemctl", "enable", "--now", "world")
        m.sh(f"""set -e
            cd /root
            campus-gateway cert init ca
            campus-gateway cert server ca broker localhost 127.0.0.1
            campus-gateway cert box ca songyang no3-middle
            campus-gateway cert client ca ingest ingest
            install -o campus -g campus -m 600 ca/handout/no3-middle/* {ETC}/secrets
            head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' | install -o campus -g campus -m 600 /dev/stdin {ETC}/secrets/phone""")
        m.sh(f"cp /opt/tree/config/calendar.example.yaml {ETC}/calendar.example.yaml")
        self.put_site(site_text())
        self._wires = wires(m.read(COMPILED))
        self._detectors = iter(DETECTORS)
        m.run("campus-gateway", "clock", "--right", user="campus")
        self.start(PAGE, BOX)

    def close(self) -> None:
        self.machine.close()

    # what an installer does

    def script(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.machine.run(
            "env", "PYTHON=/usr/bin/python3", "sh", "/opt/source/deploy/install.sh", *arguments, check=check
        )

    def install(self, version: str, *more: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        wheel = f"/opt/wheels/campus_gateway-{version}-py3-none-any.whl"
        return self.script("install", "--wheel", wheel, "--packages", "/opt/packages", *more, check=check)

    def put_site(self, text: str) -> None:
        self.machine.write(SITE, text, "campus:campus", "640")
        self.machine.run("campus-gateway", "check", SITE, "-o", COMPILED, user="campus")

    def start(self, *units: str) -> None:
        self.machine.run("systemctl", "enable", "--now", *units)

    # what happens to it

    def order(self, **what: Any) -> None:
        """To the simulated campus."""
        self.machine.run("sh", "-c", "cat >/srv/world/orders", typed=json.dumps(what) + "\n")

    def alarm_comes(self) -> bool:
        """A detector that has not been set off yet gives its alarm, seen through the box's socket."""
        point = next(self._detectors)
        self.order(set=self._wires[point])
        return bool(self.until(f"an alarm of {point}", lambda: [a for a in self.alarms() if a["point"] == point]))

    def bureau(self) -> None:
        """A broker, a database and a worker, in the words of docs/install.md section 9."""
        self.machine.sh(BUREAU)
        self.start(WORKER)

    def in_place_of(self, unit: str, command: str) -> str:
        """What a shell's command prints that runs under the limits of the installed unit."""
        text = self.machine.read(f"/etc/systemd/system/{unit}").partition("\n[Install]")[0]
        text = re.sub(r"^(Type|NotifyAccess|ExecStart|WatchdogSec|Restart\w*)=.*\n", "", text, flags=re.M)
        text += f"Type=oneshot\nStandardOutput=truncate:/run/probe\nExecStart=/bin/sh -c '{command}'\n"
        self.machine.write("/etc/systemd/system/probe.service", text)
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", "probe", check=False)
        return self.machine.read("/run/probe").strip()

    def tries(self, unit: str = "") -> set[str]:
        """Which of TRIES go well in place of a unit; "": for root, under no limits."""
        self.machine.write("/opt/test/tries.py", TRIES)
        self.machine.sh(
            "[ -e /dev/ttyS0 ] || { mknod -m 660 /dev/ttyS0 c 4 64 && chgrp dialout /dev/ttyS0 && mknod -m 666 /dev/fuse c 10 229; }"
        )
        line = "/usr/bin/python3 /opt/test/tries.py"
        return set((self.in_place_of(unit, line) if unit else self.machine.sh(line)).splitlines())

    # what can be seen

    def ask(self, request: dict[str, Any], user: str = "campus") -> Any:
        command = (f"{OPT}/current/bin/python", "-c", ASK, f"{DATA}/run.sock", json.dumps(request))
        done = self.machine.run(*command, user=user, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def snapshot(self, user: str = "campus") -> dict[str, Any]:
        answer = self.ask({"ask": "snapshot"}, user)
        assert answer is not None, self.machine.journal(BOX)[-2000:]
        return dict(answer["data"])

    def alarms(self) -> list[dict[str, Any]]:
        answer = self.ask({"ask": "snapshot"})
        return [] if answer is None else list(answer["data"]["alarms"].values())

    def stored(self) -> int:
        """Bytes that the database answers when it is asked for readings of the school, by the account that may only read."""
        query = "SELECT count(*) FROM /.*/ WHERE site = 'no3-middle'"
        told = self.machine.sh(
            'curl --silent --fail --user "$(cat /root/secrets/reader)" http://127.0.0.1:8086/query '
            f'--data-urlencode db=campus --data-urlencode "q={query}"',
            check=False,
        )
        return len(told) if "series" in told else 0

    def pid(self, unit: str) -> int:
        return int(self.machine.show(unit, "MainPID")[0])

    def state(self, unit: str) -> tuple[str, str]:
        """As `systemctl status` has it: active, activating, failed …, and the number of times it was started again by itself."""
        state, restarts = self.machine.show(unit, "ActiveState", "NRestarts")
        return state, restarts

    def until(self, what: str, look: Callable[[], Any], seconds: float = WAIT) -> Any:
        end = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > end:
                raise AssertionError(f"never within {seconds:.0f} s: {what}\n" + self.machine.journal(BOX)[-3000:])
            time.sleep(0.2)
        return found


def build(source: Path, version: str, wheels: Path) -> None:
    """The wheel of this tree under another version."""
    left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "tests", "docs")
    shutil.copytree(ROOT, source, ignore=left_out)
    file = source / "gateway/version.py"
    file.write_text(re.sub(r'^VERSION = ".*"', f'VERSION = "{version}"', file.read_text("utf-8"), flags=re.M), "utf-8")
    if version == DEAD:
        with (source / "gateway/commands/run.py").open("a") as run:
            run.write("\n\ndef run(args: argparse.Namespace) -> int:\n    return 1\n")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


def site_text() -> str:
    """The demo's, for this box: its lines, its broker with certificates."""
    filled = {"rs485-a": "/srv/world/rs485-a", "rs485-b": "/srv/world/rs485-b", "tcp_port": "5020", "eye_port": "9",
              "phone_url": "http://127.0.0.1:9/", "phone_secret": f"{ETC}/secrets/phone"}  # fmt: skip
    text = demo_text().partition("\nuplink:")[0]
    for name, value in filled.items():
        text = text.replace("{" + name + "}", value)
    secrets = {"tls_ca": "ca.pem", "tls_cert": "box.pem", "tls_key": "box.key", "command_key": "command.key"}
    named = ", ".join(f"{name}: {ETC}/secrets/{file}" for name, file in secrets.items())
    return f"{text}\nuplink: {{host: localhost, port: 8883, {named}}}\nrules:\n  cpu-busy: {{high: 100, return_at: 99}}\n"


def wires(compiled: str) -> dict[str, dict[str, Any]]:
    """What to order of the simulated campus that each detector is set off."""
    site = site_from_json(compiled)
    found = {}
    for point in DETECTORS:
        id, _, name = point.partition("/")
        device = next(d for d in site.devices if d.id == id)
        channel = next(c for c in device.profile.channels if c.id == name)
        place = {"line": device.bus, "unit": device.unit, "space": channel.space, "address": channel.address}
        found[point] = {**place, "value": 0 if channel.invert else 1}
    return found
