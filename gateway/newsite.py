"""A first site file, with its comments, from an installer's answers. Pure text; `check` is its judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

USES = ("teaching", "dormitory", "canteen", "laboratory", "office", "other")
USES_ZH = ("教学楼", "宿舍", "食堂", "实验楼", "办公", "其他")
KINDS = ("classroom", "dormitory", "kitchen", "laboratory", "chemical-store", "pump-room", "office", "corridor", "other")
KINDS_ZH = ("教室", "宿舍", "厨房", "实验室", "危化品库", "水泵房", "办公", "走廊", "其他")
ROLES = ("duty", "keeper", "leader", "officer", "head", "electrician", "holder", "installer")
ROLES_ZH = ("值班", "楼管", "带班领导", "安全员", "校长", "电工", "库保管人", "装机")


@dataclass(frozen=True, slots=True)
class LineAnswer:
    where: str  # a serial port's path, or host:port
    baud: int = 0  # 0: a TCP host
    framing: str = "8N1"


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    name: str
    phone: str
    role: str


@dataclass(slots=True)
class Answers:
    """`zones`: (name, kind, number of its building); `devices`: (profile, number of its line, unit, number of its zone); from 1."""

    id: str = ""
    district: str = ""
    name: str = ""
    short: str = ""
    lines: list[LineAnswer] = field(default_factory=list)
    buildings: list[tuple[str, str]] = field(default_factory=list)
    zones: list[tuple[str, str, int]] = field(default_factory=list)
    devices: list[tuple[str, int, int, int]] = field(default_factory=list)
    people: list[PersonAnswer] = field(default_factory=list)


def site_text(a: Answers) -> str:
    """The whole file."""
    return "\n".join([*_head(a), *_places(a), *_lines(a), *_devices(a), *_people(a), *_rest()]) + "\n"


def _q(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _head(a: Answers) -> list[str]:
    return [
        "# 由 campus-gateway init 写成。改完检查 · after a change: campus-gateway check site.yaml",
        "# 全部写法见 config/site.example.yaml · every key is shown there",
        "campus: 1",
        "",
        "# 学校。id 装好后不要再改；short 是短信、电话里的校名",
        f"site: {{id: {a.id}, district: {a.district}, name: {_q(a.name)}, short: {_q(a.short)}, timezone: Asia/Shanghai}}",
        "",
    ]


def _places(a: Answers) -> list[str]:
    return [
        "# 楼栋。书面同意后加 evacuation: true，火警确认时本楼疏散信号自动响",
        "buildings:",
        *(f"  - {{id: building-{n}, name: {_q(name)}, use: {use}}}" for n, (name, use) in enumerate(a.buildings, 1)),
        "",
        "# 区域就是“地点”，最多 14 个字：夜里念给值班人听的就是它",
        "zones:",
        *(
            f"  - {{id: zone-{n}, name: {_q(name)}, building: building-{building}, kind: {kind}}}"
            for n, (name, kind, building) in enumerate(a.zones, 1)
        ),
        "",
    ]


def _lines(a: Answers) -> list[str]:
    out = ["# 线路。串口用 by-path 名；波特率、格式与线上所有设备一致", "buses:"]
    for n, line in enumerate(a.lines, 1):
        if line.baud:
            out.append(
                f'  - {{id: line-{n}, type: modbus-rtu, port: {_q(line.where)}, baud: {line.baud}, framing: "{line.framing}"}}'
            )
        else:
            host, _, port = line.where.partition(":")
            out.append(f"  - {{id: line-{n}, type: modbus-tcp, host: {_q(host)}, port: {port or 502}}}")
    return [*out, ""]


def _devices(a: Answers) -> list[str]:
    ids: dict[int, int] = {}
    out = ["# 设备。id 指地方，换型号也不改；profile 是型号（docs/devices.md），unit 是设备上拨的地址", "devices:"]
    for profile, line, unit, zone in a.devices:
        ids[zone] = ids.get(zone, 0) + 1
        out.append(
            f"  - {{id: zone-{zone}-{ids[zone]}, profile: {profile}, bus: line-{line}, unit: {unit}, zone: zone-{zone}}}"
        )
    return [*out, ""]


def _people(a: Answers) -> list[str]:
    out = ["# 人员。姓名最多 4 个字，号码加引号", "people:"]
    for n, p in enumerate(a.people, 1):
        zones = f", zones: [{', '.join(f'zone-{z}' for z in range(1, len(a.zones) + 1))}]" if p.role == "keeper" else ""
        phone = f", phone: {_q(p.phone)}" if p.phone else ""
        out.append(f"  - {{id: person-{n}, name: {_q(p.name)}, role: {p.role}{phone}, channels: [console]{zones}}}")
    return [*out, "", *_duty(a.people)]


def _duty(people: Sequence[PersonAnswer]) -> list[str]:
    """The first of each role stands in for the whole day until somebody writes the real rota."""
    out = ["# 排班。先按全天一人写，再照实际改：days: [1, 2, 3, 4, 5] 是星期一到五", "duty:"]
    duties = [n for n, p in enumerate(people, 1) if p.role == "duty"]
    leaders = [n for n, p in enumerate(people, 1) if p.role == "leader"]
    for post, found in (("duty", duties[:1]), ("second", duties[1:2]), ("leader", leaders[:1])):
        out += [f'  - {{post: {post}, person: person-{n}, from: "00:00", to: "24:00"}}' for n in found]
    return [*out, ""]


def _rest() -> list[str]:
    return [
        "# 通知通道。console 只显示在本机；短信、电话平台用 webhook，密钥只放在文件里：",
        '#   - {id: phone, type: webhook, url: "https://…", secret_file: /etc/campus-gateway/phone.secret}',
        "channels:",
        "  - {id: console, type: console}",
        "",
        "# 输出（警号、排风机、燃气阀）、危化品库、上行：见 config/site.example.yaml 的 outputs、stores、uplink",
    ]
