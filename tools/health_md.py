"""Prints docs/health.md from the tables of the box's points and rules: python -m tools.health_md > docs/health.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dashboard.metrics import METRICS
from drivers.quantities import QUANTITIES
from gateway.boxpoints import BOX, BOX_POINTS, BUS_POINTS, LINK, MODEM_POINTS, PANEL_CLOCK, UPLINK_POINTS, BoxPoint, of_modem

RULES = Path(__file__).resolve().parents[1] / "config" / "rules" / "box.yaml"

HEAD = """# 报警盒自身 / The box as a device

由 `gateway/boxpoints.py` 和 `config/rules/box.yaml` 生成，不要手改：`python -m tools.health_md > docs/health.md`。
Generated; do not edit.

报警盒每 10 秒量一次自己：磁盘、内存、处理器、温度、供电、时钟、待传数据、每条线路。
它们和传感器一样是点位：在页面上看得到，随数据上传，由规则判断。
本机没有的（例如没有温度传感器、没有配上级）就没有这个点位，绝不显示为正常；原来有、后来读不到的是故障。
Every 10 s the box measures itself. The values are points like any other: shown, streamed, judged by rules. What a machine cannot
tell has no point; what it could tell and no longer can is a fault. A UPS is a device of its own with its own points.

重启 restart: `run` 在每个设备都问过一遍后（最多 30 秒）才向 systemd 说 `READY=1`，之后只有在报警引擎还在转时才说 `WATCHDOG=1`；
引擎停住，systemd 就重启它。`READY=1` after every device has been asked once, at the latest after 30 s; `WATCHDOG=1` only while
the engine's beat advances.

## 点位 / Points
"""

METRICS_HEAD = """## 指标 / Metrics

`GET /healthz`（值班页面的地址）：`run` 在套接字上回答、报警引擎在转时是 200，否则 503 和原因。200 while `run` answers and its engine moves.

`GET /metrics`：Prometheus 文本格式，名称和标签不会改。没有口令时只有本机能读，经代理转来的一律拒绝；
要从别的机器读，把至少 20 个字符的口令写进一个只有本用户能读的文件，用 `campus-gateway dashboard --metrics-token FILE` 启动，
抓取方带 `Authorization: Bearer <口令>`，并用 TLS。不含人名、电话和密钥。Without a token only this machine may read it, and nothing
that a proxy forwards; with `--metrics-token FILE` (at least 20 characters) whoever shows it as a bearer token. No persons, no secrets.
"""


def render() -> str:
    rules = YAML(typ="safe", pure=True).load(RULES.read_text("utf-8"))["rules"]
    parts = [HEAD, *_points(), "", "## 规则 / Rules", "", *_rules(rules), "", METRICS_HEAD, *_metrics(), ""]
    return "\n".join(parts)


def _points() -> Iterator[str]:
    yield "| 点位 point | 名称 | 量 quantity | 单位 | 何时有 when it exists |"
    yield "|---|---|---|---|---|"
    for p in BOX_POINTS:
        yield _point(f"{BOX}/{p.channel}", p, "本机能量到时 where the machine tells" if p.told else "总有 always")
    for p in UPLINK_POINTS:
        yield _point(f"{BOX}/{p.channel}", p, "配了上级时 with an uplink")
    for p in MODEM_POINTS:
        yield _point(of_modem("<通道 channel>", p), p, "每个短信模块 each modem")
    for p in BUS_POINTS:
        yield _point(f"<线路 bus>/{p.channel}", p, "每条 Modbus 线路（link：每条线路） each Modbus line (link: each line)")
    yield _point(
        f"<线路 bus>/{PANEL_CLOCK.channel}", PANEL_CLOCK, "主机自己打时间的线路 a line whose panel writes its own time"
    )


def _point(id: str, p: BoxPoint, when: str) -> str:
    q = QUANTITIES[p.quantity]
    return f"| `{id}` | {p.name} | {q.zh} {q.id} | {q.unit} | {when} |"


def _metrics() -> Iterator[str]:
    yield "| 指标 metric | type | 含义 help |"
    yield "|---|---|---|"
    yield "| `campus_up` | gauge | Does run answer? |"
    for m in METRICS:
        yield f"| `{m.name}` | {m.type} | {m.help} |"


def _rules(rules: list[dict[str, Any]]) -> Iterator[str]:
    yield "| 规则 rule | 量 | 何时 breached | 回到 returns | 等待 on | 结束 off | 类别 kind | 依据 source |"
    yield "|---|---|---|---|---|---|---|---|"
    for r in rules:
        side = f"≥ {r['high']}" if "high" in r else f"< {r['low']}" if "low" in r else f"= {r['equals']}"
        delays = f"{r['on_delay']} | {r['off_delay']} | {r['alarm']}"
        yield f"| {r['id']} | {', '.join(r['quantities'])} | {side} | {r.get('return_at', '')} | {delays} | {r['source']} |"
    yield ""
    yield "改法 to change one: `rules: {disk-low: {low: 15}}`，限度见 config/rules/box.yaml · within the limits of that file."
    yield f"线路通断（`<bus>/{LINK}`）、无数据的规则见 [rules.md](rules.md) · the rules of a dead line and of no data: rules.md."


if __name__ == "__main__":
    sys.stdout.write(render())
