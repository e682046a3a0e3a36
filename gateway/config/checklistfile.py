"""Response checklists of config/checklists/*.yaml: kind of alarm -> what is to be done. Mistakes are findings. No judgement here."""

from __future__ import annotations

from typing import Any

from alerts.kinds import KINDS
from alerts.plant import Item
from gateway.config.findings import Finding
from gateway.config.model import ID
from gateway.config.source import Source

Checklists = dict[str, tuple[Item, ...]]


def read(source: Source) -> tuple[Checklists, list[Finding]]:
    """{"kinds": [...], "items": [{"id", "zh", "en"} ...]} of one file, for each of its kinds."""
    try:
        kinds, items = checklist_from_dict(source.data)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        why = f"缺少 {error} · {error} is missing" if isinstance(error, KeyError) else str(error)
        return {}, [source.finding("CFG-028", (), why=why)]
    return dict.fromkeys(kinds, items), []


def checklist_from_dict(data: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Item, ...]]:
    """Raises KeyError, ValueError or TypeError, in words."""
    kinds = tuple(data["kinds"])
    if strange := [k for k in kinds if k not in KINDS]:
        raise ValueError(f"没有这种报警 no such kind of alarm: {' '.join(map(str, strange))}")
    items = tuple(Item(str(i["id"]), str(i["zh"]), str(i["en"])) for i in data["items"])
    if not items or len({i.id for i in items}) != len(items) or not all(ID.fullmatch(i.id) for i in items):
        raise ValueError("每一项要有不同的 id（小写字母、数字、短横线） · each item needs an id of its own")
    return kinds, items
