"""How the guard room says a place: the recording as WAV for whoever names places or walks them, and what nobody has recorded."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from alerts.plant import Plant
from gateway.shipped import data_dir
from gateway.speech import OWN, SHIPPED, Words, joined, pieces

MOST = 14  # characters of a place
Json = dict[str, Any]


def spoken(data: Path, text: str) -> Json:
    """{"text", "wav": base64 ("" when no word of it is recorded), "missing": characters that are not said}."""
    words = Words(data_dir() / SHIPPED, data / OWN)
    found, missing = pieces(text[:MOST], words.known())
    sound = joined(found, words.samples, 1) if found else b""
    return {"text": text[:MOST], "wav": base64.b64encode(sound).decode(), "missing": "".join(missing)}


async def answer(data: Path, plant: Plant, request: Json) -> Json:
    """The place of args `zone`, or the words `text` before they are in force."""
    zone = plant.zones.get(str(request.get("zone", "")))
    return await asyncio.to_thread(spoken, data, zone.name if zone else str(request.get("text", "")))
