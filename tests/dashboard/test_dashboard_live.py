"""The fan-out of the local socket: snapshot first, resume from the ring, slow pages start anew, `run` going away."""

import asyncio
import json

import pytest

from dashboard import live as module
from dashboard.live import Live
from gateway.local import LocalClient, LocalServer


class Handler:
    def __init__(self, state):
        self.state = state

    async def ask(self, what, request):
        raise AssertionError("the page's follower asks nothing")

    def snapshot(self):
        return self.state

    async def do(self, command, uid):
        raise AssertionError("the page's follower orders nothing")

    def now_ms(self):
        return 5


@pytest.fixture
async def followed(tmp_path, kit):
    path = tmp_path / "run.sock"
    live = Live(LocalClient(path))
    async with LocalServer(path, Handler(kit.school())) as server:
        task = asyncio.create_task(live.run())
        async with asyncio.timeout(20):
            first = await anext(live.follow(""))
            while first.event == "down":
                first = await anext(live.follow(""))
                await asyncio.sleep(0.01)
        yield live, server, path
        task.cancel()


async def take(stream):
    async with asyncio.timeout(20):
        return await anext(stream)


async def test_snapshot_then_deltas_merged_into_the_state(followed, kit):
    live, server, _ = followed
    page = live.follow("")
    first = await take(page)
    assert first.event == "snapshot" and json.loads(first.data)["site"]["id"] == "no3"
    server.push({"alarms": {"no3-1": kit.alarm()}, "points": {"pump/level": {"value": 1.0}}}, urgent=True)
    second = await take(page)
    while "alarms" not in json.loads(second.data):
        second = await take(page)
    assert second.event == "delta" and live.state["alarms"]["no3-1"]["number"] == 7
    assert live.state["points"]["pump/level"]["value"] == 1.0 and live.state["points"]["pump/level"]["unit"] == "m"
    server.push({"alarms": {"no3-1": kit.alarm(state="normal")}}, urgent=True)
    while "alarms" not in json.loads((await take(page)).data):
        pass
    assert live.state["alarms"] == {}


async def test_a_page_resumes_where_it_was_or_starts_anew(followed):
    live, server, _ = followed
    page = live.follow("")
    seen = [await take(page)]
    for value in range(5):
        server.push({"outputs": {"pump/on": {"want": bool(value % 2)}}}, urgent=True)
        seen.append(await take(page))
    again = live.follow(seen[2].id)
    assert [(await take(again)).id for _ in range(3)] == [message.id for message in seen[3:6]]
    for old in ("", "other-3", seen[0].id.split("-")[0] + "-999999", "x", seen[0].id.split("-")[0] + "-²"):
        assert (await take(live.follow(old))).event == "snapshot", old


async def test_what_left_the_ring_means_a_snapshot(followed, monkeypatch):
    live, server, _ = followed
    monkeypatch.setattr(module, "RING_BYTES", 200)
    page = live.follow("")
    first = await take(page)
    for value in range(6):
        server.push({"outputs": {"pump/on": {"want": bool(value % 2)}}}, urgent=True)
        await take(page)
    assert (await take(live.follow(first.id))).event == "snapshot"


async def test_a_page_that_does_not_read_holds_nothing_back_and_starts_anew(followed, monkeypatch):
    live, server, _ = followed
    monkeypatch.setattr(module, "RING_BYTES", 200)
    slow, quick = live.follow(""), live.follow("")
    await take(slow)  # then reads no more
    await take(quick)
    for value in range(6):
        server.push({"outputs": {"pump/on": {"want": bool(value % 2)}}}, urgent=True)
        last = await take(quick)
    again = await take(slow)
    assert again.event == "snapshot" and again.id == last.id
    assert json.loads(again.data)["outputs"]["pump/on"]["want"] is True


async def test_every_page_is_sent_the_same_bytes(followed):
    live, server, _ = followed
    pages = [live.follow("") for _ in range(3)]
    whole = [await take(page) for page in pages]
    server.push({"outputs": {"pump/on": {"want": True}}}, urgent=True)
    for messages in (whole, [await take(page) for page in pages]):
        assert all(message.sent is messages[0].sent for message in messages)


async def test_run_going_away_is_told_and_its_return_too(followed, kit):
    live, server, path = followed
    page = live.follow("")
    await take(page)
    await server.close()
    message = await take(page)
    while message.event != "down":
        message = await take(page)
    late = live.follow("")
    assert [(await take(late)).event for _ in range(2)] == ["snapshot", "down"]
    async with LocalServer(path, Handler({**kit.school(), "boot": "second"})):
        while message.event != "snapshot":
            message = await take(page)
        assert json.loads(message.data)["boot"] == "second" and live.down == ""
