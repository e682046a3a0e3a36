"""The page before a stage: the real Box and the page's own server over a theatre's engine, so that a screen sees weeks in seconds.

Only the lines to the devices, the stream and the set-up are missing. Everything lives in one thread, as `run` does.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import uvicorn
from script import Story
from theatre import ZONE, Clock, Theatre

from alerts.model import Command, Outcome, Reply
from dashboard.app import create_app
from dashboard.auth import Users
from gateway.box import Box
from gateway.local import LocalServer
from gateway.store.readings_writer import ReadingsWriter

T = TypeVar("T")
PASSWORD = "correct horse battery"


class Judge:
    """The Decider's part before a theatre, whose engine commits and acts at once."""

    def __init__(self, theatre: Theatre) -> None:
        self._theatre, self.head, self.head_seq, self.beat = theatre, b"", 0, 0

    async def ask(self, command: Command) -> Reply:
        return self._theatre.ask(command)

    async def settle(self, outcome: Outcome) -> None:
        self._theatre.take(outcome)


class Screen:
    """`url` of the page over this story's school. `people` may log in, each with his role of the site and PASSWORD."""

    def __init__(self, story: Story, folder: Path, people: Iterable[str]) -> None:
        self._story, self._played, self._folder = story, 0, folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._do(lambda: self._begin(people))
        except BaseException:
            self.close()
            raise

    def play(self, until: str) -> Theatre:
        """Let the story go on to this moment of the school's time; the stage as it stands then."""
        ms = int(datetime.fromisoformat(until).replace(tzinfo=ZONE).timestamp() * 1000) - self._theatre.now.wall
        return self._do(lambda: self._play(self._theatre.ms + ms))

    def close(self) -> None:
        if hasattr(self, "_server"):
            self._server.should_exit = True
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # below: in the thread of the loop

    def _do(self, work: Callable[[], T]) -> T:
        async def there() -> T:
            done = work()
            return await done if asyncio.iscoroutine(done) else done

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()

    async def _begin(self, people: Iterable[str]) -> None:
        theatre = self._theatre = self._story.stage(self._folder)
        clock = Clock(theatre)
        site = replace(theatre.site, data=str(self._folder))
        readings = ReadingsWriter(self._folder / "readings.db", self._folder / "tail", machine="boot-1", clock=clock, dests=())
        journal = SimpleNamespace(degraded=False, pending=0)
        self._box = box = Box(site, theatre.engine, {}, {}, journal, readings, None, clock, "boot-1")  # type: ignore[arg-type]
        box.decider = Judge(theatre)  # type: ignore[assignment]
        box.changer = SimpleNamespace(state=lambda: None)  # type: ignore[assignment]
        box.lines = SimpleNamespace(look=lambda: None, questions=dict)  # type: ignore[assignment]
        box.addressing = SimpleNamespace(questions=dict)  # type: ignore[assignment]
        box.pictures = SimpleNamespace(shown=lambda _: None, opened=lambda _: None, answer=None)  # type: ignore[assignment]
        self._local = box.server = LocalServer(self._folder / "run.sock", box)
        theatre.witness, theatre.listen = self._seen, box.readings
        await self._local.start()
        users = Users(self._folder / "dashboard.db")
        for person in people:
            users.add(person, PASSWORD, site.plant.people[person].role)
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(self._folder, clock, users, "zh")
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1))
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[listening]))

    async def _play(self, ms: int) -> Theatre:
        """A breath between two scenes, as people and pages have it."""
        for scene in [s for s in self._story.scenes[self._played :] if s.at <= ms]:
            self._theatre.until(scene.at)
            scene.play(self._theatre)
            self._played += 1
            await asyncio.sleep(0)
        self._theatre.until(ms)
        return self._theatre

    def _seen(self, out: Outcome) -> None:
        if out.outputs:
            self._local.push({"outputs": self._box.snapshot()["outputs"]}, urgent=True)
        if out.alarms:
            self._box.show(out.alarms)
        if out.marks:
            self._box.marked(out.marks)
        self._box.pulse()

    async def _end(self) -> None:
        await self._serving
        await self._local.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._theatre.close()
