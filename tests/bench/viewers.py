"""200 viewers of the page at once: does an alarm wait for them, and does each of them see it? `run`, page and viewers are processes."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import time
from pathlib import Path

from dashboard.auth import Users
from tests.bench import alarm
from tests.bench.parts import ROOT, free_port, terminate, usage
from tests.bench.site import DEVICES, VALUES

VIEWERS = 200
TIMES = 60
SECONDS = 20.0  # of looking, for the figures of one viewer
GOAL, ALL = DEVICES // 2 * VALUES, DEVICES * VALUES  # changes a second: the goal's, and all that the field has


def run(folder: Path) -> list[str]:
    """Rows of the benchmark's table: without viewers, then with them, in one `run` for each load."""
    table, loads = ["| ms, p50 / p99 / worst | from the reading | from the change |", "|---|---|---|"], []
    for changes in (GOAL, ALL):
        own = folder / str(changes)
        own.mkdir()
        rows, load = _one(own, changes)
        table += rows
        loads += ["", f"{changes} changes/s: {load}"]
    return [*table, *loads]


def _one(folder: Path, changes: int) -> tuple[list[str], str]:
    """(rows, what the page's process took) at so many changes a second."""
    with alarm.school(folder, changes // VALUES) as guard:
        table = alarm.rows(guard, TIMES, f", {changes}/s, nobody looks")
        port, token = free_port(), _viewer(folder / "data")
        page = subprocess.Popen(
            [sys.executable, "-m", "gateway.commands", "dashboard", "--data", str(folder / "data"), "--port", str(port)],
            cwd=ROOT,
        )
        crowd = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.viewers", str(port), token], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert crowd.stdout is not None, "a pipe was asked for"
        try:
            assert crowd.stdout.readline().strip() == "all there", "not every viewer came in"
            start, (cpu, _) = time.monotonic(), usage(page.pid)
            table += alarm.rows(guard, TIMES, f", {changes}/s, {VIEWERS} viewers")
            span, (now, rss) = time.monotonic() - start, usage(page.pid)
            seen = json.loads(crowd.stdout.readline())
        finally:
            for process in (crowd, page):
                terminate(process)
    load = f"page {(now - cpu) / span:.0%} of a core, {rss:.0f} MB"
    return table, f"{load}. A viewer: {seen['events']} events a second, {seen['kb']} kB a second; cut off: {seen['cut']}."


def _viewer(data: Path) -> str:
    """A session of somebody who looks."""
    users, password = Users(data / "dashboard.db"), secrets.token_urlsafe(16)
    users.add("looks", password, "viewer")
    return users.login("looks", password, int(time.time())).token


async def _look(port: int, token: str, there: asyncio.Event, seen: list[int]) -> None:
    """One stream: counts events and bytes; ends where the server ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    writer.write(f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: session={token}\r\n\r\n".encode())
    while line := await reader.readline():
        seen[1] += len(line)
        if line.startswith(b"event:"):
            seen[0] += 1
            there.set()


async def _crowd(port: int, token: str) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(600):  # the page starts
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            break
        except OSError:
            await asyncio.sleep(0.1)
    counts = [[0, 0] for _ in range(VIEWERS)]
    came = [asyncio.Event() for _ in range(VIEWERS)]
    viewers = [asyncio.create_task(_look(port, token, *one)) for one in zip(came, counts, strict=True)]
    async with asyncio.timeout(120):
        for one in came:
            await one.wait()
    print("all there", flush=True)
    before, start = [list(c) for c in counts], loop.time()
    await asyncio.sleep(SECONDS)
    span = (loop.time() - start) * VIEWERS
    events, size = (sum(now[n] - then[n] for now, then in zip(counts, before, strict=True)) for n in (0, 1))
    cut = sum(viewer.done() for viewer in viewers)
    print(json.dumps({"events": round(events / span, 1), "kb": round(size / span / 1000, 1), "cut": cut}), flush=True)
    await asyncio.gather(*viewers)


if __name__ == "__main__":
    asyncio.run(_crowd(int(sys.argv[1]), sys.argv[2]))
