"""Prints docs/devices.md from the profiles: python -m tools.devices_md > docs/devices.md. Writes no file itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from drivers.profile import Channel, Profile, profile_from_dict
from drivers.quantities import QUANTITIES
from drivers.switch import Output

PROFILES = Path(__file__).resolve().parents[1] / "config" / "profiles"

HEAD = """# 设备型号 / Device models

由 `config/profiles/*.yaml` 生成，不要手改：`python -m tools.devices_md > docs/devices.md`。
Generated from `config/profiles/*.yaml`; do not edit: `python -m tools.devices_md > docs/devices.md`.
加一个型号 / to add a model: [add-a-device.md](add-a-device.md).

| 验证 verified | 含义 | meaning |
|---|---|---|
| `frames` | 寄存器表已读，并有来源自己的报文为证 | map read, and proved by frames of the source itself |
| `map` | 寄存器表已读（手册或在用驱动），报文为手写 | map read (manual or a deployed driver), frames written by hand |
| `partial` | 有一部分凭推断或记忆，见注意事项；装时必须核对 | part inferred or recalled, see the notes; check on site |
| `false` | 寄存器表不公开，地址只是占位，必须在现场覆盖 | no public map, placeholder addresses, to be overridden |

无论哪一级，装好后都要逐路实际触发一次。Whatever the level, trigger every point once after installing.
"""


def load(folder: Path = PROFILES) -> list[Profile]:
    """All profiles by id. Raises ProfileError at the first that is wrong."""
    yaml = YAML(typ="safe", pure=True)
    return [profile_from_dict(yaml.load(path.read_text("utf-8")), path.name) for path in sorted(folder.glob("*.yaml"))]


def render(profiles: list[Profile]) -> str:
    return "\n".join([HEAD, *_table(profiles), "", *(line for profile in profiles for line in _section(profile))])


def _table(profiles: list[Profile]) -> Iterator[str]:
    yield "| id | 名称 | 厂家 型号 | 类别 kind | 验证 |"
    yield "|---|---|---|---|---|"
    for p in profiles:
        yield f"| [{p.id}](#{p.id}) | {p.name_zh} | {p.vendor} {p.model} | {p.kind} | `{p.verified}` |"


def _section(p: Profile) -> Iterator[str]:
    yield f"## {p.id}"
    yield ""
    line = "线路协议见 [panels.md](panels.md)" if p.framed else f"出厂 {p.baud} {p.framing}，地址 {p.unit}"
    yield f"{p.name_zh} · {p.vendor} {p.model} · 验证 `{p.verified}` · {line}"
    yield ""
    for caveat in p.caveats:
        yield f"- {caveat}"
    yield f"- 来源 source: {p.source}"
    yield ""
    yield "| 通道 channel | 名称 | 量 quantity | 单位 | 寄存器 | 出处 page |"
    yield "|---|---|---|---|---|---|"
    for c in p.channels:
        q = QUANTITIES[c.quantity]
        yield f"| {c.id} | {c.name} | {q.zh} {q.id} | {q.unit} | {_place(c)} | {c.page} |"
    if p.outputs:
        yield ""
        yield "输出 outputs: " + ", ".join(
            f"{o.id} ({_written(o)}, {f'读回 {o.readback}' if o.readback else '没有读回'})" for o in p.outputs
        )
    yield ""


def _written(o: Output) -> str:
    if not o.raw_on:
        return f"FC{o.function:02d} 0x{o.address:04X}"
    timer = f"，{o.timer // 1000} 秒没人续写就断开" if o.timer else ""
    return f"整帧 {o.raw_on} / {o.raw_off}，每 {o.renew // 1000} 秒重写{timer}"


def _place(c: Channel) -> str:
    if c.signal:
        return f"信号 {c.signal}" + ("，未登记地址" if c.unlisted else "") + ("，取反" if c.invert else "")
    parts = [f"{c.space} 0x{c.address:04X} {c.type}", c.order if c.words == 2 else "", f"& 0x{c.mask:04X}" if c.mask else ""]
    parts += [f"× {c.scale:g}" if c.scale != 1 else "", f"+ {c.offset:g}" if c.offset else "", "取反" if c.invert else ""]
    parts += [f"{c.within.low:g}～{c.within.high:g}" if c.within else "", ", ".join(f"{k}→{v}" for k, v in c.states.items())]
    return " ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.stdout.write(render(load()))
