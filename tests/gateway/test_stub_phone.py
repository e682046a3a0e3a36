"""The stub phone as the program it is: another process, real HTTP, its log as the evidence."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alerts.channels.faults import GiveUp, TryAgain
from alerts.channels.webhook import Webhook
from alerts.model import Fate, Notification, Severity
from alerts.plant import Person
from gateway.clock import SystemClock

ROOT = Path(__file__).parents[2]
LI = Person("li", "李保安", "duty", "+8613800000001", ("phone",))


def note(key: str = "k-1") -> Notification:
    return Notification(key, "no3-7", "first", "li", "phone", "fire.first", "火警！三号楼", "unacked/0", Severity.FIRE)


@contextmanager
def phone(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    (folder / "secret").write_text("s3cret\n")
    command = [
        sys.executable,
        "-m",
        "gateway.stub_phone",
        "--log",
        str(folder / "log"),
        "--secret-file",
        str(folder / "secret"),
    ]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield ready["url"], process
    finally:
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout is not None
        process.stdout.close()


def log(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log").read_text(encoding="utf-8").splitlines()]


def test_arrivals_are_shown_and_logged_and_a_probe_is_neither(tmp_path: Path) -> None:
    clock = SystemClock()
    with phone(tmp_path) as (url, process):
        hook = Webhook(url, tmp_path / "secret", clock, 30)
        hook.probe()
        before = clock.now().wall
        delivery = hook.send(note(), LI)
        assert delivery.fate is Fate.ACCEPTED and delivery.provider_id == "stub-1"
        assert hook.send(note("k-2"), LI).provider_id == "stub-2"
        assert process.stdout is not None
        assert process.stdout.readline() == "☎ li +8613800000001  火警！三号楼\n"
    rows = log(tmp_path)
    assert [row["key"] for row in rows] == ["k-1", "k-2"]
    assert rows[0] | {"t": 0} == {
        "t": 0, "key": "k-1", "alarm": "no3-7", "person": "li", "phone": "+8613800000001", "text": "火警！三号楼",
        "severity": 7, "repeat": False, "message": "fire.first",
    }  # fmt: skip
    assert isinstance(rows[0]["t"], int) and rows[0]["t"] >= before


def test_a_forged_message_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("guess")
    with phone(tmp_path, "--quiet") as (url, _):
        with pytest.raises(GiveUp, match="401"):
            Webhook(url, tmp_path / "other", SystemClock(), 30).send(note(), LI)
        where = urlsplit(url)
        for headers, body, status in (
            ({}, b"{}", 401),
            ({"X-Campus-Timestamp": "\xe9", "X-Campus-Signature": "\xe9"}, b"{}", 401),
            ({"Content-Length": "x"}, b"", 413),
            ({"Content-Length": "9999999"}, b"", 413),
        ):
            connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=30)
            connection.request("POST", "/", body, headers)
            assert connection.getresponse().status == status
            connection.close()
    assert log(tmp_path) == []


def test_out_of_order(tmp_path: Path) -> None:
    with phone(tmp_path, "--refuse") as (url, _), pytest.raises(TryAgain, match="503"):
        Webhook(url, tmp_path / "secret", SystemClock(), 30).send(note(), LI)
    assert log(tmp_path) == []


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    command = [
        sys.executable,
        "-m",
        "gateway.stub_phone",
        "--log",
        str(tmp_path / "l"),
        "--secret-file",
        str(tmp_path / "secret"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "empty" in done.stderr
