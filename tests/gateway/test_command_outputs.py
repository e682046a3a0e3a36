"""`outputs test` of what nothing reads back: it says so, and what to look at; it blames no wiring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools_school import command
from tools_site import compiled


def test_what_nothing_reads_back_is_left_to_the_eye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(
        tmp_path, [("a", "modbus-rtu", "/dev/null", 9600)], [("th", "jxct-th", "a", 1), ("siren", "alarm-lamp-v2", "a", 9)],
        more="outputs: [{id: siren/sound, role: room-sounder, zone: hall}]\n",
    )  # fmt: skip
    site = json.loads((tmp_path / "site.compiled.json").read_text(encoding="utf-8"))
    wants: Iterator[bool] = iter((False, True, True, False))

    def ask_once(path: Path, request: dict[str, Any], timeout: float = 10.0) -> dict[str, Any]:
        if "do" in request:
            return {"ok": True, "text": {"zh": "好", "en": "done"}}
        if request["ask"] == "config":
            return {"ok": True, "data": site}
        output = {"role": "room-sounder", "zone": "hall", "building": "", "want": next(wants), "is": None}
        return {"ok": True, "data": {"now": 0, "outputs": {"siren/sound": output}}}

    monkeypatch.setattr("gateway.commands._lines.living", lambda data: True)
    monkeypatch.setattr("gateway.local.ask_once", ask_once)
    text = command("outputs", "test", "siren/sound", "--yes", "--as", "fitter", "--data", str(tmp_path))
    assert "没有回读" in text and "did it act" in text and "查继电器" not in text
