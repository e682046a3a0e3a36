"""Prints docs/rules.md from config/rules: python -m tools.rules_md > docs/rules.md. Writes no file itself."""

# ruff: noqa: E501 - rows of a table

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from alerts.kinds import KINDS
from drivers.quantities import GASES, QUANTITIES
from gateway.config import library
from gateway.config.source import Finding, read

HEAD = """# 默认规则 / Default rules

由 `config/rules/*.yaml` 生成，不要手改：`python -m tools.rules_md > docs/rules.md`。
Generated from `config/rules/*.yaml`; do not edit: `python -m tools.rules_md > docs/rules.md`.

每个学校不用写规则就有这些判断；要改数字时按规则名写，只能在硬限之内：
Every site gets these judgements without writing one. A site changes numbers by the rule's name, within its hard limits:

```yaml
rules:
  residual-current-alarm: {high: 400}
```

每个文件是一个列表 `rules`；每一条变成一条规则，点位是所有符合的点位。Each file holds a list `rules`; an entry becomes one rule whose
points are all points it fits.

| Key | Meaning |
|---|---|
| `id` | name of the rule, unique over all files |
| `kind` | one of the kinds below (`alerts/rules/<kind>.py`) |
| `alarm` | row of `alerts/kinds.py`: lamp, severity, latching, outputs |
| `quantities` | list of quantities it fits, or `any`: every point but a line's own `link` |
| `zones` | kinds of zone it fits; absent: every zone, and points without one |
| `stores` | `true` instead of `quantities`: one rule per store of the site file, id `<id>-<store>`, point = the store's `door` |
| `group` | of the rules of one group only the first that fits a point applies to it |
| `exposure` | `true`: limits are shares of the gas's exposure limit, one rule per gas, id `<id>-<gas>` |
| `on_delay`, `off_delay` | durations (`0s`, `10m`, `2h`); the off-delay starts at the first good clear reading and ends with a later one |
| `policy` | name of an escalation policy of `config/escalation` |
| `what` | short words for the message, `zh` and `en` |
| `source` | where the number comes from |
| `limits` | hard limits of a site's change, per key, inclusive: `{high: [20, 1000]}`; a key without limits is not the site's to change |
| `advised` | a change outside gets a warning |
| `less_than` | its limit must stay below that of this rule, at every site |

When a site changes `high`, `low` or `rise` without `return_at`, `return_at` moves so that their distance is kept in proportion.

## 规则种类 / The kinds

No kind calls a point clear that is not GOOD: an unknown never clears. What a kind remembers (marked m) is not kept over a restart:
until it has seen enough again it says unknown, so an open alarm stays open (docs/decisions/0006-what-a-rule-remembers.md).

| Kind | Keys | Breached |
|---|---|---|
| `threshold` | `high` or `low`, `return_at` | at ≥ high (below low); clear again below (from) `return_at` when it was breached before. Up to four levels of one point are four rules |
| `state` | `equals` | the value is this |
| `no_data` | – | the point gives nothing (stale or fault) |
| `rate` m | `rise` and `return_at` per minute, `window`, `samples`, `gap` | the regression over `window` rises faster; unknown before `samples` values span half of it, everything is forgotten after `gap` of silence |
| `deviation` | `of`, `share`, `return_share`, `above` | at ≥ `share` of the limit of rule `of`, and more than `above` over what the point usually shows at this hour (its median over ≥ 14 days of the same kind, school day or not); UNKNOWN, no alarm, while that is not known. The evidence names the usual value, its sigma, days and hours |
| `stuck` m | `after`, `span` | the value has not moved by more than `span` for `after` |
| `chatter` m | `times`, `within` | the state came on `times` times `within` |
| `k_of_n` | `k`, and `equals` or `high`/`low` with `return_at` | `k` points of one zone at once; one rule per zone, id `<id>-<zone>` |
| `combination` | `expr` | rules joined by `and`, `or`, `not`: an operand is any point of that rule in the same zone; unknown is carried through (Kleene) |
| `timetable` | `equals`, `during` | the value is this while the place is `closed` (outside 08:00–18:00 of school days) or `asleep` (docs/roster.md) |
| `cabinet` | `case` | one deviation of a store with two locks (docs/store.md) |
"""

TAIL = """

The box's own alarms (cannot record, cannot call, an output without feedback) have no entry here: they are raised by the engine, under
the policy of the same name where there is one.
"""
OWN = (
    "high",
    "low",
    "rise",
    "equals",
    "of",
    "share",
    "above",
    "after",
    "span",
    "times",
    "within",
    "k",
    "expr",
    "during",
    "case",
)
# Quantities without a default rule of their own, and why. Silence of theirs is a fault like any other's (`no-data`).
UNJUDGED: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("alert",): ("设备自己的提示；判断它的测量值或报警位", "a device's own hint: what it measures, or its alarm bit, is judged"),
    ("ack-button",): ("收到按钮：是回答，不是报警", "the button 收到 is an answer, no alarm"),
    ("identity",): ("读卡器：由双锁规则判断", "a card reader's: the store's rules judge it"),
    ("output", "fan-run"): ("输出的反馈：要求了而没有动作才是故障", "an output's feedback: a fault when it was asked for and does not follow"),
    ("contact",): ("没有写明用途的触点：在 channels 里写它是什么", "a contact that nobody has named yet: write under `channels` what it is"),
    ("leak-distance", "rpm", "percent", "weight", "resistance", "leak-current", "code", "count", "number"): (
        "没有公认的限值，随型号不同", "no limit holds for every model",
    ),
    ("co2", "voc", "pm25", "pm10"): ("空气质量，不是险情：只记录", "air to breathe, no danger to life: recorded"),
    ("voltage", "current", "power", "energy", "frequency", "power-factor"): (
        "用电计量：险情由剩余电流、线缆温度和电弧判断", "metering: residual current, cable temperature and arc tell the danger",
    ),
    ("threads", "backlog", "line-silent", "modem-network"): (
        "报警盒自查的数字：由 open-files、backlog-age、no-data 和通道故障判断",
        "figures of the box: open-files, backlog-age, no-data and the fault of a channel tell",
    ),
}  # fmt: skip


def render() -> str:
    return "\n".join([HEAD, *_rules(), *_unjudged(), *_gases()]) + TAIL


def _unjudged() -> Iterator[str]:
    yield "\n## 只显示和记录 / Shown and recorded only\n"
    yield "没有默认规则的量；没有数据时照样是故障。Quantities without a default rule; silence is a fault all the same.\n"
    yield "| 量 quantity | 原因 | why |"
    yield "|---|---|---|"
    yield from (f"| {', '.join(names)} | {zh} | {en} |" for names, (zh, en) in UNJUDGED.items())


def _rules() -> Iterator[str]:
    yield "## 规则 / The rules\n"
    yield "| 规则 rule | 含义 | 种类 kind | 适用 fits | 判据 breached | 延时 on / off | 自锁 latches | 硬限 hard limits | 来源 source |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for path in sorted((library.data_dir() / "rules").glob("*.yaml")):
        source = read(path)
        assert not isinstance(source, Finding), source
        for rule in source.data["rules"]:
            yield _row(rule)


def _row(rule: Mapping[str, Any]) -> str:
    quantities = rule.get("quantities", [])
    fits = "store" if "stores" in rule else quantities if isinstance(quantities, str) else ", ".join(quantities)
    if "zones" in rule:
        fits += f" in {', '.join(rule['zones'])}"
    what = " ".join(f"{k} {_plain(rule[k])}{_unit(rule, k)}" for k in OWN if k in rule)
    limits = "<br>".join(f"{k} {_plain(a)}–{_plain(b)}" for k, (a, b) in rule.get("limits", {}).items())
    advised = "".join(f"<br>({k} {_plain(a)}–{_plain(b)})" for k, (a, b) in rule.get("advised", {}).items())
    back = f", back at {_plain(rule['return_at'])}" if "return_at" in rule else ""
    latches = "是 yes" if KINDS[rule["alarm"]].latching else ""
    cells = (
        f"`{rule['id']}`", rule["what"]["zh"], rule["kind"], fits, what + back, f"{rule['on_delay']} / {rule['off_delay']}",
        latches, limits + advised, rule["source"],
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _unit(rule: Mapping[str, Any], key: str) -> str:
    if key not in ("high", "low", "rise") or not isinstance(rule["quantities"], list):
        return ""
    unit = "× OEL" if rule.get("exposure") else QUANTITIES[rule["quantities"][0]].unit
    return f" {unit}" + ("/min" if key == "rise" else "")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _gases() -> Iterator[str]:
    yield "\n## 有毒气体 / Toxic gases\n"
    yield "GBZ 2.1-2019 (recalled), ppm at 20 °C. 别的气体要写 `oel`；没有写明是哪种气体时 `check` 不通过。"
    yield "Any other gas needs `oel` under the device's channel; `check` refuses a toxic gas that nobody names.\n"
    yield "| `gas` | 名称 | OEL, ppm | 来源 source |"
    yield "|---|---|---|---|"
    yield from (f"| {g.id} | {g.zh} | {g.oel:g} | {g.source} |" for g in GASES.values())


if __name__ == "__main__":
    sys.stdout.write(render())
