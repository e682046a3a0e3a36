"""Refused lines over the socket and on the command line."""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.asked import Asked
from gateway.commands import _client, stream
from gateway.local import RequestError
from gateway.store.readings import Refused


class Log:
    broken = False

    async def refusals(self, limit: int) -> list[Refused]:
        return [Refused("influx", "b", 1, "bad line", "400", 5)]

    async def resend(self) -> tuple[int, int]:
        if self.broken:
            raise sqlite3.OperationalError("disk I/O error")
        return 5, 1


class Way:
    """The uplink as far as it is asked here."""

    async def refused_events(self) -> list[tuple[int, bytes, str]]:
        return [(9, b'{"kind":"raised","wall":7}', "Not authorized")]

    def resend_events(self) -> int:
        return 3


async def test_sending_again() -> None:
    log = Log()
    ask = Asked(*[None] * 3, log, Way(), None).questions()["resend"]  # type: ignore[arg-type, list-item]
    assert await ask({}) == {"again": 5, "gone": 1, "events": 3}
    alone = Asked(*[None] * 3, log, None, None).questions()["resend"]  # type: ignore[arg-type, list-item]
    assert await alone({}) == {"again": 5, "gone": 1, "events": 0}
    log.broken = True
    with pytest.raises(RequestError) as error:
        await ask({})
    assert error.value.code == "history-down"


async def test_events_stand_before_lines_in_the_list() -> None:
    ask = Asked(*[None] * 3, Log(), Way(), None).questions()["refused"]  # type: ignore[arg-type, list-item]
    event, line = await ask({})
    assert event == {
        "dest": "broker", "boot": "", "seq": 9, "line": '{"kind":"raised","wall":7}', "why": "Not authorized", "wall": 7,
    }  # fmt: skip
    assert (line["dest"], line["line"]) == ("influx", "bad line")


STREAM = {
    "events_refused": 0,
    "why": "",
    "enabled": True,
    "connected": True,
    "backlog": 7,
    "refused": 2,
    "last_receipt": None,
    "problem": "",
    "twin": False,
}


@pytest.mark.parametrize(
    ("verb", "answer", "code", "said"),
    [
        ("status", {"stream": STREAM}, 0, ["7 帧", "还没有"]),
        ("status", {"stream": STREAM | {"twin": True}}, 1, ["同一个 site.id"]),
        ("status", {"stream": STREAM | {"connected": False, "problem": "no route"}}, 1, ["no route"]),
        ("status", {"stream": STREAM | {"events_refused": 4, "why": "Not authorized"}}, 1, ["4 条", "Not authorized"]),
        ("status", {"stream": STREAM | {"enabled": False}}, 0, ["没有配置上行"]),
        ("refused", [{"line": "bad line", "why": "400", "wall": 0}], 0, ["bad line", "400", "1 条"]),
        ("refused", [], 0, ["没有被拒收"]),
        ("resend", {"again": 5, "gone": 0, "events": 2}, 0, ["5 条", "2 条事件"]),
        ("resend", {"again": 5, "gone": 1, "events": 0}, 1, ["30 天"]),
    ],
)
def test_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str, answer: Any, code: int, said: list[str]
) -> None:
    monkeypatch.setattr(stream, "ask", lambda data, request, timeout=10.0: {"data": answer})
    assert stream.run(argparse.Namespace(verb=verb, data=Path("/x"))) == code
    out = capsys.readouterr().out
    assert all(word in out for word in said), out


def test_without_a_run_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stream.run(argparse.Namespace(verb="status", data=tmp_path)) == 1
    assert "campus-gateway run" in capsys.readouterr().err
    assert _client.living(tmp_path) is False
