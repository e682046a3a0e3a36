"""`journal export` of a folder whose `run` was killed: its socket is still there, nobody listens, the file answers."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from alerts.model import Event, Outcome
from drivers.reading import Now
from gateway.clock import SystemClock
from gateway.commands import main
from gateway.store.journal import Journal


def journal_of_one(folder: Path) -> None:
    journal = Journal(folder / "journal.db", "s", "boot-1", SystemClock(), reserve=1 << 16)
    now = Now(1_800_000_000_000, 1)
    journal.commit(Outcome((Event(1, "", "boot", "", "", "", "", {}, now, True),)), now)
    journal.close()


def test_a_socket_left_behind_does_not_hide_the_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal_of_one(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(tmp_path / "run.sock"))
    assert main(["journal", "export", "--data", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "boot"
    assert main(["journal", "verify", "--data", str(tmp_path)]) == 0


@pytest.mark.parametrize("verb", ["export", "verify"])
def test_a_run_that_goes_away_while_it_is_asked_is_waited_for(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As one does that starts again with another configuration: it is there, cuts the question off, and is gone."""
    journal_of_one(tmp_path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(tmp_path / "run.sock"))
    server.listen()

    def going() -> None:
        for _ in range(2):  # whether somebody is there, and the question
            server.accept()[0].close()
        server.close()

    leaving = threading.Thread(target=going)
    leaving.start()
    assert main(["journal", verb, "--data", str(tmp_path)]) == 0
    leaving.join()
    said = capsys.readouterr()
    assert ("boot" if verb == "export" else "链条完整") in said.out
    assert "waiting" in said.err


def test_a_folder_without_a_journal_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "export", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "日志读不了" in said.err and "waiting" not in said.err
