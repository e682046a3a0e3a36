"""How a place is said to whoever names it: the recording, and the characters that nobody has recorded."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path

from gateway.spoken import spoken


def test_a_place_is_one_recording_and_what_is_missing_is_named(tmp_path: Path) -> None:
    found = spoken(tmp_path, "食堂后厨")
    with wave.open(io.BytesIO(base64.b64decode(found["wav"]))) as file:
        assert file.getframerate() == 8_000 and file.getnframes() > 4_000
    assert found["missing"] == ""
    assert spoken(tmp_path, "食堂鑫源厅")["missing"] == "鑫源"
    assert spoken(tmp_path, "鑫") == {"text": "鑫", "wav": "", "missing": "鑫"}
    assert spoken(tmp_path, "一" * 99)["text"] == "一" * 14
