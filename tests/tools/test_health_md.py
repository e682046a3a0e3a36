"""docs/health.md is what the tables say, and every quantity of the box has a rule or is only shown for a reason."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from gateway.boxpoints import OWN
from tools import health_md

ROOT = Path(__file__).resolve().parents[2]
# threads and unanswered questions: dead devices have alarms of their own; frames waiting are judged by their age; a modem that is
# not registered is a channel out of order
ONLY_SHOWN = {"threads", "line-silent", "backlog", "modem-network"}


def test_health_md_is_current() -> None:
    assert (ROOT / "docs/health.md").read_text("utf-8") == health_md.render(), "run: python -m tools.health_md > docs/health.md"


def test_every_quantity_of_the_box_has_its_rule() -> None:
    rules = YAML(typ="safe", pure=True).load((ROOT / "config/rules/box.yaml").read_text("utf-8"))["rules"]
    assert {q for r in rules for q in r["quantities"]} == OWN - ONLY_SHOWN
