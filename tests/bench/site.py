"""The benchmark's school: 50 units of the field simulator with 20 values each on one Modbus TCP host, written as YAML."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.parts import ROOT

DEVICES = 50
VALUES = 20  # seq, change stamp, read stamp and 17 slow ones

PROFILE = """profile: 1
id: bench-field
name_zh: 基准
vendor: none
model: fieldsim
kind: bench
verified: "false"
source: tests/bench/fieldsim.c
line: {{baud: 9600, framing: "8N1", unit: 1}}
limits: {{max_registers: 60}}
channels:
  seq: {{quantity: count, space: holding, address: 0, type: u16, page: fieldsim.c}}
  chg: {{quantity: count, space: holding, address: 1, type: u32, page: fieldsim.c}}
  rd: {{quantity: count, space: holding, address: 3, type: u32, page: fieldsim.c}}
{more}
"""


LOOP = 50  # detectors behind one unit

LOOPS = """profile: 1
id: bench-smoke
name_zh: 基准烟感
vendor: none
model: judge
kind: smoke
verified: "false"
source: tests/bench/judge.py
line: {{baud: 9600, framing: "8N1", unit: 1}}
channels:
{channels}
"""


@dataclass(frozen=True, slots=True)
class Fire:
    """What the alarm benchmark adds: a second line with detectors and a sounder's relay, and a phone."""

    port: int
    loops: int  # units 1, 2 … of LOOP detectors, each of them in a building of its own
    relay: int  # unit
    phone: str  # URL
    secret: Path


def tables(folder: Path, tcp_port: int, fire: Fire | None = None, count: int = DEVICES) -> dict[str, list[str]]:
    """The rows of the site file, with `count` of the devices; their profile is written into `folder`."""
    more = "\n".join(
        f"  v{n}: {{quantity: count, space: holding, address: {n}, type: u16, page: fieldsim.c}}" for n in range(5, VALUES + 2)
    )
    profiles = folder / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    (profiles / "bench-field.yaml").write_text(PROFILE.format(more=more))
    buses = [f"{{id: field, type: modbus-tcp, host: 127.0.0.1, port: {tcp_port}}}"]
    buildings, zones = ["{id: b, name: 楼, use: other}"], ["{id: z, name: 室, building: b, kind: other}"]
    devices = [
        f"{{id: d{n}, profile: bench-field, bus: field, unit: {n}, zone: z, name: 基准, period: 1s}}"
        for n in range(1, count + 1)
    ]
    channels, outputs, means = ["{id: console, type: console}"], [], "console"
    if fire:
        means = "phone"
        channels.append(f'{{id: phone, type: webhook, url: "{fire.phone}", secret_file: "{fire.secret}"}}')
        buses.append(f"{{id: fire, type: modbus-tcp, host: 127.0.0.1, port: {fire.port}}}")
        outputs.append("{id: relay/relay-1, role: guard-sounder, zone: z}")
        devices.append(
            f"{{id: relay, profile: waveshare-relay8, bus: fire, unit: {fire.relay}, zone: z, name: 声响, period: 5s}}"
        )
        smoke = "\n".join(
            f"  s{n}: {{quantity: smoke, space: discrete, address: {n}, name: 烟雾报警, page: judge.py}}" for n in range(LOOP)
        )
        (profiles / "bench-smoke.yaml").write_text(LOOPS.format(channels=smoke))
        for loop in range(1, fire.loops + 1):
            for n in range(LOOP):
                buildings.append(f"{{id: b{loop}-{n}, name: {loop}-{n}号楼, use: other}}")
                zones.append(f"{{id: z{loop}-{n}, name: {loop}-{n}号楼, building: b{loop}-{n}, kind: other}}")
            places = ", ".join(f"s{n}: {{zone: z{loop}-{n}}}" for n in range(LOOP))
            devices.append(
                f"{{id: fire{loop}, profile: bench-smoke, bus: fire, unit: {loop}, zone: z{loop}-0, name: 烟感, period: 1s, "
                f"channels: {{{places}}}}}"
            )
    tables = {"buses": buses, "buildings": buildings, "zones": zones, "devices": devices, "channels": channels}
    return tables | {"people": people(means), "outputs": outputs}


def people(means: str) -> list[str]:
    return [
        f'{{id: w, name: 王, phone: "+8613800000001", role: duty, channels: [{means}]}}',
        f'{{id: o, name: 吴, phone: "+8613800000002", role: officer, channels: [{means}]}}',
    ]


def compile_site(folder: Path, tcp: int, mqtt: int, fire: Fire | None = None, count: int = DEVICES) -> list[str]:
    """Compiles the bench's school; gives the command that runs it."""
    return compile_file(folder, tables(folder, tcp, fire, count), mqtt)


def compile_file(folder: Path, tables: dict[str, list[str]], mqtt: int) -> list[str]:
    """Writes and compiles a site file of these rows; gives the command that runs it. The broker's word confirms: no database is
    measured here."""
    site, compiled = folder / "site.yaml", folder / "site.compiled.json"
    site.write_text(
        "campus: 1\nsite: {id: bench, district: bench, name: 基准学校, short: 基准, timezone: Asia/Shanghai}\n"
        + "".join(f"{name}:\n" + "".join(f"  - {row}\n" for row in rows) for name, rows in tables.items() if rows)
        + f"uplink: {{host: 127.0.0.1, port: {mqtt}, confirm: puback}}\n"
    )
    gateway = [sys.executable, "-m", "gateway.commands"]
    check = [*gateway, "check", site, "-o", compiled, "--data", folder / "data"]
    subprocess.run(check, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    return [*gateway, "run", str(compiled), "--assume-clock"]
