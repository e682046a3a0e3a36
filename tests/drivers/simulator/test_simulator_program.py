"""The program as its users start it: `mbpoll` as the independent master, the log as evidence, commands on stdin."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Campus, wait_for

Start = Callable[..., Campus]


@pytest.fixture(autouse=True)
def mbpoll_is_there() -> None:
    assert shutil.which("mbpoll"), "these tests need an independent Modbus master: apt-get install mbpoll"


def test_mbpoll_reads_all_three_lines(start: Start) -> None:
    campus = start("--ledger")
    loops = campus.poll("rs485-a", 1, "4", 74, 12)
    assert len(loops) == 12 and all(10 < value < 200 for value in loops)
    assert campus.poll("rs485-a", 21, "1", 0, 4) == [1, 0, 0, 0]
    assert campus.poll("rs485-b", 13, "1", 0, 8) == [1, 1, 1, 0, 1, 0, 0, 0]
    state, _, decimals, kind, unit = campus.poll("rs485-b", 1, "4", 256, 5)
    assert (state, decimals, kind, unit) == (0, 1, 1, 0)
    assert all(200 < volt < 250 for volt in campus.poll("tcp", 6, "3:float", 0, 3))
    assert campus.poll("tcp", 1, "4", 2, 2) == [9, 3]
    assert campus.poll("tcp", 13, "1", 0, 2) == [1, 1]
    wait_for(lambda: len(campus.log("read")) == 7)
    assert {e["line"] for e in campus.log("read")} == {"rs485-a", "rs485-b", "tcp"}
    assert campus.log("read")[0]["values"] == loops, "the ledger holds exactly what the master saw"


def test_what_is_written_is_in_the_log_and_its_feedback_follows(start: Start) -> None:
    campus = start("--speed", "10")
    for unit, coil in ((12, 0), (12, 1)):
        assert campus.mbpoll("rs485-b", unit, "0", coil, 1, 1).returncode == 0
    assert campus.poll("rs485-b", 12, "0", 0, 3) == [1, 1, 0]
    written = campus.log("write")
    assert [(e["line"], e["unit"], e["device"], e["space"], e["address"], e["values"]) for e in written] == [
        ("rs485-b", 12, "kitchen-relay", "coil", 0, [1]),
        ("rs485-b", 12, "kitchen-relay", "coil", 1, [1]),
    ]
    wait_for(lambda: len([e for e in campus.log("change") if e["why"] == "interlock"]) == 2)
    assert campus.poll("rs485-b", 11, "1", 0, 2) == [1, 1]


def test_a_tcp_master_may_ask_for_what_is_not_there(start: Start) -> None:
    campus = start()
    assert "Illegal data address" in campus.mbpoll("tcp", 1, "4", 400, 2).stderr
    assert campus.mbpoll("tcp", 77, "4", 0).returncode != 0, "nothing is wired to unit 77"
    assert campus.poll("tcp", 1, "4", 2, 1) == [9]


def test_a_connection_that_speaks_something_else_is_closed(start: Start) -> None:
    campus = start()
    with socket.create_connection(campus.ready["tcp"]) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            assert stranger.recv(64) == b""
        except ConnectionResetError:
            pass  # the same, when our rest was still unread
    assert campus.poll("tcp", 1, "4", 2) == [9]


def test_a_story_plays_by_itself_and_is_told(start: Start) -> None:
    campus = start("--speed", "200", "--scenario", "fire")
    wait_for(lambda: len(campus.log("story")) == 4)

    def smoke() -> list[tuple[str, int]]:
        return [(e["device"], e["value"]) for e in campus.log("change") if e["space"] == "discrete" and e["address"] == 2]

    wait_for(lambda: len(smoke()) == 4)  # told a line after its step of the story
    assert smoke() == [("dorm-smoke-5", 1), ("dorm-smoke-6", 1), ("dorm-smoke-5", 0), ("dorm-smoke-6", 0)]
    assert campus.process.stdout
    assert campus.process.stdout.readline().startswith("[fire] 3号宿舍301室")


def silent(campus: Campus, line: str, unit: int) -> bool:
    campus.patience = "0.5"
    done = campus.mbpoll(line, unit, "1", 0)
    campus.patience = "5"
    return done.returncode != 0 and "timed out" in done.stderr


def test_commands(start: Start) -> None:
    campus = start("--quiet", "--speed", "100")
    campus.tell(set={"line": "rs485-a", "unit": 21, "space": "discrete", "address": 2, "value": 1})
    assert campus.poll("rs485-a", 21, "1", 0, 4) == [1, 0, 1, 0]
    campus.tell(unit={"line": "tcp", "unit": 1, "mode": "dead"})
    assert silent(campus, "tcp", 1)
    campus.tell(unit={"line": "tcp", "unit": 1, "mode": "normal"})
    assert campus.poll("tcp", 1, "4", 2) == [9]
    campus.tell(line={"line": "rs485-b", "mode": "cut"})
    assert silent(campus, "rs485-b", 13)
    campus.tell(line={"line": "rs485-b", "mode": "up"})
    assert campus.poll("rs485-b", 13, "1", 0) == [1]
    campus.tell(story="power")
    wait_for(lambda: len(campus.log("story")) == 2)
    assert not campus.log("refused")
    for wrong in ({"story": "flood"}, {"fly": 1}, {"set": {"line": "tcp"}}, {"unit": {"line": "tcp", "unit": 1, "mode": "?"}}):
        campus.tell(**wrong)
    campus.tell(set={"line": "tcp", "unit": 1, "space": "holding", "address": 900, "value": 1})
    assert len(campus.log("refused")) == 5
    campus.tell(stop=True)
    assert campus.end() == 0
    assert campus.log()[-1]["what"] == "end"


def test_what_was_asked_is_counted(start: Start) -> None:
    campus = start("--quiet")
    for _ in range(3):
        campus.poll("rs485-a", 21, "1", 0, 4)
    campus.poll("tcp", 1, "4", 2)
    wait_for(lambda: any(e["units"].get("21") == 3 for e in campus.log("ask")))
    campus.tell(stop=True)
    assert campus.end() == 0
    last = {e["line"]: e for e in campus.log("ask")}
    assert last["rs485-a"]["units"] == {"21": 3} and last["rs485-a"]["answer"] == 3
    assert last["tcp"]["units"] == {"1": 1}
    assert last["rs485-b"]["question"] == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start: Start, sign: signal.Signals) -> None:
    campus = start()
    with socket.create_connection(campus.ready["tcp"]) as master:
        master.sendall(bytes.fromhex("0001 0000 0006 01 03 0002 0001"))
        assert master.recv(64) == bytes.fromhex("0001 0000 0005 01 03 02 0009")
        campus.process.send_signal(sign)
        assert campus.end() == 0
        assert master.recv(64) == b""
    assert campus.complaints() == "", "open connections are no reason to complain"
    assert campus.log()[-1]["what"] == "end"
    assert not (campus.dir / "rs485-a").is_symlink()


def test_it_ends_with_its_parent(start: Start) -> None:
    campus = start()
    assert campus.process.stdin
    campus.process.stdin.close()
    assert campus.end() == 0


def test_it_starts_again_over_what_a_killed_one_left(start: Start) -> None:
    first = start()
    first.process.kill()
    first.process.wait()
    assert (first.dir / "rs485-a").is_symlink()
    again = start("--dir", str(first.dir))
    assert again.poll("rs485-a", 21, "1", 0, 4) == [1, 0, 0, 0]
    assert Path(again.ready["rs485-a"]).parent == first.dir
