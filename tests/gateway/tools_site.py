"""A compiled site with these lines and devices, for the installer's tools: written where `read` and `doctor` look for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.config.compile import compile_site
from gateway.site import site_to_json

HEAD = """campus: 1
site: {id: test-school, district: town, name: 测试学校, short: 测试, timezone: Asia/Shanghai}
buildings: [{id: main, name: 主楼, use: teaching}]
zones: [{id: hall, name: 主楼大厅, building: main, kind: corridor}]
people:
  - {id: wang, name: 王老师, role: duty, phone: "+8613800000001", channels: [console]}
  - {id: wu, name: 吴安全, role: officer, phone: "+8613800000008", channels: [console]}
  - {id: fitter, name: 安装员, role: installer}
channels: [{id: console, type: console}]
"""


def compiled(
    folder: Path, buses: Sequence[tuple[str, str, str, int]], devices: Sequence[tuple[str, str, str, int]], more: str = ""
) -> Path:
    """buses: (id, type, port or host:port, baud); devices: (id, profile, bus, unit). The path of the compiled file."""
    lines = [HEAD, "buses:"]
    for id, type, where, baud in buses:
        host, _, port = where.rpartition(":")
        place = f'port: "{where}", baud: {baud}' if type == "modbus-rtu" else f"host: {host}, port: {port}"
        lines.append(f"  - {{id: {id}, type: {type}, {place}}}")
    lines.append("devices:")
    lines += [f"  - {{id: {d}, profile: {p}, bus: {b}, unit: {u}, zone: hall}}" for d, p, b, u in devices]
    source = folder / "site.yaml"
    source.write_text("\n".join(lines) + "\n" + more, encoding="utf-8")
    made = compile_site(source, data=str(folder), substitutions={}, speed=1)
    assert made.site, "\n".join(map(str, made.findings))
    target = folder / "site.compiled.json"
    target.write_text(site_to_json(made.site), encoding="utf-8")
    return target
