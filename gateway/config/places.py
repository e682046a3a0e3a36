"""Places a guard understands at night: what `check` says of the words of zones. Collects findings; knows nothing else of the file.

Source: people's ways of working §4.11: a place is what the guard hears, so it must be words, tell which place it is, and be recorded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gateway.config.source import Path_
from gateway.shipped import data_dir
from gateway.speech import SHIPPED, Words, pieces

Found = tuple[str, Path_, dict[str, Any]]  # code, where, its words
_WORD = re.compile(r"[\u3400-\u9fff]|[a-z]{3}")  # a Chinese character, or a word of Latin letters


def findings(zones: Iterable[tuple[Path_, Any]], spoken: bool) -> Iterator[Found]:
    """`zones`: where each stands, and the zone. `spoken`: the guard room says places aloud. The school's own recordings are known

    to `run` only, so what nobody has recorded is a warning.
    """
    seen: dict[str, str] = {}
    known = Words(data_dir() / SHIPPED, Path()).known() if spoken else frozenset()
    for at, zone in zones:
        where = (*at, "name")
        flat = unicodedata.normalize("NFKC", zone.name).replace(" ", "").lower()
        if (other := seen.setdefault(flat, zone.id)) != zone.id:
            yield "CFG-072", where, {"value": zone.name, "other": other}
        if not _WORD.search(flat):
            yield "CFG-073", where, {"value": zone.name}
        missing = "".join(pieces(zone.name, known)[1]) if spoken else ""
        if missing:
            yield "CFG-071", where, {"value": zone.name, "missing": missing}
