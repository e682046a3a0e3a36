"""The grammar a line must pass before a database sees it. Pure; stricter than any engine, so no engine drops a line unseen."""

from __future__ import annotations

import math
import re
from functools import lru_cache

# Our own names (design §4: ids) as measurement and tag key; a tag value may hold escaped commas, equals and spaces.
# A bare backslash is refused: engines disagree on what it escapes.
_MEASUREMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_VALUE = re.compile(r"(?:[^,= \\\x00-\x1f\x7f]|\\[,= ]){1,256}")
_TAGS = re.compile(r"(?:\\.|[^,\\])+")
_FLOAT = re.compile(r"-?\d{1,32}(?:\.\d{1,32})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_STAMP = re.compile(r"(\d{12,13})000000", re.ASCII)

_MAX_LINE = 1024
_QUALITIES = frozenset({"0i", "1i", "2i", "3i"})
_REQUIRED = ("district", "site", "device", "point")
_RESERVED = frozenset({"time", "db"})  # InfluxDB's own column; VictoriaMetrics' label of the database
_FIRST_MS = 946_684_800_000  # 2000-01-01: an earlier stamp is a clock that was never set
_LAST_MS = 9_223_372_036_854  # the last whole millisecond that fits 64 bits of ns


def check_line(line: bytes, site: str, district: str) -> str | None:
    """None when `line` (without its line end) is a reading of this box, else why not, in a few words.

    A reading: measurement, tags with at least district, site, device and point, a field `quality` 0i..3i, a finite
    float field `value` unless quality is 2 or 3, no other field, and a stamp in whole ms written as ns, after 2000.
    """
    if len(line) > _MAX_LINE:
        return f"longer than {_MAX_LINE} bytes"
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    head, _, stamp = text.rpartition(" ")
    series, _, fields = head.rpartition(" ")
    if not series or not fields or not stamp:
        return "not <measurement,tags> <fields> <stamp>"
    return _series(series, site, district) or _fields(fields) or _stamp(stamp)


@lru_cache(maxsize=65536)
def _series(series: str, site: str, district: str) -> str | None:
    # Remembered, because a box repeats its few hundred series for ever and this is most of the work.
    tokens = _TAGS.findall(series)
    if ",".join(tokens) != series or not _MEASUREMENT.fullmatch(tokens[0]):
        return "bad measurement"
    tags: dict[str, str] = {}
    for pair in tokens[1:]:
        key, _, value = pair.partition("=")
        if not _KEY.fullmatch(key) or key in _RESERVED or not _VALUE.fullmatch(value):
            return f"bad tag {key[:32]!r}"
        if key in tags:
            return f"tag {key} twice"
        tags[key] = value
    for key in _REQUIRED:
        if key not in tags:
            return f"no tag {key}"
    if (tags["district"], tags["site"]) != (district, site):
        return f"district or site is not this topic's {district}/{site}"
    return None


def _fields(fields: str) -> str | None:
    found: dict[str, str] = {}
    for pair in fields.split(","):
        key, _, value = pair.partition("=")
        if key not in ("value", "quality"):
            return f"field {key[:32]!r} is neither value nor quality"
        if key in found:
            return f"field {key} twice"
        found[key] = value
    quality = found.get("quality")
    if quality not in _QUALITIES:
        return "quality is not 0i to 3i"
    if "value" not in found:
        return None if quality in ("2i", "3i") else "no value though quality is good"
    if not _FLOAT.fullmatch(found["value"]) or not math.isfinite(float(found["value"])):
        return "value is not a finite number"
    return None


def _stamp(stamp: str) -> str | None:
    match = _STAMP.fullmatch(stamp)
    if match is None or not _FIRST_MS <= int(match[1]) <= _LAST_MS:
        return "stamp is not whole milliseconds in ns since 2000"
    return None
