"""The benchmark's school: 50 units of the field simulator with 20 values each on one Modbus TCP host, written as YAML."""

from __future__ import annotations

import subprocess
import sys
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


def write(folder: Path, tcp_port: int, mqtt_port: int, period: str = "1s") -> Path:
    """site.yaml and its profile in `folder`; gives the site file."""
    more = "\n".join(
        f"  v{n}: {{quantity: count, space: holding, address: {n}, type: u16, page: fieldsim.c}}" for n in range(5, VALUES + 2)
    )
    profiles = folder / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    (profiles / "bench-field.yaml").write_text(PROFILE.format(more=more))
    devices = "\n".join(
        f"  - {{id: d{n}, profile: bench-field, bus: field, unit: {n}, zone: z, name: 基准, period: {period}}}"
        for n in range(1, DEVICES + 1)
    )
    site = folder / "site.yaml"
    site.write_text(
        "campus: 1\n"
        "site: {id: bench, district: bench, name: 基准学校, short: 基准, timezone: Asia/Shanghai}\n"
        f"buses: [{{id: field, type: modbus-tcp, host: 127.0.0.1, port: {tcp_port}}}]\n"
        "buildings: [{id: b, name: 楼, use: other}]\n"
        "zones: [{id: z, name: 室, building: b, kind: other}]\n"
        f"devices:\n{devices}\n"
        "channels: [{id: console, type: console}]\n"
        'people: [{id: w, name: 王, phone: "+8613800000001", role: duty, channels: [console]}]\n'
        f"uplink: {{host: 127.0.0.1, port: {mqtt_port}, confirm: puback}}\n"
    )
    return site


def compile_site(folder: Path, tcp: int, mqtt: int) -> list[str]:
    """Compiles the bench's school; gives the command that runs it. The broker's word confirms: no database is measured here."""
    site, compiled = write(folder, tcp, mqtt), folder / "site.compiled.json"
    gateway = [sys.executable, "-m", "gateway.commands"]
    check = [*gateway, "check", site, "-o", compiled, "--data", folder / "data"]
    subprocess.run(check, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    return [*gateway, "run", str(compiled), "--assume-clock"]
