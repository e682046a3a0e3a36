"""The one JSON form that is hashed, sent and stored. Nothing else may go in here."""

from __future__ import annotations

import json

from gateway.jsonable import to_jsonable


def canonical(value: object) -> bytes:
    """Keys sorted, no spaces, UTF-8 (a lone surrogate becomes "?"). Raises TypeError for what has no JSON form."""
    text = json.dumps(to_jsonable(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")
