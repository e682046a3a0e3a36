"""Write the table of shipped policies in docs/escalation.md from config/escalation. `python -m tools.escalation_md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "escalation.md"
BEGIN, END = "<!-- policies -->\n", "<!-- /policies -->\n"
HEAD = """| 策略 Policy | 事件 Event | `unacked` | `unverified` | `always` | `loop` |
|---|---|---|---|---|---|
"""
DURING = {"asleep": "睡眠时间 asleep", "not-falling": "不降时 not falling", "daily": "每天10:00 daily"}


def table() -> str:
    rows = [_row(path) for path in sorted((ROOT / "config" / "escalation").glob("*.yaml"))]
    return HEAD + "".join(rows)


def page() -> str:
    """The whole document with its table made anew."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def _row(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    policy: dict[str, Any] = YAML(typ="safe").load(text)
    event = text.splitlines()[0].removeprefix("# ").strip()
    cells = [
        "<br>".join(_step(s) for s in policy["steps"] if s["when"] == when) or "–"
        for when in ("unacked", "unverified", "always")
    ]
    if "repair" in policy:
        cells[2] += f"<br>{policy['repair']}: 自动报修 a repair is asked for"
    return f"| `{policy['policy']}` | {event} | {' | '.join(cells)} | {policy.get('loop', '–')} |\n"


def _step(step: dict[str, Any]) -> str:
    words = f"{step['after']} {', '.join(step['to'])}: `{step['message']}`"
    notes = [DURING[step["during"]]] if step.get("during") else []
    notes += [f"每 every {step['every']}"] if step.get("every") else []
    notes += ["清单 day list"] if step.get("listed") else []
    notes += ["只发短信 text only"] if not step.get("rung", True) else []
    return words + (f" ({', '.join(notes)})" if notes else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
