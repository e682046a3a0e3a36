"""`journal export` of a folder whose `run` was killed: its socket is still there, nobody listens, the file answers."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from alerts.model import Event, Outcome
from drivers.reading import Now
from gateway.clock import SystemClock
from gateway.commands import main
from gateway.store.journal import Journal


def test_a_socket_left_behind_does_not_hide_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path / "journal.db", "s", "boot-1", SystemClock(), reserve=1 << 16)
    now = Now(1_800_000_000_000, 1)
    journal.commit(Outcome((Event(1, "", "boot", "", "", "", "", {}, now, True),)), now)
    journal.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(tmp_path / "run.sock"))
    assert main(["journal", "export", "--data", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "boot"
    assert main(["journal", "verify", "--data", str(tmp_path)]) == 0
