"""The local socket: numbering, coalescing, urgency, heartbeat, dead and slow peers. Real sockets, no meaning."""

import asyncio
import json
import os
import socket
import stat
from pathlib import Path

import pytest

import gateway.local as local
from gateway.local import AlreadyRunning, LocalClient, LocalServer, RequestError, RunDown, ask_once, merge


class Fake:
    def __init__(self):
        self.now, self.done, self.state = 1000, [], {"v": 1, "points": {}}

    async def ask(self, what, request):
        if what != "echo":
            raise RequestError("bad-request", "不认识", f"unknown question {what}")
        return {"echo": request.get("word")}

    def snapshot(self):
        return self.state

    async def do(self, command, uid):
        self.done.append((command, uid))
        return {"ok": True, "code": "acked", "text": {"zh": "已记录", "en": "recorded"}, "seq": 7}

    def now_ms(self):
        return self.now


@pytest.fixture
async def served(tmp_path):
    handler = Fake()
    async with LocalServer(tmp_path / "run.sock", handler) as server:
        yield tmp_path / "run.sock", handler, server


async def nxt(stream):
    async with asyncio.timeout(20):
        return await anext(stream)


async def test_ask_do_and_errors(served):
    path, handler, _ = served
    client = LocalClient(path)
    assert await client.ask("echo", word="烟感") == {"echo": "烟感"}
    assert (await client.ask("snapshot"))["v"] == 1
    assert (await client.do({"id": "a", "verb": "ack"}))["code"] == "acked"
    assert handler.done == [({"id": "a", "verb": "ack"}, os.getuid())]
    with pytest.raises(RequestError) as error:
        await client.ask("nonsense")
    assert error.value.code == "bad-request" and error.value.zh == "不认识"


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b'{"id":3}\n', b'{"id":3,"do":5}\n', b"\xff\xfe\n"])
async def test_bad_lines_are_answered_and_the_connection_lives(served, line):
    path, _, _ = served
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line + b'{"id":9,"ask":"echo","word":"x"}\n')
    assert b"bad-request" in await asyncio.wait_for(reader.readline(), 20)
    assert b'"id":9' in await asyncio.wait_for(reader.readline(), 20)
    writer.close()


async def test_an_endless_line_is_refused_and_cut(served):
    path, _, _ = served
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b"x" * (local.REQUEST_LIMIT + 10))
    assert b"bad-request" in await asyncio.wait_for(reader.readline(), 20)
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_a_fault_of_ours_is_not_called_a_long_request(served, monkeypatch):
    path, handler, _ = served

    async def broken(what, request):
        raise ValueError("zip() argument 2 is longer than argument 1")

    monkeypatch.setattr(handler, "ask", broken)
    heard = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: heard.append(context["exception"]))
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"id":9,"ask":"echo"}\n')
    assert await asyncio.wait_for(reader.read(), 20) == b"", "cut, and said in the log"
    assert [str(one) for one in heard] == ["zip() argument 2 is longer than argument 1"]
    writer.close()


async def test_follow_numbers_coalesces_and_hurries_alarms(served):
    path, _, server = served
    stream = LocalClient(path).follow()
    assert not server.followed
    first = await nxt(stream)
    assert first.kind == "snapshot" and first.data["v"] == 1 and server.followed
    server.push({"points": {"a": {"value": 1}}}, urgent=False)
    server.push({"points": {"b": {"value": 2}}, "journal": {"seq": 1}}, urgent=False)
    server.push({"points": {"a": {"value": 3}}, "journal": {"seq": 2}}, urgent=False)
    assert server._n == first.n  # nothing has gone yet: it waits for company
    server.push({"alarms": {"x": {"state": "unacked"}}}, urgent=True)
    assert server._n == first.n + 1  # it has gone, before push returned
    second = await nxt(stream)
    assert second.n == first.n + 1
    assert second.data["points"] == {"a": {"value": 3}, "b": {"value": 2}}
    assert second.data["journal"] == {"seq": 2} and second.data["alarms"] == {"x": {"state": "unacked"}}
    server.push({"points": {"c": {"value": 4}}}, urgent=False)
    third = await nxt(stream)
    assert (third.n, third.data["points"]) == (second.n + 1, {"c": {"value": 4}})
    await stream.aclose()


async def test_heartbeat_carries_now_alone(served):
    path, handler, _ = served
    stream = LocalClient(path).follow()
    await nxt(stream)
    handler.now = 4711
    beat = await nxt(stream)
    assert beat.kind == "delta" and beat.data == {"now": 4711}
    await stream.aclose()


async def test_a_slow_follower_is_dropped_and_others_go_on(served, monkeypatch):
    path, _, server = served
    monkeypatch.setattr(local, "BEHIND_LIMIT", 100_000)
    deaf_reader, deaf = await asyncio.open_unix_connection(str(path), limit=1024)
    deaf.write(b'{"id":1,"follow":true}\n')
    stream = LocalClient(path).follow()
    await nxt(stream)
    async with asyncio.timeout(30):
        await deaf_reader.readexactly(1)  # its snapshot has begun, so it follows
        while len(server._followers) > 1:
            server.push({"points": {"p": {"pad": "x" * 60_000}}}, urgent=True)
            await nxt(stream)
    server.push({"points": {"p": {"value": 9}}}, urgent=True)
    assert (await nxt(stream)).data["points"] == {"p": {"value": 9}}
    deaf.close()
    await stream.aclose()


async def test_follower_hears_of_the_end(served):
    path, _, server = served
    stream = LocalClient(path).follow()
    await nxt(stream)
    await server.close()
    with pytest.raises(RunDown):
        while True:
            await nxt(stream)
    assert not path.exists()


async def test_silence_is_death(tmp_path):
    async def mute(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(mute, path=str(tmp_path / "run.sock"))
    with pytest.raises(RunDown, match="silent"):
        await anext(LocalClient(tmp_path / "run.sock").follow(silence=0.2))
    with pytest.raises(RunDown, match="silent"):
        await LocalClient(tmp_path / "run.sock").ask("snapshot", timeout=0.2)
    server.close()


async def test_nobody_there(tmp_path):
    with pytest.raises(RunDown):
        await LocalClient(tmp_path / "run.sock").ask("snapshot")
    with pytest.raises(RunDown):
        ask_once(tmp_path / "run.sock", {"ask": "snapshot"}, 1)


async def test_mode_stale_file_and_second_server(served, tmp_path):
    path, handler, _ = served
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with pytest.raises(AlreadyRunning):
        await LocalServer(path, handler).start()
    dead = tmp_path / "dead.sock"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(dead))
    sock.close()
    async with LocalServer(dead, handler):
        assert await LocalClient(dead).ask("echo", word=1) == {"echo": 1}
    (tmp_path / "file").write_text("precious")
    with pytest.raises(FileExistsError):
        await LocalServer(tmp_path / "file", handler).start()
    assert (tmp_path / "file").read_text() == "precious"


async def test_the_kernel_says_who_is_calling(served, monkeypatch):
    path, _, server = served
    monkeypatch.setattr(local, "_peer", lambda sock: local._Peer(1, 54321, 54321))
    with pytest.raises(RequestError) as error:
        await LocalClient(path).ask("echo")
    assert error.value.code == "refused.peer"
    monkeypatch.setattr(local, "_peer", lambda sock: local._Peer(1, 54321, server._group))
    assert await LocalClient(path).ask("echo", word=1) == {"echo": 1}


async def test_blocking_client(served):
    path, _, _ = served
    answer = await asyncio.to_thread(ask_once, path, {"ask": "echo", "word": 5}, 20)
    assert answer == {"id": 1, "ok": True, "data": {"echo": 5}}


def test_merge_keeps_what_a_delta_does_not_name():
    state = {"points": {"a": {"name": "烟感", "value": 1}, "b": {"value": 2}}, "stream": {"backlog": 1}, "now": 1}
    delta = {"points": {"a": {"value": 3}}, "stream": {"backlog": 0}, "now": 2}
    merge(state, delta)
    assert state == {
        "points": {"a": {"name": "烟感", "value": 3}, "b": {"value": 2}},
        "stream": {"backlog": 0},
        "now": 2,
    }
    merge(state, {"points": {"a": {"value": 4}}})
    assert delta["points"] == {"a": {"value": 3}}


def test_a_table_of_the_page_is_a_table_of_its_server():
    """Who opens the page after a delta must find every row that whoever had it open still sees."""
    script = Path(local.__file__).parents[1] / "dashboard/static/state.js"
    (line,) = [row for row in script.read_text("utf-8").splitlines() if row.startswith("const TABLES")]
    tables = set(json.loads(line.partition("=")[2].rstrip(";")))
    assert tables - set(local.MERGED) == set() and "schools" in tables


def test_the_socket_needs_only_the_standard_library():
    text = Path(local.__file__).read_text()
    assert not any(f"import {name}" in text for name in ("fastapi", "pydantic", "uvicorn", "paho"))
